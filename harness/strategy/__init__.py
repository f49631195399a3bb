"""Persist strategies: what they are made of, how they run, when they make attempts.

Light to import (tenacity and the standard library), so that another tool can use a strategy::

    from harness.strategy import get_strategy

    get_strategy("exponential", initial_ms=5).persist(os.replace, temporary, final)
"""

from harness.strategy.attempt import Attempt, Verdict
from harness.strategy.conditions import (
    retry_if_any_oserror,
    retry_if_rename,
    retry_if_winerror,
    stop_before_time,
)
from harness.strategy.lookup import get_strategy, strategy
from harness.strategy.loop import Strategy
from harness.strategy.operation import Install, Operation
from harness.strategy.schedules import Schedule, retried_codes, retries_code, schedule
from harness.strategy.template import Codes
from harness.strategy.waits import wait_scaled

__all__ = [
    "Attempt",
    "Codes",
    "Install",
    "Operation",
    "Schedule",
    "Strategy",
    "Verdict",
    "get_strategy",
    "retried_codes",
    "retries_code",
    "retry_if_any_oserror",
    "retry_if_rename",
    "retry_if_winerror",
    "schedule",
    "stop_before_time",
    "strategy",
    "wait_scaled",
]
