"""What `harness try` says of a policy; the figure and the page of all policies."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from harness.cli.notation_help import EXAMPLES, language_help
from harness.cli.predicting import (
    command,
    denied,
    rank_under,
    ranking_json,
    ranking_tables,
    read,
    survival_json,
    tried_json,
    tried_tables,
    try_policy,
)
from harness.errors import InvalidInputError
from harness.strategy import catalogue
from harness.strategy.notation import WORDS, PolicyError, parse
from harness.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

OURS = "10ms x2 cap 250ms for 30s on 5,32"


def printed(parts: Iterable[RenderableType], width: int = 100) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


def test_it_says_what_the_policy_does_and_where_it_stands() -> None:
    text = printed(tried_tables(try_policy(read(OURS))))
    assert text.startswith(OURS)
    assert "125 attempts, the last one 30.1 s after the first" in text
    assert "A permanent denial costs 30.1 s and 125 attempts" in text
    assert re.search(r"cloud-verdict +5 +94.0 % +3.31 s +4.33 s +125 ms +above \d+ of \d+", text)
    assert "Not ranked: permanent, target-scan (there is no old file)" in text
    assert "Nearest relatives" in text
    assert command(read(OURS)) == f"harness run script-install --strategy {quoted(OURS)}"


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("sentence", [OURS, "plain", "rustup", "0 for 1s on 5", "1s 2 retries on any"])
def test_every_line_fits(sentence: str, width: int) -> None:
    text = printed(tried_tables(try_policy(read(sentence))), width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    assert "…" not in text.replace("8 …", "")


def test_jitter_is_marked_and_a_code_that_is_not_retried_is_said() -> None:
    text = printed(tried_tables(try_policy(read("rustup"))), 160)
    assert "~99." in text
    assert "Error 32 is not retried" in text
    assert "drawn schedules" in text
    assert "drawn schedules" not in printed(tried_tables(try_policy(read(OURS))), 160)


@pytest.mark.parametrize(
    ("sentence", "attempts", "cost_ms"),
    [
        ("1s 3 retries on 5,32 else copy", 8, 6000),  # the rename, then the copy: 4 each
        ("1s 3 retries on 5 else copy", 8, 6000),  # each call is denied with 5
        ("1s 3 retries on 32 else copy", 8, 6000),  # a reader of the new file
        ("1s 0 retries trailing wait on 5", 1, 1000),
        ("1s 3 retries on 5", 4, 3000),
        ("1s 3 retries on 183", 4, 3000),
        ("plain", 1, 0),
    ],
)
def test_a_permanent_denial_costs_what_the_worst_course_takes(
    sentence: str, attempts: int, cost_ms: float
) -> None:
    found, ms = denied(read(sentence))
    assert (found.median, ms.median) == (attempts, cost_ms)
    text = " ".join(printed(tried_tables(try_policy(read(sentence)))).split())
    assert ("A permanent denial costs nothing" in text) == (cost_ms == 0)


def test_what_a_policy_goes_around_is_not_said_to_be_decided_by_the_first_attempt() -> None:
    text = printed(tried_tables(try_policy(read("10ms 3 retries on 32 moving target aside"))), 160)
    file = text.split("Replacing one file")[1]
    assert re.search(r"target-scan +5 +100 %", file)
    assert "Error 5 is not retried" not in file


def test_estimates_say_how_well_they_are_known() -> None:
    yours = read("1s jitter x0..1 30 retries on 5,32")
    row = next(
        row
        for place in try_policy(yours).places
        for row in place.standings
        if row.threat.profile == "cloud-verdict"
    )
    fares = row.survival
    assert 0.0001 < fares.error < 0.001
    text = printed(tried_tables(try_policy(yours)), 160)
    assert re.search(r"cloud-verdict +5 +~91\.\d\d ± 0\.0\d % ", text)
    assert survival_json(fares)["error"] == fares.error


def test_json_has_all_of_it() -> None:
    data = tried_json(try_policy(read(OURS)))
    json.dumps(data, allow_nan=False)
    assert (data["policy"], data["budget_ms"]["median"], data["retries"]) == (OURS, 30_060, "5, 32")
    directory, file = data["situations"]
    rows = {row["profile"]: row for row in directory["profiles"]}
    assert rows["cloud-verdict"]["survives"] == pytest.approx(0.9 + 0.1 * 20_060 / 50_000)
    assert rows["minute-hold"]["median_added_ms"] is None
    assert {row["code"] for row in file["profiles"]} == {5, 32}
    assert set(directory["not_ranked"]) >= {"delayed", "permanent"}
    assert data["relatives"][0]["distance"] <= data["relatives"][1]["distance"]


def test_a_policy_of_the_catalogue_is_ranked_among_the_others() -> None:
    by_name, by_sentence = read("uv-0.9.29"), read("10ms x2 10 retries on 5 renames only")
    assert by_name.sentence == by_sentence.sentence
    assert try_policy(by_name).among == try_policy(by_sentence).among - 1
    everybody = try_policy(by_sentence, every=True)
    assert everybody.among == len(catalogue.policies())


def test_the_full_ranking_has_everybody_in_order_and_marks_yours() -> None:
    yours = read(OURS)
    found = rank_under(yours, "cloud-verdict")
    data = ranking_json(yours, found)
    json.dumps(data, allow_nan=False)
    for ranking in data["rankings"]:
        chances = [row["survives"] for row in ranking["policies"]]
        assert chances == sorted(chances, reverse=True)
        assert sum(row["yours"] for row in ranking["policies"]) == 1
    text = printed(ranking_tables(yours, found), 160)
    assert re.search(r"\d+ +> yours +94.0 %", text)


@pytest.mark.parametrize(
    ("profile", "words"),
    [("wat", "no profile is called"), ("none", "no holds"), ("delayed", "begins after the first")],
)
def test_a_profile_that_cannot_rank_is_refused_with_the_reason(profile: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        rank_under(read(OURS), profile)


def test_a_mistake_is_shown_where_it_is() -> None:
    with pytest.raises(PolicyError, match="at character 13") as caught:
        read("10ms x2 for 30 s")
    assert caught.value.message.endswith("  10ms x2 for 30 s\n              ^")


def test_help_explains_every_word_and_its_examples_are_policies() -> None:
    text = " ".join(printed([language_help()], 160).split())
    for words in WORDS.values():
        for word in words:
            assert word in text
    for sentence in EXAMPLES:
        assert str(parse(sentence))


def test_a_run_loads_nothing_of_this() -> None:
    code = "import sys, harness.api, harness.cli.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "harness.run.trial" in loaded
    ours = {"harness.cli.predicting", "harness.cli.strategy_listing", "harness.predict.simulate"}
    assert not loaded & {*ours, "harness.predict.trace", "jinja2", "matplotlib", "numpy"}


# the page


class Page(HTMLParser):
    """Collects what a page links to, loads and defines."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if "id" in given:
            self.ids.append(str(given["id"]))
        if tag == "a":
            self.links.append(str(given["href"]))
        self.loaded += [str(given[key]) for key in ("src", "srcset") if key in given]
        if tag in {"article", "section", "svg", "table", "main"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag in {"article", "section", "svg", "table", "main"}:
            assert self.open.pop() == tag


def test_the_page_has_every_policy_and_needs_no_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jinja2")
    from harness.report import catalogue_page  # noqa: PLC0415 - needs the extra

    strange = next(iter(catalogue.policies().values()))
    monkeypatch.setitem(strange.__dict__, "note", "<script>alert(1)</script> & more")
    monkeypatch.setitem(strange.__dict__, "links", ("javascript:alert(1)", "http://example.org/"))
    catalogue_page.main(["--to", str(tmp_path)])
    text = (tmp_path / "policies.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.loaded == []
    assert set(catalogue.policies()) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert all(
        link.startswith("https://") or (link[0] == "#" and link[1:] in page.ids) for link in page.links
    )
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in text
    assert not re.search(r"url\(|@import", text)


def test_figures_of_few_and_of_all_policies_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from harness.analysis.plots.strategy_figure import draw_policies, policy_figure  # noqa: PLC0415
    from harness.cli.strategy_listing import strategy_rows  # noqa: PLC0415

    few = strategy_rows(["uv-0.5.17", "rustup", "1ms x2 4 retries"])
    for name in ("few.svg", "few.png", "few.pdf"):
        draw_policies(few, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 5000
    svg = (tmp_path / "few.svg").read_text(encoding="utf-8")
    for words in ("time since the first attempt", "uv-backon-9  [5]", "rustup-rename  [5]"):
        assert words in svg
    assert policy_figure(strategy_rows()).get_figheight() > 20
    assert "No policy was named" in policy_figure([]).svg()
