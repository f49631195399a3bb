"""Reports of runs: notebooks, a summary and a playground as pages that need no network.

Needs the extra ``lab``; ``harness report`` is its command.
"""
