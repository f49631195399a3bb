"""The page of the study: what it can claim, whether predictions hold, and the default by situation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from harness.report.pages import GivenAbout, Page, Site, package_version
from harness.study.definition import BLOCKS
from harness.study.tables import defaults, failures, losses, missed, never_failing, refused
from harness.summary.notes import CLAIMS, Note
from harness.text import counted, percent
from harness.tune.validation import LEAST_P

if TYPE_CHECKING:
    import pandas as pd

    from harness.study.predictions import Checked
    from harness.study.situations import Situation
    from harness.study.trials import About

PAGE: Final = Page("index.html", "What retry strategies survive", "Study")


def study_page(
    trials: pd.DataFrame,
    about: About,
    predictions: Sequence[Checked],
    found: Sequence[Situation],
) -> str:
    """Return the page as HTML that needs nothing else."""
    cases = sorted(trials["case"].unique())
    contents = GivenAbout(
        title=("What retry strategies survive",),
        about=(
            f"{about.trials:,} emulated trials: {counted(trials['strategy'].nunique(), 'strategy')}, "
            f"{counted(trials['profile'].nunique(), 'hold profile')}, {counted(len(cases), 'case')}, "
            f"{counted(about.blocks, 'block')}, seed {about.seed}."
        ),
        claims=[Note((CLAIMS["emulated"],))],
    )
    site = Site([PAGE], contents, package_version())
    certain = [each for each in predictions if each.is_certain]
    return site.page(
        "study.html",
        PAGE,
        study=about,
        few_blocks=about.blocks < BLOCKS,
        full_blocks=BLOCKS,
        predicted=len(predictions),
        least_p=LEAST_P,
        agreeing=sum(each.agrees for each in predictions),
        agreeing_share=percent(sum(each.agrees for each in predictions) / max(len(predictions), 1)),
        certain=len(certain),
        certain_right=sum(each.agrees for each in certain),
        missed=missed(predictions),
        failures={case: failures(trials, case) for case in cases},
        unaffected={case: never_failing(trials, case) for case in cases},
        defaults=defaults(found),
        refused=refused(found),
        losses={each.profile: losses(each) for each in found if each.found is not None},
    )
