"""Read PowerShell by its grammar (airbus-cert/tree-sitter-powershell), where there is no PowerShell.

It finds what PowerShell's own parser would not read: brackets, quotes, blocks, keywords. It knows no
commands and no types, and runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import tree_sitter_powershell
from tree_sitter import Language, Parser

_PARSER: Final = Parser(Language(tree_sitter_powershell.language()))


def syntax_errors(text: str) -> list[str]:
    """What PowerShell could not read in `text`: each with its line and the text there."""
    return list(_errors(_PARSER.parse(text.encode()).root_node))


def _errors(node: Any) -> Iterator[str]:
    if node.is_missing:
        yield f"line {node.start_point.row + 1}: {node.type} is missing"
    elif node.is_error:
        yield f"line {node.start_point.row + 1}: {node.text.decode()[:60]!r}"
    for child in node.children if node.has_error else ():
        yield from _errors(child)
