"""Place a drawn hold on one of an operation's objects.

Trials place holds on paths. A prediction without files places them on any names that stand for the
objects.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold

if TYPE_CHECKING:
    from harness.holds.draw import DrawnHold
    from harness.holds.profile import ObjectName


def objects_on_disk(source: str, target: str | None, *, is_tree: bool) -> dict[ObjectName, str]:
    """The paths of an operation's objects; those that it does not have are left out.

    For holds on a file or a folder of a tree, the tree stands in: `place` adds the path in it.
    """
    objects: dict[ObjectName, str] = {
        "source": source,
        "child": source,
        "children": source,
        "largest-pe": source,
        "target-parent": os.path.dirname(target or source),
    }
    if is_tree:
        objects["directory"] = objects["subdirectory"] = source
    if target is not None:
        objects["target"] = target
        if is_tree:
            objects["target-folder"] = target
    return objects


def place(drawn: DrawnHold, objects: Mapping[ObjectName, str]) -> Hold | None:
    """Give `drawn` the path of its object, or ``None`` if `objects` has none of that name."""
    handle = drawn.template.handle
    path = objects.get(handle.object)
    if path is None:
        return None
    if drawn.child not in {None, "."}:
        path = os.path.join(path, *str(drawn.child).split("/"))
    return Hold(
        object=handle.object,
        path=path,
        access=ACCESS_NAMES[handle.access],
        share=SHARE_NAMES[handle.share],
        starts_ns=drawn.starts_ns,
        duration_ns=drawn.duration_ns,
        release_after_failures=drawn.release_after_failures,
        vanish=drawn.template.ends == "vanish",
        locks_bytes=handle.byte_range_lock,
        section=handle.section,
        own_error=handle.own_error,
    )
