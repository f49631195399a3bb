"""Where handles are in the target shapes, and which exclude others."""

from __future__ import annotations

from predict_lab import FOREVER, hold, profile

from harness.holds.distribution import LARGEST_LIBRARY_BYTES
from harness.holds.handles import Hold, Share
from harness.predict.hold_cases import hold_case
from harness.predict.shapes import DIRECTORY, FILE, granted
from harness.scenario.load import load_scenario
from harness.scenario.payload_models import WheelPayload


def test_an_object_has_a_place_in_each_shape_or_none() -> None:
    child = profile(hold(FOREVER, object="child", share="r"))
    assert hold_case("made", child, DIRECTORY).handles == (Hold("child", "below", share=Share.READ),)
    assert hold_case("made", child, FILE).handles == (Hold("child", "source", share=Share.READ),)
    target = profile(hold(FOREVER, object="target", share="r"))
    assert hold_case("made", target, DIRECTORY).handles == ()


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
