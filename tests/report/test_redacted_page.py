"""No user, host or home folder leaves with a report, and nothing else of a page is changed."""

from __future__ import annotations

import json
from pathlib import Path

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
