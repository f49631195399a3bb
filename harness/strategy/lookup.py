"""Find strategies by name: the shipped ones, the catalogue, plug-ins, sentences, and a Python file.

A strategy is made by a function whose keyword arguments are its parameters. Their annotations are
checked (with pydantic) when the function is called with parameters, so a wrong one is refused with
its name and what was expected.
"""

from __future__ import annotations

import difflib
import inspect
import pkgutil
import re
import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from annotated_types import Ge, Le

from harness.errors import InvalidInputError
from harness.strategy import catalogue, notation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.strategy.loop import Strategy

ENTRY_POINT_GROUP: Final = "persist_harness.strategies"

Codes = tuple[Annotated[int, Ge(1), Le(0xFFFF)], ...]
"""A parameter that lists Win32 error codes."""


@dataclass(frozen=True, slots=True)
class StrategyMaker:
    """A named function that makes a strategy; `origin` says where it came from."""

    name: str
    make: Callable[..., Strategy]
    origin: str = "shipped"
    about: str = ""

    @property
    def description(self) -> str:
        """What is said about it, or the function's docstring, as one would print it."""
        return self.about or inspect.getdoc(self.make) or ""

    @property
    def defaults(self) -> dict[str, object]:
        """The parameters and their default values."""
        return {
            name: parameter.default
            for name, parameter in inspect.signature(self.make).parameters.items()
        }

    def __call__(self, parameters: Mapping[str, Any] | None = None) -> Strategy:
        """Make the strategy. Raises `pydantic.ValidationError` if a parameter does not fit."""
        if not parameters:
            return self.make()
        from pydantic import ConfigDict, validate_call  # noqa: PLC0415 - only who tunes pays for it

        checked = validate_call(config=ConfigDict(strict=True, arbitrary_types_allowed=True))
        given = {
            key: tuple(value) if isinstance(value, list) else value for key, value in parameters.items()
        }
        made: Strategy = checked(self.make)(**given)
        return made


_MARK: Final = "__harness_strategy__"
F = TypeVar("F")


def strategy(name: str) -> Callable[[F], F]:
    """Mark a function that makes a strategy, under the `name` that scenario files use."""

    def mark(function: F) -> F:
        setattr(function, _MARK, name)
        return function

    return mark


def _makers_in(module: object, origin: str) -> dict[str, StrategyMaker]:
    return {
        name: StrategyMaker(name, value, origin)
        for value in vars(module).values()
        if isinstance(name := getattr(value, _MARK, None), str)
    }


@cache
def shipped() -> Mapping[str, StrategyMaker]:
    """All strategies in `harness.strategy.builtin`, by name."""
    package = import_module("harness.strategy.builtin")
    makers: dict[str, StrategyMaker] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        makers |= _makers_in(import_module(f"{package.__name__}.{module.name}"), "shipped")
    return makers


def installed_names() -> list[str]:
    """The names that plug-ins register; reading them loads no code of theirs."""
    names = {entry.name for entry in entry_points(group=ENTRY_POINT_GROUP)}
    return sorted(names - set(shipped()))


@cache
def installed() -> Mapping[str, StrategyMaker]:
    """All strategies that installed distributions register in the entry point group.

    An entry point names a function marked with `strategy`. A plug-in cannot replace a shipped name.
    """
    makers: dict[str, StrategyMaker] = {}
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        if entry.name not in shipped():
            origin = f"plug-in {entry.dist.name if entry.dist else entry.value}"
            makers[entry.name] = StrategyMaker(entry.name, entry.load(), origin)
    return makers


def in_source(source: str, name: str) -> Mapping[str, StrategyMaker]:
    """Run Python `source` (the text of file `name`) and return the strategies it defines.

    This executes the text: ask for ``--allow-code`` first. Raises `InvalidInputError` when it cannot
    be run or defines none.
    """
    module = ModuleType(f"harness_strategy_file_{Path(name).stem}")
    module.__file__ = name
    sys.modules[module.__name__] = module  # where annotations of its functions are looked up
    try:
        code = compile(source, name, "exec", dont_inherit=True)
        exec(code, module.__dict__)  # noqa: S102 - what was asked for
    except (Exception, SystemExit) as error:
        raise InvalidInputError(f"{name}: {type(error).__name__}: {error}") from error
    makers = _makers_in(module, name)
    if not makers:
        raise InvalidInputError(
            f"{name}: defines no strategy",
            hint="Mark a function with @harness.strategy.strategy('name').",
        )
    return makers


def known(name: str) -> StrategyMaker | None:
    """Look up what comes with the harness: a shipped strategy, a policy of the catalogue, a sentence.

    The name of a system stands for its first policy, a system and a version for the first in that one.
    Raises `harness.strategy.notation.PolicyError` for a sentence that is none.
    """
    if name in shipped():
        return shipped()[name]
    if notation.is_sentence(name):
        sentence = notation.parse(name)
        return StrategyMaker(name, lambda: sentence.strategy(name), "sentence")
    if policies := catalogue.select(name):
        return StrategyMaker(name, policies[0].strategy, "catalogue", policies[0].note)
    return None


def find(name: str) -> StrategyMaker:
    """Look a strategy up by name. Raises `InvalidInputError` with names like it."""
    maker = known(name) or installed().get(name)
    if maker is None:
        raise InvalidInputError(f"no strategy is called {name!r}", hint=hint_for(name))
    return maker


def hint_for(name: str) -> str:
    """What to try instead of an unknown `name`."""
    names = [*shipped(), *installed_names(), *catalogue.systems(), *catalogue.policies()]
    wanted = re.split(r"[ =@-]*v?[0-9]", name.lower())[0] or name
    described = [
        system.name
        for system in catalogue.systems().values()
        if wanted in re.findall(r"[\w.]+", f"{system.title} {system.about}".lower())
    ]
    near = list(dict.fromkeys([*difflib.get_close_matches(wanted, names, n=5), *described]))
    meant = f"Did you mean {', '.join(near)}? " if near else ""
    return f"{meant}`harness strategies` lists them; a sentence such as '10ms x2 for 10s' is one, too."


def get_strategy(name: str, **parameters: Any) -> Strategy:
    """Make the strategy `name` with `parameters`; `harness strategies` lists both.

    >>> get_strategy("exponential", initial_ms=5, max_attempts=4).name
    'exponential'

    Raises `InvalidInputError` when there is no such strategy or a parameter does not fit.
    """
    maker = find(name)
    try:
        return maker(parameters)
    except ValueError as error:  # pydantic's ValidationError is one
        raise InvalidInputError(f"strategy {name!r}: {error}") from error
