"""Load scenario and profile files, and report all errors in them at once.

Loading executes nothing and touches no network: strategies from Python files and plug-ins are
resolved later, when a run is requested.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import ValidationError

from harness.errors import InvalidFilesError, InvalidInputError, Problem, together
from harness.holds.distributions import MOST_VALUES
from harness.holds.milliseconds import DAY_MS
from harness.holds.profile import Profile
from harness.outside_files import check_regular, read_regular
from harness.scenario.cross_checks import PlugIns, cross_checks, resolved, strings
from harness.scenario.expect_checks import expectation_problems, with_labels
from harness.scenario.extent import excesses, hold_excesses
from harness.scenario.model import Scenario
from harness.scenario.names import is_plain_name, is_portable_name
from harness.scenario.older_schemas import rewritten_lines, upgraded_profile, upgraded_scenario
from harness.scenario.own_profiles import own_profile_problems, own_profiles
from harness.scenario.problems import problems_of
from harness.scenario.toml_text import read_toml
from harness.strategy import lookup
from harness.text import available, did_you_mean

T = TypeVar("T")

GENERATED: Final = ":generated"
"""The suffix of a scenario's name that asks for generated payloads of the same shape."""

MAX_FILE_BYTES: Final = 1_000_000
MAX_VALUES_BYTES: Final = 50_000_000


@dataclass(frozen=True)
class LoadedScenario:
    """A valid scenario with its profiles.

    `name` is that of the file, plus ``:generated`` for generated payloads. `text` is the content of the
    file, `folder` its folder (for files that it names; ``None`` when it comes from a manifest),
    `shipped` whether it is one of ours, `rewritten` the lines of an older schema as the current one
    spells them.
    """

    name: str
    scenario: Scenario
    profiles: Mapping[str, Profile]
    text: str
    folder: Path | None
    shipped: bool
    generated: bool = False
    rewritten: tuple[str, ...] = ()

    def changed(self, **parts: Any) -> LoadedScenario:
        """Return a copy with other `parts` of the scenario, which are not checked again."""
        return replace(self, scenario=self.scenario.model_copy(update=parts))

    @cached_property
    def draw_key(self) -> str:
        """A hash of payload and operations, which keys the draws.

        Strategies, factors and blocks are not part of it, so that a new one changes no other draw. Nor
        is what is done about failures: with and without it, a scenario meets the same holds.
        """
        kept = self.scenario.model_dump(
            mode="json",
            include={"payload", "operations", "concurrency", "attempt_cost_ms", "volume"},
            exclude={"operations": {"__all__": {"strategy", "only_if", "may_fail", "on_failure"}}},
        )
        text = json.dumps([kept, self.generated], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def shipped_folder() -> Path:
    """Return the folder of the shipped scenarios: in the installed package, or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_shipped"
    return installed if installed.is_dir() else package.parent / "scenarios"


def shipped_names() -> list[str]:
    """Return the names of all shipped scenarios, sorted."""
    return sorted(path.stem for path in shipped_folder().glob("*.toml"))


REPORTS: Final = "reports"
"""The folder of the shipped public reports, below that of the scenarios."""


def report_names() -> list[str]:
    """Return the names of all shipped public reports, sorted."""
    return sorted(path.stem for path in (shipped_folder() / REPORTS).glob("*.toml"))


def runs_only_shipped_code(name: str, scenario: Scenario) -> bool:
    """Whether a scenario with a shipped name has the payload of that one, and no strategy file."""
    base = name.removesuffix(GENERATED)
    if base not in shipped_names() or any(choice.file for choice in scenario.strategies):
        return False
    return load_scenario(base).scenario.payload == scenario.payload


def load_scenario(name: str | Path) -> LoadedScenario:
    """Load one scenario, by the name of a shipped one or by the path of a file.

    Raises `InvalidInputError` if there is none, `InvalidFilesError` with all problems in it.
    """
    return load_scenarios([name])[0]


def load_scenarios(names: Sequence[str | Path], *, generated: bool = False) -> list[LoadedScenario]:
    """Load several scenarios; raise `InvalidFilesError` with the problems of all of them."""
    unknown: list[InvalidInputError] = []
    found: dict[str, Path] = {}
    for name in map(str, names):
        try:
            found[name] = _find(name.removesuffix(GENERATED))
        except InvalidInputError as error:
            unknown.append(error)
    plug_ins = cache(lookup.installed_names)  # which looks at each distribution: once for all files
    loaded, problems = _each(
        lambda name: _load(found[name], plug_ins, generated=generated or name.endswith(GENERATED)), found
    )
    if problems:
        unknown.append(InvalidFilesError(list(dict.fromkeys(problems))))
    if unknown:
        raise together(unknown)
    return [loaded[str(name)] for name in names]


def _each(load: Callable[[str], T], names: Iterable[str]) -> tuple[dict[str, T], list[Problem]]:
    """Load each of `names`; return what was loaded by name, and the problems in the others."""
    loaded: dict[str, T] = {}
    problems: list[Problem] = []
    for name in dict.fromkeys(names):
        try:
            loaded[name] = load(name)
        except InvalidFilesError as error:
            problems += error.problems
    return loaded, problems


def _load(path: Path, plug_ins: PlugIns, *, generated: bool) -> LoadedScenario:
    text = _read_text(path, MAX_FILE_BYTES)
    found = read_toml(text, path.name)
    raw = upgraded_scenario(found)
    # no file is looked for under another name: on Windows, //server/share sends a login to that server
    listed = strings(raw, "profiles")
    own, invalid = own_profiles(raw)
    named = [name for name in listed if is_plain_name(name) and name not in invalid]
    profiles, problems = _each(_ProfileLoader(path, own), named)
    problems += own_profile_problems(raw, listed, _profile_names(path), path.name)
    problems += cross_checks(raw, profiles, path.name, plug_ins)
    problems += expectation_problems(raw, path.name)
    problems += _missing_files(raw, path)
    try:
        scenario = Scenario.model_validate(raw)
    except ValidationError as error:
        problems[:0] = problems_of(error, path.name, Scenario)
    else:
        found_too_much = (*excesses(scenario), *hold_excesses(scenario, profiles))
        problems += [] if problems else (Problem(path.name, *each) for each in found_too_much)
    if problems:
        raise InvalidFilesError(problems if raw is found else list(map(_as_written, problems)))
    strategies = [resolved(choice, scenario.purpose) for choice in scenario.strategies]
    return LoadedScenario(
        name=path.stem + (GENERATED if generated else ""),
        scenario=scenario.model_copy(update={"strategies": strategies, "expect": with_labels(scenario)}),
        profiles=profiles,
        text=text,
        folder=path.parent,
        shipped=path.parent.resolve() in {shipped_folder(), shipped_folder() / REPORTS},
        generated=generated,
        rewritten=() if raw is found else rewritten_lines(path.name, text),
    )


def _missing_files(raw: Mapping[str, Any], scenario: Path) -> Iterator[Problem]:
    """Yield the Python files of strategies that are not there."""
    choices = raw.get("strategies")
    for number, choice in enumerate(choices if isinstance(choices, list) else []):
        name = choice.get("file") if isinstance(choice, dict) else None
        if isinstance(name, str) and is_plain_name(name) and not (scenario.parent / name).exists():
            key = f"strategies[{number}].file"
            yield Problem(scenario.name, key, repr(name), "a Python file beside the scenario")


def _as_written(problem: Problem) -> Problem:
    """Name the key as an older schema spells it."""
    key = re.sub(r"^profiles\b", "interference", problem.key)
    return replace(problem, key=re.sub(r"^(strategies\[\d+\])\.strategy\b", r"\1.policy", key))


def load_profile(name: str, loaded: LoadedScenario) -> Profile:
    """Load a profile by name, as if `loaded` listed it.

    Raises `InvalidInputError` if there is none, `InvalidFilesError` with all problems in it.
    """
    if name in loaded.profiles:
        return loaded.profiles[name]
    scenario = (loaded.folder or shipped_folder()) / f"{loaded.name}.toml"
    if _profile_path(name, scenario) is None:
        hint = available(name, _profile_names(scenario))
        raise InvalidInputError(f"--profile: no profile is called {name!r}", hint=hint)
    return _load_profile(name, scenario)


class NamedProfile(NamedTuple):
    """A profile and its name."""

    name: str
    profile: Profile


def load_profile_file(name: str) -> NamedProfile:
    """Load a shipped profile by name, or the .toml file of one.

    Raises `InvalidInputError` if there is none, `InvalidFilesError` with all problems in it.
    """
    path = Path(name)
    if path.suffix == ".toml":
        try:
            check_regular(path)
        except OSError as error:
            raise InvalidInputError(
                f"{name}: there is no such file", hint="Name a shipped profile, or the file of one."
            ) from error
        return NamedProfile(path.stem, _read_profile(path, path.name))
    shipped = shipped_folder() / "none.toml"
    if _profile_path(name, shipped) is None:
        hint = available(name, _profile_names(shipped))
        raise InvalidInputError(f"no profile is called {name!r}", hint=hint)
    return NamedProfile(name, _load_profile(name, shipped))


def shipped_profiles() -> dict[str, Profile]:
    """Return all shipped profiles by name, sorted.

    Raises `InvalidFilesError` with all problems in any of them.
    """
    folder = shipped_folder()
    names = sorted(path.stem for path in (folder / "profiles").glob("*.toml"))
    found, problems = _each(partial(_load_profile, scenario=folder / "none.toml"), names)
    if problems:
        raise InvalidFilesError(problems)
    return found


def _find(name: str) -> Path:
    if name in shipped_names():
        return shipped_folder() / f"{name}.toml"
    if (report := name.removeprefix(f"{REPORTS}/")) in report_names():
        return shipped_folder() / REPORTS / f"{report}.toml"
    path = Path(name)
    if path.suffix == ".toml":
        try:
            check_regular(path)
        except OSError as error:
            raise InvalidInputError(f"{name}: there is no such file") from error
        return path
    raise InvalidInputError(
        f"no scenario is called {name!r}, and it is not a .toml file",
        hint=f"{did_you_mean(name, [*shipped_names(), *report_names()])}`harness list` shows the "
        "shipped scenarios; a path to a file works too.",
    )


class _ProfileLoader:
    """Loads the profiles of a scenario, which together may have `MOST_VALUES` recorded times."""

    def __init__(self, scenario: Path, own: Mapping[str, Profile]) -> None:
        self.scenario = scenario
        self.own = own
        self.left = MOST_VALUES

    def __call__(self, name: str) -> Profile:
        profile = self.own.get(name) or _load_profile(name, self.scenario, self.left)
        self.left -= profile.recorded_values
        return profile


def _load_profile(name: str, scenario: Path, most_values: int = MOST_VALUES) -> Profile:
    """Load a profile, with the values of empirical distributions from the files that it names."""
    path = _profile_path(name, scenario)
    if path is None:
        unknown = f"no profile is called {name!r}. {available(name, _profile_names(scenario))}"
        raise InvalidFilesError([Problem(scenario.name, "profiles", unknown)])
    return _read_profile(path, f"profiles/{path.name}", most_values)


def _read_profile(path: Path, where: str, most_values: int = MOST_VALUES) -> Profile:
    """Read the file of a profile; `where` names it in problems."""
    raw = upgraded_profile(read_toml(_read_text(path, MAX_FILE_BYTES), where))
    problems: list[Problem] = []
    left = most_values
    try:
        profile = Profile.model_validate(raw)
        left -= profile.recorded_values
        data: Any = profile.model_dump(by_alias=True)
    except ValidationError as error:
        problems += problems_of(error, where, Profile)
        data = raw
    for key, part in _naming_files(data.get("holds"), "holds"):
        try:
            part["values_ms"] = _values(path, part["file"], key)
        except InvalidFilesError as error:
            problems += error.problems
        left -= len(part.get("values_ms") or ())
        if left < 0:
            expected = f"at most {MOST_VALUES:,} in all profiles of a scenario"
            found = f"{most_values - left:,} recorded times"
            raise InvalidFilesError([Problem(where, key, found, expected)])
    if problems:
        raise InvalidFilesError(problems)
    return Profile.model_validate(data)


def _profile_folders(scenario: Path) -> tuple[Path, Path]:
    """Return the folders of profiles: that beside the scenario, and that of the shipped ones."""
    return scenario.parent / "profiles", shipped_folder() / "profiles"


def _profile_path(name: str, scenario: Path) -> Path | None:
    places = [each / f"{name}.toml" for each in _profile_folders(scenario) if is_plain_name(name)]
    return next((place for place in places if place.exists()), None)


def _profile_names(scenario: Path) -> list[str]:
    return sorted({file.stem for each in _profile_folders(scenario) for file in each.glob("*.toml")})


def _naming_files(data: Any, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables that name a file of values, with the key of its name."""
    if isinstance(data, dict):
        if isinstance(data.get("file"), str) and not data.get("values_ms"):
            yield f"{key}.file", data
        for name, each in data.items():
            yield from _naming_files(each, f"{key}.{name}")
    elif isinstance(data, list):
        for number, each in enumerate(data):
            yield from _naming_files(each, f"{key}[{number}]")


def _values(profile: Path, name: str, key: str) -> tuple[float, ...]:
    where = f"profiles/{profile.name}"
    file = profile.parent / name
    # the name first, and no link is followed: see `_load`
    if not is_portable_name(name) or "/" in name or file.is_symlink() or not file.is_file():
        expected = "a text file in the profile's own folder"
        raise InvalidFilesError([Problem(where, key, repr(name), expected)])
    values = []
    for number, line in enumerate(_read_text(file, MAX_VALUES_BYTES).splitlines(), 1):
        if line.startswith("#"):
            continue
        try:
            value = float(line)
        except ValueError:
            value = -1.0
        if not 0 <= value <= DAY_MS:
            expected = "one number of milliseconds per line, from 0 to a day"
            raise InvalidFilesError([Problem(name, f"line {number}", repr(line[:40]), expected)])
        values.append(value)
    if not values:
        raise InvalidFilesError([Problem(where, key, "an empty file", "at least one value")])
    return tuple(values)


def _read_text(path: Path, limit: int) -> str:
    try:
        return read_regular(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path}: not UTF-8 text: its byte {error.start + 1:,} cannot be read",
            hint="Save the file with the encoding UTF-8.",
        ) from error
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error
