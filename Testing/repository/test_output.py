"""Results are written whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from SPASegmentLib.errors import OutputError
from SPASegmentLib.output import check_writable, held, json_with, whole_file, write_json

ROOT = Path(__file__).resolve().parents[2]


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


def test_a_drive_that_goes_away_is_said_and_one_that_goes_after_all_is_written_is_no_news(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was begun beside the file cannot be removed then, which must not hide why."""

    def gone(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    target = tmp_path / "a.txt"
    with monkeypatch.context() as drive:
        for name in ("rmdir", "unlink", "scandir"):
            drive.setattr(os, name, gone)
        write(target, "all of it")
        assert target.read_text() == "all of it"
        drive.setattr(os, "replace", gone)
        with pytest.raises(OutputError, match=r"a.txt cannot be written \(input/output error\)"):
            write(target, "new")
    assert target.read_text() == "all of it"


@pytest.mark.parametrize("name", ["file/a.txt", "nowhere/a.txt", "folder"])
def test_places_that_cannot_be_written_are_found_early(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError):
        check_writable(tmp_path / name)


def write(target: Path, text: str) -> None:
    with whole_file(target) as partial:
        partial.write_text(text)


@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nothing yet"])
def test_a_link_stays_one_and_the_file_behind_it_is_written(tmp_path: Path, there: bool) -> None:
    (tmp_path / "shared").mkdir()
    if there:
        (tmp_path / "shared" / "me.json").write_text("old")
    (tmp_path / "first.json").symlink_to("second.json")
    (tmp_path / "second.json").symlink_to(Path("shared") / "me.json")
    check_writable(tmp_path / "first.json")
    write(tmp_path / "first.json", "new")
    assert (tmp_path / "first.json").is_symlink() and (tmp_path / "second.json").is_symlink()
    assert (tmp_path / "shared" / "me.json").read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["first.json", "second.json", "shared"]
    assert os.listdir(tmp_path / "shared") == ["me.json"]


def test_a_link_in_a_circle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for use in (check_writable, lambda target: write(target, "x")):
        with pytest.raises(OutputError, match="cannot be written"):
            use(tmp_path / "a")
    assert (tmp_path / "a").is_symlink()


def test_another_name_of_the_same_file_sees_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("a longer old text")
    os.link(tmp_path / "a.json", tmp_path / "b.json")
    write(tmp_path / "a.json", "new")
    assert (tmp_path / "b.json").read_text() == "new"
    with pytest.raises(ValueError), whole_file(tmp_path / "a.json") as partial:
        partial.write_text("half")
        raise ValueError
    assert (tmp_path / "a.json").read_text() == "new"
    assert (tmp_path / "a.json").samefile(tmp_path / "b.json")


def test_permissions_stay(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "a.txt").chmod(0o640)
    write(tmp_path / "a.txt", "new")
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o640


def test_a_pipe_stays_one_and_gets_what_is_written(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    check_writable(pipe)
    with pytest.raises(OutputError, match="cannot be written"):
        write(pipe, "nobody reads")
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(pipe, "new")
    assert os.read(end, 100) == b"new"
    os.close(end)
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert os.listdir(tmp_path) == ["pipe.json"]


def test_a_device_stays_one(tmp_path: Path) -> None:
    before = os.lstat(os.devnull)
    check_writable(Path(os.devnull))
    write(Path(os.devnull), "new")
    assert os.lstat(os.devnull) == before
    (tmp_path / "null").symlink_to(os.devnull)
    write(tmp_path / "null", "new")
    assert (tmp_path / "null").is_symlink()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no /dev/stdout here")
@pytest.mark.parametrize("redirected", [True, False], ids=["into a file", "into a pipe"])
def test_standard_output_as_a_file(tmp_path: Path, redirected: bool) -> None:
    code = (
        "from pathlib import Path; from SPASegmentLib.output import write_text; print('before', flush=True);"
        "write_text('written\\n', Path('/dev/stdout')); print('after', flush=True)"
    )
    words = ["before", "written", "after"]
    command = [sys.executable, "-c", code]
    if not redirected:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert done.stdout.splitlines() == words, done.stderr
        return
    out = tmp_path / "out.txt"
    with out.open("a") as stream:
        assert subprocess.run(command, stdout=stream, cwd=ROOT).returncode == 0
    assert out.read_text().splitlines() == words


def test_json_is_for_readers_of_all_languages(tmp_path: Path) -> None:
    write_json({"name": "Läsion Ω"}, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n  "name": "Läsion Ω"\n}\n'
    write_json({}, tmp_path / "new" / "folder" / "b.json")
    assert (tmp_path / "new" / "folder" / "b.json").read_text() == "{}\n"
    with pytest.raises(OutputError, match="a.json"):
        write_json({}, tmp_path / "a.json" / "b.json")


def test_a_name_in_no_proper_encoding_is_written_as_far_as_it_can_be(tmp_path: Path) -> None:
    write_json({"name": os.fsdecode(b"L\xe4sion")}, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["name"].startswith("L")


def test_the_last_value_of_an_object_in_a_form_of_its_own() -> None:
    text = json_with({"a": 1, "b": "x"}, "cases", "[\n    [1, 2],\n    [3, 4]\n  ]")
    assert json.loads(text) == {"a": 1, "b": "x", "cases": [[1, 2], [3, 4]]}
    assert text.splitlines()[4] == "    [1, 2],"


def without_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where folders cannot be opened."""
    opened = os.open

    def refusing(path: Any, *arguments: Any, **options: Any) -> int:
        if os.path.isdir(path):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refusing)


@pytest.mark.parametrize("locks", [True, False])
def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locks: bool) -> None:
    if not locks:
        without_folders(monkeypatch)
    with held(tmp_path) as first, held(tmp_path) as second:
        assert first and not second
        assert os.listdir(tmp_path) == ([] if locks else [".spa-lock"])
    with held(tmp_path) as again:
        assert again
    assert os.listdir(tmp_path) == []


def test_one_waits_for_the_other_where_nothing_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / ".spa-lock"
    lock.write_text("")
    without_folders(monkeypatch)
    timer = threading.Timer(0.2, lock.unlink)
    timer.start()
    with held(tmp_path, patience=5.0) as mine:
        assert mine and lock.exists()
    timer.join()
    assert os.listdir(tmp_path) == []
