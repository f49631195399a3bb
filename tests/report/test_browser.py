"""Pages in Chromium: wide and narrow, by keyboard, without a network, on paper."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from report_lab import CONTRAST, IMAGE, OVERFLOWING, PHONE, SCRIPT, Browser, Made
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from harness.strategy.notation import parse
from harness.strategy.schedules import schedule
from harness.summary.statistics import quantile, wilson
from harness.text import milliseconds, percent

if TYPE_CHECKING:
    from selenium.webdriver.remote.webelement import WebElement

PAGES = ("index.html", "explore-run.html", "one-more.html", "playground.html")


@pytest.mark.parametrize("width", [1280, PHONE])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_alone_and_fits(browser: Browser, made: Made, page: str, width: int) -> None:
    browser.open(made.folder / page, width=width)
    assert browser.run(OVERFLOWING, width) == []
    assert browser.complaints() == []
    loaded = [url for url in browser.requests() if not url.startswith("data:")]
    assert loaded == [(made.folder / page).as_uri()]
    assert browser.run(
        "return document.title.length > 3 && document.querySelectorAll('h1').length === 1"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_text_can_be_read(browser: Browser, made: Made, page: str, scheme: str) -> None:
    browser.colours(scheme)
    browser.open(made.folder / page)
    assert browser.run(CONTRAST) == []


def test_tables_scroll_in_boxes_of_their_own(browser: Browser, made: Made) -> None:
    for page in PAGES:
        browser.open(made.folder / page, width=PHONE)
        tables = browser.run("return document.querySelectorAll('table').length")
        boxed = browser.run("return document.querySelectorAll('.scroll[tabindex=\"0\"] > table').length")
        assert tables == boxed > 0, page
    browser.open(made.folder / "index.html", width=PHONE)
    widest = "return Math.max(...[...document.querySelectorAll('table')].map((one) => one.scrollWidth))"
    assert browser.run(widest) > PHONE, "there is something to scroll"


def test_figures_are_part_of_the_page_and_take_its_colour(browser: Browser, made: Made) -> None:
    colours = []
    for scheme in ("light", "dark"):
        browser.colours(scheme)
        browser.open(made.folder / "explore-run.html")
        assert browser.run("return document.querySelectorAll('.figure svg[role=img]').length") == 2
        colours.append(
            browser.run("return getComputedStyle(document.querySelector('.figure text')).fill")
        )
    assert colours[0] != colours[1]
    ids = browser.run("return [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    names = browser.run(
        "return [...document.querySelectorAll('.figure svg')].map((one) => one.ariaLabel)"
    )
    assert "Failure rates" in names


def test_links_and_headings_lead_somewhere(browser: Browser, made: Made) -> None:
    for page in PAGES:
        browser.open(made.folder / page)
        inner = browser.run(
            "return [...document.querySelectorAll('a[href^=\"#\"]')]"
            ".filter((one) => !document.getElementById(one.hash.slice(1))).map((one) => one.outerHTML)"
        )
        assert inner == [], page
        files = browser.run(
            "return [...document.querySelectorAll('header a')].map((one) => one.getAttribute('href'))"
        )
        assert sorted(files) == sorted(PAGES)


CASES = "[...document.querySelectorAll('details.case')]"


def test_cases_are_folded_and_can_be_narrowed_down(browser: Browser, made: Made) -> None:
    browser.open(made.folder / "index.html")
    keys = browser.run(f"return {CASES}.map((one) => one.dataset.case)")
    assert len(keys) == 2
    assert browser.run(f"return {CASES}.every((one) => !one.open)")
    field = element(browser, "filter")
    word = next(iter(set(keys[1].split()) - set(keys[0].split())))
    field.send_keys(f"{word.upper()} emulated")
    assert browser.run(f"return {CASES}.map((one) => one.checkVisibility())") == [False, True]
    links = "[...document.querySelectorAll('.toc a')].filter((one) => one.hash.includes('case-'))"
    assert browser.run(f"return {links}.map((one) => one.checkVisibility())") == [False, True]
    panels = "[...document.querySelectorAll('.panel')]"
    assert browser.run(f"return {panels}.map((one) => one.checkVisibility())") == [False, True]
    status = browser.driver.find_element(By.CSS_SELECTOR, ".filter [role=status]")
    assert status.text == "1 of 2 cases"
    field.send_keys(Keys.ESCAPE)
    assert status.text == "2 of 2 cases"
    browser.driver.find_element(By.CSS_SELECTOR, ".filter button").click()
    assert browser.run(f"return {CASES}.every((one) => one.open)")
    assert browser.run(OVERFLOWING, 1280) == []
    browser.driver.find_element(By.CSS_SELECTOR, ".filter button").click()
    browser.driver.find_element(By.CSS_SELECTOR, ".panel").click()
    assert browser.run(f"return {CASES}.map((one) => one.open)") == [True, False]


def test_the_first_screen_has_the_answer_and_the_picture(browser: Browser, made: Made) -> None:
    for width in (1280, PHONE):
        browser.open(made.folder / "index.html", width=width)
        top = "return document.querySelector('.answer .take').getBoundingClientRect().bottom"
        assert 0 < browser.run(top) < 900
        clipped = (
            "return [...document.querySelectorAll('.panel')]"
            ".filter((one) => one.scrollWidth > one.clientWidth).length"
        )
        assert browser.run(clipped) == 0
    browser.open(made.folder / "index.html")
    assert browser.run("return document.querySelector('.panel').getBoundingClientRect().top") < 900
    names = "return document.querySelector('.panel').textContent"
    assert all(label[:20] in browser.run(names) for label in (SCRIPT, IMAGE))


@pytest.mark.parametrize("width", [1280, PHONE])
def test_text_of_figures_can_be_read_at_any_width(browser: Browser, made: Made, width: int) -> None:
    sizes = """
document.querySelectorAll("details").forEach((one) => { one.open = true; });
return [...document.querySelectorAll(".figure text")].map((one) => {
  const shown = one.getScreenCTM();
  return parseFloat(getComputedStyle(one).fontSize) * Math.hypot(shown.a, shown.b);
});
"""
    for page in ("index.html", "explore-run.html"):
        browser.open(made.folder / page, width=width)
        assert min(browser.run(sizes)) >= 11, page
        assert browser.run(OVERFLOWING, width) == [], page


def test_figures_wider_than_a_phone_scroll_in_boxes_of_their_own(browser: Browser, made: Made) -> None:
    browser.open(made.folder / "explore-run.html", width=PHONE)
    boxes = browser.run(
        "return [...document.querySelectorAll('.figure')]"
        ".map((one) => [one.tabIndex, one.clientWidth, one.scrollWidth])"
    )
    assert len(boxes) == 2
    for tab_index, visible, whole in boxes:
        assert (tab_index, visible <= PHONE, whole > visible) == (0, True, True)
    box = browser.driver.find_element(By.CSS_SELECTOR, ".figure")
    box.send_keys(Keys.ARROW_RIGHT)
    moved = "return new Promise((done) => setTimeout(() => done(arguments[0].scrollLeft), 500))"
    assert browser.run(moved, box) > 0
    browser.open(made.folder / "explore-run.html")
    hidden = "[...document.querySelectorAll('.figure')].some((one) => one.scrollWidth > one.clientWidth)"
    assert not browser.run(f"return {hidden}"), "a wide page shows all of a figure"


def test_words_explain_themselves_by_keyboard_and_pointer(browser: Browser, made: Made) -> None:
    browser.open(made.folder / "index.html")
    terms = browser.driver.find_elements(By.CSS_SELECTOR, ".term")
    assert len(terms) > 3
    shown = "return getComputedStyle(arguments[0], '::after').content"
    about = terms[0].get_attribute("data-about")
    assert browser.run(shown, terms[0]) == "none"
    ActionChains(browser.driver).move_to_element(terms[0]).perform()
    assert json.loads(browser.run(shown, terms[0])) == about
    body = browser.driver.find_element(By.TAG_NAME, "body")
    ActionChains(browser.driver).move_to_element(body).perform()
    for _ in range(60):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        active = browser.driver.switch_to.active_element
        if active.get_attribute("class") == "term":
            break
    assert json.loads(browser.run(shown, active)) == active.get_attribute("data-about")
    active.send_keys(Keys.ENTER)
    assert browser.run("return document.querySelector('.words').open")


@pytest.mark.parametrize("page", ["index.html", "explore-run.html", "playground.html"])
def test_headings_are_in_order(browser: Browser, made: Made, page: str) -> None:
    browser.open(made.folder / page)
    levels = browser.run(
        "return [...document.querySelectorAll('h1, h2, h3, h4')].map((one) => Number(one.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_names_out_of_a_run_are_text(browser: Browser, made: Made) -> None:
    for page in PAGES:
        browser.open(made.folder / page)
        assert browser.run("return document.images.length") == 0
        assert (
            browser.run("return document.querySelectorAll('[onmouseover], iframe, object').length") == 0
        )
        scripts = (
            "return [...document.scripts].map((one) => one.textContent).join().includes('alert(1)')"
        )
        assert not browser.run(scripts), page
    browser.open(made.folder / "one-more.html")
    shown = browser.run("return document.body.innerText")
    for label in (SCRIPT, IMAGE):
        # as a heading, as Markdown, as HTML, as text; and in the table of contents
        assert shown.count(label) >= 4, label


def test_a_script_that_got_in_would_not_run(browser: Browser, made: Made, tmp_path: Any) -> None:
    page = (made.folder / "playground.html").read_text(encoding="utf-8")
    planted = tmp_path / "planted.html"
    planted.write_text(page.replace("<h1>", "<script>window.bad = 1</script><img src=http://evil.example/>"
                                    "<h1>"), encoding="utf-8")  # fmt: skip
    browser.open(planted)
    assert browser.run("return window.bad") is None
    assert any("Content Security Policy" in complaint for complaint in browser.complaints())


# the playground


def element(browser: Browser, name: str) -> WebElement:
    found: WebElement = browser.driver.find_element(By.ID, name)
    return found


def shown(browser: Browser) -> dict[str, str]:
    names = ("notation", "succeeded", "interval", "median", "p95", "overshoot", "attempts")
    return {name: element(browser, name).text for name in names}


def as_python_says(sentence: str, case: dict[str, Any]) -> dict[str, str]:
    """What the page should show for a case with injected holds."""
    policy = parse(sentence)
    codes = policy.codes or ()
    times: tuple[float, ...] = (0.0,)
    if policy.waits is not None:
        strategy = policy.strategy("made")
        times = schedule(strategy, code=codes[0], attempt_cost_ms=case["attempt"]).attempts_ms
    reached, overshoots = [], []
    for code, *ends in case["holds"]:
        spans = [(0.0, ends[0]), *zip(ends[1::2], ends[2::2], strict=True)]
        free = [time for time in times if not any(begin <= time < end for begin, end in spans)]
        done = code in codes and bool(free)
        reached.append(free[0] if done else math.inf)
        if done:
            overshoots.append(free[0] - max(end for _, end in spans if end <= free[0]))
    succeeded, n = sum(map(math.isfinite, reached)), len(reached)
    low, high = wilson(succeeded, n)
    bounds = f"{percent(low, 'down')}-{percent(high, 'up')}"
    return {
        "notation": str(policy),
        "succeeded": f"{succeeded} of {n}",
        "interval": f"{percent(succeeded / n)} % [{bounds} %]",
        "median": milliseconds(quantile(reached, 0.5)),
        "p95": milliseconds(quantile(reached, 0.95)),
        "overshoot": milliseconds(sum(overshoots) / len(overshoots)) if overshoots else "-",
        "attempts": f"{len(times):,}, the last at {milliseconds(times[-1])}",
    }


def test_sliders_show_at_once_what_python_says(browser: Browser, made: Made) -> None:
    browser.open(made.folder / "playground.html")
    case = made.data()["cases"][0]
    seen = []
    for name, key, times in (
        (None, "", 0),
        ("budget", Keys.ARROW_LEFT, 9),
        ("first", Keys.ARROW_RIGHT, 6),
        ("factor", Keys.ARROW_LEFT, 3),
        ("cap", Keys.END, 1),
        ("budget", Keys.HOME, 1),
    ):
        if name is not None:
            element(browser, name).send_keys(key * times)
        now = shown(browser)
        assert now == as_python_says(now["notation"], case)
        seen.append(now)
    assert len({now["succeeded"] for now in seen}) > 2
    assert len({now["notation"] for now in seen}) == len(seen)


def test_numbers_follow_a_slider_while_it_is_dragged(browser: Browser, made: Made) -> None:
    browser.open(made.folder / "playground.html")
    before = shown(browser)
    drag = ActionChains(browser.driver)
    drag.click_and_hold(element(browser, "budget")).move_by_offset(-70, 0).perform()
    dragged = shown(browser)
    drag.reset_actions()
    drag.release().perform()
    assert dragged["notation"] != before["notation"]
    assert dragged == as_python_says(dragged["notation"], made.data()["cases"][0])


def test_codes_and_the_rule_of_the_budget_count(browser: Browser, made: Made) -> None:
    browser.open(made.folder / "playground.html")
    case = made.data()["cases"][0]
    element(browser, "kind").send_keys("for")
    assert " for 10s " in shown(browser)["notation"]
    for box in browser.driver.find_elements(By.CSS_SELECTOR, "#codes input"):
        box.send_keys(Keys.SPACE)
        now = shown(browser)
        assert now == as_python_says(now["notation"], case)
    assert now["notation"] == "plain"
    assert now["succeeded"] == f"0 of {len(case['holds'])}"


def test_an_ambient_case_gives_a_worst_and_a_best_case(browser: Browser, made: Made) -> None:
    browser.open(made.folder / "playground.html")
    element(browser, "case").send_keys(Keys.ARROW_DOWN)
    assert "The end of a hold is not known exactly" in element(browser, "about").text
    worst, best = (int(part.split(" of ")[0]) for part in shown(browser)["succeeded"].split(" to "))
    assert 0 < worst < best


def test_shipped_strategies_are_listed_with_the_readers_own_among_them(
    browser: Browser, made: Made
) -> None:
    browser.open(made.folder / "playground.html")
    data = made.data()
    rows = browser.driver.find_elements(By.CSS_SELECTOR, "#strategies tr")
    assert len(rows) == len(data["strategies"]) + 1
    shares = [float(row.find_element(By.TAG_NAME, "td").text.split(" ")[0]) for row in rows]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]
    [mine] = browser.driver.find_elements(By.CSS_SELECTOR, "#strategies .mine td")[:1]
    assert mine.text == shown(browser)["interval"]
    fixed = next(each for each in data["strategies"] if each["id"] == "uv-backon-10")
    expected = as_python_says("10ms x2 10 retries on 5", data["cases"][0])
    row = next(row for row in rows if fixed["name"] in row.text)
    assert row.find_element(By.TAG_NAME, "td").text == expected["interval"]


def test_the_chart_compares_attempts(browser: Browser, made: Made) -> None:
    browser.open(made.folder / "playground.html")
    marks = "return document.querySelectorAll('#chart .mine').length"
    before = browser.run(marks)
    assert before > 5
    assert browser.run("return document.querySelectorAll('#chart .other').length") == 0
    element(browser, "other").send_keys(Keys.ARROW_DOWN)
    assert browser.run("return document.querySelectorAll('#chart .other').length") > 0
    element(browser, "budget").send_keys(Keys.HOME)
    assert browser.run(marks) < before


def test_the_playground_works_by_keyboard_and_says_what_changed(browser: Browser, made: Made) -> None:
    browser.open(made.folder / "playground.html")
    reached = set()
    body = browser.driver.find_element(By.TAG_NAME, "body")
    body.send_keys(Keys.TAB)
    assert browser.driver.switch_to.active_element.text == "Skip to content"
    for _ in range(30):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.add(browser.driver.switch_to.active_element.get_attribute("id"))
    assert {"case", "first", "factor", "cap", "budget", "kind", "other", "copy"} <= reached
    unlabelled = (
        "return [...document.querySelectorAll('input, select')]"
        ".filter((one) => !one.labels.length).length"
    )
    assert browser.run(unlabelled) == 0
    assert browser.run("return document.querySelector('.figures').getAttribute('aria-live')") == "polite"
    element(browser, "cap").send_keys(Keys.END)
    assert element(browser, "cap").get_attribute("aria-valuetext") == "none"


def test_pages_print(browser: Browser, made: Made) -> None:
    for page in PAGES:
        browser.open(made.folder / page)
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        assert not browser.run("return document.querySelector('header').checkVisibility()")
        clipped = browser.run(
            "return [...document.querySelectorAll('.scroll')]"
            ".filter((one) => getComputedStyle(one).overflowY !== 'visible').length"
        )
        assert clipped == 0, page
        browser.colours("light")
        assert len(browser.driver.print_page()) > 10_000
