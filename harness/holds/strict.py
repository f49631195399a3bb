"""The base of the models that files of users are validated with, and the lengths of free text.

Every number, text and list of these models has a bound, for the files may come from strangers.
"""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")

Prose = Annotated[str, Field(min_length=3, max_length=20_000)]
"""Several paragraphs."""
Line = Annotated[str, Field(min_length=3, max_length=2_000)]
"""A sentence or two, or an address: browsers and servers take addresses of 2,000 characters."""


class Strict(BaseModel):
    """Forbid unknown keys, silent conversions, numbers that are none, and changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def distinct(values: list[T]) -> list[T]:
    """Return a list in which nothing is twice. Raises `ValueError` for any other."""
    if len(set(values)) < len(values):
        raise ValueError("must be a list without repetitions")
    return values
