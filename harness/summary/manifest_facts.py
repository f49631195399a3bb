"""Tell two environments apart: the facts of two manifests, one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from harness.record.manifest import Manifest
from harness.summary.run_comparison import FactDifference
from harness.text import one_line

NOT_RECORDED: Final = "not recorded"
LONGEST: Final = 200
"""Characters of a value that are shown."""
MOST: Final = 200
"""Facts that are shown: a manifest may come from a stranger."""
MEASURED: Final = frozenset({"sleep_overshoot_us", "timer_ms"})
"""Facts that are measured anew in each run, and so differ between any two of one machine."""


def facts_of(manifest: Manifest) -> dict[str, str]:
    """The facts of a manifest by name, such as ``machine: processor``, but those of `MEASURED`."""
    data = {
        "platform": manifest.platform,
        "staging": manifest.staging,
        "antivirus": manifest.antivirus.model_dump(),
        **manifest.environment,
        **manifest.platform_facts,
        "versions": manifest.packages,
    }
    return dict(_flat(data))


def differing(first: Mapping[str, str], second: Mapping[str, str]) -> list[FactDifference]:
    """The facts that are not the same, at most `MOST`."""
    names = list(dict.fromkeys((*first, *second)))
    found = (
        FactDifference(
            fact=_cut(name),
            first=_cut(first.get(name, NOT_RECORDED)),
            second=_cut(second.get(name, NOT_RECORDED)),
        )
        for name in names
        if first.get(name) != second.get(name)
    )
    return [each for each, _ in zip(found, range(MOST), strict=False)]


def _flat(data: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        if key in MEASURED:
            continue
        name = f"{above}{key.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}: ")
        elif isinstance(value, list | tuple):
            yield name, "; ".join(map(_in_words, value)) or "none"
        else:
            yield name, _in_words(value)


def _in_words(value: Any) -> str:
    """A fact as text; one of several with parts as its parts that say something."""
    if isinstance(value, Mapping):
        return " ".join(_in_words(part) for part in value.values() if part is not None)
    if isinstance(value, list | tuple):
        return " ".join(map(_in_words, value))
    return {True: "yes", False: "no", None: "unknown"}.get(value, str(value))


def _cut(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
