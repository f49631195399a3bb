"""One summary of trials, in plain Python: every table, page and JSON shows its numbers."""
