"""The tree of a test's folders: the same files in each run, whatever their names are made of."""

from __future__ import annotations

from pathlib import Path

from harness.file_tree import FOLDER
from harness.testing.folders import Folders


def test_names_are_the_same_in_all_runs_and_none_hides_another(tmp_path: Path) -> None:
    trees = []
    for number, (one, other) in enumerate(
        [("tmpabcdefgh", "tmpijklmnop"), ("tmp12345678", "tmp23456789")]
    ):
        root = tmp_path / str(number)
        (root / "folder").mkdir(parents=True)
        (root / one).write_text("1")
        (root / other).write_text("2")
        trees.append(Folders({"t": root}).tree())
    assert trees[0] == trees[1]
    assert trees[0]["t/folder"] == FOLDER
    (tmp_path / "0" / "tmpabcdefgh").unlink()
    assert Folders({"t": tmp_path / "0"}).tree()["t/*"] != trees[0]["t/*"]


def test_a_path_has_the_name_that_the_tree_has(tmp_path: Path) -> None:
    (tmp_path / "wheel-0123456789abcdef.whl").touch()
    folders = Folders({"t": tmp_path})
    name = folders.name_of(str(tmp_path / "wheel-0123456789abcdef.whl"))
    assert name == "t/wheel-*.whl"
    assert name in folders.tree()
    assert folders.name_of(str(tmp_path.parent / "other")) is None
