"""Decode lines of a journal into columns: checked as strictly as by `TrialRecord`, many times as fast.

The types that msgspec decodes into are derived from the record's own models, so there is one
definition of the record. Lines are decoded in batches, and only the columns of a batch are kept.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat
from operator import attrgetter
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec
import numpy as np
from pydantic import BaseModel

from harness.record.draws import Draws
from harness.record.journal_reader import RECORDS, Decoder, NotARecordError
from harness.record.trial_record import WHOLE, TrialRecord
from harness.summary.trial_row import StepFacts, factors_text, left_by, was_held

Values = Any
"""Of one column: something to iterate over."""
Tables = dict[str, dict[str, Values]]

US_PER_MS: Final = 1000


def _plain(annotation: Any) -> Any:
    """The type to decode into for the annotation of a field."""
    if annotation is int:
        return Annotated[int, msgspec.Meta(ge=-WHOLE, le=WHOLE)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _struct(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bounded(arguments[0], arguments[1].metadata)
    if origin in {Union, types.UnionType}:
        return Union[tuple(map(_plain, arguments))]  # noqa: UP007 - made from a list
    if origin in {list, dict, tuple}:
        return origin[tuple(map(_plain, arguments))]
    return annotation


def _bounded(kind: Any, constraints: Iterable[Any]) -> Any:
    """A number within the bounds that pydantic has as `constraints`; in JSON all are finite."""
    bounds = {
        name: getattr(each, name) for each in constraints for name in ("ge", "le") if hasattr(each, name)
    }
    return Annotated[kind, msgspec.Meta(**bounds)]


def _struct(model: type[BaseModel]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for name, field in model.model_fields.items():
        kind = _bounded(field.annotation, field.metadata) if field.metadata else _plain(field.annotation)
        fields.append((name, kind) if field.is_required() else (name, kind, field.get_default()))
    fields.sort(key=len)  # those with a default come last
    return msgspec.defstruct(
        model.__name__,
        fields,
        rename={name: field.alias for name, field in model.model_fields.items() if field.alias},
        forbid_unknown_fields=True,
        gc=False,
    )


TRIAL: Final[Any] = _struct(TrialRecord)
"""A line, as decoded: the fields are those of `TrialRecord`."""


def _refusing(decode: Callable[[Any], Any], again: Callable[[Any], object]) -> Callable[[Any], Any]:
    """`decode`, whose errors are those of `again`: readers have one set of words."""

    def decoded(given: Any) -> Any:
        try:
            return decode(given)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            again(given)
            raise NotARecordError(str(error)) from error

    return decoded


DECODER: Final[Decoder[Any]] = Decoder(
    _refusing(msgspec.json.Decoder(TRIAL).decode, RECORDS.decode),
    _refusing(lambda data: msgspec.convert(data, TRIAL), RECORDS.convert),
)
"""Decodes into `TRIAL`. That attempts are in order is left to `out_of_order`, which checks columns."""


def what_is_wrong(trial: Any) -> str:
    """What is wrong with a decoded trial whose attempts are not in order."""
    try:
        RECORDS.convert(msgspec.to_builtins(trial))
    except NotARecordError as error:
        return str(error)
    raise AssertionError("its attempts are in order")


def columns_of(
    trials: Sequence[Any],
    first: int,
    run: Mapping[str, str],
    draws: Draws,
    steps: Mapping[str, Sequence[StepFacts]],
) -> Tables:
    """The columns of all four tables for decoded trials, which are numbered from `first`.

    `run` has the columns that are the same for all of a run, `draws` names those of the run, and `steps`
    has those of its scenarios by name.
    """
    count = len(trials)
    numbers = np.arange(first, first + count)
    operations = [operation for trial in trials for operation in trial.operations]
    per_trial = _lengths(trials, "operations")
    of_trial, place = np.repeat(numbers, per_trial), places_in(per_trial)
    attempts, waited = _attempts_of(operations, of_trial, place)
    listed = np.bincount(attempts["trial"] - first, minlength=count)
    most = np.ones(count, np.int64)
    np.maximum.at(most, of_trial - first, _lengths(operations, "attempts"))
    calls = np.zeros(count, np.int64)
    np.add.at(calls, of_trial - first, np.fromiter((each.calls for each in operations), np.int64))
    reruns = [trial.rerun for trial in trials]
    return {
        "trials": {
            **{name: repeat(value, count) for name, value in run.items()},
            **_texts(trials, "freshness", "scenario", "profile", "strategy", "outcome"),
            "factors": [factors_text(trial.factors) if trial.factors else "" for trial in trials],
            **_numbers(trials, "block", "position", "elapsed_ms"),
            "draw": list(map(draws.of, trials)),
            "void": [trial.void is not None for trial in trials],
            "attempts": listed,
            "max_attempts": most,
            "calls": calls,
            "operations": per_trial,
            "waited_ms": np.bincount(attempts["trial"] - first, waited, minlength=count) / US_PER_MS,
            "leftover_files": list(map(attrgetter("leftovers.files"), trials)),
            "leftover_bytes": list(map(attrgetter("leftovers.bytes"), trials)),
            "held": [was_held(trial, steps.get(trial.scenario, ())) for trial in trials],
            "left": [left_by(trial, steps.get(trial.scenario, ())) for trial in trials],
            "rerun_outcome": [rerun.outcome if rerun else "" for rerun in reruns],
            "rerun_ms": [rerun.elapsed_ms if rerun else np.nan for rerun in reruns],
            **{
                f"{part}_cost_ms": _milliseconds(trials, f"cost_us.{part}")
                for part in ("stage", "persist", "verify")
            },
        },
        "operations": {
            "trial": of_trial,
            "operation": place,
            **_texts(operations, "op_id", "kind", "primitive", "outcome", "dest_state", "by"),
            **_numbers(operations, "files", "bytes", "calls"),
            "ready_ms": _milliseconds(operations, "ready_us"),
            "ended_ms": _milliseconds(operations, "ended_us"),
        },
        "attempts": attempts,
        "holds": _holds_of(operations, of_trial, place),
    }


def _attempts_of(
    operations: Sequence[Any], of_trial: Any, place: Any
) -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    """The table of attempts, and before each how long was waited, in microseconds."""
    per_operation = _lengths(operations, "attempts")
    attempts = chain.from_iterable(each.attempts for each in operations)
    flat = np.fromiter(chain.from_iterable(attempts), np.int64).reshape(-1, 3)
    number = places_in(per_operation)
    waited = np.zeros(len(flat), np.int64)
    waited[1:] = np.where(number[1:] > 0, flat[1:, 0] - flat[:-1, 1], 0)
    table = {
        "trial": np.repeat(of_trial, per_operation),
        "operation": np.repeat(place, per_operation),
        "attempt": number + 1,
        "start_ms": flat[:, 0] / US_PER_MS,
        "end_ms": flat[:, 1] / US_PER_MS,
        "winerror": flat[:, 2],
    }
    return table, waited


def _holds_of(operations: Sequence[Any], of_trial: Any, place: Any) -> dict[str, Values]:
    per_operation = _lengths(operations, "holds")
    holds = [hold for operation in operations for hold in operation.holds]
    return {
        "trial": np.repeat(of_trial, per_operation),
        "operation": np.repeat(place, per_operation),
        "hold": places_in(per_operation),
        **_texts(holds, "object", "access", "share"),
        **{
            f"{name}_ms": _milliseconds(holds, f"{name}_us")
            for name in ("planned", "duration", "opened", "released")
        },
        **_numbers(holds, "error"),
    }


def places_in(counts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """0, 1, ... within each group: ``[2, 3]`` gives ``[0, 1, 0, 1, 2]``."""
    places = np.arange(counts.sum())
    places -= np.repeat(np.cumsum(counts) - counts, counts)
    return places


def _lengths(items: Sequence[Any], name: str) -> np.ndarray[Any, Any]:
    return np.fromiter(map(len, map(attrgetter(name), items)), np.int64, len(items))


def _texts(items: Sequence[Any], *names: str) -> dict[str, Values]:
    return {name: [text or "" for text in map(attrgetter(name), items)] for name in names}


def _numbers(items: Sequence[Any], *names: str) -> dict[str, Values]:
    return {name: list(map(attrgetter(name), items)) for name in names}


def _milliseconds(items: Sequence[Any], name: str) -> Values:
    times_us = map(attrgetter(name), items)
    known = [np.nan if time is None else time for time in times_us]
    return np.array(known, np.float64) / US_PER_MS
