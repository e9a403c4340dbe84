"""Stage 0: what the cook said, as text and taken apart."""
