"""The data that passes between functions, as pydantic models: one module per subject, every field explained."""
