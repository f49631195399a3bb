"""Emitted code, run against a call that fails: it waits as planned, and only for its errors."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import NotSupportedError
from harness.tune.emit import LANGUAGES, emitted
from harness.tune.question import Limits
from harness.tune.recommendation import Recommendation, recommend
from harness.tune.releases import Releases
from harness.tune.sources import Source

_PYTHON = """
import json, sys
def failing(code):
    def call():
        attempts.append(sum(waited))
        error = OSError()
        error.winerror = code
        raise error
    return call
found = []
for persist in (persist, persist_with_tenacity):
    for code in (32, 3):
        attempts, waited = [], []
        try:
            persist(failing(code), waited.append)
        except OSError:
            pass
        found.append([1000 * each for each in attempts])
assert found[:2] == found[2:]
print(json.dumps(found[:2]))
"""
_JAVASCRIPT = """
(async () => {
  const found = [];
  for (const code of ["EBUSY", "EIO"]) {
    const attempts = [];
    let waited = 0;
    const call = () => { attempts.push(waited); throw Object.assign(new Error(), { code }); };
    try { await persist(call, async (ms) => { waited += ms; }); } catch {}
    found.push(attempts);
  }
  console.log(JSON.stringify(found));
})();
"""
_GO = """
func main() {
	print("[")
	for number, code := range []syscall.Errno{32, 3} {
		between := []string{"[", ",["}[number]
		var waited time.Duration
		_ = persist(func() error {
			print(between, int64(waited/time.Microsecond), "e-3")
			between = ","
			return code
		}, func(wait time.Duration) { waited += wait })
		print("]")
	}
	print("]")
}
"""
"""JSON without the packages that write it: where nothing is compiled yet, they take seconds."""
_RUST = """
fn main() {
    let mut found = Vec::new();
    for code in [32, 3] {
        let waited = std::cell::Cell::new(Duration::ZERO);
        let mut attempts: Vec<f64> = Vec::new();
        let _: io::Result<()> = persist(
            || {
                attempts.push(waited.get().as_secs_f64() * 1000.0);
                Err(io::Error::from_raw_os_error(code))
            },
            |wait| waited.set(waited.get() + wait),
        );
        found.push(attempts);
    }
    println!("{:?}", found);
}
"""


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout or done.stderr


def _needs(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    return path


def _python(code: str, folder: Path) -> str:
    (folder / "own.py").write_text(code + _PYTHON, encoding="utf-8")
    return _run([sys.executable, "own.py"], folder)


def _javascript(code: str, folder: Path) -> str:
    (folder / "own.js").write_text(code + _JAVASCRIPT, encoding="utf-8")
    return _run([_needs("node"), "own.js"], folder)


def _go(code: str, folder: Path) -> str:
    (folder / "own.go").write_text(code + _GO, encoding="utf-8")
    return _run([_needs("go"), "run", "own.go"], folder)


def _rust(code: str, folder: Path) -> str:
    (folder / "own.rs").write_text(code + _RUST, encoding="utf-8")
    _run([_needs("rustc"), "--edition=2021", "own.rs"], folder)
    return _run([str(folder / "own")], folder)


_RUNNERS: dict[str, Callable[[str, Path], str]] = {
    "python": _python,
    "javascript": _javascript,
    "go": _go,
    "rust": _rust,
}


@pytest.fixture(scope="module")
def found() -> Recommendation:
    source = Source("these", Releases.of_times([5, 20, 70, 1500.5]), {5: 0.5, 32: 0.5}, ["some\nholds"])
    return recommend(source, Limits(0, 2000, 5))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_attempts_when_it_is_planned_to(language: str, found: Recommendation, tmp_path: Path) -> None:
    code = emitted(found, language)
    retried, other = json.loads(_RUNNERS[language](code, tmp_path))
    assert retried == pytest.approx(found.recommended.schedule.attempts_ms, abs=1e-3)
    assert other == [0]
    assert "Conditional on some holds." in code


def test_what_a_language_cannot_tell_is_refused() -> None:
    source = Source("these", Releases.of_times([5.0]), {1224: 1.0}, [])
    with pytest.raises(NotSupportedError, match="error 1224"):
        emitted(recommend(source, Limits(0, 100, 3)), "javascript")
