"""The most that a run may be made of. Each number of a scenario may be fine, and their product too much.

The bounds are far above any use, and low enough that whatever is within them begins in seconds.
"""

from __future__ import annotations

from typing import Final

MOST_LISTED: Final = 500
"""Payloads of a scenario; of strategies, profiles and operations there are fewer."""
MOST_STEPS: Final = 20
"""Operations of a scenario, and steps that put things back after one of them."""
MOST_BLOCKS: Final = 1_000_000
MOST_JOBS: Final = 256
"""Processes of a run."""
SEEDS: Final = 10**18
"""Seeds are below: frames and exports have 64 bits for each."""
LONGEST_RUN_S: Final = 2_592_000.0
"""30 days."""
MOST_VARIANTS: Final = 10_000
"""Strategies times values of factors, of one case."""
MOST_TRIALS: Final = 10_000_000
"""Of a run: profiles times variants times blocks. Their journal has 10 GB and more."""
MOST_WRITERS: Final = 64
"""Installs of the same to one place, at once."""
MOST_PROCESSES: Final = 20
MOST_RERUNS: Final = 100
MOST_INSTALLS: Final = 100_000
"""Items of a payload times operations: the operations of one trial."""
MOST_FILES: Final = 200_000
"""Files and folders of all items of a payload; an archive has at most 100,000 files."""
MOST_HOLDS: Final = 100_000
"""Of a trial, where a profile holds every file, or again and again."""
MOST_FILE_STEPS: Final = 1_000_000
"""The same times operations: what one trial lays down, moves and checks."""
