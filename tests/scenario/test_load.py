"""Scenario files: what is accepted, and that everything wrong is said at once."""

from __future__ import annotations

import contextlib
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError, InvalidFilesError, InvalidInputError
from harness.holds.distributions import MOST_VALUES
from harness.scenario import load
from harness.scenario.load import (
    load_scenario,
    load_scenarios,
    shipped_folder,
    shipped_names,
    shipped_profiles,
)

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario


def problems_of(path: Path | str) -> dict[str, tuple[str, str]]:
    """Key -> (found, expected) of everything that is wrong with a scenario."""
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(path)
    return {problem.key: (problem.found, problem.expected) for problem in caught.value.problems}


def test_everything_wrong_is_reported_at_once_with_key_found_and_expected(
    make_scenario: MakeScenario, make_profile: MakeProfile
) -> None:
    make_profile("broken", -5.0, probability="1.5")
    path = make_scenario(
        body="""
bogus = 1
[[payload]]
kind = "launcher"
name = "httpx"
entry_point = "httpx = httpx:main"
[[operations]]
kind = "write-replace"
to = "Scripts/../{file}"
[[operations]]
kind = "place"
to = "site-packages"
""",
        blocks="0",
        strategies='["plain", { use = "exponential", initial_ms = -5, growth = 2 }, "gracefulfs", '
        '{ use = "mine", file = "mine.py" }]',
        profiles='["broken", "brif", "brif"]',
    )
    profile = path.parent / "profiles" / "broken.toml"
    values = '{ distribution = "empirical", file = "absent.txt" }'
    text = profile.read_text(encoding="utf-8")
    profile.write_text(re.sub(r"(delay = \{ of = )\{.*?\}", rf"\1{values}", text), encoding="utf-8")
    problems = problems_of(path)
    assert problems["holds[0].delay.of.file"] == (
        "'absent.txt'",
        "a text file in the profile's own folder",
    )
    assert problems["strategies[3].file"] == ("'mine.py'", "a Python file beside the scenario")
    assert problems["blocks"] == ("0", "at least 1")
    assert problems["bogus"][0].startswith("unknown key. Available: schema, title, ")
    assert "relative path" in problems["operations[0].to"][1]
    assert problems["operations[1].kind"][0] == "'place' on a payload of kind 'launcher'"
    assert problems["strategies[1].initial_ms"] == ("-5", "a number above 0")
    assert problems["strategies[1].growth"][0].startswith("unknown key. Available: use, label, ")
    assert "initial_ms" in problems["strategies[1].growth"][0]
    unknown = "no strategy is called 'gracefulfs'. Did you mean graceful-fs"
    assert problems["strategies[2].use"][0].startswith(unknown)
    assert problems["holds[0].probability.value"] == ("1.5", "at most 1")
    assert problems["holds[0].duration.of.ms"] == ("-5.0", "at least 0")
    with pytest.raises(InvalidFilesError) as caught:
        load_scenario(path)
    of_profiles = [each.found for each in caught.value.problems if each.key == "profiles"]
    assert any(
        found.startswith("no profile is called 'brif'. Did you mean brief?") for found in of_profiles
    )
    assert "['broken', 'brif', 'brif']" in of_profiles


def test_unknown_scenarios_are_refused_together_with_what_is_wrong_in_others(
    make_scenario: MakeScenario,
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_scenarios(["numpy-weel", "nope.toml", make_scenario(blocks="0")])
    assert "no scenario is called 'numpy-weel'" in caught.value.message
    assert "Did you mean numpy-wheel?" in caught.value.message
    assert "nope.toml: there is no such file" in caught.value.message
    assert "blocks: found 0; expected at least 1" in caught.value.message


def test_problems_of_several_files_are_reported_together(make_scenario: MakeScenario) -> None:
    paths = [make_scenario(name=name, blocks="-1") for name in ("one", "two")]
    with pytest.raises(InvalidFilesError) as caught:
        load_scenarios(paths)
    assert {problem.file for problem in caught.value.problems} == {"one.toml", "two.toml"}


def test_factor_values_and_profiles_are_given_once(make_scenario: MakeScenario) -> None:
    """A repeated value would count every trial twice."""
    path = make_scenario(factors="{ pause_ms = [0, 0.0] }", profiles='["brief", "brief"]')
    problems = problems_of(path)
    assert "without repetitions" in problems["profiles"][1]
    assert "without repetitions" in problems["factors.pause_ms"][1]


def test_an_unknown_kind_is_answered_with_the_kinds_there_are(make_scenario: MakeScenario) -> None:
    body = '[[payload]]\nkind = "whl"\nname = "a"\n[[operations]]\nkind = "rename"\nto = "x"'
    assert "'launcher'" in problems_of(make_scenario(body))["payload[0].kind"][1]
    near = problems_of(make_scenario(body.replace("whl", "lancher")))["payload[0].kind"]
    assert near[0] == "'lancher'"
    assert near[1].endswith("'tree'. Did you mean launcher?")
    missing = problems_of(make_scenario(body.replace('kind = "whl"', "")))["payload[0].kind"]
    assert missing == ("this key is required but missing", "")


def test_parameters_of_strategies_are_not_converted(make_scenario: MakeScenario) -> None:
    path = make_scenario(strategies='[{ use = "exponential", initial_ms = "5" }]')
    assert "strategies[0].initial_ms" in problems_of(path)


def test_what_is_not_toml_is_said_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("schema = = 1")
    assert problems_of(path)["line 1, column 10"] == ("not valid TOML: invalid value", "")
    for quote in "\"'":
        path.write_text(f"title = {quote}a title\nquick = true\n", encoding="utf-8")
        ((key, (found, _)),) = problems_of(path).items()
        assert key in {"line 1, column 17", "end of document"}
        assert found == "not valid TOML: text in quotation marks is not closed by the end of its line"


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(b"title = '\xe9'")
    with pytest.raises(InvalidInputError, match=r"not UTF-8 text: its byte 10 cannot be read$"):
        load_scenario(path)
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InvalidInputError, match=r"folder\.toml: is a folder, not a file"):
        load_scenario(tmp_path / "folder.toml")


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_scenario("numpy-weel")
    assert "numpy-wheel" in str(caught.value.hint)
    with pytest.raises(InvalidInputError):
        load_scenario(tmp_path / "no-such.toml")


def test_empirical_holds_come_from_a_file_beside_the_profile(
    make_scenario: MakeScenario, make_profile: MakeProfile, tmp_path: Path
) -> None:
    make_profile("seen", 0, duration='distribution = "empirical", file = "seen.txt"')
    path = make_scenario(profiles='["seen"]')
    assert "text file" in problems_of(path)["holds[0].duration.of.file"][1]
    (tmp_path / "profiles" / "seen.txt").write_text("# milliseconds\n1.5\n20\n")
    of = load_scenario(path).profiles["seen"].holds[0].duration.of
    assert of.distribution == "empirical"
    assert of.values_ms == (1.5, 20.0)
    (tmp_path / "profiles" / "seen.txt").write_text("1.5\n-3\n")
    assert problems_of(path)["line 2"][0] == "'-3'"


def test_recorded_times_of_all_profiles_are_bounded_together(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A million, in any way: here five, of which one profile has three and the other two or three."""
    assert MOST_VALUES == 1_000_000
    monkeypatch.setattr(load, "MOST_VALUES", 5)
    make_profile("seen", 0, duration='distribution = "empirical", values_ms = [1, 2, 3]')
    make_profile("more", 0, duration='distribution = "empirical", file = "more.txt"')
    path = make_scenario(profiles='["seen", "more"]')
    (tmp_path / "profiles" / "more.txt").write_text("1\n2\n")
    load_scenario(path)
    (tmp_path / "profiles" / "more.txt").write_text("1\n2\n3\n")
    ((found, expected),) = problems_of(path).values()
    assert (found, expected) == ("3 recorded times", "at most 5 in all profiles of a scenario")


def test_a_values_file_cannot_be_taken_from_elsewhere(
    make_scenario: MakeScenario, make_profile: MakeProfile, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("1\n")
    make_profile("seen", 0, duration='distribution = "empirical", file = "../secret.txt"')
    assert "holds[0].duration.of.file" in problems_of(make_scenario(profiles='["seen"]'))


@pytest.mark.parametrize("name", ["../outside", "{folder}/outside", "//server/share/x", "con", "C:x"])
def test_a_profile_is_not_looked_for_under_a_path(name: str, make_scenario: MakeScenario) -> None:
    path = make_scenario(profiles="['none']")
    (path.parent.parent / "outside.toml").write_text("secret = [", encoding="utf-8")
    name = name.format(folder=path.parent.parent)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("['none']", f"['none', {name!r}]"), encoding="utf-8")
    ((key, (found, _)),) = problems_of(path).items()
    assert key == "profiles[1]"
    assert found.partition("…")[0] in repr(name)  # a long name is cut


def test_the_draw_key_does_not_depend_on_who_is_compared(make_scenario: MakeScenario) -> None:
    one = load_scenario(make_scenario(name="one"))
    more = load_scenario(make_scenario(name="two", strategies='["plain", "graceful-fs"]', blocks="9"))
    other = load_scenario(make_scenario(name="three", attempt_cost_ms="0.5"))
    assert one.draw_key == more.draw_key != other.draw_key


@pytest.mark.parametrize("name", shipped_names())
def test_every_shipped_scenario_is_valid_and_names_its_schema_and_report(name: str) -> None:
    loaded = load_scenario(name)
    assert loaded.text.startswith("#:schema ./scenario.schema.json\n")
    assert loaded.scenario.reports
    assert loaded.shipped


def test_the_profiles_that_are_promised_are_shipped() -> None:
    shipped = {path.stem for path in (shipped_folder() / "profiles").glob("*.toml")}
    promised = "none brief dll-scan archive-scan cloud-verdict minute-hold quarantine permanent"
    assert set(promised.split()) <= shipped


def scalars() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.none(), st.booleans(), st.integers(-10, 10), st.text(max_size=5), st.just([]), st.just({})
    )


def test_shipped_profiles_are_all_there_or_all_that_is_wrong_is_said(
    make_profile: MakeProfile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "shipped_folder", lambda: tmp_path)
    for name in ("b", "a"):
        make_profile(name, 5.0)
    assert list(shipped_profiles()) == ["a", "b"]
    make_profile("c", -5.0)
    make_profile("d", 5.0, probability="1.5")
    with pytest.raises(InvalidFilesError) as caught:
        shipped_profiles()
    assert {problem.file for problem in caught.value.problems} == {"profiles/c.toml", "profiles/d.toml"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(shipped_names()))
def test_a_damaged_scenario_is_refused_with_a_sentence_never_a_traceback(
    data: st.DataObject, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any key of a shipped file, replaced by anything."""
    raw = tomllib.loads(load_scenario(name).text)
    node: Any = raw
    while isinstance(node, (dict, list)) and node:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(node[key], (dict, list)) or not node[key] or data.draw(st.booleans()):
            node[key] = data.draw(scalars())
            break
        node = node[key]
    path = tmp_path_factory.mktemp("fuzz") / "fuzzed.toml"
    path.write_text(as_toml(raw), encoding="utf-8")
    with contextlib.suppress(HarnessError):
        load_scenario(path)


def as_toml(value: Any, top: bool = True) -> str:
    if isinstance(value, dict):
        pairs = [f"{quoted(key)} = {as_toml(item, top=False)}" for key, item in value.items()]
        return "\n".join(pairs) if top else "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_toml(item, top=False) for item in value) + "]"
    if value is None:
        return '"null"'
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else repr(value)


def quoted(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'
