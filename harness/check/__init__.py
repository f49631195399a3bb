"""Decide whether what happened is what a scenario expects."""
