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
