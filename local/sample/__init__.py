"""Synthetic cooking films: the sounds of a kitchen, a pan seen from above, and what goes on in it."""
