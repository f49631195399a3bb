"""Strategies are found by name: shipped ones, installed plug-ins, and those of a Python file."""

from __future__ import annotations

import importlib
import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

import harness.strategy
from harness.errors import InvalidInputError
from harness.strategy import Strategy, get_strategy, lookup, schedule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHIPPED = {"exponential", "fixed-sleep", "plain", "notation"}


# shipped


def test_the_shipped_strategies_are_found_without_a_list_of_them() -> None:
    assert set(lookup.shipped()) >= SHIPPED
    assert all(maker.origin == "shipped" for maker in lookup.shipped().values())


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_shipped_strategy_is_made_with_its_defaults_and_keeps_its_name(name: str) -> None:
    assert get_strategy(name).name == name


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_shipped_strategy_describes_itself(name: str) -> None:
    assert lookup.find(name).description


def test_the_parameters_and_their_defaults_can_be_listed() -> None:
    assert lookup.find("fixed-sleep").defaults == {
        "wait_ms": 100.0,
        "max_attempts": 11,
        "codes": (5, 32, 33),
    }
    assert lookup.find("plain").defaults == {}


def test_giving_a_parameter_its_default_changes_nothing() -> None:
    maker = lookup.find("exponential")
    assert schedule(maker(maker.defaults)) == schedule(maker())


def test_a_parameter_changes_the_strategy() -> None:
    assert schedule(get_strategy("fixed-sleep", wait_ms=5, max_attempts=3)).attempts_ms == (0, 5, 10)


def test_codes_may_be_a_list_as_in_a_scenario_file() -> None:
    assert schedule(get_strategy("exponential", codes=[32]), code=5).attempts_ms == (0,)


# what is refused


def test_an_unknown_name_is_refused_with_names_like_it() -> None:
    with pytest.raises(InvalidInputError, match="'exponentail'") as refused:
        get_strategy("exponentail")
    assert "mean exponential" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("name", "parameters", "named"),
    [
        ("exponential", {"factor": 0.5}, "factor"),
        ("exponential", {"initial_ms": 0}, "initial_ms"),
        ("exponential", {"initial_ms": "soon"}, "initial_ms"),
        ("exponential", {"cap_ms": -1}, "cap_ms"),
        ("exponential", {"jitter": "some"}, "jitter"),
        ("exponential", {"max_attempts": 0}, "max_attempts"),
        ("exponential", {"max_attempts": 2.5}, "max_attempts"),
        ("exponential", {"max_time_ms": 0}, "max_time_ms"),
        ("exponential", {"codes": []}, "codes"),
        ("exponential", {"codes": [5, 0]}, r"codes\.1"),
        ("exponential", {"codes": [5, 70_000]}, r"codes\.1"),
        ("exponential", {"retries": 3}, "retries"),
        ("fixed-sleep", {"wait_ms": -1}, "wait_ms"),
        ("fixed-sleep", {"wait_ms": float("nan")}, "wait_ms"),
        ("fixed-sleep", {"wait_ms": float("inf")}, "wait_ms"),
        ("plain", {"max_attempts": 3}, "max_attempts"),
        ("graceful-fs", {"max_attempts": 3}, "max_attempts"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_by_its_name(
    name: str, parameters: dict[str, Any], named: str
) -> None:
    with pytest.raises(InvalidInputError, match=rf"strategy '{name}'(?s:.)*\n{named}\n"):
        get_strategy(name, **parameters)


def test_all_parameters_that_do_not_fit_are_refused_together() -> None:
    with pytest.raises(ValidationError) as refused:
        lookup.find("exponential")({"factor": 0, "jitter": "x", "codes": [0]})
    assert {error["loc"][0] for error in refused.value.errors()} == {"factor", "jitter", "codes"}


# a Python file

PATIENT = """
    from typing import Annotated
    from annotated_types import Ge
    from tenacity import stop_after_attempt, wait_fixed
    from harness.strategy import Strategy, retry_if_any_oserror
    from harness.strategy.lookup import strategy

    @strategy("patient")
    def patient(*, attempts: Annotated[int, Ge(1)] = 3) -> Strategy:
        '''Try again after a second.'''
        return Strategy(
            "patient", retry_if_any_oserror(), wait_fixed(1), stop_after_attempt(attempts)
        )
"""


def test_a_strategy_can_come_from_the_text_of_a_file() -> None:
    makers = lookup.in_source(dedent(PATIENT), "policies/mine.py")
    maker = makers["patient"]
    assert list(makers) == ["patient"]
    assert (maker.origin, maker.description) == ("policies/mine.py", "Try again after a second.")
    assert schedule(maker()).attempts_ms == (0, 1000, 2000)


def test_a_strategy_from_a_file_takes_parameters() -> None:
    maker = lookup.in_source(dedent(PATIENT), "mine.py")["patient"]
    assert schedule(maker({"attempts": 2})).attempts_ms == (0, 1000)


def test_a_parameter_of_a_strategy_from_a_file_is_checked_too() -> None:
    maker = lookup.in_source(dedent(PATIENT), "mine.py")["patient"]
    with pytest.raises(ValidationError, match="attempts"):
        maker({"attempts": 0})


def test_a_file_is_compiled_as_it_is_written() -> None:
    """The annotations of the harness itself are postponed; those of the file are not."""
    maker = lookup.in_source(dedent(PATIENT), "mine.py")["patient"]
    assert maker.make.__annotations__["return"] is Strategy


def test_a_file_may_define_several_strategies() -> None:
    both = dedent(PATIENT) + dedent(PATIENT).replace("patient", "stoic")
    assert sorted(lookup.in_source(both, "mine.py")) == ["patient", "stoic"]


def test_a_strategy_from_a_file_is_not_known_by_its_name_elsewhere() -> None:
    lookup.in_source(dedent(PATIENT), "mine.py")
    with pytest.raises(InvalidInputError, match="patient"):
        lookup.find("patient")


def test_a_file_that_defines_no_strategy_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidInputError, match=r"mine\.py: defines no strategy") as refused:
        lookup.in_source("attempts = 3\n", "mine.py")
    assert "@harness.strategy" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("def patient(:\n", "SyntaxError"),
        ("import no_such_module_anywhere\n", "ModuleNotFoundError: No module named"),
        ("1 / 0\n", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_file_that_cannot_be_run_is_refused_by_its_name_with_the_reason(
    source: str, complaint: str
) -> None:
    with pytest.raises(InvalidInputError, match=rf"^mine\.py: {complaint}"):
        lookup.in_source(source, "mine.py")


def test_a_file_may_postpone_annotations_and_define_dataclasses() -> None:
    source = """
        from __future__ import annotations
        from dataclasses import dataclass
        from tenacity.wait import wait_base
        from harness.strategy import Strategy, retry_if_any_oserror
        from harness.strategy.lookup import strategy

        @dataclass
        class wait_squared(wait_base):
            unit_s: float

            def __call__(self, retry_state):
                return self.unit_s * retry_state.attempt_number**2

        @strategy("squared")
        def squared(*, unit_ms: float = 1) -> Strategy:
            return Strategy("squared", retry_if_any_oserror(), wait_squared(unit_ms / 1000))
    """
    maker = lookup.in_source(dedent(source), "mine.py")["squared"]
    assert schedule(maker({"unit_ms": 2}), max_attempts=4).attempts_ms == (0, 2, 10, 28)


def test_the_decorator_is_where_the_hint_says() -> None:
    """The hint is "Mark a function with @harness.strategy.strategy('name')."."""
    assert harness.strategy.strategy is lookup.strategy


# plug-ins


class Environment:
    """A folder on ``sys.path`` to install distributions into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, module: str, source: str, entries: dict[str, str]) -> None:
        """Install a distribution as a wheel installer leaves it, with entry points."""
        (self.folder / f"{module}.py").write_text(dedent(source))
        info = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
        (info / "entry_points.txt").write_text(f"[{lookup.ENTRY_POINT_GROUP}]\n{lines}")
        importlib.invalidate_caches()
        lookup.installed.cache_clear()


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = set(sys.modules)
    lookup.installed.cache_clear()
    yield Environment(tmp_path)
    lookup.installed.cache_clear()
    for name in set(sys.modules) - modules:
        if getattr(sys.modules[name], "__file__", None) == str(tmp_path / f"{name}.py"):
            del sys.modules[name]


def test_a_plug_in_is_found_by_the_name_of_its_entry_point(environment: Environment) -> None:
    environment.install("patient-policies", "patient_plug", PATIENT, {"calm": "patient_plug:patient"})
    assert lookup.installed_names() == ["calm"]
    maker = lookup.find("calm")
    assert (maker.name, maker.origin) == ("calm", "plug-in patient-policies")
    assert schedule(get_strategy("calm", attempts=2)).attempts_ms == (0, 1000)


def test_a_parameter_of_a_plug_in_is_checked(environment: Environment) -> None:
    environment.install("patient-policies", "patient_plug", PATIENT, {"calm": "patient_plug:patient"})
    with pytest.raises(InvalidInputError, match="attempts"):
        get_strategy("calm", attempts=0)


def test_listing_the_names_of_plug_ins_runs_none_of_their_code(environment: Environment) -> None:
    environment.install("broken", "broken_plug", "1 / 0", {"broken": "broken_plug:policy"})
    assert lookup.installed_names() == ["broken"]


def test_a_plug_in_cannot_take_the_place_of_a_shipped_strategy(environment: Environment) -> None:
    environment.install("impostor", "impostor_plug", "1 / 0", {"plain": "impostor_plug:plain"})
    assert lookup.installed_names() == []
    assert lookup.find("plain").origin == "shipped"
    assert dict(lookup.installed()) == {}


def test_an_unknown_name_is_refused_with_the_plug_ins_there_are(environment: Environment) -> None:
    environment.install("patient-policies", "patient_plug", PATIENT, {"calm": "patient_plug:patient"})
    with pytest.raises(InvalidInputError) as refused:
        get_strategy("clam")
    assert "calm" in (refused.value.hint or "")


def test_without_plug_ins_there_are_only_the_shipped_strategies(environment: Environment) -> None:
    assert environment.folder.exists()
    assert lookup.installed_names() == []


# marking


def test_marking_a_function_leaves_it_a_function() -> None:
    @lookup.strategy("mine")
    def mine() -> Strategy:
        return get_strategy("plain")

    assert mine().name == "plain"
