"""No user, host or home folder leaves with a report, and nothing else of a page is changed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_lab import HOST, USER, Made

from harness.record.redaction import Redaction
from harness.report.redacted_page import embedded_json, redacted_page


def test_all_of_a_page_is_searched_but_markup_and_scripts() -> None:
    zelda = Redaction((("zelda", "[user]"), ("code", "[user]")), ())
    data = embedded_json({"zelda": ["a zelda", r"C:\Users\Eve\x", 1.5, None, "</script>"]})
    page = (
        "<style>.code, .zelda {}</style><!-- code -->"
        "<code class='code' title=\"by Zelda\">z&#101;lda</code>"
        f'<script type="application/json" id="data">{data}</script><script>let a = "zelda"</script>'
    )
    found = redacted_page(page, zelda)
    inside = found.split('id="data">')[1].split("</script>")[0]
    assert json.loads(inside) == {"[user]": ["a [user]", r"C:\Users\[user]\x", 1.5, None, "</script>"]}
    assert found.replace(inside, "") == (
        "<style>.code, .zelda {}</style><!-- code -->"
        "<code class='code' title=\"by [user]\">[user]</code>"
        '<script type="application/json" id="data"></script><script>let a = "zelda"</script>'
    )


@pytest.mark.parametrize(
    "markup",
    [
        "<!-- zelda\nzelda -->",
        "<STYLE>\n.zelda {}\n</STYLE>",
        '<Script>\nlet by = "zelda"\n</SCRIPT>',
        "<style>.zelda {}\n</style >",
        "<p\nclass='zelda'>",
    ],
)
def test_the_project_s_own_parts_stay_over_several_lines_and_in_any_case(markup: str) -> None:
    zelda = Redaction([("zelda", "[user]")])
    assert redacted_page(f"zelda{markup}zelda", zelda) == f"[user]{markup}[user]"


def test_data_and_values_are_searched_over_several_lines_and_in_any_case() -> None:
    zelda = Redaction([("zelda", "[user]")])
    data = '<SCRIPT type="application/json">\n{"by":\n"zelda"}</SCRIPT >'
    assert redacted_page(data, zelda) == ('<SCRIPT type="application/json">{"by":"[user]"}</SCRIPT >')
    assert redacted_page('<p title="by\nzelda">', zelda) == '<p title="by\n[user]">'


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_embedded_json_is_the_same_data_and_can_end_no_element(data: object) -> None:
    text = embedded_json(data)
    assert json.loads(text) == data
    assert text.isascii()
    assert not set("<>&") & set(text)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_json_has_no_word_for_is_an_error(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        embedded_json({"share": number})


@given(st.text(st.characters(exclude_characters="<>&\"'\\/:", codec="utf-8")))
def test_other_text_stays_as_it_is(text: str) -> None:
    assert redacted_page(f"<p>{text}</p>", Redaction()) == f"<p>{text}</p>"


def test_no_written_file_names_anybody(made: Made) -> None:
    texts = made.texts()
    assert len(texts) == 5
    for name, text in texts.items():
        plain = text.lower()
        for told in (USER, HOST, "mallory", "smith", str(made.folder.parent).lower()):
            assert told not in plain, f"{told} in {name}"
    assert "[user]" in texts["index.html"]
    assert "[host]" in texts["summary.md"]
    assert Path(made.report.folder).name == "report"
