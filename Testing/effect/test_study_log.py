"""The log for studies: off at first, then a line for each accepted mask, and words where it cannot be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import pytest
from PySide6 import QtWidgets

from SPASegmentLib.interaction.study_log import COLUMNS


@pytest.fixture
def log(desk: Any, tmp_path: Path) -> Any:
    """Switched on, and off again at the end."""
    from SegmentEditorSPALib import StudyNotes

    path = tmp_path / "log.csv"
    assert "log.csv" in StudyNotes.switch_on(str(path), "p1")
    yield path
    StudyNotes.switch_off()


def work(desk: Any) -> None:
    """A click that is given up, then a choice, one more that is taken back, and Accept."""
    desk.click("Red")
    desk.workflow.cancel()
    desk.click("Red")
    desk.workflow.choose(2)
    desk.wait()
    desk.workflow.choose(1)
    desk.wait()
    desk.panel.back.click()
    desk.wait()
    desk.panel.accept.click()


def test_nothing_is_written_before_it_is_switched_on(desk: Any, tmp_path: Path) -> None:
    from SegmentEditorSPALib import StudyNotes

    assert StudyNotes.chosen() == ("", "")
    work(desk)
    assert list(tmp_path.glob("*.csv")) == []


def test_accepted_masks_become_lines(desk: Any, log: Path) -> None:
    from SPASegmentLib.interaction.study_log import StudyLog

    work(desk)
    (entry,) = StudyLog(log).entries()
    assert (entry.participant, entry.image, entry.method, entry.phase, entry.place) == ("p1", "mask1", "spa", "main", 1)
    assert (entry.clicks, entry.boxes, entry.choices, entry.corrections) == (2, 0, 2, 0)
    assert (entry.undone, entry.given_up, entry.rounds, entry.accepted) == (1, 1, 2, 0)
    assert entry.seconds > 0 and entry.lesson_mm is not None and entry.dice is None
    desk.editor.undo()
    desk.click("Red")
    desk.panel.accept.click()
    second = StudyLog(log).entries()[1]
    assert (second.place, second.clicks, second.choices, second.given_up) == (2, 1, 0, 0)


def test_a_log_that_cannot_be_written_is_told_and_the_mask_is_kept(desk: Any, log: Path) -> None:
    log.mkdir()
    desk.click("Red")
    desk.panel.accept.click()
    assert "log was not written" in desk.panel.status.text and desk.voxels().any()


def test_what_keeps_the_log_from_being_written_is_said_until_a_line_is(desk: Any, log: Path) -> None:
    from SPASegmentLib.interaction.study_log import StudyLog

    def said() -> str:
        return str(desk.panel.status.text)

    log.mkdir()
    desk.click("Red")
    desk.workflow.accept()
    assert "Accepted: " in said() and "log was not written" in said()
    desk.panel.volume.through.click()
    desk.wait()
    assert " mm." in said() and "log was not written" in said()
    desk.workflow.cancel()
    desk.click("Red")
    desk.key("L")
    assert "Click on the next structure" in said() and "log was not written" in said()
    log.rmdir()
    desk.click("Red")
    desk.workflow.accept()
    assert len(StudyLog(log).entries()) == 1 and "log was not written" not in said()


def test_the_problem_goes_when_the_log_is_switched_off(desk: Any, log: Path) -> None:
    from SegmentEditorSPALib import StudyNotes

    log.mkdir()
    desk.click("Red")
    desk.workflow.accept()
    StudyNotes.switch_off()
    desk.click("Red")
    assert "log was not written" not in desk.panel.status.text


def test_whatever_the_log_does_a_mask_that_is_written_is_learned(
    desk: Any, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that the log has no words for."""
    from SPASegmentLib.interaction.study_log import StudyLog

    def fails(*_: object) -> None:
        raise RuntimeError("out of threads")

    monkeypatch.setattr(StudyLog, "add_next", fails)
    desk.click("Red")
    desk.workflow.accept()
    assert "log was not written" in desk.panel.status.text and desk.voxels().any()
    assert desk.workflow.profiles.current().accepted == 1 and desk.workflow.conversation.slices == 1
    assert not desk.workflow.conversation.armed and desk.panel.next.enabled


def test_the_panel_switches_it(host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import qt
    from SegmentEditorSPALib import StudyNotes, StudySection

    said, answers = [], ["Jane Doe"]
    monkeypatch.setattr(StudySection, "ask", lambda *_: answers[0])
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", staticmethod(lambda *_: str(tmp_path / "mine")))
    section = StudySection.StudySection(said.append)
    section.refresh()
    assert section.state.text == "Off." and not section.off.enabled
    section.on.click()
    assert "must not be anybody's name" in said[-1] and StudyNotes.chosen() == ("", "")
    answers[0] = "p2"
    section.on.click()
    assert StudyNotes.chosen() == (str(tmp_path / "mine.csv"), "p2")
    assert section.state.text == "On: p2 writes into mine.csv." and section.off.enabled
    section.off.click()
    assert section.state.text == "Off." and StudyNotes.chosen() == ("", "")


def test_a_log_is_added_to_and_one_that_cannot_be_is_not_switched_on(
    host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from SegmentEditorSPALib import StudyNotes, StudySection
    from slicerhost import qt

    said: List[str] = []
    monkeypatch.setattr(StudySection, "ask", lambda *_: "p2")
    section = StudySection.StudySection(said.append)
    log = tmp_path / "mine.csv"
    log.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    qt.answered(str(log))  # and nobody is asked whether it is to be replaced
    section.on.click()
    assert StudyNotes.chosen() == (str(log), "p2") and log.read_text(encoding="utf-8").startswith("study,")
    section.off.click()
    (tmp_path / "a file").write_text("")
    qt.answered(str(tmp_path / "a file" / "log.csv"))
    section.on.click()
    assert StudyNotes.chosen() == ("", "") and "cannot be written" in said[-1]


def test_the_section_is_closed_until_it_is_opened(host: Any) -> None:
    from SegmentEditorSPALib import StudySection

    section = StudySection.StudySection(lambda text: None)
    section.widget.show()
    assert section.widget.isCollapsed() and not QtWidgets.QWidget.isVisible(section.on)
    section.widget.collapsed = False
    assert QtWidgets.QWidget.isVisible(section.on)
