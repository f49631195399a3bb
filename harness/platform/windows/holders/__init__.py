"""Which processes have a file open."""
