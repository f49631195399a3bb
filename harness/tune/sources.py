"""Holds to tune on, observed or of a model, and how long a call takes there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.tune.profile_holds import modelled_holds
from harness.tune.question import DECLARED, CallTime

if TYPE_CHECKING:
    from harness.holds.profile import Profile
    from harness.predict.hold_cases import HoldCase
    from harness.tune.observed import Observations
    from harness.tune.releases import Releases


@dataclass(frozen=True)
class Source:
    """Holds to tune on."""

    name: str
    releases: Releases
    code_shares: Mapping[int, float]
    """The errors of held operations with the share of each; 0: not known."""
    conditional: Sequence[str]
    observed: Observations | None = None
    cases: Sequence[HoldCase] = ()
    """Of a model: its case in each target shape, whose shape decides the error."""
    call: CallTime = DECLARED


def observed_source(observed: Observations, call: CallTime = DECLARED) -> Source:
    """Return observed holds to tune on. Raises `InvalidInputError` if they say nothing."""
    observed.check()
    return Source(
        observed.source,
        observed.releases(),
        observed.code_shares,
        observed.conditional,
        observed,
        call=call,
    )


def modelled_source(name: str, profile: Profile) -> Source:
    """Return the holds of a profile to tune on. Raises `InvalidInputError` as `modelled_holds`."""
    model = modelled_holds(name, profile)
    codes = dict.fromkeys(case.code or 0 for case in model.cases)
    shares = {code: 1 / len(codes) for code in codes}
    return Source(model.name, model.releases, shares, model.conditional, cases=model.cases)
