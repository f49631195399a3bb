"""Parameters of a strategy that do not fit, in the project's words and not in pydantic's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.text import available, joined

if TYPE_CHECKING:
    from harness.strategy.view import StrategyView


def parameters_refused(error: BaseException, view: StrategyView) -> str:
    """Say which of the parameters given to a strategy do not fit, and why.

    Empty for an error that is not about parameters.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - only parameters need it

    if not isinstance(error, ValidationError):
        return ""
    known = list(view.with_parameters({}).parameters)
    return joined([_refused(detail, known) for detail in error.errors(include_url=False)], "; ")


def _refused(detail: Any, known: list[str]) -> str:
    name = ".".join(map(str, detail["loc"]))
    if detail["type"] == "unexpected_keyword_argument":
        there = available(name, known).rstrip(".") if known else "It has none"
        return f"no parameter is called {name!r}. {there}"
    if detail["type"].startswith("missing"):
        return f"the parameter {name} is required"
    expected = str(detail["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return f"{name}: found {detail['input']!r}; expected {expected}"
