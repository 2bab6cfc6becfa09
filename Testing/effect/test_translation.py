"""Errors of the library appear on the panel in the user's language."""

from __future__ import annotations

import sys
from typing import Any

import pytest

GERMAN = {
    ("mrml.controller", "The segment is empty on this slice; paint or threshold something first, or click."): (
        "Das Segment ist auf dieser Schicht leer."
    ),
    ("interaction.session", "There is no candidate {number}; there are {count}."): (
        "Es gibt {count} Kandidaten, aber nicht den Kandidaten {number}."
    ),
}


@pytest.fixture(autouse=True)
def german(monkeypatch: pytest.MonkeyPatch) -> None:
    from SPASegmentLib import translation

    monkeypatch.setattr(translation, "_translate", lambda context, text: GERMAN.get((context, text), text))


def test_an_error_at_the_start(desk: Any) -> None:
    desk.workflow.from_segment()
    desk.wait()
    assert "Das Segment ist auf dieser Schicht leer." in desk.panel.status.text


def test_an_error_with_numbers_in_it(desk: Any) -> None:
    desk.click()
    desk.workflow.choose(9)
    desk.wait()
    assert "Es gibt 4 Kandidaten, aber nicht den Kandidaten 9." in desk.panel.status.text
    assert desk.proposal.round == 1


def speak(monkeypatch: pytest.MonkeyPatch, language: str, enabled: Any = "true") -> None:
    """As the module does it when Slicer, which is set to a language, has started."""
    from SegmentEditorSPALib import Translate
    from slicerhost import qt

    from SPASegmentLib import translation

    qt.QSettings().setValue("Internationalization/Enabled", enabled)
    qt.QSettings().setValue("language", language)
    monkeypatch.setattr(translation, "_translate", Translate.translated)


def test_slicer_in_german_shows_spa_in_german(host: Any, phantom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from slicerhost.desk import Desk

    speak(monkeypatch, "de-DE")
    desk = Desk(host, phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)
    assert desk.panel.accept.text == "Übernehmen" and desk.panel.from_segment.text == "Vom Segment ausgehen"
    desk.click()
    assert "Runde 1 von 6" in desk.panel.round.text and "Empfohlene Maske" in desk.panel.status.text
    desk.workflow.mark(1)
    assert desk.panel.status.text.startswith("1: ") and "weitermachen" in desk.panel.status.text
    desk.workflow.accept()
    assert "Übernommen:" in desk.panel.status.text and "mm2" in desk.panel.status.text


@pytest.mark.parametrize(("language", "enabled"), [("de-DE", "false"), ("", "true"), ("fr-FR", "true")])
def test_spa_is_in_no_other_language_than_slicer(
    host: Any, monkeypatch: pytest.MonkeyPatch, language: str, enabled: str
) -> None:
    from SegmentEditorSPALib import Translate

    speak(monkeypatch, language, enabled)
    assert Translate.language() == "en"
    assert Translate.translated("mrml.editor", "There is nothing to undo.") == "There is nothing to undo."


def test_slicer_s_own_translation_comes_first(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from SegmentEditorSPALib import Translate

    speak(monkeypatch, "de-DE")
    monkeypatch.setattr(sys.modules["slicer.i18n"], "translate", lambda _context, text: text.upper())
    assert Translate.translated("mrml.editor", "There is nothing to undo.") == "THERE IS NOTHING TO UNDO."


def test_german_messages_fit_the_panel(host: Any, phantom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from PySide6.QtCore import Qt
    from SegmentEditorSPALib import Installation
    from slicerhost import qt
    from slicerhost.desk import Desk

    speak(monkeypatch, "de-DE")
    desk = Desk(host, phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)
    metrics = qt.QFontMetrics(desk.panel.status.font)
    for why in ["", *dict(Installation._SIGNS)]:
        said = Installation._words(why, "") + " Ohne das: Vom Segment ausgehen."
        height = metrics.boundingRect(0, 0, 310, 1000, int(Qt.TextWordWrap), said).height()
        assert height <= desk.panel.status.minimumHeight, said


@pytest.mark.parametrize("slip", ["{anders}", "{0}", "{", "{round!x}", "{round:zz}", "{round.a}"])
def test_a_translation_that_cannot_be_filled_in_is_shown_in_english(slip: str) -> None:
    from SPASegmentLib.translation import Text

    text = Text(f"Runde {slip}", "Round {round}")
    assert text == f"Runde {slip}" and text.format(round=3) == "Round 3"
    assert Text("Runde {round}", "Round {round}").format(round=3) == "Runde 3"


def test_the_effect_works_with_broken_translations(host: Any, phantom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every placeholder of every text is another one in this language."""
    import re

    from slicerhost.desk import Desk

    from SPASegmentLib import translation

    def translate(_context: str, text: str) -> str:
        return re.sub(r"\{\w+", "{anders", text)

    monkeypatch.setattr(sys.modules["slicer.i18n"], "translate", translate)
    monkeypatch.setattr(translation, "_translate", translate)
    desk = Desk(host, phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)
    desk.click()
    assert "Round 1 of 6" in desk.panel.round.text and "Enter accepts it" in desk.panel.status.text
    desk.workflow.mark(1)
    desk.workflow.accept()
    assert "Accepted:" in desk.panel.status.text and "mm2" in desk.panel.status.text
    assert "accepted: 1" in desk.panel.learned.text


#: Pixels; Slicer's panel is about this wide on a small screen, and a wider one takes it from the views.
PANEL = 340


@pytest.mark.parametrize("language", ["de-DE", "en-US"])
def test_the_module_s_panel_is_no_wider_than_slicer_s(
    host: Any, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """With all that it can show: PyTorch offered, a download under way, and what came of loading a model."""
    from PySide6.QtWidgets import QLayout, QPushButton, QWidget
    from SegmentEditorSPALib import Dependencies, Model
    from SegmentEditorSPALib.ModulePanel import ModulePanel
    from slicerhost import qt

    speak(monkeypatch, language)
    monkeypatch.setattr(Dependencies, "has_torch", lambda: False)
    window = qt.QFrame()
    panel = ModulePanel(qt.QVBoxLayout(window))
    window.show()
    panel.study.widget.collapsed = False
    for each in (panel.model.progress, panel.model.cancel):
        each.setVisible(True)
    panel.model.use(Model.choice())
    while panel.model.busy:
        host.qt.processEvents()
    assert "SHA-256" in panel.say.text and panel.runtime.torch.visible
    needed = QLayout.totalMinimumSize(QWidget.layout(window)).width()
    wide = [QPushButton.text(each) for each in QWidget.findChildren(window, QPushButton) if each.width > PANEL - 40]
    assert needed <= PANEL, (needed, wide)
    panel.close()
    window.close()
