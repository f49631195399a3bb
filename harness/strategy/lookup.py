"""Find strategies by name: the shipped ones, the catalogue, plug-ins, notation, and a Python file.

A strategy is made by a function whose keyword arguments are its parameters. Their annotations are
checked (with pydantic) when parameters are given, so a wrong one is refused with its name and what was
expected.
"""

from __future__ import annotations

import difflib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from harness.errors import InvalidInputError
from harness.strategy import catalogue, notation, plug_ins
from harness.strategy.nearest import nearest
from harness.strategy.parameter_errors import parameters_refused
from harness.strategy.purpose import MADE_FOR, Purpose, strategy_for
from harness.strategy.view import StrategyView
from harness.text import available, joined, quoted

if TYPE_CHECKING:
    from harness.strategy.catalogue import CatalogueEntry, OperationName
    from harness.strategy.loop import Strategy

_MARK: Final = "__harness_strategy__"
F = TypeVar("F")


def strategy(name: str) -> Callable[[F], F]:
    """Mark a function that makes a strategy, under the `name` that scenario files use."""

    def mark(function: F) -> F:
        setattr(function, _MARK, name)
        return function

    return mark


def _coded(name: str, function: Any, origin: str) -> StrategyView:
    return StrategyView(name, origin, function, inspect.getdoc(function) or "")


def _marked(module: object, origin: str) -> dict[str, StrategyView]:
    return {
        name: _coded(name, value, origin)
        for value in vars(module).values()
        if isinstance(name := getattr(value, _MARK, None), str)
    }


@cache
def shipped() -> Mapping[str, StrategyView]:
    """Return the tunable strategies of the catalogue, and those of `harness.strategy.builtin`."""
    found = {
        name: StrategyView(name, "shipped", each.template.maker(), each.about)
        for name, each in catalogue.tunable().items()
    }
    package = import_module("harness.strategy.builtin")
    for module in pkgutil.iter_modules(package.__path__):
        found |= _marked(import_module(f"{package.__name__}.{module.name}"), "shipped")
    return dict(sorted(found.items()))


def installed_names() -> list[str]:
    """Return the names that plug-ins register; this loads no code of theirs."""
    return sorted(set(plug_ins.registered()) - set(shipped()))


@cache
def installed() -> Mapping[str, StrategyView]:
    """Return all strategies that installed distributions register in the entry point group.

    An entry point names a function marked with `strategy`. A plug-in cannot replace a shipped name. One
    that cannot be used is left out, with a `harness.strategy.plug_ins.PlugInWarning`.
    """
    registered = plug_ins.registered()
    return plug_ins.usable(registered[name] for name in installed_names())


def in_source(source: str, name: str) -> Mapping[str, StrategyView]:
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
    found = _marked(module, name)
    if not found:
        raise InvalidInputError(
            f"{name}: defines no strategy",
            hint="Mark a function with @harness.strategy.strategy('name').",
        )
    return found


def _of_entry(entry: CatalogueEntry) -> StrategyView:
    return StrategyView(entry.id, "catalogue", entry.template.maker(), entry.note, entry)


def _bundled(name: str) -> list[StrategyView]:
    """Return what the harness has under a name; of a system or a version, all strategies.

    Raises `harness.strategy.notation.NotationError` for invalid notation.
    """
    if name in shipped():
        return [shipped()[name]]
    if notation.is_notation(name):
        spec = notation.parse(name)
        return [StrategyView(name, "notation", lambda: spec)]
    return [_of_entry(entry) for entry in catalogue.select(name)]


def known(name: str, purpose: Purpose | None = None) -> StrategyView | None:
    """Look up what comes with the harness: a shipped strategy, one of the catalogue, or notation.

    The name of a system, alone or with a version, stands for its strategy for `purpose`. Raises
    `harness.strategy.notation.NotationError` for invalid notation, and the errors of
    `harness.strategy.purpose.strategy_for`.
    """
    found = _bundled(name)
    if not found or found[0].name == name:
        return found[0] if found else None
    entries = [view.entry for view in found if view.entry is not None]
    return _of_entry(strategy_for(purpose, name, entries))


def find(name: str, purpose: Purpose | None = None) -> StrategyView:
    """Look a strategy up by name, as `known` does, or among plug-ins: no other one is loaded.

    Raises `InvalidInputError` with similar names or for a plug-in that cannot be loaded, and the errors
    of `known`.
    """
    if found := known(name, purpose):
        return found
    if entry := plug_ins.registered().get(name):
        return plug_ins.load(entry)
    raise InvalidInputError(f"no strategy is called {name!r}", hint=hint_for(name))


@cache
def strategy_named(name: str, purpose: Purpose) -> Strategy:
    """Return the strategy that comes with the harness under a name, or in notation.

    Raises `InvalidInputError` if there is none, and the errors of `known`.
    """
    if (view := known(name, purpose)) is None:
        raise InvalidInputError(f"no strategy is called {name!r}", hint=hint_for(name))
    return view.strategy


def hint_for(name: str) -> str:
    """Suggest what to use instead of an unknown `name`."""
    if not name.strip():
        return "Give a name that `harness strategies` lists, or notation such as '10ms x2 for 10s'."
    if bare := name.strip("\"' ") if re.search("[\"']", name) else "":
        return f'It has a quotation mark in it: a shell needs one pair around the whole, "{bare}".'
    if users := catalogue.used_by(name):
        return f"{name} uses {joined(users)}: `harness strategies {users[0]}` shows its strategies."
    names = [*shipped(), *installed_names(), *catalogue.systems(), *catalogue.entries()]
    wanted = re.split(r"[ =@-]*v?[0-9]", name.lower())[0] or name
    described = [
        system.name
        for system in catalogue.systems().values()
        if wanted in re.findall(r"[\w.]+", f"{system.title} {system.about}".lower())
    ]
    near = list(dict.fromkeys([*difflib.get_close_matches(wanted, names, n=5), *described]))
    meant = f"Did you mean {', '.join(near)}? " if near else ""
    example = nearest(name) if " " in name.strip() else "10ms x2 for 10s"
    return f"{meant}`harness strategies` lists them; notation such as '{example}' is accepted, too."


def view_of(name: str, operation: OperationName | None = None, **parameters: Any) -> StrategyView:
    """Look a strategy up, and make it with `parameters`; see `get_strategy`."""
    purpose = None if operation is None else Purpose(operation, None, f"the operation {operation}")
    view = find(name, purpose).with_parameters(parameters)
    try:
        view.strategy  # noqa: B018 - made here, so that its errors are raised here
    except ValueError as error:
        why = parameters_refused(error, view) or str(error)
        hint = f"`harness strategies {quoted(name)}` shows its parameters."
        raise InvalidInputError(f"strategy {name!r}: {why}", hint=hint) from error
    return view


def get_strategy(name: str, operation: OperationName | None = None, **parameters: Any) -> Strategy:
    """Make the strategy `name` with `parameters`; `harness strategies` lists both.

    The name of a system (``uv``, ``uv-0.5.17``) stands for its strategy for `operation`, such as
    ``rename``, ``replace``, ``delete`` or ``delete-tree``.

    >>> get_strategy("exponential", initial_ms=5, max_attempts=4).name
    'exponential'
    >>> get_strategy("uv", "replace").name
    'uv-persist-backon-10'

    Raises `InvalidInputError` when there is no such strategy, a system has none for `operation` (or
    several, and no operation is given), or a parameter does not fit.
    """
    if operation is not None:
        _require([operation], MADE_FOR, "operation")
    return view_of(name, operation, **parameters).strategy


def listed(
    names: Sequence[str] = (),
    *,
    systems: Sequence[str] = (),
    codes: Sequence[int] = (),
    operations: Sequence[str] = (),
) -> list[StrategyView]:
    """List the strategies of these names, or all: those of no system first, then the catalogue.

    A name may be an id, a system (all of its), a system with a version (those in that version), a
    shipped strategy, a plug-in, or notation. What is left must be of one of `systems`, retry all
    `codes`, be for one of `operations` (or any). Raises `InvalidInputError` for an unknown name, system
    or operation.
    """
    _require(systems, catalogue.systems(), "system")
    _require(operations, MADE_FOR, "operation")
    if names:
        found = [view for name in names for view in _bundled(name) or [plug_ins.tried(find(name))]]
    else:
        found = [*shipped().values(), *installed().values(), *catalogued()]
    return [
        view
        for view in {(view.name, view.origin): view for view in found}.values()
        if (not systems or (view.entry is not None and view.entry.system in systems))
        and (not operations or view.operation in {*operations, "any"})
        and all(view.retries_code(code) for code in codes)
    ]


def _require(names: Sequence[str], known_names: Iterable[str], noun: str) -> None:
    for name in names:
        if name not in known_names:
            users = catalogue.used_by(name) if noun == "system" else []
            hint = hint_for(name) if users else available(name, known_names)
            raise InvalidInputError(f"no {noun} is called {name!r}", hint=hint)


def catalogued() -> list[StrategyView]:
    """List the strategies of all systems, in the order of the catalogue."""
    return [_of_entry(entry) for entry in catalogue.entries().values()]
