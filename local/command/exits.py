"""The exit codes of `moment`, the same for every command."""

OK = 0
FAILED = 1
"""Anything that went wrong on our side, with the stage and the cause."""
USAGE = 2
"""The command was asked for something that cannot be."""
REFUSED = 3
"""The video was refused."""
INTERRUPTED = 130
"""Ctrl-C."""
