"""The log of a study and the diary that its lines come from."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, List

import numpy as np
import pytest

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.interaction import study_log
from SPASegmentLib.interaction.diary import Diary
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.study_log import COLUMNS, Entry, StudyLog, check_pseudonym
from SPASegmentLib.interaction.types import Click, FrameImage

ENTRY = Entry(
    "a#1", "p1", "main", 1, "image1", "spa", 12.34, 2, 1, 0, 1, 0, 0, 0, 3, -0.5, 0.91, 4
)  # fmt: skip


def session() -> Session:
    """From a mask, so that no network is needed."""
    rows, columns = np.mgrid[:64, :64]
    inside = 12 - np.hypot(rows - 30, columns - 33)
    image = (100 + 100 / (1 + np.exp(-inside))).astype(np.float32)
    started = Session(None, FrameImage(image, (1.0, 1.0)))
    started.start(mask=inside > 2)
    return started


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_tally_counts_what_was_done_whatever_was_taken_back() -> None:
    one = session()
    assert one.tally.start == "mask" and one.result is None
    one.choose(1)
    one.back()
    one.choose(2)
    one.add_click(Click(33.0, 30.0))
    with pytest.raises(InputError):
        one.choose(99)
    assert (one.tally.choices, one.tally.corrections, one.tally.undone, one.tally.extents) == (2, 1, 1, 0)
    result = one.accept(0)
    assert one.result is result


def test_a_diary_adds_sessions_up_and_times_the_last_acceptance() -> None:
    clock = Clock()
    diary = Diary(clock)
    clock.now = 103.0
    diary.begin()
    dropped, kept = session(), session()
    diary.saw(dropped)
    dropped.choose(1)
    diary.saw(dropped)
    dropped.cancel()
    diary.saw(kept)
    kept.choose(1)
    diary.saw(kept)
    clock.now = 110.0
    kept.accept(2)
    assert kept.result is not None
    diary.stands(kept.result.mask)
    clock.now = 150.0
    diary.stands(kept.result.mask)
    assert diary.deeds().seconds == pytest.approx(7.0), "waiting after the mask does not count"
    deeds = diary.deeds()
    assert (deeds.rounds, deeds.choices, deeds.given_up, deeds.accepted) == (2, 2, 1, 2)
    assert (deeds.clicks, deeds.boxes, deeds.corrections) == (0, 0, 0), "they began from masks"
    assert deeds.lesson_mm == kept.offset_mm
    diary.took_back()
    diary.stands(None)
    taken = diary.deeds()
    assert taken.accepted is None and taken.lesson_mm is None and taken.undone == 1 and taken.seconds == 47.0
    diary.begin()
    assert diary.deeds().choices == 0 and diary.deeds().seconds == 0.0


def test_a_diary_tells_of_the_mask_that_stands() -> None:
    """Not of one that was taken back, nor of a session that was begun by mistake and dropped."""
    clock = Clock()
    diary = Diary(clock)
    one, two, mistake = session(), session(), session()
    two.choose(1)
    for seconds, kept, index in ((5.0, one, 0), (20.0, two, 2)):
        diary.saw(kept)
        clock.now = 100.0 + seconds
        diary.stands(kept.accept(index).mask)
    assert one.result is not None and two.result is not None and one.offset_mm != two.offset_mm
    for now, kept, seconds in ((two, two, 20.0), (one, one, 5.0), (two, two, 20.0)):
        assert now.result is not None and kept.result is not None
        clock.now += 30.0
        diary.stands(now.result.mask)
        deeds = diary.deeds()
        assert (deeds.seconds, deeds.lesson_mm) == (pytest.approx(seconds), kept.offset_mm)
        assert (deeds.accepted, deeds.rounds) == (kept.result.accepted, kept.result.round)
    diary.saw(mistake)
    mistake.cancel()
    diary.stands(two.result.mask)
    assert diary.deeds().seconds == pytest.approx(20.0) and diary.deeds().given_up == 1


def test_entries_come_back_as_they_went(tmp_path: Path) -> None:
    log = StudyLog(tmp_path / "new" / "log.csv", "a#1")
    assert log.entries() == []
    gave_up = replace(ENTRY, place=2, accepted=None, lesson_mm=None, dice=None, satisfaction=0)
    for entry in (ENTRY, gave_up):
        log.add(entry)
    assert log.entries() == [ENTRY, gave_up]
    with log.path.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert tuple(rows[0]) == COLUMNS and len(rows) == 3
    assert ENTRY.iterations == 2


def test_a_line_that_was_cut_off_is_set_aside_and_nothing_else_is_lost(tmp_path: Path) -> None:
    log = StudyLog(tmp_path / "log.csv", "a#1")
    for place in (1, 2, 3):
        log.add(replace(ENTRY, place=place))
    whole = log.path.read_bytes()
    end = whole.rindex(b"a#1,p1,main,3")
    for cut in range(end + 1, len(whole)):
        log.path.write_bytes(whole[:cut])
        assert [entry.place for entry in log.entries()] == [1, 2], cut
        assert log.cut_off().encode() == whole[end:cut]
    text = log.mend()
    assert "kept in log.csv.cut-off" in text and log.mend() == ""
    assert (tmp_path / "log.csv.cut-off").read_bytes() == whole[end : len(whole) - 1] + b"\n"
    log.add(replace(ENTRY, place=3))
    assert log.path.read_bytes() == whole
    log.path.write_bytes(whole[:20])  # in its first line
    log.add(ENTRY)
    assert log.entries() == [ENTRY]


def test_a_line_that_was_cut_off_in_the_middle_of_a_letter_is_set_aside(tmp_path: Path) -> None:
    entry = replace(ENTRY, study="Größe#1")
    log = StudyLog(tmp_path / "log.csv", entry.study)
    log.add(entry)
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + "Grö".encode()[:-1])
    assert log.entries() == [entry] and log.cut_off() == "Gr\ufffd"
    assert "kept in log.csv.cut-off" in log.mend() and log.path.read_bytes() == whole
    log.path.write_bytes("Grö".encode()[:-1] + b"\n" + whole)
    with pytest.raises(InputError, match="letters are not UTF-8"):
        log.entries()


def test_zeros_at_the_end_of_a_log_are_set_aside(tmp_path: Path) -> None:
    """What some file systems leave of a line where a computer went down; Python 3.9 and 3.10 read no such line."""
    log = StudyLog(tmp_path / "log.csv", "a#1")
    log.add(ENTRY)
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b"\0" * 200_000)
    assert log.entries() == [ENTRY]
    assert "kept in log.csv.cut-off" in log.mend() and log.path.read_bytes() == whole


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: [lines[0], "x,y", *lines[2:]], "Line 2 of log.csv is damaged"),
        (lambda lines: [lines[0], lines[1].replace(",12.34,", ",nan,"), lines[2]], "Line 2 of log.csv is damaged"),
        (lambda lines: [lines[0], lines[1].replace(",spa,", ",sap,"), lines[2]], "Line 2 of log.csv is damaged"),
        (lambda lines: ["name,age", *lines[1:]], "no log of a study by this version"),
        (lambda lines: [*lines[:2], lines[2].replace("a#1", "b#2")], "entries of the study b#2, and this is a#1"),
    ],
)
def test_other_damage_is_told_and_nothing_is_touched(tmp_path: Path, change: Any, message: str) -> None:
    log = StudyLog(tmp_path / "log.csv", "a#1")
    for place in (1, 2):
        log.add(replace(ENTRY, place=place))
    lines: List[str] = change(log.path.read_text().splitlines())
    log.path.write_text("\n".join(lines) + "\n")
    before = log.path.read_bytes()
    for act in (log.entries, log.mend, lambda: log.add(ENTRY)):
        with pytest.raises(InputError, match=message):
            act()
    assert log.path.read_bytes() == before


def test_two_studies_do_not_go_into_one_log(tmp_path: Path) -> None:
    StudyLog(tmp_path / "log.csv", "a#1").add(ENTRY)
    with pytest.raises(InputError, match="a log is of one study"):
        StudyLog(tmp_path / "log.csv", "b#2").add(replace(ENTRY, study="b#2"))
    assert StudyLog(tmp_path / "log.csv").entries() == [ENTRY]


def test_what_another_program_writes_meanwhile_is_not_lost_by_mending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mending writes the log anew: a line that came between its reading and its writing would be gone."""
    path = tmp_path / "log.csv"
    StudyLog(path).add(ENTRY)
    path.write_bytes(path.read_bytes() + b"a#1,p1,ma")
    broken, code = path.read_bytes(), (
        "import sys\nfrom pathlib import Path\nfrom SPASegmentLib.output import held\n"
        "with held(Path(sys.argv[1])) as mine:\n    print(mine, flush=True)\n    sys.stdin.readline()"
    )
    monkeypatch.setattr(study_log, "_PATIENCE", 0.2)
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other:
        assert other.stdout is not None and other.stdout.readline().strip() == "True"
        for work in (StudyLog(path).mend, lambda: StudyLog(path).add(ENTRY)):
            with pytest.raises(OutputError, match="log.csv is in use by another program; try again"):
                work()
        assert path.read_bytes() == broken and [each.name for each in tmp_path.iterdir()] == ["log.csv"]
        other.communicate("\n")
    assert "was cut off" in StudyLog(path).mend() and StudyLog(path).entries() == [ENTRY]


def test_programs_that_write_at_once_write_whole_lines_one_after_another(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom dataclasses import replace\nfrom pathlib import Path\n"
        "from SPASegmentLib.interaction.study_log import Entry, StudyLog\n"
        "entry = Entry('a#1', sys.argv[2], 'main', 1, 'c', 'spa', 1.0, 1, 1, 0, 0, 0, 0, 0, 0, None, None, 3)\n"
        "for _ in range(25):\n"
        "    StudyLog(Path(sys.argv[1])).mend()\n"
        "    StudyLog(Path(sys.argv[1])).add_next(lambda before: replace(entry, place=len(before) + 1))\n"
    )
    path = tmp_path / "log.csv"
    others = [subprocess.Popen([sys.executable, "-c", code, str(path), f"p{k}"]) for k in range(3)]
    assert [other.wait() for other in others] == [0, 0, 0]
    entries = StudyLog(path).entries()
    assert [entry.place for entry in entries] == list(range(1, 76)), "each knew all before it"
    assert {name: sum(e.participant == name for e in entries) for name in ("p0", "p1", "p2")} == dict.fromkeys(
        ("p0", "p1", "p2"), 25
    )
    assert [each.name for each in tmp_path.iterdir()] == ["log.csv"]


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "log.csv").mkdir()
    with pytest.raises((InputError, OutputError)):
        StudyLog(tmp_path / "log.csv", "a#1").add(ENTRY)


@pytest.mark.parametrize("name", ["", "  ", "Jane Doe", "a" * 21, "p1,p2", "-p"])
def test_pseudonyms_hold_nothing_else(name: str) -> None:
    with pytest.raises(InputError, match="must not be anybody's name"):
        check_pseudonym(name)
    assert check_pseudonym(" p07 ") == "p07"
