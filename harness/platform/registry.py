"""Find a platform by name; each is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from harness.errors import InvalidInputError

if TYPE_CHECKING:
    from harness.platform.base import Platform

PLATFORMS: Final = {"emulated": "harness.platform.emulated.platform:EmulatedPlatform"}
DEFAULT: Final = "emulated"


def get_platform(name: str) -> Platform:
    """Make the platform `name`. Raises `InvalidInputError` with the names there are."""
    location = PLATFORMS.get(name)
    if location is None:
        raise InvalidInputError(
            f"no platform is called {name!r} in this version",
            hint=f"There are: {', '.join(PLATFORMS)}.",
        )
    module, _, attribute = location.partition(":")
    return cast("Platform", getattr(import_module(module), attribute)())
