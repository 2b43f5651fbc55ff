"""A file that is written is there whole or not at all, by the one piece of code that knows how."""

from pathlib import Path

import pytest

from synth.whole_files import written_whole
from tests.test_rooms import PACKAGES, ROOT, python_files


@pytest.mark.parametrize("error", [OSError, RuntimeError, KeyboardInterrupt])
def test_what_was_there_stays_whatever_stops_the_new_content(error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    path.write_text("before")

    def write() -> None:
        with written_whole(path) as part:
            part.write_text("half of wha")
            raise error

    with pytest.raises(error):
        write()
    assert [found.read_text() for found in tmp_path.iterdir()] == ["before"]


def test_until_it_is_whole_it_has_another_name_beside_its_place(tmp_path: Path) -> None:
    path = tmp_path / "sound.flac"
    with written_whole(path, suffix=".flac") as part:
        assert (part.parent, part.suffix) == (tmp_path, ".flac")
        part.write_text("all")
        assert not path.exists()
    assert [found.read_text() for found in tmp_path.iterdir()] == ["all"]


def test_rights_are_those_asked_for_or_of_the_file_before_or_usual(tmp_path: Path) -> None:
    private, replaced, new, usual = (tmp_path / name for name in ("private", "replaced", "new", "usual"))
    replaced.touch()
    replaced.chmod(0o640)
    usual.touch()
    for path, mode in ((private, 0o600), (replaced, None), (new, None)):
        with written_whole(path, mode):
            pass
    rights = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert rights == {"private": 0o600, "replaced": 0o640, "new": rights["usual"], "usual": rights["usual"]}


def test_nothing_else_renames_what_it_has_written() -> None:
    files = [path for package in PACKAGES for path in python_files(package)]
    renaming = [path for path in files if "os.replace(" in path.read_text("utf-8")]
    assert renaming == [ROOT / "synth" / "whole_files.py"]
