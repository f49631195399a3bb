"""One report for all tests of reports: of a run whose names do their worst, and of an ambient one."""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING

import matplotlib as mpl
import pytest
from report_lab import (
    HOST,
    LABELS,
    LOAD,
    PLOT,
    PRINT,
    USER,
    Browser,
    Made,
    make_ambient,
    make_run,
    write_notebook,
)
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from harness.report.publish import publish

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The report, made once; this machine calls its user and itself by names that labels have too."""
    home = tmp_path_factory.mktemp("home") / USER
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
        patch.setattr("platform.node", lambda: HOST)
        runs = [run, ambient]
        report = publish(runs, home / "report", told=lambda *_: None, notebooks=home / "notebooks")
    return Made(report, runs)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
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
        ):
            options.add_argument(f"--{argument}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(chromedriver))
        try:
            yield Browser(driver)
        finally:
            driver.quit()
