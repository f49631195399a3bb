"""Benchmark and reproduction harness for file persists that something else's handle makes fail."""
