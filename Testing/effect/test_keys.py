"""Keys: the session's while masks are on screen, Segment Editor's own at all other times."""

from __future__ import annotations

from typing import Any, Callable, List

import numpy as np
import pytest
from PySide6 import QtCore, QtWidgets
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest


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


def press(desk: Any, key: Any, modifier: Any = Qt.NoModifier, on: Any = None) -> None:
    QTest.keyClick(on or desk.host.window, key, modifier)
    desk.wait()


def hosts_own(desk: Any, *names: str) -> List[str]:
    """Shortcuts of Segment Editor, and which of them were reached."""
    from slicerhost import qt

    reached: List[str] = []
    for name in names:
        shortcut = qt.QShortcut(qt.QKeySequence(name), desk.host.window)
        shortcut.connect("activated()", lambda name=name: reached.append(name))
    return reached


def test_all_digits_belong_to_the_masks_on_screen(desk: Any) -> None:
    reached = hosts_own(desk, *"567890", "Shift+5", "Shift+0", "Y")
    desk.click()
    desk.workflow.mark(3)
    for key, modifier in (
        *((key, Qt.NoModifier) for key in (Qt.Key_5, Qt.Key_9, Qt.Key_Y)), (Qt.Key_5, Qt.ShiftModifier),
    ):
        press(desk, key, modifier)
        assert not reached and desk.workflow.choosing and desk.proposal.round == 1
    press(desk, Qt.Key_0)
    assert not reached and desk.proposal.round == 2, "0 goes on from the recommended mask"
    press(desk, Qt.Key_7)
    assert "7" in desk.panel.status.text
    desk.workflow.cancel()
    press(desk, Qt.Key_7)
    press(desk, Qt.Key_5, Qt.ShiftModifier)
    assert reached == ["7", "Shift+5"]


def test_digits_of_a_french_keyboard(desk: Any) -> None:
    """Its unshifted keys give other characters; where Shift makes these, no digit was meant."""
    desk.click()
    press(desk, Qt.Key_Eacute)
    assert desk.proposal.round == 2
    press(desk, Qt.Key_Ampersand)
    assert desk.proposal.round == 3
    press(desk, Qt.Key_Ampersand, Qt.ShiftModifier)
    press(desk, Qt.Key_QuoteDbl, Qt.ShiftModifier)
    assert desk.proposal.round == 3


@pytest.mark.parametrize("make", [
    lambda window: QtWidgets.QComboBox(window), lambda window: QtWidgets.QSpinBox(window),
    lambda window: QtWidgets.QListWidget(window), lambda window: QtWidgets.QPlainTextEdit(window),
], ids=["list to choose from", "number", "list", "text"])
def test_widgets_that_take_keys_keep_them(desk: Any, make: Callable[[Any], Any]) -> None:
    desk.click()
    widget = make(desk.host.window)
    widget.show()
    widget.setFocus()
    desk.qt.processEvents()
    for key in (Qt.Key_2, Qt.Key_Return, Qt.Key_Backspace, Qt.Key_Escape, Qt.Key_Z, Qt.Key_Space):
        press(desk, key, on=widget)
    assert desk.workflow.choosing and desk.proposal.round == 1 and desk.editor.activeEffect() is not None
    widget.clearFocus()
    press(desk, Qt.Key_2)
    assert desk.proposal.round == 2


def test_an_open_list_keeps_its_keys(desk: Any) -> None:
    desk.click()
    box = QtWidgets.QComboBox(desk.host.window)
    box.addItems(["one", "two", "three"])
    box.show()
    box.setFocus()
    for key, picked in ((Qt.Key_Return, 1), (Qt.Key_Escape, 1)):
        box.showPopup()
        desk.qt.processEvents()
        QTest.keyClick(box.view(), Qt.Key_Down)
        QTest.keyClick(box.view(), key)
        desk.wait()
        assert not box.view().isVisible() and box.currentIndex() == picked
        assert desk.workflow.choosing and not desk.voxels().any() and desk.editor.activeEffect() is not None


def test_after_a_list_the_keys_come_back_with_the_pointer(desk: Any) -> None:
    """As in Slicer: the focus stays on a list in which something was picked."""
    desk.click()
    box, field = QtWidgets.QComboBox(desk.host.window), QtWidgets.QSpinBox(desk.host.window)
    desk.host.window.activateWindow()
    view = desk.host.views["Red"]
    for widget in (box, field):
        widget.show()
        widget.setFocus()
        desk.qt.processEvents()
        view.send("MouseMoveEvent", view.xy(desk.lesion))
        press(desk, Qt.Key_2, on=QtWidgets.QApplication.focusWidget())
    assert desk.proposal.round == 2 and field.value() == 20, "a field keeps what is half written"
    desk.workflow.cancel()
    box.setFocus()
    view.send("MouseMoveEvent", view.xy(desk.lesion))
    assert QtWidgets.QApplication.focusWidget() is box, "without masks nobody takes the focus"


def test_return_commits_the_name_of_a_segment_that_is_edited(desk: Any) -> None:
    desk.click()
    table = QtWidgets.QTableWidget(1, 1, desk.host.window)
    table.setItem(0, 0, QtWidgets.QTableWidgetItem("Segment_1"))
    table.show()
    table.setFocus()
    table.editItem(table.item(0, 0))
    desk.qt.processEvents()
    field = QtWidgets.QApplication.focusWidget()
    assert isinstance(field, QtWidgets.QLineEdit)
    QTest.keyClicks(field, "liver 2")
    press(desk, Qt.Key_Return, on=field)
    assert table.item(0, 0).text() == "liver 2" and desk.workflow.choosing and desk.proposal.round == 1
    # The table itself takes no keys from the masks.
    press(desk, Qt.Key_Return, on=table)
    assert not desk.workflow.choosing and desk.voxels().any()


def test_space_toggles_the_check_box_with_the_focus(desk: Any) -> None:
    desk.click()
    box = desk.panel.uncertainty
    desk.panel.widget.show()
    desk.editor.show()
    before = box.checked
    box.setFocus()
    desk.qt.processEvents()
    press(desk, Qt.Key_Space, on=box)
    assert box.checked is not before and desk.workflow.choosing and desk.proposal.round == 1


def test_the_editor_s_undo_button_does_what_the_key_does(desk: Any) -> None:
    buttons = {button.objectName: button for button in desk.editor.findChildren("QToolButton")}
    undo, redo = buttons["UndoButton"], buttons["RedoButton"]
    desk.click()
    desk.panel.accept.click()
    written = desk.voxels()
    first = desk.click()
    desk.key("2")
    for button in (undo, redo):
        QTest.mouseClick(button, Qt.LeftButton)
        desk.wait()
        assert np.array_equal(desk.voxels(), written) and desk.workflow.choosing
    assert desk.proposal is first and desk.workflow.screen.proposal is first
    for key, modifier in ((Qt.Key_Y, Qt.NoModifier), (Qt.Key_Y, Qt.ControlModifier)):
        press(desk, key, modifier)
        assert np.array_equal(desk.voxels(), written)
    desk.workflow.cancel()
    QTest.mouseClick(undo, Qt.LeftButton)
    assert not desk.voxels().any()
    QTest.mouseClick(redo, Qt.LeftButton)
    assert np.array_equal(desk.voxels(), written)


def test_keys_go_to_the_next_slice_and_back(desk: Any) -> None:
    node = desk.host.views["Red"].mrmlSliceNode()
    offset = node.GetSliceOffset()
    press(desk, Qt.Key_PageUp)
    assert not desk.workflow.choosing and node.GetSliceOffset() == offset
    desk.click()
    press(desk, Qt.Key_PageUp)
    assert node.GetSliceOffset() == offset and desk.proposal.round == 1, "the masks on screen come first"
    desk.panel.accept.click()
    slider = QtWidgets.QSlider(desk.host.window)
    slider.show()
    slider.setFocus()
    desk.qt.processEvents()
    press(desk, Qt.Key_PageUp, on=slider)
    assert slider.value() > 0 and not desk.workflow.choosing, "sliders have their own use for these keys"
    slider.clearFocus()
    desk.qt.processEvents()
    press(desk, Qt.Key_PageUp)
    assert desk.workflow.choosing and abs(node.GetSliceOffset() - offset - 2.5) < 1e-3
    desk.panel.accept.click()
    press(desk, Qt.Key_PageDown)
    assert abs(node.GetSliceOffset() - offset) < 1e-3
    desk.workflow.cancel()
    desk.editor.setActiveEffectByName("")
    from slicerhost import qt

    desk.qt.sendPostedEvents(None, QtCore.QEvent.DeferredDelete.value)
    assert not [each for each in desk.host.window.findChildren("QShortcut") if each.objectName == "SPA"]
    assert not qt.ERRORS


def test_between_click_and_masks_the_keys_are_about_the_click(desk: Any) -> None:
    import threading

    from SegmentEditorSPALib.JobRunner import executor

    desk.click()
    desk.workflow.accept()
    written = desk.voxels()
    for key, modifier in ((Qt.Key_Escape, Qt.NoModifier), (Qt.Key_Z, Qt.ControlModifier), (Qt.Key_7, Qt.NoModifier)):
        go = threading.Event()
        executor().submit(go.wait)
        desk.host.views["Red"].click(desk.lesion)
        QTest.keyClick(desk.host.window, key, modifier)
        go.set()
        desk.wait()
        assert desk.editor.activeEffect() is not None and np.array_equal(desk.voxels(), written)
        assert desk.workflow.choosing == (key == Qt.Key_7)
        desk.workflow.cancel()


def test_plus_and_minus_say_which_thing_is_meant(desk: Any) -> None:
    area = int(desk.click().masks[0].sum())
    for key, sign in ((Qt.Key_Plus, 1), (Qt.Key_Equal, 1), (Qt.Key_Minus, -1)):
        press(desk, key)
        assert desk.proposal.round == 2 and sign * (int(desk.proposal.masks[0].sum()) - area) > 0
        desk.key("Backspace")
    for button, sign in ((desk.panel.larger, 1), (desk.panel.smaller, -1)):
        button.click()
        desk.wait()
        assert desk.proposal.round == 2 and sign * (int(desk.proposal.masks[0].sum()) - area) > 0
        desk.key("Backspace")
    desk.panel.choose_recommended.click()
    desk.wait()
    assert desk.proposal.round == 2


@pytest.mark.parametrize(("forward", "backward"), [("Forward", "Backward"), ("Left", "Right")])
def test_the_wheel_with_shift_says_it_once_for_each_turn(
    desk: Any, monkeypatch: pytest.MonkeyPatch, forward: str, backward: str
) -> None:
    """On macOS it turns sideways then."""
    from SegmentEditorSPALib import Gestures

    view = desk.host.views["Red"]
    now = [100.0]
    monkeypatch.setattr(Gestures.time, "monotonic", lambda: now[0])

    def turn(way: str, shift: bool = True) -> None:
        view.send(f"MouseWheel{way}Event", view.xy(desk.lesion), False, shift)
        desk.wait()

    area = int(desk.click().masks[0].sum())
    turn(forward, shift=False)
    assert desk.proposal.round == 1, "the wheel alone is Slicer's"
    for _ in range(3):
        now[0] += 0.05
        turn(forward)
    assert desk.proposal.round == 2 and int(desk.proposal.masks[0].sum()) > area
    now[0] += 1.0
    area = int(desk.proposal.masks[0].sum())
    turn(backward)
    assert desk.proposal.round == 3 and int(desk.proposal.masks[0].sum()) < area
    desk.workflow.cancel()
    now[0] += 1.0
    turn(backward)
    assert not desk.workflow.conversation.armed
