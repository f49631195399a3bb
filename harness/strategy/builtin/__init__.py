"""The strategies that ship, one file each. A new file here is a new strategy; nothing else changes.

A file holds functions marked with `harness.strategy.lookup.strategy`: their keyword arguments are
the parameters, their docstring is the description.
"""
