"""What operations of every kind declare about themselves, and the keys that several kinds have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from harness.holds.profile import HandleKind
from harness.holds.rule import Rule
from harness.holds.strict import Strict
from harness.platform.base import Capability
from harness.scenario.bounds import MOST_STEPS
from harness.scenario.names import RelativePath
from harness.scenario.payload_models import ReadOnlyParts
from harness.strategy.features import Feature
from harness.strategy.notation import LONGEST
from harness.strategy.purpose import Purpose

if TYPE_CHECKING:
    from harness.scenario.operations import OperationSpec  # noqa: TC004 - a cycle, which that package closes

ANY_KIND: Final = frozenset({"path_style", "location", "pause_ms"})
"""The factors that apply to operations of every kind."""


class OperationBase(Strict):
    """The keys of all operations."""

    pause_ms: Annotated[float, Field(ge=0, le=3_600_000)] = 0.0
    """Pause between closing the files and persisting them, in milliseconds."""
    only_if: Literal["target is missing", "target is there", "source is there"] | None = Field(
        default=None, exclude_if=lambda value: value is None
    )
    """Leave the step out unless that is so when its turn comes. It is always made by default."""
    may_fail: bool = Field(default=False, exclude_if=lambda value: not value)
    """Whether the install goes on, and counts as done, when this step has failed for good."""
    on_failure: list[OperationSpec] = Field(
        default=[], max_length=MOST_STEPS, exclude_if=lambda value: not value
    )
    """Steps that put things back when this one has failed for good, in order, up to one that fails. The
    install has failed in any case.
    """
    strategy: Annotated[str, Field(min_length=1, max_length=LONGEST)] | None = Field(
        default=None, exclude_if=lambda value: value is None
    )
    """Strategy of this step alone, in notation or by its name: ``plain`` makes one attempt. By default
    the one that is compared.
    """
    held: bool | None = Field(default=None, exclude_if=lambda value: value is None)
    """Whether holds of profiles fall on it: by default on the steps of an install, not on those of
    ``on_failure``, which are hit by what is still held.
    """

    works_on: ClassVar[Literal["trees", "files", "any"]] = "any"
    factors: ClassVar[frozenset[str]] = ANY_KIND
    needs: ClassVar[tuple[Capability, ...]] = ()
    """The capabilities that its calls need of a platform."""
    is_first: ClassVar[bool] = False
    """Whether nothing may come before it."""
    works_in_place: ClassVar[bool] = False
    """Whether it works on what is installed, an older version unless a step before has brought it."""
    is_alone: ClassVar[bool] = False
    """Whether it allows no other operation beside it."""
    on_program: ClassVar[bool] = False
    """Whether the file that it works on must be a Windows program."""
    shares_target: ClassVar[bool] = False
    """Whether several items of a payload may go to the same place."""

    @property
    def brings(self) -> bool:
        """Whether it moves the payload from a temporary place to its own."""
        return False

    @property
    def works_on_old(self) -> bool:
        """Whether it moves or removes what is installed."""
        return False

    def purpose(self, *, is_tree: bool) -> Purpose:
        """What a strategy is wanted for here; `is_tree`: the payload has a tree, and not only files."""
        raise NotImplementedError

    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        """What clauses of strategies can count on; `is_fresh`: nothing else was or is put there."""
        del is_tree, is_fresh
        return frozenset({"other-call"})

    def rules(self) -> Iterator[Rule]:
        """Yield the rules that its results rest on, where they are not those of every scenario."""
        return iter(())

    @property
    def writes_over(self) -> bool:
        """Whether it opens a file that is there for writing."""
        return False

    def needs_under(self, handle: HandleKind, *, moves_tree: bool) -> Iterator[Capability]:
        """Yield the capabilities that its calls need of a platform under a `handle`.

        `moves_tree`: the payload has a tree, which a rename would move.
        """
        del handle, moves_tree
        return iter(())


class AlreadyThere(Strict):
    """What has the name of the destination already, or comes to have it."""

    what: Literal["file", "folder"] | None = None
    """A file or a folder; by default whichever the payload is."""
    content: Literal["same", "other", "none"] = "other"
    """``same`` as the payload, as from another install of the same thing; ``other``; or ``none``: an
    empty file or folder.
    """
    read_only: bool | ReadOnlyParts = False
    """What of it has the read-only attribute: ``files`` (or ``true``), ``folders`` or ``all``."""
    after_ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    """It appears that many milliseconds after the operation was ready, as another install brings it. By
    default it is there from the start.
    """


class WithTarget(OperationBase):
    """The keys of operations with a destination."""

    kind: str
    """Kind of operation."""
    to: RelativePath
    """Destination, relative to the install folder; ``{name}``, ``{version}`` and ``{file}`` are filled
    in.
    """
    already_there: AlreadyThere | None = Field(default=None, exclude_if=lambda value: value is None)
    """What has the name of the destination already, or comes to have it. Nothing by default."""


class OverExisting(WithTarget):
    """The keys of operations whose destination may have an older file."""

    existing: bool = False
    """Whether an older file has the destination's name already: in short for ``already_there``."""

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        if self.existing and self.already_there is not None:
            raise ValueError("must have existing or already_there, not both")
        return self
