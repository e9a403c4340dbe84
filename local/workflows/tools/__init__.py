"""What ops do with a workflow before it runs: look at it, compare it, try it out, deploy it."""
