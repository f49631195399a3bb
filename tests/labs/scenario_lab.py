"""Parts of scenario files that many tests write."""

from __future__ import annotations

from typing import Final

LAUNCHER: Final = """
[[payload]]
kind = "launcher"
name = "httpx"
entry_point = "httpx = httpx:main"

[[operations]]
kind = "write-replace"
to = "Scripts/{file}"
"""
"""A script launcher that is written and put in place; keys of the operation may follow."""
REPLACED: Final = f"{LAUNCHER}existing = true\n"
"""The same where an older one is in its place."""
