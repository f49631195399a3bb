"""The identity of draws: which trials, of one run or of several, met the same holds.

A draw is what one block of a case draws from its key. It is known from the manifest and the trial, so
records of any schema have it.
"""

from __future__ import annotations

import hashlib
from typing import Final

from harness.holds.draw import case_key
from harness.record.manifest import Manifest
from harness.record.trial_record import TrialRecord

_DIGITS: Final = 16
"""Hexadecimal digits for the key of a case: 64 bits, so a million cases hardly share one."""


class Draws:
    """The names of the draws of one run."""

    def __init__(self, manifest: Manifest) -> None:
        self._run = manifest.run
        self._cases = {
            (entry.name, name): _digest(case_key(manifest.seed, entry.draw_key, profile))
            for entry in manifest.scenarios
            for name, profile in entry.profiles.items()
        }
        self._last: tuple[str, str, int] | None = None
        self._name = ""

    def of(self, trial: TrialRecord) -> str:
        """The name of a trial's draw: two trials of any runs have the same one where their holds are.

        Where nothing is injected nothing is drawn, so each trial has a name of its own; so does each
        block of a case that the manifest does not know.
        """
        if trial.freshness is not None:
            return f"{self._run}/{trial.trial_id}"
        key = (trial.scenario, trial.profile, trial.block)
        if key != self._last:  # trials of a block follow each other in a journal
            self._last = key
            case = self._cases.get(key[:2]) or f"{self._run}/{trial.scenario}/{trial.profile}"
            self._name = f"{case}/{trial.block}"
        return self._name


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:_DIGITS]
