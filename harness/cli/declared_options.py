"""The options of a run as parameters of a command: what is declared once in `harness.run.options`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, cast, get_args, get_origin

import typer
from annotated_types import Ge

from harness.cli.notation_help import from_environment
from harness.run.options import DECLARED, DeclaredOption


def with_run_options(names: Collection[str] | None = None) -> Callable[[Callable[..., None]], Any]:
    """Give a command that takes any options those of a run, or the `names` among them."""
    wanted = [each for each in DECLARED if names is None or each.name in names]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        parameters = list(inspect.signature(command, eval_str=True).parameters.values())
        parameters[-1:] = map(_parameter, wanted)
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return decorate


def given_names(context: typer.Context) -> set[str]:
    """Return the parameters that were on the command line, even with their default value."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source and source.name == "COMMANDLINE"}


def given_options(context: typer.Context, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the options of a run that were on the command line.

    Strategies have the values of the environment variables that are named in them.
    """
    given = given_names(context)
    read = {each.name: each.read(options[each.name]) for each in DECLARED if each.name in given}
    if "strategies" in read:
        read["strategies"] = [*map(from_environment, read["strategies"])]
    return read


def _parameter(option: DeclaredOption) -> inspect.Parameter:
    """Return the command's parameter for an option; what is read from text arrives as that text."""
    kind, default, least = option.type, option.default, None
    if get_origin(kind) in {Union, UnionType}:
        kind = get_args(kind)[0]
    if get_origin(kind) is Annotated:
        kind, *bounds = get_args(kind)
        least = next((cast("int", each.ge) for each in bounds if isinstance(each, Ge)), None)
    if get_origin(kind) in {Sequence, Mapping}:
        kind, default = list[str] | None, None
    elif option.flag.read is not None:
        kind = str
    shown = typer.Option(
        *option.flag.spellings,
        help=option.flag.help,
        metavar=option.flag.metavar,
        min=least,
        show_default=bool(default),
    )
    return inspect.Parameter(
        option.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[kind if default is not None else kind | None, shown],
    )
