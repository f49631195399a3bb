"""Find a platform by name; each is imported only when it is asked for.

Windows and Wine are one module: where it runs decides which of the two it is.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from harness.errors import InvalidInputError, NotSupportedError

if TYPE_CHECKING:
    from harness.platform.base import Platform, PlatformName

PLATFORMS: Final[dict[PlatformName, str]] = {
    "emulated": "harness.platform.emulated.emulated_platform:EmulatedPlatform",
    "windows": "harness.platform.windows.windows_platform:WindowsPlatform",
    "wine": "harness.platform.windows.windows_platform:WindowsPlatform",
}


def native_platform() -> PlatformName:
    """The platform of this machine: what a run measures on unless it is told otherwise."""
    if sys.platform != "win32":
        return "emulated"
    from harness.platform.windows import win32  # noqa: PLC0415 - there is no such module elsewhere

    return "windows" if win32.wine_version() is None else "wine"


def why_not(name: PlatformName) -> str | None:
    """Why this interpreter cannot measure on the platform `name`; ``None`` if it can."""
    here = native_platform()
    if name in {"emulated", here}:
        return None
    if name == "windows":
        return "this is Wine, not Windows" if here == "wine" else "this machine does not run Windows"
    return "this is Windows itself" if here == "windows" else "this Python does not run under Wine"


def get_platform(name: str) -> Platform:
    """Make the platform `name`.

    Raises `NotSupportedError` where this interpreter cannot measure on it, `InvalidInputError` for an
    unknown name.
    """
    known = next((platform for platform in PLATFORMS if platform == name), None)
    if known is None:
        raise InvalidInputError(
            f"no platform is called {name!r}", hint=f"There are: {', '.join(PLATFORMS)}."
        )
    if reason := why_not(known):
        raise NotSupportedError(
            f"cannot measure on {name}: {reason}", hint=f"Here it is --platform {native_platform()}."
        )
    module, _, attribute = PLATFORMS[known].partition(":")
    return cast("Platform", getattr(import_module(module), attribute)())
