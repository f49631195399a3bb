"""Measures every Windows Python process that has this folder among its import paths (coverage.py)."""

import coverage

coverage.process_startup()
