"""Find a platform by name; each is imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast, get_args

from harness.errors import InvalidInputError, NotSupportedError
from harness.platform.base import PlatformName

if TYPE_CHECKING:
    from harness.platform.base import Platform

PLATFORMS: Final = {"emulated": "harness.platform.emulated.platform:EmulatedPlatform"}
DEFAULT: Final = "emulated"


def get_platform(name: str) -> Platform:
    """Make the platform `name`.

    Raises `NotSupportedError` for one that this version lacks, `InvalidInputError` for an unknown name.
    """
    location = PLATFORMS.get(name)
    if location is None:
        hint = f"There are: {', '.join(PLATFORMS)}."
        if name in get_args(PlatformName):
            raise NotSupportedError(f"this version cannot measure on {name} yet", hint=hint)
        raise InvalidInputError(f"no platform is called {name!r}", hint=hint)
    module, _, attribute = location.partition(":")
    return cast("Platform", getattr(import_module(module), attribute)())
