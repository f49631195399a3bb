"""The commands of ``harness``, one file each."""

from harness.cli.app import main

__all__ = ["main"]
