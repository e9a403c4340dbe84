"""What can be seen: reading the picture, measuring it, choosing stills."""
