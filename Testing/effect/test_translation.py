"""Errors of the library appear on the panel in the user's language."""

from __future__ import annotations

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
