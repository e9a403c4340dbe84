"""Signs: facts about stretches of the film that the signals show, each measured against the film itself."""
