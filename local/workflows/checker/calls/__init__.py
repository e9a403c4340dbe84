"""Calls of functions, subworkflows and connectors: whether they exist, and whether their arguments fit."""
