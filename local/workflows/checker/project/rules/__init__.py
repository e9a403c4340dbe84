"""The rules themselves, one module per question that is asked of a workflow."""
