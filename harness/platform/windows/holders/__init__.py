"""Find the processes that have a file open."""
