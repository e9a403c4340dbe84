"""Stage 3b: the words of the coaching video."""
