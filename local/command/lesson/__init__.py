"""The commands that give a lesson: from the options to the messages on the screen."""
