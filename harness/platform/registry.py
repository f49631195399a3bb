"""Find a platform by name; each is imported only when it is asked for.

Windows and Wine are one module: where it runs decides which of the two it is.
"""

from __future__ import annotations

import sys
from typing import Final, get_args

from harness.errors import InvalidInputError, NotSupportedError
from harness.platform.base import Platform, PlatformName
from harness.text import available

PLATFORMS: Final[tuple[PlatformName, ...]] = get_args(PlatformName)


def native_platform() -> PlatformName:
    """The platform of this machine, on which a run measures by default."""
    if sys.platform != "win32":
        return "emulated"
    from harness.platform.windows.win32.library import wine_version  # noqa: PLC0415 - only needed here

    return "windows" if wine_version() is None else "wine"


def why_not(name: PlatformName) -> str | None:
    """The reason why this interpreter cannot measure on the platform `name`; ``None`` if it can."""
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
        raise InvalidInputError(f"no platform is called {name!r}", hint=available(name, PLATFORMS))
    if reason := why_not(known):
        raise NotSupportedError(
            f"cannot measure on {name}: {reason}",
            hint=f"On this machine use --platform {native_platform()}.",
        )
    if known == "emulated":
        from harness.platform.emulated.emulated_platform import EmulatedPlatform  # noqa: PLC0415

        return EmulatedPlatform()
    from harness.platform.windows.windows_platform import WindowsPlatform  # noqa: PLC0415

    return WindowsPlatform()
