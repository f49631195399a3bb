"""Analyses of runs: pure functions on the frames of `harness.results.load`."""
