"""Build the program of a scenario from source, for the system of its lab.

The compilers are the user's own. Go takes modules by the hashes of ``go.sum``, cargo takes crates by
those of ``Cargo.lock``. Building may run code of crates, so only shipped scenarios, and those that the
user allows, come here.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from harness.errors import NotSupportedError, PayloadUnavailableError
from harness.preload.denial import PreloadLab
from harness.reproduce.model import Built
from harness.wine import tools

NAME: Final = "program"
"""Of what is built: the output of Go, and the package of cargo."""
OF_GO: Final[Mapping[PreloadLab, str]] = {"wine": "windows", "linux": "linux"}
OF_RUST: Final[Mapping[PreloadLab, str]] = {
    "wine": "x86_64-pc-windows-gnu",
    "linux": "x86_64-unknown-linux-gnu",
}
SYSTEM_FOLDER: Final = "/usr/bin"
"""Debian's Rust is there, which has the standard library for Windows, whatever is on the PATH."""
INSTALL_GO: Final = "On Debian and Ubuntu: `apt-get install golang-go`."
INSTALL_RUST: Final = (
    "On Debian and Ubuntu: `apt-get install cargo rustc libstd-rust-dev-windows gcc-mingw-w64-x86-64`."
)


def build(built: Built, version: str, folder: Path, lab: PreloadLab) -> Path:
    """Build a release in `folder`, which is new; return the program.

    Raises `NotSupportedError` if a compiler is missing, with the command that installs it, and
    `PayloadUnavailableError` if sources cannot be had, or do not compile.
    """
    for relative, content in built.files.items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.replace("{version}", version), encoding="utf-8")
    toolchain = built.toolchain.replace("{version}", version)
    by = {"go": _go, "cargo": _cargo}[built.compiler]
    return by(folder, toolchain, lab)


def _go(folder: Path, toolchain: str, lab: PreloadLab) -> Path:
    """Build with Go, whose command fetches the release `toolchain` of itself where it is another."""
    go = shutil.which("go")
    if go is None:
        raise NotSupportedError("there is no Go to build it with", hint=INSTALL_GO)
    program = folder / f"{NAME}{_suffix(lab)}"
    settings = {
        "GOOS": OF_GO[lab],
        "GOARCH": "amd64",
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",
        "GOTOOLCHAIN": f"go{toolchain}",
    }
    _compiled([go, "build", "-trimpath", "-o", str(program), "."], folder, settings)
    return program


def _cargo(folder: Path, toolchain: str, lab: PreloadLab) -> Path:
    """Build with the Rust of that release that has the standard library for the lab's system.

    Crates are fetched by the cargo on the PATH, since an old one does not know today's registry.
    """
    target = OF_RUST[lab]
    rust = _rust(toolchain, target)
    if lab == "wine" and shutil.which(tools.MINGW) is None:
        raise NotSupportedError(f"there is no {tools.MINGW} to link it with", hint=INSTALL_RUST)
    fetching = [shutil.which("cargo") or str(rust / "cargo"), "vendor", "--locked", "vendor"]
    configuration = _compiled(fetching, folder, {})
    (folder / ".cargo").mkdir(exist_ok=True)
    (folder / ".cargo" / "config.toml").write_text(configuration, encoding="utf-8")
    settings = {
        "RUSTC": str(rust / "rustc"),
        "CARGO_TARGET_DIR": str(folder / "target"),
        "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER": tools.MINGW,
    }
    options = ["--release", "--locked", "--offline", "--target", target]
    _compiled([str(rust / "cargo"), "build", *options], folder, settings)
    return folder / "target" / target / "release" / f"{NAME}{_suffix(lab)}"


def _rust(toolchain: str, target: str) -> Path:
    """The folder of a rustc and its cargo that build for `target`."""
    on_path = shutil.which("rustc")
    found = []
    for folder in [*([Path(on_path).parent] if on_path else []), Path(SYSTEM_FOLDER)]:
        rustc = folder / "rustc"
        if not (rustc.is_file() and (folder / "cargo").is_file()):
            continue
        found.append(release := tools.run([rustc, "--version"]).stdout.split()[1])
        libraries = tools.run([rustc, "--print", "target-libdir", "--target", target]).stdout.strip()
        if release == toolchain and os.path.isdir(libraries):
            return folder
    here = f"here is {' and '.join(found)}" if found else "there is none here"
    raise NotSupportedError(
        f"it takes Rust {toolchain} with the standard library of {target}; {here}", hint=INSTALL_RUST
    )


def _compiled(command: Sequence[str], folder: Path, settings: Mapping[str, str]) -> str:
    """Run a compiler in `folder` with the user's own settings and these; return what it prints."""
    done = tools.run(command, cwd=folder, environment={**os.environ, **settings})
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines() or ["it gave no reason"]
        raise PayloadUnavailableError(
            f"{os.path.basename(command[0])} {command[1]} failed: {words[-1].strip()}",
            hint="If its registry is out of reach, `go env` or `cargo config get` shows which it is.",
        )
    return done.stdout


def _suffix(lab: PreloadLab) -> str:
    return ".exe" if lab == "wine" else ""
