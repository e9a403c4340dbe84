"""Runs workflows: the syntax tree is compiled once into steps and closures, and run by a thread per line of control."""
