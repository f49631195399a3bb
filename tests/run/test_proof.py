"""A run counts only if its platform was what the manifest says, at its start and at its end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, InvalidInputError
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.record.manifest import read_manifest
from harness.record.read import read_run
from harness.run.proof import proved
from harness.run.start import resume

if TYPE_CHECKING:
    from conftest import MakeScenario, RunScenario


class Changing(EmulatedPlatform):
    """A platform that gives these answers when it is asked what changed."""

    def __init__(self, *answers: str | None) -> None:
        super().__init__()
        self.answers = list(answers)

    def what_changed(self) -> str | None:
        return self.answers.pop(0)


@pytest.fixture
def folder(make_scenario: MakeScenario, run_scenario: RunScenario) -> Path:
    return run_scenario(make_scenario(), blocks=1).folder


def test_a_platform_that_stays_as_it_is_leaves_no_trace(folder: Path) -> None:
    before = sorted(folder.iterdir())
    with proved(Changing(None, None), folder):
        pass
    assert sorted(folder.iterdir()) == before
    assert read_run(folder).trials


def test_no_trial_is_run_on_one_that_has_changed_and_trials_of_before_count(folder: Path) -> None:
    ran = False
    with pytest.raises(HarnessError, match="no trial was run: it is another one"):  # noqa: SIM117
        with proved(Changing("it is another one"), folder):
            ran = True
    assert not ran
    assert read_run(folder).trials


@pytest.mark.parametrize("ends_with", [None, KeyboardInterrupt, ValueError])
def test_a_run_is_void_if_it_changed_meanwhile_however_the_run_ended(
    folder: Path, ends_with: type[BaseException] | None
) -> None:
    def run() -> None:
        with proved(Changing(None, "it is another one"), folder):
            if ends_with is not None:
                raise ends_with

    with pytest.raises(HarnessError, match="this run is void"):
        run()
    for read in (read_manifest, read_run, resume):
        with pytest.raises(InvalidInputError, match=r"is void, .*: it is another one") as caught:
            read(folder)
        assert caught.value.hint == "Run it again."


def test_what_cannot_be_asked_does_not_hide_what_ended_the_run(folder: Path) -> None:
    class Unable(Changing):
        def what_changed(self) -> str | None:
            if not self.answers:
                raise OSError(28, "No space left on device")
            return super().what_changed()

    with pytest.raises(KeyboardInterrupt), proved(Unable(None), folder):
        raise KeyboardInterrupt
    assert read_run(folder).trials
