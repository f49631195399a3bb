"""The commands of ``harness`` as Markdown, with their arguments and options, from the command line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from markdown_tables import table

from harness.cli.app import app


def commands() -> dict[str, Any]:
    """Return all commands by name, in the order of ``harness --help``."""
    group: Any = app
    with group.make_context("harness", [], resilient_parsing=True) as context:
        return {name: group.get_command(context, name) for name in group.list_commands(context)}


def commands_page() -> Iterator[str]:
    """Yield the page, line by line."""
    for name, command in commands().items():
        yield f"## `harness {name}`"
        yield ""
        yield from _help_of(command)
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        words = [_argument(each) if each.required else f"[{_argument(each)}]" for each in arguments]
        yield f"```text\n{' '.join([f'harness {name} [OPTIONS]', *words])}\n```"
        yield ""
        with command.make_context(name, [], resilient_parsing=True) as context:
            rows = [
                (
                    f"`{_argument(each) if each in arguments else _option(record[0])}`",
                    _plain(record[1]),
                )
                for each in command.params
                if (record := each.get_help_record(context))
            ]
        yield from table(("argument or option", "meaning"), rows)


def _argument(argument: Any) -> str:
    name = (argument.metavar or argument.name.upper()).strip("[]").removesuffix("...")
    return f"{name}…" if argument.nargs == -1 else name


def _option(name: str) -> str:
    """Spell the type of an option's value as a word in capitals: ``--blocks <int range>``."""
    words = {"int": "N", "str": "TEXT", "path": "PATH"}
    spelled = re.sub(r"<(?:list\[)?(int|str|path)[\]a-z ]*>", lambda found: words[found[1]], name)
    return spelled.replace("<", "").replace(">", "")


def _help_of(command: Any) -> Iterator[str]:
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        yield _plain(paragraph)
        yield ""


def _plain(text: str) -> str:
    """Help without rich's markup."""
    return re.sub(r"(?<!\\)\[/?[a-z ]*\]", "", text).replace("\\[", "[")
