"""The typer application around one command, with the settings that all commands share."""

from __future__ import annotations

from typing import Any, Final

import typer

HELP_NAMES: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"]}


def command_app() -> typer.Typer:
    """Return an application for one command, which its module calls ``app``."""
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings=HELP_NAMES,
    )
