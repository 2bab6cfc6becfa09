"""Keys: the session's while masks are on screen, Segment Editor's own at all other times."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6 import QtWidgets


def test_digits_choose_only_while_masks_are_shown(desk: Any) -> None:
    first = desk.click()
    desk.key("2")
    assert desk.proposal.round == 2
    desk.key("Backspace")
    assert np.array_equal(desk.proposal.masks, first.masks)
    desk.key("3")
    desk.key("Ctrl+Z")
    assert desk.proposal.round == 1
    desk.key("Return")
    assert desk.voxels().sum() == first.masks[0].sum()
    # The editor has its keys back: undo, and a digit picks another effect, so that this one ends.
    desk.key("Ctrl+Z")
    assert not desk.voxels().any()
    assert desk.editor.activeEffect() is not None
    desk.key("1")
    assert desk.editor.activeEffect() is None


def test_escape_cancels_first_and_leaves_the_effect_then(desk: Any) -> None:
    desk.click()
    desk.key("Escape")
    assert not desk.workflow.choosing and desk.editor.activeEffect() is not None
    desk.key("Escape")
    assert desk.editor.activeEffect() is None and not desk.voxels().any()


def test_text_fields_keep_their_keys(desk: Any) -> None:
    desk.click()
    field = QtWidgets.QLineEdit(desk.host.window)
    field.show()
    field.setFocus()
    desk.qt.processEvents()
    for name in ("2", "Return", "Backspace"):
        desk.key(name, field)
    assert field.text() == "" and desk.workflow.choosing and desk.proposal.round == 1


def test_space_chooses_the_focused_picture_and_enter_accepts_it(desk: Any) -> None:
    first = desk.click()
    strip = desk.workflow.screen.strip
    strip.buttons[2].setFocus()
    desk.qt.processEvents()
    assert desk.workflow.screen.marked == 2
    assert first.differences[1].description in desk.panel.status.text
    desk.key("Space", strip.buttons[2])
    assert desk.proposal.round == 2 and desk.workflow.screen.marked == 0
    second = desk.proposal
    strip.buttons[1].setFocus()
    desk.qt.processEvents()
    desk.key("Return", strip.buttons[1])
    assert desk.voxels().sum() == second.masks[1].sum()


def test_no_shortcut_is_left(desk: Any) -> None:
    before = len(desk.host.window.findChildren("QShortcut"))
    for _ in range(3):
        desk.click()
        assert len(desk.host.window.findChildren("QShortcut")) > before
        desk.workflow.cancel()
    from PySide6.QtCore import QEvent

    desk.qt.sendPostedEvents(None, QEvent.DeferredDelete.value)
    desk.qt.processEvents()
    assert len(desk.host.window.findChildren("QShortcut")) == before
