"""Results are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from SPASegmentLib.errors import OutputError
from SPASegmentLib.output import check_writable, whole_file


def test_the_file_appears_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "a.seg.nrrd"
    with whole_file(target) as partial:
        assert partial.name == target.name
        partial.write_text("x")
        assert not target.exists()
    assert target.read_text() == "x"
    assert os.listdir(target.parent) == ["a.seg.nrrd"]


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt])
def test_what_was_there_survives_an_interruption(tmp_path: Path, interruption: type) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(interruption), whole_file(target) as partial:
        partial.write_text("half")
        raise interruption
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_writer_that_wrote_nothing_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"), whole_file(tmp_path / "a.txt"):
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["file/a.txt", "nowhere/a.txt", "folder"])
def test_places_that_cannot_be_written_are_found_early(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError):
        check_writable(tmp_path / name)
