"""What can be heard: reading the sound, measuring it."""
