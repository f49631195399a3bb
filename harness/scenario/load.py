"""Read scenario and profile files; report everything that is wrong with them at once.

Loading executes nothing and touches no network: strategies from Python files and plug-ins are
resolved later, when a run was asked for.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from harness.errors import InvalidFilesError, InvalidInputError, Problem
from harness.interference.profile import Profile
from harness.scenario.model import (
    FACTORS,
    FILE_KINDS,
    FILE_OPERATIONS,
    TREE_KINDS,
    TREE_OPERATIONS,
    Scenario,
    StrategyChoice,
)
from harness.strategy import registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

M = TypeVar("M", bound=BaseModel)

GENERATED: Final = ":generated"
"""The suffix of a scenario's name that asks for generated payloads of the same shape."""

MAX_FILE_BYTES: Final = 1_000_000
MAX_VALUES_BYTES: Final = 50_000_000


@dataclass(frozen=True)
class LoadedScenario:
    """A valid scenario with its profiles; `name` is the file's, plus ``:generated`` if that was asked.

    `text` is the file as it was read, `folder` where it stands (for files that it names; ``None``
    when it comes from a manifest), `shipped` whether it is one of ours.
    """

    name: str
    scenario: Scenario
    profiles: Mapping[str, Profile]
    text: str
    folder: Path | None
    shipped: bool
    generated: bool = False

    @cached_property
    def situation(self) -> str:
        """A hash of what is done and what gets in the way, but not of who is compared.

        Draws are keyed by it, so adding a strategy, a factor or a block leaves all others unchanged.
        """
        kept = self.scenario.model_dump(
            mode="json",
            include={"payload", "operations", "concurrency", "attempt_cost_ms"},
        )
        text = json.dumps([kept, self.generated], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def shipped_folder() -> Path:
    """Find the shipped scenarios: inside the installed package, or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_shipped"
    return installed if installed.is_dir() else package.parent / "scenarios"


def shipped_names() -> list[str]:
    """The names of all shipped scenarios, sorted."""
    return sorted(path.stem for path in shipped_folder().glob("*.toml"))


def load_scenario(name: str | Path) -> LoadedScenario:
    """Load one scenario, by the name of a shipped one or by the path of a file.

    Raises `InvalidInputError` if there is none, `InvalidFilesError` with all problems in it.
    """
    return load_scenarios([name])[0]


def load_scenarios(names: Sequence[str | Path], *, generated: bool = False) -> list[LoadedScenario]:
    """Load several scenarios; what is wrong in any of them is reported together."""
    problems: list[Problem] = []
    loaded = [_load(str(name), problems, generated=generated) for name in names]
    if problems:
        raise InvalidFilesError(list(dict.fromkeys(problems)))
    return [scenario for scenario in loaded if scenario is not None]


def _load(name: str, problems: list[Problem], *, generated: bool) -> LoadedScenario | None:
    base = name.removesuffix(GENERATED)
    generated = generated or base != name
    path = _find(base)
    shipped = path.parent.resolve() == shipped_folder()
    text = _read_text(path, MAX_FILE_BYTES)
    found_before = len(problems)
    raw = _toml(text, path.name, problems)
    if raw is None:
        return None
    scenario = _validated(Scenario, raw, path.name, problems)
    profiles = {
        profile_name: profile
        for profile_name in dict.fromkeys(_strings(raw, "interference"))
        if (profile := _load_profile(profile_name, path, problems)) is not None
    }
    problems.extend(_misfits(raw, profiles, path.name))
    if scenario is None or len(problems) > found_before:
        return None
    return LoadedScenario(
        name=path.stem + (GENERATED if generated else ""),
        scenario=scenario,
        profiles=profiles,
        text=text,
        folder=path.parent,
        shipped=shipped,
        generated=generated,
    )


def _find(name: str) -> Path:
    if name in shipped_names():
        return shipped_folder() / f"{name}.toml"
    path = Path(name)
    if path.suffix == ".toml" and path.is_file():
        return path
    close = difflib.get_close_matches(name, shipped_names(), n=1)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise InvalidInputError(
        f"no scenario is called {name!r}, and it is not a .toml file",
        hint=f"{hint}`harness list` shows the shipped scenarios; a path to a file works too.",
    )


def _load_profile(name: str, scenario: Path, problems: list[Problem]) -> Profile | None:
    """Find a profile beside the scenario (in ``profiles/``), else among the shipped ones."""
    folders = [scenario.parent / "profiles", shipped_folder() / "profiles"]
    path = next((found for folder in folders if (found := folder / f"{name}.toml").is_file()), None)
    if path is None:
        known = sorted({file.stem for folder in folders for file in folder.glob("*.toml")})
        problems.append(Problem(scenario.name, "interference", repr(name), f"one of {', '.join(known)}"))
        return None
    where = f"profiles/{path.name}"
    raw = _toml(_read_text(path, MAX_FILE_BYTES), where, problems)
    profile = _validated(Profile, raw, where, problems) if raw is not None else None
    return _with_values(profile, path, problems) if profile is not None else None


def _with_values(profile: Profile, path: Path, problems: list[Problem]) -> Profile:
    """Put the values of empirical distributions into the profile, from the files it names."""
    data = profile.model_dump(by_alias=True)
    for number, hold in enumerate(data["holds"]):
        for parameter in ("delay", "duration"):
            of = hold[parameter]["of"]
            parts = [part["of"] for part in of["parts"]] if "parts" in of else [of]
            for part in parts:
                if part.get("file") and not part["values_ms"]:
                    key = f"holds[{number}].{parameter}.of.file"
                    part["values_ms"] = _values(path, part["file"], key, problems)
    return profile if problems else Profile.model_validate(data)


def _values(profile: Path, name: str, key: str, problems: list[Problem]) -> tuple[float, ...]:
    where = f"profiles/{profile.name}"
    file = (profile.parent / name).resolve()
    if not file.is_relative_to(profile.parent.resolve()) or not file.is_file():
        problems.append(Problem(where, key, repr(name), "a text file in the profile's own folder"))
        return ()
    values = []
    for number, line in enumerate(_read_text(file, MAX_VALUES_BYTES).splitlines(), 1):
        try:
            value = float(line)
        except ValueError:
            value = -1.0
        if not 0 <= value < float("inf"):
            expected = "one number of milliseconds per line, not negative"
            problems.append(Problem(name, f"line {number}", repr(line[:40]), expected))
            return ()
        values.append(value)
    if not values:
        problems.append(Problem(where, key, "an empty file", "at least one value"))
    return tuple(values)


def _read_text(path: Path, limit: int) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise InvalidInputError(f"{path}: larger than {limit:,} bytes; that is no such file")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path}: not UTF-8 text: {error}") from error
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}") from error


def _toml(text: str, file: str, problems: list[Problem]) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(file, "the file", str(error), "valid TOML (https://toml.io)"))
        return None


def _validated(model: type[M], raw: dict[str, Any], file: str, problems: list[Problem]) -> M | None:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems.extend(_problems(error, file))
        return None


def _problems(error: ValidationError, file: str) -> Iterator[Problem]:
    """Turn pydantic's errors into ours."""
    for detail in error.errors(include_url=False):
        yield Problem(
            file,
            _key(_without_tags(detail["loc"])),
            _found(detail["type"], detail["input"]),
            _expected(detail),
        )


def _without_tags(location: tuple[int | str, ...]) -> Iterator[int | str]:
    """Leave out what pydantic puts into a location only to name the member of a union."""
    before: int | str = ""
    for part in location:
        if not (part in _TAGS and (isinstance(before, int) or before == "of")):
            yield part
        before = part


_TAGS: Final = frozenset(
    [
        "wheel",
        "sdist",
        "built-wheel",
        "launcher",
        "files",
        "tree",
        "rename",
        "write-replace",
        "copy-replace",
        "place",
        "remove",
        "rewrite",
        "constant",
        "uniform",
        "lognormal",
        "exponential",
        "pareto",
        "empirical",
        "size-proportional",
        "mixture",
        "forever",
        "until-failure",
    ]
)


def _key(location: Iterable[int | str]) -> str:
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key or "the file"


def _found(kind: str, value: object) -> str:
    if kind == "missing":
        return "nothing"
    if kind == "extra_forbidden":
        return "an unknown key"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - fits a terminal line


def _expected(detail: Any) -> str:
    if detail["type"] == "extra_forbidden":
        return "no such key here; see `harness schema`"
    if detail["type"] == "missing":
        return "a value, it is required"
    message = str(detail["msg"])
    for prefix in ("Value error, ", "Input should be ", "Input should "):
        message = message.removeprefix(prefix)
    return (
        message.replace("String should have", "a string with")
        .replace("List should have", "a list with")
        .replace("String should match", "a string that matches")
    )


def _strings(raw: Mapping[str, Any], key: str) -> list[str]:
    """The strings in the list `key`, whatever else is wrong with it."""
    value = raw.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _tables(raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The list `key` as tables; what is not a table counts as an empty one."""
    value = raw.get(key)
    items = value if isinstance(value, list) else []
    return [item if isinstance(item, dict) else {} for item in items]


def _kinds(raw: Mapping[str, Any], key: str) -> list[str]:
    """The ``kind`` of each table in the list `key`; empty where there is none."""
    return [str(table.get("kind", "")) for table in _tables(raw, key)]


def _misfits(raw: Mapping[str, Any], profiles: Mapping[str, Profile], file: str) -> Iterator[Problem]:
    """What is wrong between the parts of a scenario, each of which may be fine by itself.

    Works on the file as it was written, so that these problems are reported beside all others.
    """
    payloads = _kinds(raw, "payload")
    operations = _kinds(raw, "operations")
    trees = [kind for kind in payloads if kind in TREE_KINDS]
    files = [kind for kind in payloads if kind in FILE_KINDS]
    for number, kind in enumerate(operations):
        unfit = files if kind in TREE_OPERATIONS else trees if kind in FILE_OPERATIONS else []
        if unfit:
            fit = TREE_KINDS if kind in TREE_OPERATIONS else FILE_KINDS
            yield Problem(
                file,
                f"operations[{number}].kind",
                f"{kind!r} on a payload of kind {unfit[0]!r}",
                f"a payload of kind {', '.join(sorted(fit))}",
            )
        before = operations[:number]
        if kind in FILE_OPERATIONS | {"rename"} and before:
            yield Problem(
                file,
                f"operations[{number}].kind",
                f"{kind!r} after {before[-1]!r}",
                f"{kind!r} first: it takes the payload from its temporary place",
            )
        if kind in {"remove", "rewrite"} and "rename" in before:
            yield Problem(
                file,
                f"operations[{number}].kind",
                f"{kind!r} after 'rename'",
                f"{kind!r} before the payload is moved: it works on an installed tree",
            )
    for name, profile in profiles.items():
        if {hold.handle.object for hold in profile.holds} == {"directory"} and files:
            yield Problem(
                file,
                "interference",
                f"{name!r}, which holds a directory",
                "a profile that holds something these operations touch",
            )
    yield from _repeated(raw, file)
    yield from _shared_places(raw, file)
    yield from _wrong_strategies(raw, file)
    factors = raw.get("factors")
    if isinstance(factors, dict):
        for factor, needs in FACTORS.items():
            if factor in factors and not needs & set(operations):
                found = f"{', '.join(operations) or 'no operation'}"
                expected = f"an operation of kind {' or '.join(sorted(needs))} to apply it to"
                yield Problem(file, f"factors.{factor}", found, expected)


def _repeated(raw: Mapping[str, Any], file: str) -> Iterator[Problem]:
    names = [str(table["name"]) for table in _tables(raw, "payload") if "name" in table]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(file, "payload", f"{name!r} more than once", "each name once")


def _shared_places(raw: Mapping[str, Any], file: str) -> Iterator[Problem]:
    """Find operations that would put several items into one place; only `place` may."""
    payload = _tables(raw, "payload")
    sizes = [table["sizes"] for table in payload if isinstance(table.get("sizes"), list)]
    if len(payload) == 1 and not any(len(found) > 1 for found in sizes):
        return
    for number, operation in enumerate(_tables(raw, "operations")):
        for key in ("to", "at") if operation.get("kind") != "place" else ():
            path = operation.get(key)
            if isinstance(path, str) and "{name}" not in path and "{file}" not in path:
                expected = "a place for each item of the payload, with {name} or {file}"
                yield Problem(file, f"operations[{number}].{key}", repr(path), expected)


def _wrong_strategies(raw: Mapping[str, Any], file: str) -> Iterator[Problem]:
    given = raw.get("strategies")
    labels: list[str] = []
    for number, item in enumerate(given if isinstance(given, list) else []):
        try:
            choice = StrategyChoice.model_validate({"use": item} if isinstance(item, str) else item)
        except ValidationError:
            continue  # reported with the model
        labels.append(choice.display)
        if choice.file is None:
            yield from _wrong_parameters(choice, f"strategies[{number}]", file)
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        yield Problem(
            file, "strategies", f"{label!r} more than once", "distinct strategies, or a label each"
        )


def _wrong_parameters(choice: StrategyChoice, key: str, file: str) -> Iterator[Problem]:
    maker = registry.shipped().get(choice.use)
    if maker is None:
        if choice.use in registry.installed_names():
            return  # a plug-in's parameters are checked when it is loaded, for that runs its code
        known = ", ".join([*registry.shipped(), *registry.installed_names()])
        yield Problem(file, f"{key}.use", repr(choice.use), f"one of {known}")
        return
    try:
        maker(choice.parameters)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            unknown = detail["type"] == "unexpected_keyword_argument"
            yield Problem(
                file,
                f"{key}.{_key(detail['loc'])}",
                "an unknown key" if unknown else _found(detail["type"], detail["input"]),
                f"one of {', '.join(['use', 'label', 'file', *maker.defaults])}"
                if unknown
                else _expected(detail),
            )
    except ValueError as error:
        yield Problem(file, key, repr(choice.parameters), str(error))
