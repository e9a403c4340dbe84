"""Trying a workflow out: the real engine in virtual time, against stages that only pretend."""
