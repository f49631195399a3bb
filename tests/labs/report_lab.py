"""What tests of reports share: runs whose names do their worst, notebooks, reports, a browser."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from record_lab import lines_of, manifest_of, write_lines, write_manifest
from scenario_lab import LAUNCHER
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from harness.api import run_scenarios
from harness.report.publish import Report, publish
from harness.scenario.load import load_scenario

SCRIPT = "<script>alert(1)</script>"
IMAGE = "![x](http://evil.example/x.png)"
WINDOWS_HOME = r"C:\Users\Mallory Smith\AppData"
USER, HOST = "zelda", "ganon-pc"
LABELS = {
    "10ms x2 10 retries": "doubling",
    "100ms for 1s": SCRIPT,
    "5ms x2 cap 50ms within 2s": IMAGE,
    "30ms +10ms 6 retries on 5,32": f"of {USER}, on {HOST.upper()}",
    "3,20,200ms": f"kept in {WINDOWS_HOME}",
    "plain": "'\"><b onmouseover=x>|`*_[a](b)&amp;",
}
"""Strategies of the run as sentences, each with its label."""

SCENARIO = """
schema = 2
title = "A scenario made by a test"
about = "What the test says."
reports = ["https://github.com/astral-sh/uv/issues/9531"]
blocks = 40
strategies = [{strategies}]
profiles = ["shifting"]
{launcher}"""

SHIFTING = """
schema = 2
title = "Two holds, some with a gap between them: <i>made</i> by a test"

[[holds]]
handle = { object = "source", share = "none", evidence = "assumed", source = "a test" }
probability = { value = 0.9, evidence = "assumed", source = "a test" }
delay = { of = { distribution = "constant", ms = 0 }, evidence = "measured", source = "a test" }
duration = { of = { distribution = "lognormal", median_ms = 40, p99_ms = 900 }, evidence = "bound", source = "a test" }

[[holds]]
handle = { object = "source", share = "none", evidence = "assumed", source = "a test" }
probability = { value = 0.7, evidence = "assumed", source = "a test" }
delay = { of = { distribution = "uniform", low_ms = 0, high_ms = 150 }, evidence = "assumed", source = "a test" }
duration = { of = { distribution = "uniform", low_ms = 1, high_ms = 90 }, evidence = "assumed", source = "a test" }
"""  # noqa: E501

MARKDOWN = """# How did it go?

Which strategy **succeeds**? See [uv](https://github.com/astral-sh/uv).

## Rates
"""
LOAD = """
from IPython.display import HTML, Markdown, display
from harness import analysis
from harness.analysis import plots
from harness.frames import load
frames = load(runs)
display(analysis.cases(frames))
"""
PRINT = """
for label in frames.trials["strategy"].cat.categories:
    display(Markdown(f"### {label}\\n\\n{label}"), HTML(f"<p>{label}</p>"))
    print(label)
print(runs)
"""
PLOT = """
names = {key: str(frames.trials[key].iloc[0]) for key in ("scenario", "profile", "freshness")}
case = analysis.select(frames, **names)
display(plots.failure_rates(case), plots.time_to_persist(case))
"""

PHONE = 390

OVERFLOWING = """
// not innerWidth, which grows with what is too wide for a phone
return document.documentElement.scrollWidth > arguments[0]
  ? [...document.querySelectorAll("body *")]
      .filter((one) => one.getBoundingClientRect().right > arguments[0])
      .map((one) => one.outerHTML.slice(0, 80))
  : []
"""
CONTRAST = """
const luminance = (colour) => colour.match(/[\\d.]+/g).slice(0, 3)
  .map((part) => part / 255)
  .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
const ground = (one) => {
  const colour = getComputedStyle(one).backgroundColor;
  return colour.startsWith("rgba(0, 0, 0, 0") && one.parentElement ? ground(one.parentElement) : colour;
};
const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
return [...document.querySelectorAll("h1, p, a, td, th, li, label, summary, dd, dt, .figure text")]
  .filter((one) => one.textContent.trim() && one.checkVisibility())
  .map((one) => [ratio(luminance(getComputedStyle(one)[one.closest("svg") ? "fill" : "color"]),
    luminance(ground(one.closest("svg") ? one.closest("div") : one))), one.outerHTML.slice(0, 90)])
  .filter(([found]) => found < 4.5)
"""


@dataclass(frozen=True)
class Made:
    """What the tests look at: the pages, and the runs they are of."""

    report: Report
    runs: list[Path]

    @property
    def folder(self) -> Path:
        return self.report.folder

    def texts(self) -> dict[str, str]:
        return {
            path.name: path.read_text(encoding="utf-8")
            for path in self.folder.iterdir()
            if not path.name.startswith(".")
        }

    def data(self) -> dict[str, Any]:
        page = (self.folder / "playground.html").read_text(encoding="utf-8")
        text = page.split('<script type="application/json" id="data">')[1].split("</script>")[0]
        found: dict[str, Any] = json.loads(text)
        return found


def write_notebook(path: Path, *cells: str, markdown: str = MARKDOWN) -> None:
    """A notebook with these cells of code, behind words and the cell that takes the runs."""
    parameters = new_code_cell("runs = []", metadata={"tags": ["parameters"]})
    made = [new_markdown_cell(markdown), parameters, *map(new_code_cell, cells)]
    path.parent.mkdir(exist_ok=True)
    path.write_text(nbformat.writes(new_notebook(cells=made)), encoding="utf-8")


def make_run(
    folder: Path, results: Path, labels: dict[str, str], blocks: int = 40, profile: str = SHIFTING
) -> Path:
    """A run of sentences, each under its label, against holds that sometimes have a gap."""
    (folder / "profiles").mkdir(parents=True)
    (folder / "profiles" / "shifting.toml").write_text(profile, encoding="utf-8")
    strategies = ", ".join(
        f"{{ strategy = {json.dumps(use)}, label = {json.dumps(label)} }}"
        for use, label in labels.items()
    )
    scenario = folder / "made.toml"
    scenario.write_text(SCENARIO.format(strategies=strategies, launcher=LAUNCHER), encoding="utf-8")
    run_scenarios([load_scenario(scenario)], blocks=blocks, seed=7, platform="emulated", results=results)
    return next(each for each in results.iterdir() if each.is_dir())


def make_ambient(run: Path, copy: Path) -> Path:
    """The same run as if nothing had been injected: the bytes have a freshness, holds no receipts."""
    shutil.copytree(run, copy)
    lines = lines_of(copy)
    for line in lines:
        line["run"] += "-ambient"
        line["freshness"] = "original"
        for operation in line["operations"]:
            operation["holds"] = []
    write_lines(copy, lines)
    manifest = manifest_of(copy)
    manifest["run"] = f"{manifest['run']}-ambient"
    manifest["antivirus"]["evidence"] = [f"found in {WINDOWS_HOME} of {USER}", f"/home/{USER}/x", SCRIPT]
    write_manifest(copy, manifest)
    return copy


class Browser:
    """Debian's Chromium, without a window and without the network."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, page: Path, *, width: int = 1280) -> None:
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # forgets what was before
        self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        self.driver.get(page.as_uri())

    def colours(self, scheme: str) -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        found = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in found]

    def requests(self) -> list[str]:
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        return [
            each["params"]["request"]["url"]
            for each in messages
            if each["method"] == "Network.requestWillBeSent"
        ]


def made_report(folder: Path) -> Made:
    """Publish a report in `folder`, on a machine whose user and host are called like labels."""
    home = folder / USER
    home.mkdir()
    run = make_run(home / "scenarios", home / "results", LABELS)
    ambient = make_ambient(run, home / "results" / f"ambient-{HOST}")
    write_notebook(home / "notebooks" / "explore-run.ipynb", LOAD, PLOT)
    write_notebook(home / "notebooks" / "one-more.ipynb", LOAD, PRINT, markdown="# One more\n\nText.")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLCONFIGDIR", mpl.get_cachedir())  # its list of fonts takes long to make
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        patch.setattr("getpass.getuser", lambda: USER)
        patch.setattr("socket.gethostname", lambda: HOST)
        runs = [run, ambient]
        report = publish(runs, home / "report", on_cell=lambda *_: None, notebooks=home / "notebooks")
    return Made(report, runs)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Open Chromium; skip the test where there is none."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("no chromium and chromedriver here: apt install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for argument in (
            *("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run"),
            *("disable-background-networking", "disable-component-update", "disable-sync"),
            *("disable-dev-shm-usage", f"user-data-dir={profile}"),
            "force-prefers-reduced-motion",  # no click meets a page that is still scrolling
        ):
            options.add_argument(f"--{argument}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        own = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), profile)
        service = Service(chromedriver, env={**os.environ, **own})
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield Browser(driver)
        finally:
            driver.quit()
