"""Move a tree file by file, so that a held file delays itself alone."""

from __future__ import annotations

from harness.strategy.avoidance import avoiding
from harness.strategy.lookup import strategy
from harness.strategy.loop import Strategy  # noqa: TC001 - looked up when parameters are checked


@strategy("move-files")
def move_files(*, strategy: str = "10ms x2 cap 250ms within 30s on 5,32,33") -> Strategy:
    """Make a tree's folders at its final name and rename the files into them, one by one.

    A directory cannot be renamed while anything in it is open, whatever the holder shares (MS-FSA
    2.1.4.2); a file can, if its holder shares deletion (2.1.5.1.2.2), as scanners do that mean not to
    be noticed. Only what is held otherwise is waited for. A marker file, made last, commits: see the
    strategy ``in-place`` for what that asks of readers, and who does so.

    The price is one call a file, and one for each empty folder that is cleared away, where a rename is
    one in all; and what was moved before a failure is at the final name, without a marker. Files that
    were moved are whole, so a second run goes on from there. GNU ``mv`` between file systems, and every
    installer that moves a package's files into a folder that others share, pay the same.

    `strategy` is a strategy in notation, for each call; its time limit counts for each file
    anew. The default is that of ``in-place``.
    """
    return avoiding("move-files", "by moving files", strategy)
