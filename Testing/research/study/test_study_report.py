"""`spa study report`: figures against a computation by hand, and logs that cannot be used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import List

import numpy as np
import pytest
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.study_log import Entry, StudyLog
from SPASegmentLib.research.study.comparison import compare, intervals
from SPASegmentLib.research.study.report import write_study_report


def entry(
    participant: str, image: str, method: str, seconds: float, iterations: int, phase: str = "main", place: int = 1
) -> Entry:
    """With the first click and so many iterations in all."""
    more = iterations - 1
    spa = method == "spa"
    return Entry(
        "livers#1", participant, phase, place, image, method, seconds, 1 + (more if spa else 0), 1, 0,
        more if spa else 0, 0 if spa else more, 0, 0, 0, 0.1, 0.8 + 0.01 * iterations, 4 if spa else 3,
    )  # fmt: skip


@pytest.fixture
def entries() -> List[Entry]:
    rng = np.random.default_rng(0)
    found = [entry("p1", "image1", "spa", 99.0, 9, "trial")]
    for person, pace in (("p1", 1.0), ("p2", 1.5)):
        for number in range(1, 9):
            for method, base in (("spa", 5.0), ("clicks", 8.0)):
                seconds = round(pace * (base + rng.uniform(-1, 1)), 2)
                count = int(rng.integers(2, 4)) + (method != "spa")
                place = number + (8 if (method == "spa") == (number % 2 == 0) else 0)
                found.append(entry(person, f"image{number}", method, seconds, count, place=place))
    found.append(entry("p2", "image9", "spa", 4.0, 2))  # waits for the other method
    gave_up = {"accepted": None, "lesson_mm": None, "dice": None, "satisfaction": 0}
    found.append(Entry(**{**vars(entry("p1", "image9", "spa", 50.0, 7)), **gave_up}))
    found.append(entry("p1", "image9", "clicks", 60.0, 8))
    return found


def test_figures_are_those_of_the_log(entries: List[Entry]) -> None:
    one, two, both = compare(entries)
    assert [c.name for c in (one, two, both)] == ["p1", "p2", "all"]
    assert (one.pairs, one.single, one.gave_up) == (9, 0, (1, 0)) and (two.pairs, two.single) == (8, 1)
    for found, people in ((one, ["p1"]), (two, ["p2"]), (both, ["p1", "p2"])):
        kept = [e for e in entries if e.phase == "main" and e.participant in people and e.image != "image9"]
        for key in ("seconds", "iterations", "dice", "satisfaction"):
            spa = [getattr(e, key) for e in kept if e.method == "spa"]
            clicks = [getattr(e, key) for e in kept if e.method == "clicks"]
            measured = found.measures[key]
            assert measured.n == len(spa) and measured.spa == pytest.approx(np.mean(spa))
            assert measured.clicks == pytest.approx(np.mean(clicks))
            assert measured.gap == pytest.approx(np.mean(spa) - np.mean(clicks))
            low, high = measured.interval
            gaps = np.subtract(spa, clicks)
            assert low <= measured.gap <= high and high - low < 5 * (np.std(gaps) + 1e-9)
    assert one.measures["seconds"].interval[1] < 0, "SPA is faster on every image"


def test_of_an_image_that_stands_there_twice_the_first_line_counts(entries: List[Entry]) -> None:
    """Two programs could write it before they looked what the other had written."""
    again = [entry(e.participant, e.image, e.method, 0.5, 2, e.phase, e.place) for e in entries if e.image == "image3"]
    assert compare([*entries, *again]) == compare(entries)


def test_both_orders_count_alike(tmp_path: Path) -> None:
    """Who sees an image again is quicker, whatever the method; a person who stops early has one order more often."""
    found = []
    for number in range(1, 13):
        for method in ("spa", "clicks"):
            again = (method == "spa") == (number > 9)  # nine images first with SPA, three first with clicks
            seconds = 10.0 * (0.7 if again else 1.0) + 0.01 * number
            found.append(entry("p1", f"image{number}", method, seconds, 3, place=number + 20 * again))
    one = compare(found)[0]
    assert one.first == (9, 3)
    measured = one.measures["seconds"]
    assert measured.gap == pytest.approx(0.0, abs=1e-9) and measured.spa == pytest.approx(measured.clicks)
    assert measured.interval == pytest.approx((0.0, 0.0), abs=1e-9)
    bars = intervals(found, "seconds")["p1"]
    assert bars["spa"][0] == pytest.approx(measured.spa) and bars["clicks"][0] == pytest.approx(measured.clicks)
    few = compare(found[:6])[0].measures["seconds"]
    bars = intervals(found[:6], "seconds")["p1"]
    assert few.n == 3 and np.isnan(few.interval).all() and np.isnan(bars["spa"][1:]).all()
    write_study_report(found[:6], tmp_path / "few")
    assert json.loads((tmp_path / "few/study.json").read_text())["p1"]["seconds"]["interval"] == [None, None]
    alone = [each for each in found if int(each.image[5:]) <= 9]
    assert compare(alone)[0].first == (9, 0) and compare(alone)[0].measures["seconds"].gap == pytest.approx(3.0)
    write_study_report(alone, tmp_path)
    page = (tmp_path / "study.md").read_text()
    assert "p1 has finished images in one order alone (SPA first)" in page and "| p1 | 9 | 0 | 0 | 0 | 9 | 0 |" in page


def test_a_person_may_be_called_all(entries: List[Entry], tmp_path: Path) -> None:
    """The figures of all together do not take the place of that person's."""
    named = [replace(each, participant="all") if each.participant == "p2" else each for each in entries]
    write_study_report(named, tmp_path)
    record = json.loads((tmp_path / "study.json").read_text())
    assert {name: one["pairs"] for name, one in record.items()} == {"p1": 9, "all": 8, "all people": 17}
    page = (tmp_path / "study.md").read_text()
    assert page.count("| all | 8 |") >= 2 and page.count("| all people | ") >= 2


def test_the_command_writes_page_and_plots(entries: List[Entry], tmp_path: Path) -> None:
    log = StudyLog(tmp_path / "log.csv")
    entries = [replace(each, study="Study #2 of livers#1") for each in entries]
    for each in entries:
        log.add(each)
    log.path.write_bytes(log.path.read_bytes() + b"Study #2 of livers#1,p1")
    result = CliRunner().invoke(app, ["study", "report", str(log.path), "--output", str(tmp_path / "report")])
    assert result.exit_code == 0, result.output
    assert "cut off and is left out" in " ".join(result.output.split())
    assert "Study Study #2 of livers " in result.output
    page = (tmp_path / "report/study.md").read_text()
    assert page.startswith("# Study Study #2 of livers\n")
    assert "## Seconds per image" in page and "6.62 | 4.34 | 4.33 | 2.46" in page and "cut off" in page
    record = json.loads((tmp_path / "report/study.json").read_text())
    assert record["all"]["pairs"] == 17 and record["p1"]["gave_up"] == {"spa": 1, "clicks": 0}
    for name in ("seconds", "iterations"):
        assert (tmp_path / f"report/{name}.png").read_bytes()[:4] == b"\x89PNG"
    assert log.path.read_bytes().endswith(b"Study #2 of livers#1,p1"), "the log is only read"


def test_logs_that_cannot_be_compared(entries: List[Entry], tmp_path: Path) -> None:
    def said(path: Path) -> str:
        result = CliRunner().invoke(app, ["study", "report", str(path), "--output", str(tmp_path / "report")])
        assert result.exit_code == 2
        return " ".join(result.output.split())

    assert "There is no log" in said(tmp_path / "none.csv")
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "holds no finished image yet" in said(empty)
    log = StudyLog(tmp_path / "one.csv")
    log.add(entries[1])
    assert "with both methods yet" in said(log.path)
    with pytest.raises(InputError, match="with both methods"):
        compare([entries[0]])
    lines = log.path.read_text().splitlines()
    log.path.write_text("\n".join([*lines, lines[1].replace("livers#1", "hearts#2")]) + "\n")
    assert "a log is of one study" in said(log.path)
