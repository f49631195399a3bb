"""Draft a scenario file from what somebody knows of a report, with the comments that a beginner needs.

Operations, objects and share modes are those of the models: a new one can be drafted at once. What a
draft assumes is marked as assumed in the file.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from harness.holds.handles import OwnError, Section, ShareName
from harness.holds.profile import FILE_OBJECTS, FOLDER_OBJECTS, ObjectName
from harness.holds.sharing_rules import DeleteSemantics
from harness.scenario.older_schemas import SCHEMA
from harness.scenario.operations import OPERATION_MODELS
from harness.scenario.operations.base import OperationBase
from harness.strategy.durations import spell_number
from harness.winerror import USER_MAPPED_FILE

OBJECTS: Final[tuple[ObjectName, ...]] = get_args(ObjectName)
PayloadKind = Literal["files", "launcher", "tree"]
"""The payloads that need no network."""

_BLOCKS: Final = 20
_PROFILE: Final = "as-reported"
_EXAMPLES: Final[Mapping[str, str]] = {"to": "app/{name}", "at": "app/old", "file": "*"}
"""A value for each key that an operation must have."""
_TREE_OBJECTS: Final = FOLDER_OBJECTS | {"directory", "children", "largest-pe"}
_OWN_ERRORS: Final = {*get_args(OwnError)} - {USER_MAPPED_FILE}
"""The codes that no handle gives: what gives the other one is a mapped view, a `section`."""
_PAYLOADS: Final[Mapping[PayloadKind, str]] = {
    "files": """[[payload]]                    # what is laid down: a file of 2,000 bytes
kind = "files"
name = "data"
sizes = [2000]""",
    "launcher": """[[payload]]                    # what is laid down: a small program
kind = "launcher"
name = "tool"
entry_point = "tool = tool:main\"""",
    "tree": """[[payload]]                    # what is laid down: a folder; sizes at 0 to 100 %
kind = "tree"
name = "package"

[payload.shape]
folders = 4
other = { files = 24, sizes = [0, 20, 200, 900, 3000, 8000, 20000, 60000] }
pe = { files = 2, sizes = [9000, 9000, 20000, 40000, 80000, 90000, 100000, 200000] }""",
}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is known of a report. `held` is ``None`` where nothing is; `lasts_ms` where it never ends.

    `taken` is the content of what has the new name already, as compared with the payload's. `codes` are
    Win32 codes or names of errors. `read_only`: the file that is replaced or removed has that attribute,
    or all of a tree. `fix` is the strategy that helped, if one is known.
    """

    title: str
    report: str
    operation: str
    payload: PayloadKind | None = None
    held: ObjectName | None = None
    share: ShareName = "r"
    section: Section | None = None
    lasts_ms: tuple[float, float] | None = (10.0, 1000.0)
    codes: Sequence[int | str] = ()
    strategy: str = "plain"
    fix: str | None = None
    deletes: DeleteSemantics | None = None
    other_volume: bool = False
    symlinks_denied: bool = False
    read_only: bool = False
    taken: Literal["same", "other"] | None = None

    @property
    def payload_kind(self) -> PayloadKind:
        """The payload that was asked for, or one that fits the operation and what is held."""
        model = OPERATION_MODELS[self.operation]
        works_on = model.works_on
        if self.payload is not None:
            return self.payload
        if model.on_program:
            return "launcher"
        return "tree" if works_on == "trees" or (works_on == "any" and self._is_in_tree) else "files"

    @property
    def _is_in_tree(self) -> bool:
        return self.held in _TREE_OBJECTS | FILE_OBJECTS


def drafted(draft: Draft) -> str:
    """Return the text of a scenario file. Whether it is valid is for `harness.scenario.load` to say."""
    return "\n\n".join("\n".join(part) for part in _parts(draft)) + "\n"


def _parts(draft: Draft) -> Iterator[Sequence[str]]:
    strategies = list(dict.fromkeys(filter(None, [draft.strategy, draft.fix])))
    yield [
        f"schema = {SCHEMA}",
        f"title = {_text(draft.title)}",
        'symptom = "the error as people see it"     # by which others find it; or leave it out',
        'about = """',
        'What was reported, in your own words: what is done, what is in the way, what helped."""',
        f"reports = [{_text(draft.report)}]",
        f"blocks = {_BLOCKS}                    # repetitions, each with holds of its own",
        f"profiles = [{_text(_PROFILE if draft.held else 'none')}]",
        "# names (harness strategies), or notation (harness predict --help):",
        f"strategies = [{', '.join(map(_text, strategies))}]",
    ]
    volume = {
        **({"deletes": draft.deletes} if draft.deletes else {}),
        **({"staging": "other"} if draft.other_volume else {}),
        **({"symlinks": "denied"} if draft.symlinks_denied else {}),
    }
    if volume:
        yield ["[volume]", *(f"{key} = {_text(value)}" for key, value in volume.items())]
    yield list(_payload(draft))
    yield list(_operation(draft))
    if draft.held is not None:
        yield list(_profile(draft))
    yield list(_expectation(draft, draft.strategy, fails=True))
    if draft.fix is not None and draft.fix != draft.strategy:
        yield list(_expectation(draft, draft.fix, fails=False))


def _payload(draft: Draft) -> Iterator[str]:
    head, gap, shape = _PAYLOADS[draft.payload_kind].partition("\n\n")
    yield head
    model = OPERATION_MODELS[draft.operation]
    if draft.operation == "clear-read-only" or (draft.read_only and not _can_be_taken(model)):
        parts = "all" if draft.payload_kind == "tree" else "files"
        yield f"read_only = {_text(parts)}            # what has that attribute"
    if gap:
        yield ""
        yield shape


def _can_be_taken(model: type[OperationBase]) -> bool:
    return "already_there" in model.model_fields


def first_sentence(model: type) -> str:
    """Return what a model says of itself in its first sentence, without the markup and the full stop."""
    text = " ".join((inspect.getdoc(model) or "").split())
    return text.partition(". ")[0].replace("`", "'").rstrip(".")


def _operation(draft: Draft) -> Iterator[str]:
    model = OPERATION_MODELS[draft.operation]
    yield "[[operations]]"
    yield f"kind = {_text(draft.operation)}         # {first_sentence(model)}"
    for name, field in model.model_fields.items():
        if field.is_required() and name != "kind":
            yield f"{name} = {_text(_example(name, draft))}"
    if "file" in model.model_fields and model.works_on == "any" and draft.payload_kind == "tree":
        yield f"file = {_text(_EXAMPLES['file'])}                     # which file of the tree"
    if draft.held != "target" and draft.taken is None and not draft.read_only:
        return
    if draft.operation == "rename" and draft.payload_kind != "tree" and draft.taken is None:
        yield 'primitive = "move-replace"     # it replaces; "move" gives 183 for any name that is taken'
    if _can_be_taken(model):
        content = f"content = {_text(draft.taken or 'other')}" + ", read_only = true" * draft.read_only
        yield f"already_there = {{ {content} }}     # what has the name already"
    elif "existing" in model.model_fields:
        yield "existing = true                # an older one is in its place"


def _example(name: str, draft: Draft) -> str:
    example = _EXAMPLES[name]
    return example.replace("{name}", "{file}") if draft.payload_kind != "tree" else example


def _profile(draft: Draft) -> Iterator[str]:
    yield f"[own_profiles.{_PROFILE}]       # what is in the way; shipped profiles: harness list"
    yield 'title = "What the report says is in the way"'
    yield ""
    yield f"[[own_profiles.{_PROFILE}.holds]]"
    handle = f"object = {_text(draft.held)}, share = {_text(draft.share)}"
    if draft.section is not None:
        handle += f", section = {_text(draft.section)}"
    elif own := [each for each in draft.codes if each in _OWN_ERRORS]:
        handle += f", own_error = {own[0]}"
    yield _cited("handle", handle, "say who has it open")
    yield _cited("probability", "value = 1.0", "conditional on being held")
    yield _cited("delay", 'of = { distribution = "constant", ms = 0 }', "held from the start")
    lasts = f"of = {{ {_duration(draft.lasts_ms)} }}"
    yield _cited("duration", lasts, "say how long, and how that is known")


def _cited(key: str, value: str, source: str) -> str:
    return f'{key} = {{ {value}, evidence = "assumed", source = {_text(source)} }}'


def _duration(lasts_ms: tuple[float, float] | None) -> str:
    if lasts_ms is None:
        return 'distribution = "forever"'
    low, high = map(spell_number, lasts_ms)
    if low == high:
        return f'distribution = "constant", ms = {low}'
    return f'distribution = "uniform", low_ms = {low}, high_ms = {high}'


def _expectation(draft: Draft, strategy: str, *, fails: bool) -> Iterator[str]:
    said = "what was reported" if fails else "what helped"
    yield f"[[expect]]                     # {said}; harness check says whether it is so"
    yield f"strategies = [{_text(strategy)}]"
    if not fails:
        yield 'fails = "never"'
        return
    yield 'fails = "always"               # or "never", or "sometimes" with at_least and at_most'
    if draft.codes:
        spelled = (str(each) if isinstance(each, int) else _text(each) for each in draft.codes)
        yield f"codes = [{', '.join(spelled)}]"


def _text(value: Any) -> str:
    """Spell a string as TOML does: JSON has the same escapes."""
    return json.dumps(str(value), ensure_ascii=False)
