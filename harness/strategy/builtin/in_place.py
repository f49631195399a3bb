"""Write a tree where it belongs from the start, so that nothing has to be moved."""

from __future__ import annotations

from harness.strategy.avoidance import avoiding
from harness.strategy.lookup import strategy
from harness.strategy.loop import Strategy  # noqa: TC001 - looked up when parameters are checked


@strategy("in-place")
def in_place(*, strategy: str = "10ms x2 cap 250ms within 30s on 5,32,33") -> Strategy:
    """Unpack a tree at its final name; a marker file, made last, says that it is whole.

    Whoever reads files there is in nobody's way: the one call that is left makes a file that nobody can
    hold yet. The price is that the name is there before the tree is: every reader must look for the
    marker, and without it take the tree for unfinished; two writers need a lock. A run that finds an
    unfinished tree writes what is missing in it and makes the marker.

    cargo does so: it unpacks into ``registry/src`` and then makes ``.cargo-ok`` (rust-lang/cargo
    src/cargo/sources/registry/mod.rs, ``unpack_package``). Go does too since 1.16, with a ``.partial``
    file that is there until the end, because "an anti-virus scanner" had files of the temporary
    directory open and its rename was denied (golang/go#36568, CL 221157;
    src/cmd/go/internal/modfetch/fetch.go); readers had to know that file for two releases before
    writers could rely on it. Deleting it was denied at times too (golang/go#51003), so the marker here
    is made, not deleted.

    `strategy` is a strategy in notation, for the call that is left and for single files, which
    are renamed as ever. The default begins as uv does (10 ms, doubling), wastes at most a quarter of a
    second after a hold ends, and goes on for 30 s, as 10 s were too short and 30 s enough where
    somebody tried (uv#21522).
    """
    return avoiding("in-place", "in place", strategy)
