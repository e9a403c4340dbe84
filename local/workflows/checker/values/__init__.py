"""What values can be where: kinds, constants and the keys of maps, followed through variables and calls."""
