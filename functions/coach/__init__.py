"""Stage 3a: the coaching text, and what the coach remembers of the cook."""
