"""Strategies are found by name: shipped ones, the catalogue, plug-ins, and those of a Python file."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pydantic import ValidationError

import harness.strategy
from harness.errors import InvalidInputError
from harness.strategy import Strategy, catalogue, get_strategy, lookup, schedule
from harness.strategy.plug_ins import ENTRY_POINT_GROUP

SHIPPED = {"exponential", "fixed-sleep", "plain", "notation"}


# shipped


def test_the_shipped_strategies_are_found_without_a_list_of_them() -> None:
    assert set(lookup.shipped()) >= SHIPPED
    assert all(view.origin == "shipped" for view in lookup.shipped().values())


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_shipped_strategy_is_made_with_its_defaults_and_keeps_its_name(name: str) -> None:
    assert get_strategy(name).name == name


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_shipped_strategy_describes_itself(name: str) -> None:
    assert lookup.find(name).description


def test_the_parameters_and_their_defaults_can_be_listed() -> None:
    assert lookup.find("fixed-sleep").parameters == {
        "wait_ms": 100.0,
        "max_attempts": 11,
        "codes": (5, 32, 33),
    }
    assert lookup.find("plain").parameters == {}


def test_giving_a_parameter_its_default_changes_nothing() -> None:
    view = lookup.find("exponential")
    assert schedule(view.with_parameters(view.parameters).strategy) == schedule(view.strategy)


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
        ("exponential", {"max_attempts": 100_001}, "max_attempts"),
        ("exponential", {"initial_ms": 3_600_001}, "initial_ms"),
        ("exponential", {"cap_ms": 1e300}, "cap_ms"),
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
    refusal = rf"^strategy '{name}': (no parameter is called '{named}'|{named}: found )"
    with pytest.raises(InvalidInputError, match=refusal):
        get_strategy(name, **parameters)


def test_all_parameters_that_do_not_fit_are_refused_together() -> None:
    wrong = {"factor": 0, "jitter": "x", "codes": [0]}
    with pytest.raises(ValidationError) as refused:
        lookup.find("exponential").with_parameters(wrong).strategy  # noqa: B018
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
    found = lookup.in_source(dedent(PATIENT), "strategies/mine.py")
    view = found["patient"]
    assert list(found) == ["patient"]
    assert (view.origin, view.description) == ("strategies/mine.py", "Try again after a second.")
    assert schedule(view.strategy).attempts_ms == (0, 1000, 2000)


def test_a_strategy_from_a_file_takes_parameters() -> None:
    view = lookup.in_source(dedent(PATIENT), "mine.py")["patient"].with_parameters({"attempts": 2})
    assert schedule(view.strategy).attempts_ms == (0, 1000)


def test_a_parameter_of_a_strategy_from_a_file_is_checked_too() -> None:
    view = lookup.in_source(dedent(PATIENT), "mine.py")["patient"].with_parameters({"attempts": 0})
    with pytest.raises(ValidationError, match="attempts"):
        view.strategy  # noqa: B018


def test_a_file_is_compiled_as_it_is_written() -> None:
    """The annotations of the harness itself are postponed; those of the file are not."""
    view = lookup.in_source(dedent(PATIENT), "mine.py")["patient"]
    assert view.make.__annotations__["return"] is Strategy


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
    view = lookup.in_source(dedent(source), "mine.py")["squared"].with_parameters({"unit_ms": 2})
    assert schedule(view.strategy, max_attempts=4).attempts_ms == (0, 2, 10, 28)


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
        (info / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\n{lines}")
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
    environment.install("patient-strategies", "patient_plug", PATIENT, {"calm": "patient_plug:patient"})
    assert lookup.installed_names() == ["calm"]
    view = lookup.find("calm")
    assert (view.name, view.origin) == ("calm", "plug-in patient-strategies")
    assert schedule(get_strategy("calm", attempts=2)).attempts_ms == (0, 1000)


def test_a_parameter_of_a_plug_in_is_checked(environment: Environment) -> None:
    environment.install("patient-strategies", "patient_plug", PATIENT, {"calm": "patient_plug:patient"})
    with pytest.raises(InvalidInputError, match="attempts"):
        get_strategy("calm", attempts=0)


def test_listing_the_names_of_plug_ins_runs_none_of_their_code(environment: Environment) -> None:
    environment.install("broken", "broken_plug", "1 / 0", {"broken": "broken_plug:broken"})
    assert lookup.installed_names() == ["broken"]


def test_a_plug_in_cannot_take_the_place_of_a_shipped_strategy(environment: Environment) -> None:
    environment.install("impostor", "impostor_plug", "1 / 0", {"plain": "impostor_plug:plain"})
    assert lookup.installed_names() == []
    assert lookup.find("plain").origin == "shipped"
    assert dict(lookup.installed()) == {}


def test_an_unknown_name_is_refused_with_the_plug_ins_there_are(environment: Environment) -> None:
    environment.install("patient-strategies", "patient_plug", PATIENT, {"calm": "patient_plug:patient"})
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


# lists


def names(*given: str, **filters: Any) -> list[str]:
    return [view.name for view in lookup.listed(given, **filters)]


def test_without_names_the_shipped_ones_are_listed_and_then_the_whole_catalogue() -> None:
    found = names()
    assert found[: len(lookup.shipped())] == list(lookup.shipped())
    assert found[-len(catalogue.entries()) :] == list(catalogue.entries())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("uv-backon-9", ["uv-backon-9"]),
        ("exponential", ["exponential"]),
        ("rustup", [entry.id for entry in catalogue.systems()["rustup"].entries]),
        ("uv-0.5.17", ["uv-backon-9", "uv-persist-backon-9", "uv-async-persist-loststate"]),
        ("1ms x2 4 retries", ["1ms x2 4 retries"]),
    ],
)
def test_a_name_may_be_of_any_kind(name: str, expected: list[str]) -> None:
    assert names(name) == expected
    assert names(name, name) == expected


def test_filters_leave_what_fits_all_of_them() -> None:
    assert set(names(systems=["uv", "rustup"])) == {
        entry.id for system in ("uv", "rustup") for entry in catalogue.systems()[system].entries
    }
    assert "git-lfs-rename" not in names(codes=[5], operations=["rename"])
    assert "go-robustio" in names(operations=["rename"])  # it is for any
    for view in lookup.listed(codes=[32, 145], operations=["delete", "delete-tree"]):
        assert view.retries_code(32)
        assert view.retries_code(145)
        assert view.operation in {"delete", "delete-tree", "any"}
    assert "sqlite-winioerr" in names(codes=[121])  # a code that has no name here


def test_the_user_of_another_ones_strategies_is_answered_with_that() -> None:
    given: list[tuple[list[str], dict[str, Any]]] = [(["npm"], {}), ([], {"systems": ["npm"]})]
    for named, filters in given:
        with pytest.raises(InvalidInputError) as refused:
            lookup.listed(named, **filters)
        assert "npm uses graceful-fs, npmcli-fs and write-file-atomic" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("given", "filters", "words"),
    [
        (["wat"], {}, "no strategy is called 'wat'"),
        ([], {"systems": ["wat"]}, "no system is called 'wat'"),
        ([], {"operations": ["wat"]}, "no operation is called 'wat'"),
        (["10ms x2"], {}, "expected a clause that says when to give up"),
    ],
)
def test_what_does_not_exist_is_refused(given: list[str], filters: Any, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        lookup.listed(given, **filters)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("", "Give a name that `harness strategies` lists"),
        ("  ", "Give a name that `harness strategies` lists"),
        ('"10ms', 'a shell needs one pair around the whole, "10ms"'),
        ("exponentail", "Did you mean exponential"),
    ],
)
def test_each_name_that_is_none_has_a_hint_of_its_own(name: str, hint: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        lookup.find(name)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"max_attempts": 0}, "max_attempts: found 0; expected greater than or equal to 1"),
        ({"max_attempts": "3"}, "max_attempts: found '3'; expected a valid integer"),
        (
            {"max_attemts": 3},
            "no parameter is called 'max_attemts'. Did you mean max_attempts? Available: ",
        ),
        ({"factor": 0, "jitter": "x"}, "factor: found 0; expected "),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused_in_plain_words(
    parameters: dict[str, Any], why: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        get_strategy("exponential", **parameters)
    message = caught.value.message
    assert message.startswith(f"strategy 'exponential': {why}")
    assert all(name in message for name in parameters)
    assert not any(word in message for word in ("pydantic", "validation error", "type="))
    assert caught.value.hint == "`harness strategies exponential` shows its parameters."
