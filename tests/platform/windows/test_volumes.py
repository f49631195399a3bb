"""Where a folder really is, on drives that cannot tell too."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if sys.platform != "win32":
    pytest.skip("asks Windows", allow_module_level=True)

from harness.platform.windows import volumes
from harness.platform.windows.environment import probe

if TYPE_CHECKING:
    from pathlib import Path

UNRECOGNIZED_VOLUME = 1005
INVALID_FUNCTION = 1


@pytest.mark.parametrize("code", [INVALID_FUNCTION, UNRECOGNIZED_VOLUME])
def test_a_drive_whose_driver_cannot_tell_where_a_folder_is_is_measured_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(path: Any, **_: Any) -> NoReturn:
        raise OSError(0, "as some RAM disks answer", str(path), code)

    monkeypatch.setattr(os.path, "realpath", refuse)
    assert volumes.real_path(f"{tmp_path}\\x\\..") == str(tmp_path)
    (folder,) = probe([tmp_path]).facts()["folders"]
    assert folder["volume"]["name"] == os.path.splitdrive(tmp_path)[0]
    with pytest.raises(FileNotFoundError):
        volumes.real_path(str(tmp_path / "nothing"))
