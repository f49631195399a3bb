"""One clear answer for each way a command may go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.diagnose.command import CommandRun
from harness.diagnose.command_verdict import Evidence, longest_hold, verdict_of
from harness.diagnose.diagnosis import HolderSeen, Retried
from harness.diagnose.help import Hold, what_helps
from harness.diagnose.messages import Message, NamedPath
from harness.diagnose.watch import Watched

RUN = CommandRun("exited", 1, 2.5, "")
SOURCE = NamedPath("C:\\a", "source")
MESSAGE = Message(100.0, 32, "rename", (SOURCE, NamedPath("C:\\b", "target")), "line")
FREE = Watched("C:\\a", "source", "free", 1500.0, 1600.0, 9, 32, "in use")
SCANNER = HolderSeen(
    "MsMpEng.exe", "Microsoft Defender", "Microsoft", "restart manager", True, False, 5.0
)


def answers(**parts: Any) -> tuple[str, str]:
    verdict, sentences = verdict_of(Evidence(**{"run": RUN, **parts}))
    return verdict, " ".join(sentences)


@pytest.mark.parametrize(
    ("parts", "verdict", "words"),
    [
        ({"run": replace(RUN, exit_code=0)}, "succeeded", "it was denied no file"),
        ({}, "failed otherwise", "not because a file was held"),
        ({"run": replace(RUN, ended="interrupted")}, "interrupted", "You ended the command"),
        ({"run": replace(RUN, ended="time limit")}, "time limit", "said nothing of a file"),
        (
            {"run": replace(RUN, ended="time limit", question="Sure?")},
            "time limit",
            "waiting for an answer to 'Sure?'",
        ),
        ({"run": replace(RUN, question="Name:")}, "question", "nobody could answer: 'Name:'"),
        ({"messages": [MESSAGE], "cannot_probe": "so"}, "not asked", "cannot be told here: so"),
        ({"messages": [replace(MESSAGE, paths=())]}, "not named", "names none"),
        ({"messages": [replace(MESSAGE, others=(33,), paths=())]}, "not named", "error 32 or 33:"),
        ({"messages": [replace(MESSAGE, code=1314)]}, "denied", "may not create symbolic links"),
        (
            {"messages": [MESSAGE], "watched": [FREE]},
            "held, now free",
            "blocked for more than 1.5 s, and free 1.6 s after",
        ),
        (
            {"messages": [MESSAGE], "watched": [replace(FREE, state="held", high_ms=None)]},
            "still held",
            "it is still held, 1.5 s after the first message: in use",
        ),
        (
            {"messages": [MESSAGE], "watched": [replace(FREE, state="denied", code=5, why="read-only")]},
            "denied",
            "always will be: read-only (error 5)",
        ),
        (
            {"messages": [MESSAGE], "watched": [replace(FREE, state="gone")]},
            "gone",
            "not there any more",
        ),
        (
            {"messages": [replace(MESSAGE, code=225)]},
            "denied",
            "a virus in the rename of C:\\a to C:\\b",
        ),
        (
            {
                "run": replace(RUN, exit_code=0),
                "messages": [MESSAGE],
                "retried": [Retried("rename", 30, 70, 5)],
            },
            "succeeded after waiting",
            "possible between 30 ms and 70 ms after the first try",
        ),
        (
            {"messages": [MESSAGE], "watched": [replace(FREE, state="gone", role="target"), FREE]},
            "held, now free",
            "waiting helps",
        ),
        (
            {"messages": [MESSAGE], "watched": [replace(FREE, looks=1), replace(FREE, state="gone")]},
            "gone",
            "not there any more",
        ),
        (
            {"run": replace(RUN, ended="time limit"), "messages": [MESSAGE], "watched": [FREE]},
            "held, now free",
            "had not ended within 2.5 s, and was ended",
        ),
    ],
)
def test_every_way_has_its_answer(parts: dict[str, Any], verdict: str, words: str) -> None:
    found, text = answers(**parts)
    assert found == verdict
    assert words in text


def test_who_had_it_is_named_or_why_not_is_said() -> None:
    held = {"messages": [MESSAGE], "watched": [FREE]}
    assert "It was open in MsMpEng.exe (Microsoft Defender)." in answers(**held, holders=[SCANNER])[1]
    assert "cannot be told: no list." in answers(**held, cannot_name="no list")[1]
    assert "nobody had it open any more" in answers(**held)[1]


def test_the_longest_hold_counts() -> None:
    found = Evidence(RUN, [MESSAGE], [FREE], [Retried("rename", 10_230, None, 5)])
    assert longest_hold(found) == Hold(10_230, float("inf"), 5)
    assert longest_hold(Evidence(RUN)) is None


def test_help_is_computed_from_the_hold() -> None:
    lines = list(what_helps(Hold(1500, 1600, 32), [], denied=False))
    assert lines[0] == "Retrying error 32 for 1.6 s would have helped; for 1.5 s it would not."
    assert "strategies that real software ships" in lines[1]
    assert "would not even retry error 32" in lines[1]
    assert "not known: nobody was seen to hold it" in lines[2]
    longer = list(what_helps(Hold(70_000, float("inf"), 5), [], denied=False))
    assert longer[0].startswith("Retrying error 5 for 70 s would not have helped")


def test_strategies_that_help_are_those_whose_schedule_reaches_the_end() -> None:
    """uv tries for 10.23 s, but error 5 only (tests/strategy/ground_truth.toml)."""
    (five, *_), (thirty_two, *_) = (
        [line for line in what_helps(Hold(9000, 10_229, code), [], denied=False) if "Of the" in line]
        for code in (5, 32)
    )
    assert "uv-backon-10" in five
    assert "uv-backon-10" not in thirty_two


@pytest.mark.parametrize(
    ("holder", "words"),
    [
        (SCANNER, "An exclusion of this folder in Microsoft Defender would most likely have helped"),
        (replace(SCANNER, process="SearchIndexer.exe", is_scanner=False), "Windows' search index"),
        (replace(SCANNER, process="OneDrive.exe", is_scanner=False), "not synchronised"),
        (replace(SCANNER, process="app.exe", is_scanner=False), "not known to help against app.exe"),
        (
            replace(SCANNER, process="node.exe", is_scanner=False, is_own=True),
            "started by the command itself",
        ),
    ],
)
def test_help_depends_on_who_held_it(holder: HolderSeen, words: str) -> None:
    assert any(words in line for line in what_helps(None, [holder], denied=False))


def test_what_is_denied_for_good_is_not_retried() -> None:
    assert list(what_helps(Hold(1, 2, 5), [SCANNER], denied=True)) == [
        "Retrying would not have helped: what denies it is no hold, and does not pass."
    ]
