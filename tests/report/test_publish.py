"""From the command line to the pages: what is written, refused, and left by an interruption."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mistune
import pytest
from record_lab import lines_of, write_lines
from report_lab import IMAGE, LABELS, LOAD, SCRIPT, Made, make_run, write_notebook

import harness
from harness.cli.app import main
from harness.errors import ExitCode
from harness.report.publish import publish

ROOT = Path(harness.__file__).parents[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("few")
    return make_run(folder / "scenarios", folder / "results", {"plain": "a", "1ms x2 5 retries": "b"}, 3)


def report(*arguments: str) -> int:
    """The exit code of ``harness report``, in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["harness", "report", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def token_types(tokens: Any) -> Iterator[str]:
    for token in tokens:
        yield token["type"]
        yield from token_types(token.get("children", ()))


def test_a_report_has_its_pages_and_its_summary(made: Made) -> None:
    names = {"index.html", "explore-run.html", "one-more.html", "playground.html", "summary.md"}
    assert set(made.texts()) == names
    assert made.report.failed == ()
    index = made.texts()["index.html"]
    assert "A report of 2 runs: 2 cases, 480 trials." in index
    title = re.findall(r"<title>(.*)</title>", index)[0]
    assert re.fullmatch(r"made, emulated, \d{4}-\d\d-\d\d", title), "scenario, platform, day"
    words = re.sub(r"</?a\b[^>]*>", "", index)
    assert "<p>Which strategy succeeds?</p>" in words, "a card says what a page answers"
    assert "Not run yet" not in index
    assert '<span class="n">runs</span> <span class="o">=</span>' not in made.texts()["one-more.html"]


def test_every_page_forbids_the_network(made: Made) -> None:
    for name, text in made.texts().items():
        if name.endswith(".html"):
            policy = text.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0]
            assert policy.startswith("default-src &#39;none&#39;;"), name
            assert "http" not in policy
            assert "src=" not in text.replace('src="data:', ""), name


def test_the_summary_says_how_often_each_failed_with_its_interval(made: Made) -> None:
    summary = made.report.summary
    assert re.search(r"[Tt]ake `doubling`: it never failed \(0 of 40: at most 8\.8 %\)", summary)
    assert f"`{SCRIPT}` failed 1 of 40: 2.5 % (0.4 to 12.9 %)" in summary
    assert f"`{IMAGE}`" in summary
    assert "delay of hold 1 measured; duration of hold 1 bound" in summary
    assert "duration of hold 2 assumed." in summary
    assert "Nothing is injected: strategies were exposed to whatever the machine did" in summary
    assert "**Caution:** On this machine, with the original bytes of " in summary
    assert summary == (made.folder / "summary.md").read_text(encoding="utf-8")


def test_other_names_of_the_run_are_in_code_spans(made: Made) -> None:
    found = set(
        token_types(mistune.create_markdown(renderer=None, plugins=["table"])(made.report.summary))
    )
    assert {"codespan", "table_cell", "list_item"} <= found
    assert not found & {"inline_html", "block_html", "image", "link", "emphasis"}


def test_a_notebook_that_fails_is_shown_and_said(run: Path, tmp_path: Path) -> None:
    write_notebook(tmp_path / "notebooks" / "bad.ipynb", "print('before')", "1 / 0", "print('after')")
    write_notebook(tmp_path / "notebooks" / "good.ipynb", LOAD)
    options = ["--to", str(tmp_path / "report"), "--notebooks", str(tmp_path / "notebooks")]
    assert report(str(run), *options) == ExitCode.HARNESS_ERROR
    page = (tmp_path / "report" / "bad.html").read_text(encoding="utf-8")
    assert "before" in page
    assert "after" not in page.replace("print", "").split("<main")[1].split("<details")[0]
    assert "ZeroDivisionError: division by zero" in page
    assert "Traceback" not in page
    index = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "is not complete: ZeroDivisionError: division by zero" in index
    assert "frames" in (tmp_path / "report" / "good.html").read_text(encoding="utf-8")


def test_without_a_name_the_newest_run_is_taken_and_named(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert report() == ExitCode.INVALID_INPUT
    assert "nox -s bench" in capsys.readouterr().err
    shutil.copytree(run, tmp_path / "results" / "mine")
    write_notebook(tmp_path / "notebooks" / "one.ipynb", "print(runs)")
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert report("--notebooks", "notebooks", "--open") == ExitCode.OK
    said = capsys.readouterr()
    assert f"The newest run: {Path('results', 'mine')}" in said.err
    assert said.out.strip() == str(Path("report", "index.html"))
    assert opened == [(tmp_path / "report" / "index.html").as_uri()]
    assert report("--notebooks", "notebooks") == ExitCode.OK
    assert len(opened) == 1, "no terminal, so no browser"
    assert (tmp_path / "report" / "index.html").as_uri() in capsys.readouterr().err


def test_the_lab_opens_on_the_newest_run(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(run, tmp_path / "results" / "mine")
    opened: list[tuple[Path, bool]] = []

    def open_lab(notebook: Path, *, browse: bool) -> int:
        opened.append((notebook, browse))
        return 0

    monkeypatch.setattr("harness.report.lab.open_lab", open_lab)
    assert report("--lab") == ExitCode.OK
    assert opened == [(Path("lab", "mine", "explore-run.ipynb"), False)]
    assert "The newest run:" in capsys.readouterr().err
    assert opened[0][0].is_file()


def test_errors_say_what_to_do(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "manifest.json").write_text("{}")
    for arguments, said in (
        ([str(tmp_path / "none")], "there is no such folder"),
        ([str(tmp_path / "empty")], "is not a run"),
        ([str(damaged)], "manifest.json"),
        ([str(run), "--to", str(tmp_path / "mine")], "is left alone"),
        ([str(run), "--notebooks", str(tmp_path / "empty")], "there are no notebooks in"),
    ):
        assert report("--to", str(tmp_path / "report"), *arguments) == ExitCode.INVALID_INPUT
        error = capsys.readouterr().err
        assert said in error
        assert "Traceback" not in error
    assert not (tmp_path / "report").exists()
    monkeypatch.setitem(sys.modules, "harness.report.publish", None)
    monkeypatch.delitem(sys.modules, "harness.report.publish")
    monkeypatch.setitem(sys.modules, "bleach", None)
    for name in [name for name in sys.modules if name.startswith("harness.report.")]:
        monkeypatch.delitem(sys.modules, name)
    assert report(str(run)) == ExitCode.NOT_SUPPORTED
    assert 'pip install ".[lab]"' in capsys.readouterr().err


def test_a_run_without_trials_gets_a_report_that_says_so(run: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "manifest.json").write_bytes((run / "manifest.json").read_bytes())
    (empty / "journal.jsonl").touch()
    write_notebook(tmp_path / "notebooks" / "one.ipynb", "print(runs)")
    made = publish(
        [empty], tmp_path / "report", on_cell=lambda *_: None, notebooks=tmp_path / "notebooks"
    )
    assert "No trials recorded yet: 0 of 6." in made.summary
    assert "Median" not in made.summary
    index = (made.folder / "index.html").read_text(encoding="utf-8")
    assert "There are no trials to summarise." in re.sub(r"</?a\b[^>]*>", "", index)


def test_what_counts_less_is_said_at_the_top(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "manifest.json").write_bytes((run / "manifest.json").read_bytes())
    lines = lines_of(run)
    lines[0] |= {"void": "a receipt was lost"}
    last = next(line for line in reversed(lines) if line["block"] != lines[0]["block"])
    last |= {"outcome": "harness-error", "detail": "the disk was full"}
    write_lines(other, lines)
    with (other / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"torn')
    write_notebook(tmp_path / "notebooks" / "one.ipynb", "print(runs)")
    made = publish(
        [other], tmp_path / "report", on_cell=lambda *_: None, notebooks=tmp_path / "notebooks"
    )
    top = made.summary.split("| run |")[0]
    assert "Void and left out: 1 block." in top
    assert "Left out of rates: 1 trial that ended as harness-error." in top
    assert "the last line is cut off and left out" in top


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent as a signal")
def test_ctrl_c_leaves_what_was_there_and_no_kernel(run: Path, tmp_path: Path) -> None:
    write_notebook(
        tmp_path / "notebooks" / "slow.ipynb",
        "import os, pathlib, time\n"
        f"pathlib.Path({str(tmp_path / 'begun.tmp')!r}).write_text(str(os.getpid()))\n"
        f"os.rename({str(tmp_path / 'begun.tmp')!r}, {str(tmp_path / 'begun')!r})\n"
        "time.sleep(600)",
    )
    command = [sys.executable, "-m", "harness", "report", str(run), "--to", str(tmp_path / "report")]
    command += ["--notebooks", str(tmp_path / "notebooks")]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    try:
        while not (tmp_path / "begun").exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == ExitCode.INTERRUPTED
    assert error.splitlines()[-1] == "Interrupted; nothing was written."
    assert sorted(path.name for path in tmp_path.iterdir()) == ["begun", "notebooks"]
    kernel = int((tmp_path / "begun").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(kernel, 0)


def test_labels_are_as_given(made: Made) -> None:
    # what the tests above look for is really there, or they could not fail
    journal = (made.runs[0] / "journal.jsonl").read_text(encoding="utf-8")
    assert all(json.dumps(label, ensure_ascii=False) in journal for label in LABELS.values())
