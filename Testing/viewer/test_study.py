"""What a study's file may say, in which order people get its images, and how a person goes through them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy as np
import pytest
import yaml

pytest.importorskip("slicer")

from SPASegmentLib.errors import InputError, OutputError, StateError
from SPASegmentLib.interaction.diary import Deeds, Diary
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.study_log import StudyLog
from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.viewer.study import Study, read_study
from SPASegmentLib.viewer.study_run import DONE, RATING, READY, WELCOME, WORKING, StudyRun


def write(folder: Path, content: Any, name: str = "study.yaml") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def study(folder: Path, images: int = 6, **more: Any) -> Study:
    for number in range(images):
        (folder / f"scan{number}.nrrd").touch()
    items = [{"image": f"scan{number}.nrrd", "id": f"s{number}"} for number in range(images)]
    return read_study(write(folder, {"name": "livers", "images": items, **more}))


#: Of an image that is done.
MASK = np.ones((2, 2), dtype=bool)


class Scripted(Diary):
    """A person who does the same on every image."""

    def deeds(self) -> Deeds:
        return Deeds(10.0, 2, 1, 0, 1, 0, 0, 0, 3, 0.5)


def test_a_file_with_everything(tmp_path: Path) -> None:
    for name in ("a.nrrd", "mask.nrrd"):
        (tmp_path / name).touch()
    text = """
name: livers
task: Outline the lesion.
seed: 3
participants: [p1, p2]
log: logs/livers.csv
images:
  - a.nrrd
  - {image: a.nrrd, id: second, reference: mask.nrrd, at: [1, -2.5, 3], task: Outline the vessel.}
trial: []
"""
    found = read_study(write(tmp_path, text))
    first, second = found.images
    assert (first.name, first.file, first.task) == ("image1", tmp_path / "a.nrrd", "Outline the lesion.")
    assert (second.name, second.at, second.task) == ("second", (1.0, -2.5, 3.0), "Outline the vessel.")
    assert second.reference == tmp_path / "mask.nrrd" and found.log == tmp_path / "logs/livers.csv"
    assert found.trial == ()
    assert found.identity.startswith("livers#")
    other = read_study(write(tmp_path, text.replace("the vessel", "a vessel"), "other.yaml"))
    assert other.identity != found.identity, "another task is another study"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"images": ["missing.nrrd"]}, "the image of image1, missing.nrrd, is not there"),
        ({"images": [{"image": "a.nrrd", "reference": "m.nrrd"}]}, "the reference of image1, m.nrrd, is not there"),
        ({"images": []}, "at least one image"),
        ([1, 2], "is no study"),
        ({"images": ["a.nrrd"], "imagse": 1}, "says 'imagse', which is unknown"),
        ({"images": [{"file": "a.nrrd"}]}, "image1 says 'file', which is unknown"),
        ({"images": [{"id": "x"}]}, "image1 has no 'image'"),
        ({"images": [{"image": "a.nrrd", "at": [1, 2]}]}, "three numbers in mm"),
        ({"images": [{"image": "a.nrrd", "at": [1, 2, float("nan")]}]}, "three numbers in mm"),
        ({"images": [{"image": "a.nrrd", "id": "x"}] * 1 + [{"image": "a.nrrd", "id": "x"}]}, "two images are called"),
        ({"images": [{"image": "a.nrrd", "id": "Jane Doe"}]}, "nothing of a patient"),
        ({"images": ["a.nrrd"], "participants": ["Jane Doe"]}, "must not be anybody's name"),
        ({"images": ["a.nrrd"], "participants": ["p1", "p2", "p1"]}, "names p1 twice"),
        ({"images": [{"image": "a.nrrd", "at": [10**400, 0, 0]}]}, "three numbers in mm"),
        ({"images": [{"image": "a.nrrd", "at": [True, 0, 0]}]}, "three numbers in mm"),
        ({"images": ["a.nrrd"], "seed": -1}, "whole number from 0"),
        ({"images": ["a.nrrd"], "name": "Livers\nsecond part"}, "name must be a text in one line"),
        ({"images": ["a.nrrd"], "name": "Livers\u2028second part"}, "name must be a text in one line"),
        ({"images": [7]}, "must be a text"),
        ("images: [a.nrrd", "is not valid YAML"),
        ("participants: [p1]\nimages: [a.nrrd]\nparticipants: [p2]", "the key 'participants' twice, again in line 3"),
        ("a: &a [1]\nimages: [*a, *a]", "its own anchors"),
    ],
)
def test_files_that_say_something_else_are_refused(tmp_path: Path, content: Any, message: str) -> None:
    (tmp_path / "a.nrrd").touch()
    with pytest.raises(InputError, match=message):
        read_study(write(tmp_path, content))
    with pytest.raises(InputError, match="cannot be read"):
        read_study(tmp_path / "none.yaml")


def test_pseudonyms_and_ids_are_those_that_the_file_has(tmp_path: Path) -> None:
    """YAML would make 8 of 010, and the list of who is who would be another one."""
    (tmp_path / "a.nrrd").touch()
    text = """
images: [{image: a.nrrd, id: 010}, {image: a.nrrd, id: no}, {image: a.nrrd, id: 1e3, at: [1, 2, 3]}]
trial: [{image: phantom, id: 007}]
participants: [001, 008, 010, 12, yes, "p1"]
"""
    found = read_study(write(tmp_path, text))
    assert found.participants == ("001", "008", "010", "12", "yes", "p1")
    assert [image.name for image in (*found.images, *found.trial)] == ["010", "no", "1e3", "007"]
    assert found.images[2].at == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("images", [1, 5, 6])
def test_the_order_is_balanced(tmp_path: Path, images: int) -> None:
    found = study(tmp_path, images, participants=["p1", "p2", "p3", "p4"])
    first_methods: List[str] = []
    for participant in found.participants:
        turns = [turn for turn in found.turns(participant, []) if turn.phase == "main"]
        assert Counter((t.image.name, t.method) for t in turns) == Counter(
            (image.name, method) for image in found.images for method in ("spa", "clicks")
        ), "everybody works on every image with both"
        assert [t.place for t in turns] == list(range(1, 2 * images + 1))
        places: Dict[str, List[int]] = {
            method: [t.place for t in turns if t.method == method] for method in ("spa", "clicks")
        }
        if images % 2 == 0:
            assert np.mean(places["spa"]) == np.mean(places["clicks"]), "early and late equally often"
        apart = {image.name: [t.place for t in turns if t.image == image] for image in found.images}
        assert all(b - a >= images // 2 for a, b in apart.values())
        first_methods.append(turns[0].method)
        trial = [turn for turn in found.turns(participant, []) if turn.phase == "trial"]
        assert [t.method for t in trial] == [turns[0].method, {"spa": "clicks", "clicks": "spa"}[turns[0].method]]
    assert Counter(first_methods) == {"spa": 2, "clicks": 2}
    assert found.turns("p1", []) == found.turns("p1", [])
    if images == 6:
        assert [t.image for t in found.turns("p1", [])] != [t.image for t in found.turns("p3", [])]


def session() -> Session:
    """From a mask, so that no network is needed."""
    rows, columns = np.mgrid[:64, :64]
    inside = np.hypot(rows - 30, columns - 33) < 12
    started = Session(None, FrameImage((100.0 + 100 * inside).astype(np.float32), (1.0, 1.0)))
    started.start(mask=inside)
    return started


def run_of(found: Study, diary: Optional[Diary] = None) -> StudyRun:
    return StudyRun(found, StudyLog(found.log, found.identity), diary or Scripted())


def test_a_person_may_stop_and_go_on(tmp_path: Path) -> None:
    found = study(tmp_path, 2)
    run = run_of(found)
    assert run.phase == WELCOME
    with pytest.raises(InputError):
        run.begin("Jane Doe")
    run.begin("p1")
    seen = []
    for _ in range(3):
        assert run.phase == READY
        run.shown()
        assert run.phase == WORKING and run.alone == (run.turn.method == "clicks")
        with pytest.raises(StateError):
            run.finish(4, lambda: None)
        run.stands(MASK, finished=False)
        assert run.phase == WORKING
        run.stands(MASK)
        assert run.phase == RATING
        seen.append((run.turn.phase, run.turn.image.name, run.turn.method))
        run.finish(4, lambda: 0.8)
    run.shown()
    run.stands(MASK)
    with pytest.raises(StateError, match="p1 is taking part"):
        run.begin("p2")
    run.leave()
    assert run.phase == WELCOME and len(StudyLog(found.log).entries()) == 3

    again = run_of(found)
    again.begin("p1")
    assert (again.turn.phase, again.turn.image.name, again.turn.method) not in seen
    assert len(again.study.left("p1", StudyLog(found.log).entries())) == 6 - 3
    while again.phase != DONE:
        again.shown()
        again.finish(0, lambda: pytest.fail("there is no mask"))
    entries = StudyLog(found.log).entries()
    assert len(entries) == 6 and [entry.satisfaction for entry in entries] == [4, 4, 4, 0, 0, 0]
    assert [entry.dice for entry in entries] == [0.8] * 3 + [None] * 3
    again.begin("p2")
    assert again.phase == READY and again.turn.method == "clicks", "the second person begins with the other method"


def finish(run: StudyRun) -> None:
    run.shown()
    run.stands(MASK)
    run.finish(4, lambda: None)


def test_one_image_is_not_written_twice_by_two_programs(tmp_path: Path) -> None:
    """Two people at two computers who have chosen the same pseudonym."""
    found = study(tmp_path, 2)
    one, other = run_of(found), run_of(found)
    for run in (one, other):
        run.begin("p1")
    finish(one)
    with pytest.raises(StateError, match="p1 has finished this image in another program meanwhile"):
        finish(other)
    assert other.phase == RATING and len(StudyLog(found.log).entries()) == 1
    other.leave()
    other.begin("p2")
    while DONE not in (one.phase, other.phase):
        finish(one)
        finish(other)
    while other.phase != DONE:
        finish(other)
    lines = [(e.participant, e.phase, e.image, e.method) for e in StudyLog(found.log).entries()]
    assert len(lines) == len(set(lines)) == 2 * (2 + 4)


def test_who_begins_while_another_does_has_a_place_of_their_own(tmp_path: Path) -> None:
    """Where anybody may take part the log says who came first, and with that which method is first and the order."""
    found = study(tmp_path, 4)
    late, early = run_of(found), run_of(found)
    late.begin("p2")
    early.begin("p1")
    finish(early)
    finish(late)
    entries = StudyLog(found.log).entries()
    for run, name, method in ((early, "p1", "spa"), (late, "p2", "clicks")):
        assert run.turn == found.left(name, entries)[0]
        assert found.turns(name, entries)[2].method == method, "the first image after the practice"
    while late.phase != DONE:
        finish(late)
    mine = [entry for entry in StudyLog(found.log).entries() if entry.participant == "p2"]
    planned = [turn.image.name for turn in found.turns("p2", mine and entries) if turn.phase == "main"]
    assert [entry.image for entry in mine if entry.phase == "main"] == planned


def test_the_profile_is_of_this_person_and_of_what_counts(tmp_path: Path) -> None:
    found = study(tmp_path, 2)
    run = run_of(found)
    run.begin("p1")
    learned = []
    while run.phase != DONE:
        learned.append((run.turn.phase, run.turn.method, run.profile()))
        run.shown()
        run.stands(MASK)
        run.finish(5, lambda: None)
    assert all(profile.accepted == 0 for _, method, profile in learned if method == "clicks")
    main = [profile for phase, method, profile in learned if (phase, method) == ("main", "spa")]
    assert main[0] == Profile.new("study"), "practice teaches nothing"
    assert main[1] == Profile.new("study").updated(0.5)
    run.begin("p2")
    assert run.profile().accepted == 0


def test_who_gives_up_after_an_accepted_mask_has_none(tmp_path: Path) -> None:
    """And teaches nothing, whatever was accepted on the way."""
    run = run_of(study(tmp_path, 1), Diary())
    run.begin("p1")
    while run.phase != DONE:
        run.shown()
        started = session()
        run.diary.saw(started)
        run.stands(started.accept(1).mask)
        run.finish(0, lambda: pytest.fail("there is no mask"))
    entries = StudyLog(run.study.log).entries()
    assert len(entries) == 4 and all(entry.satisfaction == 0 for entry in entries)
    assert all(entry.accepted is None and entry.lesson_mm is None and entry.dice is None for entry in entries)


def test_a_log_that_cannot_be_written_keeps_the_image(tmp_path: Path) -> None:
    found = study(tmp_path, 1)
    run = run_of(found)
    run.begin("p1")
    run.shown()
    run.stands(MASK)
    found.log.mkdir()
    with pytest.raises((OutputError, InputError)):
        run.finish(3, lambda: None)
    assert run.phase == RATING
    found.log.rmdir()
    run.finish(3, lambda: None)
    assert len(StudyLog(found.log).entries()) == 1


def test_a_log_that_was_cut_off_or_is_anothers(tmp_path: Path) -> None:
    found = study(tmp_path, 2)
    run = run_of(found)
    run.begin("p1")
    for _ in range(2):
        run.shown()
        run.stands(MASK)
        run.finish(4, lambda: None)
    found.log.write_bytes(found.log.read_bytes()[:-7])
    again = run_of(found)
    assert "was cut off" in again.note and again.note == again.facts()["note"]
    again.begin("p1")
    assert again.turn.method != StudyLog(found.log).entries()[0].method, "the image of the lost line comes once more"
    other = study(tmp_path, 2, name="hearts")
    with pytest.raises(InputError, match="entries of the study livers#"):
        run_of(other.__class__(**{**vars(other), "log": found.log}))


def test_another_reference_makes_another_study(tmp_path: Path) -> None:
    """Else the Dice with either of them would stand in one column."""
    for folder, content in (("a", "one"), ("b", "two"), ("a copy", "one")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mask.nrrd").write_text(content)
    (tmp_path / "scan.nrrd").touch()
    found = {
        folder: read_study(
            write(tmp_path, {"images": [{"image": "scan.nrrd", "reference": f"{folder}/mask.nrrd"}], "trial": []})
        )
        for folder in ("a", "b", "a copy")
    }
    assert found["a"].identity == found["a copy"].identity != found["b"].identity, "what is in it counts, not where"
    run = run_of(found["a"])
    run.begin("p1")
    finish(run)
    with pytest.raises(InputError, match="a log is of one study"):
        run_of(found["b"])
    assert run_of(found["a copy"]).note == ""
    without = read_study(write(tmp_path, {"name": "n", "images": ["scan.nrrd"], "trial": []}))
    assert without.identity == "n#72d5015e", "studies without references are those that they were"


def test_who_types_a_pseudonym_in_other_capitals_goes_on(tmp_path: Path) -> None:
    found = study(tmp_path, 2, trial=[])
    run = run_of(found)
    run.begin("p07")
    run.shown()
    run.stands(MASK)
    run.finish(4, lambda: None)
    run.leave()
    run.begin("P07")
    assert run.facts()["participant"] == "p07" and run.turn.place == 2
    listed = run_of(study(tmp_path, 1, name="listed", participants=["Ann1", "ann1"], log="listed.csv"))
    listed.begin("ann1")
    assert listed.facts()["participant"] == "ann1", "two people where the file says so"


def test_only_participants_take_part(tmp_path: Path) -> None:
    run = run_of(study(tmp_path, 1, participants=["p1"]))
    with pytest.raises(InputError, match="p9 is not among the participants"):
        run.begin("p9")
    assert run.phase == WELCOME
