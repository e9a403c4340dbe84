"""The `moment` command."""
