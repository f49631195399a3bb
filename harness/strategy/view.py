"""The one view of a strategy: what lists, predictions, pages, figures and notebooks show of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.errors import InvalidInputError
from harness.strategy.catalogue import CatalogueEntry, System, systems
from harness.strategy.explain import explained, retried_text
from harness.strategy.schedules import retried_codes, retries_code, schedule
from harness.strategy.spec import StrategySpec
from harness.strategy.timetable import Timetable, times_of, timetable
from harness.winerror import MESSAGES

if TYPE_CHECKING:
    from harness.strategy.loop import Strategy


@dataclass(frozen=True)
class StrategyView:
    """A strategy under a name, with parameters.

    `make` is a function whose keyword arguments are the parameters; `given` are the values of some of
    them. `origin` is ``shipped``, ``catalogue``, ``notation``, a plug-in or a file. `entry` is there for
    a strategy of the catalogue.
    """

    name: str
    origin: str
    make: Callable[..., Strategy | StrategySpec]
    description: str = ""
    entry: CatalogueEntry | None = None
    given: Mapping[str, Any] = field(default_factory=dict)

    def with_parameters(self, given: Mapping[str, Any]) -> StrategyView:
        """Return the same with the values `given`; they are checked when the strategy is made."""
        return replace(self, given=given)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters with their values, by default or as given."""
        signature = inspect.signature(self.make).parameters
        return {name: each.default for name, each in signature.items()} | dict(self.given)

    @cached_property
    def _made(self) -> Strategy | StrategySpec:
        if not self.given:
            return self.make()
        from pydantic import ConfigDict, validate_call  # noqa: PLC0415 - only parameters need it

        checked = validate_call(
            config=ConfigDict(strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)
        )
        given = {
            key: tuple(value) if isinstance(value, list) else value for key, value in self.given.items()
        }
        made: Strategy | StrategySpec = checked(self.make)(**given)
        return made

    @cached_property
    def strategy(self) -> Strategy:
        """The strategy itself.

        Raises `pydantic.ValidationError` if a parameter does not fit, and `InvalidInputError` if it is
        invalid notation.
        """
        made = self._made
        return made.strategy(self.name) if isinstance(made, StrategySpec) else made

    @property
    def spec(self) -> StrategySpec | None:
        """The strategy as data; ``None`` if it is made of code."""
        return self._made if isinstance(self._made, StrategySpec) else None

    @property
    def required_spec(self) -> StrategySpec:
        """The same, where it is needed. Raises `InvalidInputError` if it is made of code."""
        if self.spec is None:
            waits = self.parameters.get("strategy")
            predict = f"`harness predict {waits!r}` predicts it for one operation; " if waits else ""
            raise InvalidInputError(
                f"{self.name} is made of code, and predictions need notation",
                hint=f"{predict}`harness run SCENARIO --strategy {self.name} --platform emulated` tries "
                "it without waiting.",
            )
        return self.spec

    @property
    def notation(self) -> str | None:
        """Its notation in full; ``None`` if it is made of code."""
        return None if self.spec is None else str(self.spec)

    @property
    def explanation(self) -> list[str]:
        """What it does, in sentences; empty if it is made of code."""
        return [] if self.spec is None else explained(self.spec)

    @property
    def summary(self) -> str:
        """One line about it: its notation, or the first line of the description."""
        if self.notation is None or self.origin == "shipped":
            return self.description.split("\n", 1)[0]
        return self.notation

    @property
    def system(self) -> System | None:
        """The system of the catalogue that it belongs to, if any."""
        return systems()[self.entry.system] if self.entry else None

    @property
    def operation(self) -> str:
        """The operation that it is made for, ``any`` if for no special one."""
        return self.entry.operation if self.entry else "any"

    @cached_property
    def codes(self) -> tuple[int, ...]:
        """The known Win32 codes that it retries."""
        return retried_codes(self.strategy)

    def retries_code(self, code: int) -> bool:
        """Return whether it retries an operation that fails with `code`."""
        return retries_code(self.strategy, code)

    @property
    def retries(self) -> str:
        """The codes as text: ``5, 32``, ``any``, ``any but 2``, ``nothing``."""
        if self.spec is not None:
            return retried_text(self.spec)
        every = len(self.codes) == len(MESSAGES)
        return "any" if every else ", ".join(map(str, self.codes)) or "nothing"

    @cached_property
    def times(self) -> Timetable:
        """When it attempts an operation that always fails with a code it retries; no target exists."""
        return timetable(self.strategy) if self.spec is None else times_of(self.spec)

    @property
    def rests_on_calls(self) -> bool:
        """Whether its budget is no more than its calls, of which each is assumed to take some time."""
        return self.times.attempt_cost_ms > 0 and (self.spec is None or self.spec.limit is None)

    @cached_property
    def times_over_target(self) -> Timetable | None:
        """The same if something has the target's name; ``None`` if that changes nothing."""
        if self.spec is not None and not (self.spec.while_absent or self.spec.done_if_there):
            return None
        code = next(iter(self.codes), 5)
        first = schedule(self.strategy, code=code, target_exists=True, max_attempts=3)
        if first.attempts_ms == self.times.schedules[0].attempts_ms[:3]:
            return None
        may_be_random = self.spec is None or self.spec.is_random
        return timetable(self.strategy, code=code, target_exists=True, may_be_random=may_be_random)
