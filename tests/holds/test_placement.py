"""A drawn hold is placed on the object that its profile names, or on none."""

from __future__ import annotations

import os
from typing import Any

import pytest

from harness.holds.draw import DrawnHold
from harness.holds.handles import Access, Hold, Share
from harness.holds.placement import objects_on_disk, place
from harness.holds.profile import HoldTemplate, ObjectName

CITED = {"evidence": "assumed", "source": "this test"}
SOURCE, TARGET = os.path.join(os.sep, "work", "staging", "x"), os.path.join(os.sep, "work", "site", "x")


def template(held: str, ends: str = "release", **handle: Any) -> HoldTemplate:
    return HoldTemplate.model_validate(
        {
            "handle": {"object": held, "share": "r", **handle, **CITED},
            "probability": {"value": 1, **CITED},
            "delay": {"of": {"distribution": "constant", "ms": 0}, **CITED},
            "duration": {"of": {"distribution": "constant", "ms": 10}, **CITED},
            "ends": ends,
        }
    )


@pytest.mark.parametrize(
    ("held", "path"),
    [
        ("source", SOURCE),
        ("directory", SOURCE),
        ("target", TARGET),
        ("target-parent", os.path.dirname(TARGET)),
        ("child", os.path.join(SOURCE, "package", "large.dll")),
        ("largest-pe", os.path.join(SOURCE, "package", "large.dll")),
    ],
)
def test_each_object_of_a_tree_has_its_path(held: str, path: str) -> None:
    child = "package/large.dll" if held in {"child", "largest-pe"} else None
    hold = place(DrawnHold(template(held), child), objects_on_disk(SOURCE, TARGET, is_tree=True))
    assert hold is not None
    assert (hold.object, hold.path) == (held, path)


@pytest.mark.parametrize("held", ["source", "child", "largest-pe"])
def test_for_a_single_file_its_files_are_the_file_itself(held: str) -> None:
    hold = place(DrawnHold(template(held), "."), objects_on_disk(SOURCE, TARGET, is_tree=False))
    assert hold is not None
    assert hold.path == SOURCE


def test_a_file_is_no_directory_and_what_has_no_target_holds_none() -> None:
    objects = objects_on_disk(SOURCE, None, is_tree=False)
    assert place(DrawnHold(template("directory")), objects) is None
    assert place(DrawnHold(template("target")), objects) is None


def test_without_a_target_the_parent_is_that_of_the_source() -> None:
    hold = place(DrawnHold(template("target-parent")), objects_on_disk(SOURCE, None, is_tree=True))
    assert hold is not None
    assert hold.path == os.path.dirname(SOURCE)


def test_a_hold_keeps_what_was_drawn_and_what_its_template_says() -> None:
    drawn = DrawnHold(
        template("child", "vanish", access="read+delete", byte_range_lock=True), "a", 5, 7, 2
    )
    assert place(drawn, {"child": SOURCE}) == Hold(
        "child",
        os.path.join(SOURCE, "a"),
        Access.READ | Access.DELETE,
        Share.READ,
        starts_ns=5,
        duration_ns=7,
        release_after_failures=2,
        vanish=True,
        locks_bytes=True,
    )


def test_any_names_may_stand_for_the_objects() -> None:
    """A prediction has no files: it asks what a hold on "below" does."""
    objects: dict[ObjectName, str] = {"child": "below", "source": "source"}
    hold = place(DrawnHold(template("child", section="image")), objects)
    assert hold == Hold("child", "below", Access.READ, Share.READ, section="image")
    assert place(DrawnHold(template("target")), objects) is None
