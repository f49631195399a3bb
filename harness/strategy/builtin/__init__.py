"""The strategies that notation cannot describe, one file each. A new file here is a new strategy.

A file holds functions marked with `harness.strategy.lookup.strategy`: their keyword arguments are
the parameters, their docstring is the description.
"""
