"""Is this machine fit to measure on? Checks, each a module, and what their findings mean together."""
