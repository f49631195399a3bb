"""How a session of pytest gets the plugin of `harness.testing`."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Final

PLUGIN: Final = "harness.testing.pytest_plugin"


def plugin_options() -> tuple[str, ...]:
    """Return the options that load the plugin, if it is not loaded by itself."""
    is_registered = any(each.value == PLUGIN for each in entry_points(group="pytest11"))
    return () if is_registered else ("-p", PLUGIN)
