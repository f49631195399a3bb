"""Give a tree's files their final names as hard links, which no reader prevents."""

from __future__ import annotations

from harness.strategy.avoidance import avoiding
from harness.strategy.lookup import strategy
from harness.strategy.loop import Strategy  # noqa: TC001 - looked up when parameters are checked


@strategy("link-files")
def link_files(*, strategy: str = "10ms x2 cap 250ms within 30s on 5,32,33") -> Strategy:
    """Make a tree's folders at its final name, hard-link the files there, then delete the old names.

    ``CreateHardLinkW`` opens the file for its attributes alone, and such an open takes no part in the
    sharing check (MS-FSA 2.1.5.1.2.2): a file can be linked even while its holder shares nothing. What
    can be refused is the deletion of the temporary name, which is tried once: where a holder does not
    share deletion it stays behind, a second name that takes no room, until a later run clears it away.
    A marker file, made last, commits: see the strategy ``in-place``.

    The price is two calls a file. Links stay on one volume, of NTFS or a newer ReFS (MS-FSA, appendix
    A), and a file can have 1023 of them (Microsoft, "CreateHardLinkW"). uv and pnpm install that way on
    Windows, out of a store that keeps its names: uv's ``link-mode`` is ``hardlink`` there; pnpm prefers
    links to reflinks, which were ten times slower (@pnpm/fs.indexed-pkg-importer 5.0.13). A driver that
    denies every open, as some do until a verdict is there, would prevent a link too; no share mode
    describes that.

    `strategy` is a strategy in notation, for each link. The default is that of ``in-place``.
    """
    return avoiding("link-files", "by linking files", strategy)
