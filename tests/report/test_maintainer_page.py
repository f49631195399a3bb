"""The page for the maintainers of one tool: what to change, why, at what price."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import InvalidInputError
from harness.predict.overview import read
from harness.record.redaction import Redaction
from harness.report.maintainer_page import maintainer_page, write_maintainer_page
from harness.report.one_page import write_one_page
from harness.scenario.load import load_profile_file
from harness.tune.question import Limits
from harness.tune.sources import modelled_source
from harness.tune.tuning import Tuning, tune


@pytest.fixture(scope="module")
def found() -> Tuning:
    source = modelled_source(*load_profile_file("brief"))
    return tune(source, Limits(0.02, 1000, 8, 1.0, 0.3), read("uv"), 84)


def test_it_says_what_to_change_why_and_at_what_price(found: Tuning) -> None:
    text = maintainer_page(found, "uv", "harness tune --profile brief --for uv", "uv.html")
    order = [
        found.recommended.strategy,
        "uv-backon-10 now",
        'id="evidence"',
        "only assumed",
        "<svg",
        'id="codes"',
        'id="price"',
        "all 84 of an install",
        "harness tune --profile brief --for uv",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_names_are_escaped(found: Tuning) -> None:
    text = maintainer_page(found, "<script>alert(1)</script>", "harness <b>", "x.html")
    assert "<script>alert" not in text
    assert "harness <b>" not in text


def test_only_an_earlier_page_is_replaced(found: Tuning, tmp_path: Path) -> None:
    to = tmp_path / "uv.html"
    to.write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="is not a page of the harness"):
        write_maintainer_page(found, "uv", "harness tune", to)
    to.unlink()
    write_maintainer_page(found, "uv", "harness tune", to)
    write_one_page(to.read_text(encoding="utf-8"), to, Redaction())
    assert "Made with persist-harness" in to.read_text(encoding="utf-8")
