"""Words for cases in which no hold got in the way: a control, or why no strategy was tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness.summary.rate_words import pooled_rate_words
from harness.text import counted

if TYPE_CHECKING:
    from harness.summary.conclusion import StrategyChoice
    from harness.summary.conclusion_words import Circumstances
    from harness.summary.unheld import Unheld


def control_words(choice: StrategyChoice) -> str:
    """What a case without holds says of the machine and of the harness."""
    tried = [each for each in choice.standings if each.trials]
    rate = pooled_rate_words(tried)
    if any(each.failures for each in tried):
        return (
            f"Control, with nothing held by the harness: failed {rate}. Something else gets in the way "
            "here, so failures of other cases are not of their holds alone."
        )
    again = any(each.mean_attempts > 1 for each in tried)
    first = "not every first attempt succeeded, but a later one did" if again else "nothing failed"
    return f"Control, with nothing held by the harness: {first} ({rate})."


_UNHELD: Final[dict[Unheld, str]] = {
    "none drawn": "no hold was drawn in {blocks} (chance, or no such file in the payload), so no "
    "strategy was tested",
    "too late": "holds came only after the operations were done, as their delay is longer than those "
    "take, so no strategy was tested",
    "too early": "holds had ended before the first call, so no strategy was tested",
    "not taken": "no hold could be taken, so no strategy was tested",
}


def unheld_words(choice: StrategyChoice, seen: Circumstances) -> str:
    """Why no strategy was tested."""
    if not seen.injected:
        return "nothing on this machine blocked a call, so every first attempt succeeded"
    if any(each.held for each in choice.standings):
        return (
            "what was held blocked no call, so every first attempt succeeded: such holds do not get in "
            "the way of these operations"
        )
    return _UNHELD[seen.unheld].format(blocks=counted(seen.blocks, "block"))
