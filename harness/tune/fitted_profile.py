"""The measured holds of a machine as a profile that others can use, redacted.

Every parameter says what it was measured from and how sure it is. What attempts cannot show (how the
holder has the file open) is chosen so that calls fail with the same errors, and says so.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.analysis.grouping import case_name
from harness.errors import InvalidInputError
from harness.holds.profile import Profile
from harness.summary.statistics import wilson
from harness.text import counted, joined, milliseconds, percent
from harness.tune.recorded_holds import recorded_holds
from harness.winerror import ACCESS_DENIED, LOCK_VIOLATION, USER_MAPPED_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.selection import Case
    from harness.record.redaction import Redaction
    from harness.tune.observed import Observations
    from harness.tune.releases import Releases

_RESAMPLES: Final = 200
_ROWS: Final = 200
"""Of the distribution, so many points are kept."""
_SHARE_DIGITS: Final = 6
_BETWEEN: Final = 1e-6
"""The share between the end of a piece of the distribution and the beginning of the next."""
_SHOWN: Final = (0.5, 0.95)
"""The quantiles whose intervals are given."""
_TREES: Final = frozenset({"rename"})

_Handle = dict[str, str | bool]


@dataclass(frozen=True)
class FittedProfile:
    """A profile as the text of its file, and as it is read from there."""

    text: str
    profile: Profile


def fitted_profile(case: Case, redaction: Redaction, *, injected: bool = False) -> FittedProfile:
    """Fit a profile to the holds of a case.

    Raises `InvalidInputError` for injected holds, whose receipts would only give their own profile back,
    unless they are asked for as such; they are then labelled as assumed. Raises it for holds that say
    nothing, too.
    """
    name = case_name(case.key)
    if not case.is_ambient and not injected:
        raise InvalidInputError(
            f"{name}: these holds were injected, so fitting them only gives their own profile back",
            hint="Fit a run of a machine's own holds (a profile that begins with ambient), or say "
            "--injected to have it labelled so.",
        )
    observed = recorded_holds(case)
    observed.check()
    evidence = "measured" if case.is_ambient else "assumed"
    label = "" if case.is_ambient else f"injected from the profile {case.key['profile']}, not measured: "

    def cited(words: str, *, known: bool = True) -> dict[str, str]:
        source = redaction.text(label + words)
        return {"evidence": evidence if known else "assumed", "source": " ".join(source.split())}

    releases = list(observed.resampled(_RESAMPLES))
    hold = {
        "handle": {**_handle(case, observed), **cited(_error_words(observed), known=False)},
        "probability": {
            "value": round(1 - observed.releases().free, _SHARE_DIGITS),
            **cited(_how_often(observed)),
        },
        "delay": {
            "of": {"distribution": "constant", "ms": 0},
            **cited("an operation counts as held if its first attempt was blocked"),
        },
        "duration": {"of": _lengths(observed), **cited(_how_long(observed, releases))},
    }
    about = (
        f"Fitted to {name}: {_how_often(observed)}. Times are counted from the first attempt. Between "
        "two attempts that show a hold and its end, times are spread evenly."
    )
    title = f"Holds {'measured' if case.is_ambient else 'injected'} in {name}"
    made = {
        "schema": 2,
        "title": redaction.text(title)[:120],
        "about": redaction.text(about),
        "holds": [hold],
    }
    return FittedProfile(_toml(made), Profile.model_validate(made))


def _held(observed: Observations) -> float:
    return float(observed.counts[observed.held].sum())


def _how_often(observed: Observations) -> str:
    """Say how many operations were held, with Wilson's interval for independent observations."""
    number = observed.independent
    share = 1 - observed.releases().free
    interval = wilson(share * number, number)
    return (
        f"{_held(observed):,.0f} of {counted(observed.operations, 'operation')} held, in "
        f"{counted(number, 'independent observation')}: {percent(share)} % "
        f"[{percent(interval.low, 'down')} to {percent(interval.high, 'up')} %, 95 %]"
    )


def _how_long(observed: Observations, resampled: list[Releases]) -> str:
    """Say quantiles of the lengths with their intervals, and what was not seen to end."""
    parts = []
    for share in _SHOWN:
        low, high = np.quantile(
            [_quantile(each, share) for each in resampled], [0.025, 0.975], method="inverted_cdf"
        ).tolist()
        name = "median" if share == 0.5 else f"{percent(share)} %"  # noqa: PLR2004
        value = milliseconds(_quantile(observed.releases(), share))
        parts.append(f"{name} {value} [{milliseconds(low, 'down')} to {milliseconds(high, 'up')}]")
    number = observed.independent
    unreleased = observed.unreleased
    beyond = percent(wilson(unreleased * number, number).high, "up")
    return (
        f"{_held(observed):,.0f} holds: {', '.join(parts)}; {percent(unreleased)} % of operations were "
        f"not seen to be released, and up to {beyond} % may last longer than the longest watch of "
        f"{milliseconds(observed.watched_ms)} (95 %); Turnbull's estimate, bootstrap over draws"
    )


def _quantile(releases: Releases, share: float) -> float:
    """Return the time by which a share of the holds is over."""
    return releases.time_of(releases.free + share * (1 - releases.free))


def _lengths(observed: Observations) -> dict[str, object]:
    """Return the distribution of the lengths: quantiles, and what was not seen to end as without end."""
    left, right, mass = observed.pieces()
    ends = np.isfinite(right)
    endless = float(mass[~ends].sum())
    quantiles: dict[str, object] = {
        "distribution": "quantiles",
        "quantiles": list(_points(left[ends], right[ends], mass[ends] / max(mass[ends].sum(), 1e-300))),
    }
    share = round(endless, _SHARE_DIGITS)
    if not share:
        return quantiles
    parts = [
        {"weight": round(1 - share, _SHARE_DIGITS), "of": quantiles},
        {"weight": share, "of": {"distribution": "forever"}},
    ]
    return {"distribution": "mixture", "parts": parts}


def _points(left: np.ndarray, right: np.ndarray, mass: np.ndarray) -> Iterator[list[float]]:
    """Yield shares and times, both ascending: of very many pieces, neighbours are taken together."""
    each = max(math.ceil(2 * len(mass) / _ROWS), 1)
    groups = range(0, len(mass), each)
    total, last = 0.0, -_BETWEEN
    for first in groups:
        part = slice(first, min(first + each, len(mass)))
        begin = max(round(total + (_BETWEEN if first else 0), _SHARE_DIGITS), 0.0)
        total += float(mass[part].sum())
        end = 1.0 if part.stop == len(mass) else round(total, _SHARE_DIGITS)
        if begin > last + _BETWEEN / 2:
            yield [begin, max(round(float(left[part][0]), 3), 0.0)]
            last = begin
        if end > last + _BETWEEN / 2:
            yield [end, max(round(float(right[part][-1]), 3), 0.0)]
            last = end


def _main_code(observed: Observations) -> int:
    shares = observed.code_shares
    return max(shares, key=lambda code: shares[code])


def _handle(case: Case, observed: Observations) -> _Handle:
    """Return a handle under which calls fail with the error that most held operations failed with."""
    is_tree = bool(case.operations["kind"].isin(_TREES).any())
    code = _main_code(observed)
    if code == LOCK_VIOLATION:
        return {"object": "source", "access": "read", "share": "rwd", "byte_range_lock": True}
    if code == USER_MAPPED_FILE:
        return {"object": "target", "access": "read", "share": "rd", "section": "image"}
    if code == ACCESS_DENIED and not is_tree:
        return {"object": "target", "access": "read", "share": "rwd"}
    return {"object": "child", "access": "read", "share": "r"}


def _error_words(observed: Observations) -> str:
    shares = observed.code_shares
    listed = [
        f"{code or 'not known'} ({percent(share)} %)"
        for code, share in sorted(shares.items(), key=lambda each: -each[1])
    ]
    return (
        f"attempts failed with {joined(listed)}; such a handle gives the first of these; who held what, "
        "and how it was opened, attempts do not show"
    )


def _toml(made: dict[str, object]) -> str:
    """Write a profile as TOML; strings of JSON are those of TOML."""
    holds = made["holds"]
    assert isinstance(holds, list)  # noqa: S101 - made above
    lines = [
        "#:schema ../profile.schema.json",
        *(f"{key} = {_value(made[key])}" for key in ("schema", "title", "about")),
    ]
    for hold in holds:
        lines += ["", "[[holds]]", *(f"{key} = {_value(value)}" for key, value in hold.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
