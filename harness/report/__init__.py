"""Publish what a run says: notebooks, a summary in words and a playground as pages that need no network.

Needs the extra ``lab``; ``python -m harness.report`` is its command line.
"""
