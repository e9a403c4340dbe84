"""Golden sets and what is measured on them: is the coach right, kind, safe and varied? `run.run_evals` does it all."""
