"""Where handles are in the target shapes, and which exclude others."""

from __future__ import annotations

from harness.holds.distribution import LARGEST_LIBRARY_BYTES
from harness.holds.handles import Hold, Share
from harness.holds.profile import HandleKind
from harness.predict.shapes import DIRECTORY, FILE, granted, placed
from harness.scenario.load import load_scenario
from harness.scenario.payload_models import WheelPayload


def kind(**parts: str) -> HandleKind:
    return HandleKind.model_validate({"evidence": "assumed", "source": "a test", **parts})


def test_an_object_has_a_place_in_each_shape_or_none() -> None:
    child = kind(object="child", share="r")
    assert placed(child, DIRECTORY) == Hold("child", "below", share=Share.READ)
    assert placed(child, FILE) == Hold("child", "source", share=Share.READ)
    assert placed(kind(object="target", share="r"), DIRECTORY) is None


def test_a_handle_that_shares_nothing_excludes_later_ones_at_its_place() -> None:
    alone = Hold("source", "source", share=Share.NONE)
    sharing = Hold("source", "source", share=Share.READ)
    elsewhere = Hold("target", "target", share=Share.READ)
    assert granted([alone, sharing, elsewhere]) == [0, 2]
    assert granted([sharing, sharing, alone]) == [0, 1]


def test_the_held_file_is_as_large_as_the_largest_library_of_the_shipped_payloads() -> None:
    (numpy,) = load_scenario("numpy-wheel").scenario.payload
    assert isinstance(numpy, WheelPayload)
    assert numpy.shape.pe is not None
    assert numpy.shape.pe.sizes[-1] == LARGEST_LIBRARY_BYTES
