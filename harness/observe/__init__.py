"""What a machine has already written down about its scanner, read as times.

Logs come from machines and people that are not known, and hold names of both. So reading is bounded and
streaming, and what leaves this package are numbers and names of well-known programs, nothing else. It is
plain Python: whoever has only the core can use it on the machine where the logs are.
"""
