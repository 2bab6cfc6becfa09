"""What is on the screen: pictures, marks, the busy sign, the panel, on screens and in layouts of all kinds."""

from __future__ import annotations

from typing import Any, List

import numpy as np
import pytest
from PySide6 import QtWidgets
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest


def drawn(desk: Any, view: str = "Red") -> int:
    renderer = desk.host.views[view].sliceView().renderWindow().GetRenderers().GetFirstRenderer()
    return int(renderer.GetViewProps().GetNumberOfItems())


def turn(desk: Any, condition: Any) -> bool:
    """Let the event loop turn until a condition holds."""
    for _ in range(200):
        desk.qt.processEvents()
        if condition():
            return True
        QTest.qWait(5)
    return False


def test_pictures_are_seen_in_every_layout(desk: Any) -> None:
    """Slicer tells of a layout before its views are shown."""
    view, strip = desk.host.views["Red"], desk.workflow.screen.strip
    desk.editor.show()
    desk.click()
    assert strip.frame.parent() is view.sliceView() and strip.frame.isVisible()
    assert not desk.panel.strip_home.isVisible()
    view.hide()
    desk.editor.layoutChanged()
    assert turn(desk, strip.frame.isVisible) and strip.frame.parent() is desk.panel.strip_home
    desk.editor.layoutChanged()
    view.show()
    assert turn(desk, lambda: strip.frame.parent() is view.sliceView() and strip.frame.isVisible())
    # Whoever hides the view, and tells nobody.
    view.hide()
    assert turn(desk, strip.frame.isVisible) and strip.frame.parent() is desk.panel.strip_home
    view.show()
    assert turn(desk, lambda: strip.frame.parent() is view.sliceView() and strip.frame.isVisible())
    desk.workflow.cancel()
    desk.qt.processEvents()
    assert strip.followed is None and not desk.panel.strip_home.isVisible() and not desk.workflow.choosing


def test_clicks_leave_marks_that_go_back_with_their_round(desk: Any) -> None:
    marks = desk.workflow.screen.marks
    first = desk.click()
    assert [mark.positive for mark in marks._shown] == [True]
    assert np.allclose(marks._shown[0].ras, desk.lesion, atol=1.0)
    # On its own slice only.
    node = desk.host.views["Red"].mrmlSliceNode()
    before = drawn(desk)
    node.SetSliceOffset(node.GetSliceOffset() + 5)
    assert drawn(desk) < before
    node.SetSliceOffset(node.GetSliceOffset() - 5)
    frame = desk.controller.frame
    y, x = np.nonzero(first.masks[0])
    desk.host.views["Red"].click(frame.xy_to_ras(int(x[y == y.min()][0]), int(y.min())), ctrl=True)
    desk.wait()
    assert [mark.positive for mark in marks._shown] == [True, False]
    desk.key("2")
    assert len(marks._shown) == 2, "a choice is no click"
    desk.key("Backspace")
    desk.key("Backspace")
    assert [mark.positive for mark in marks._shown] == [True]
    # What is refused leaves none.
    desk.host.views["Green"].click((desk.lesion[0], desk.lesion[1], desk.lesion[2] + 10))
    desk.wait()
    assert "another slice" in desk.panel.status.text and len(marks._shown) == 1 and not marks._pending
    desk.workflow.accept()
    assert not marks._shown and not marks._overlay._actors


def test_a_sign_in_the_view_while_masks_are_computed(desk: Any) -> None:
    view, label = desk.host.views["Green"], desk.workflow.screen.busy_sign._label
    desk.editor.show()
    view.click(desk.lesion)
    assert label.parent() is view.sliceView() and label.isVisible() and "computing" in label.text
    assert label.x >= 0 and label.x + label.width <= view.sliceView().width
    desk.wait()
    assert not label.isVisible() and label.parent() is desk.panel.widget
    desk.workflow.choose(1)
    assert label.isVisible()
    desk.workflow.cancel()
    assert not label.isVisible()


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_a_shaking_hand_clicks_on_any_screen(desk: Any, monkeypatch: pytest.MonkeyPatch, ratio: float) -> None:
    """VTK counts device pixels; a hand moves by points."""
    done: List[str] = []
    monkeypatch.setattr(desk.workflow, "click", lambda *_: done.append("click"))
    monkeypatch.setattr(desk.workflow, "box", lambda *_: done.append("box"))
    view = desk.host.views["Red"]
    monkeypatch.setattr(type(view.sliceView()), "devicePixelRatioF", lambda self: ratio)
    x, y = view.xy(desk.lesion)
    for points in (4, 20):
        to = (x + round(points * ratio), y + 2)
        view.send("LeftButtonPressEvent", (x, y))
        view.send("MouseMoveEvent", to)
        view.send("LeftButtonReleaseEvent", to)
    assert done == ["click", "box"]


def test_a_double_click_in_a_view_stays_with_spa(desk: Any) -> None:
    """Slicer would show the view alone; the second half of it says nothing new."""
    view = desk.host.views["Red"]
    seen: List[str] = []
    interactor = view.sliceView().interactor()
    tag = interactor.AddObserver("LeftButtonDoubleClickEvent", lambda _, event: seen.append(event), 5.0)
    view.click(desk.lesion)
    x, y = view.xy(desk.lesion)
    interactor.SetEventInformation(x, y, 0, 0, chr(0), 1, None)
    for event in ("LeftButtonPressEvent", "LeftButtonDoubleClickEvent", "LeftButtonReleaseEvent"):
        interactor.InvokeEvent(event)
    desk.wait()
    assert not seen and desk.proposal.round == 1 and len(desk.workflow.screen.marks._shown) == 1
    assert "still computing" not in desk.panel.status.text
    desk.editor.setActiveEffectByName("")
    interactor.InvokeEvent("LeftButtonDoubleClickEvent")
    assert len(seen) == 1
    interactor.RemoveObserver(tag)


def test_pictures_of_an_image_in_colour_are_in_colour(host: Any, phantom: Any) -> None:
    """As the slice views show it: brown where the phantom is dark, green where it is bright."""
    from slicerhost.desk import Desk

    low, high = np.percentile(phantom.voxels, (1, 99))
    grey = np.clip((phantom.voxels - low) / (high - low), 0, 1)
    colours = np.stack([90 + 100 * grey, 30 + 210 * grey, 30 + 90 * grey], axis=-1).astype(np.uint8)
    desk = Desk(host, colours, phantom.ijk_to_ras, phantom.lesion_ras)
    desk.click()
    button = desk.workflow.screen.strip.buttons[0]
    image = button.icon.pixmap(192, 192).toImage()
    across = range(image.width())
    pixels = np.array([[image.pixelColor(x, y).getRgb()[:3] for x in across] for y in range(image.height())])
    assert np.median(np.ptp(pixels, axis=2)) > 40


@pytest.mark.parametrize("width", [200, 260, 360, 600])
def test_numbers_are_as_large_on_small_pictures(host: Any, width: int) -> None:
    """Letters of 12 points on all pictures but the smallest, which have 10."""
    from SegmentEditorSPALib.CandidateStrip import BORDER, SCALE, CandidateStrip, Picture
    from slicerhost import qt

    home = qt.QFrame()
    home.resize(width, 110)
    strip = CandidateStrip(home, *[lambda *_: None] * 4)
    grey = qt.QPixmap(192, 192)
    grey.fill(qt.QColor(90, 90, 90))
    strip.show([Picture(grey, "1", (1.0, 0.9, 0.0), "+20 %", "a text")] * 5)
    side = strip.buttons[0].width
    size = SCALE * (side - 2 * BORDER)
    image = strip.buttons[0].icon.pixmap(size, size).toImage()
    pixels = np.array([[image.pixelColor(x, y).getRgb()[:3] for x in range(size)] for y in range(size)])
    badge = (np.abs(pixels - (255, 230, 0)).max(axis=-1) < 20)
    rows = np.nonzero(badge.any(axis=1))[0]
    assert (11 if side < 56 else 13) * SCALE <= np.ptp(rows) + 1 <= 16 * SCALE, "what the digit stands on"
    dark = (pixels < 60).all(axis=-1) & np.pad(badge, 2)[4:, 2:-2][: len(pixels)]
    assert dark.any(), "the digit"
    white = (pixels > 230).all(axis=-1)
    assert white.any() and np.nonzero(white.any(axis=1))[0].min() >= size - 16 * SCALE, "the caption below"
    home.deleteLater()


def test_what_is_pressed_most_lies_at_the_top_of_the_panel(desk: Any) -> None:
    """At 1280 x 800 about 120 pixels of the panel are seen without scrolling."""
    panel = desk.panel
    panel.widget.resize(330, 600)
    panel.widget.show()
    desk.editor.show()
    desk.qt.processEvents()

    def bottom(widget: Any) -> int:
        return int(widget.mapTo(panel.widget, widget.rect.bottomLeft()).y())

    for button in (panel.accept, panel.from_segment, panel.back, panel.next, panel.cancel):
        assert bottom(button) < 120
    assert bottom(panel.status) - panel.status.height / 2 < 120
    assert bottom(panel.accept) == bottom(panel.from_segment) < bottom(panel.status)


def test_the_longest_messages_fit(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from SegmentEditorSPALib import Dependencies, Installation
    from slicerhost import qt

    panel = desk.panel
    monkeypatch.setattr(Dependencies, "has_runtime", lambda: False)
    text = max((Installation._words(why, "") for why in ["", *dict(Installation._SIGNS)]), key=len)
    monkeypatch.setattr(Dependencies, "ensure", lambda with_network=True, runtime="": text if with_network else "")
    desk.host.views["Red"].click(desk.lesion)
    said = panel.status.text
    assert text in said and "Start from the segment" in said
    metrics = qt.QFontMetrics(panel.status.font)
    height = metrics.boundingRect(0, 0, 310, 1000, int(Qt.TextWordWrap), said).height()
    assert height <= panel.status.minimumHeight


def test_start_over_keeps_the_focus(desk: Any) -> None:
    desk.editor.show()
    desk.panel.widget.show()
    desk.click()
    desk.workflow.choose(1)
    desk.wait()
    for button in (desk.panel.back, desk.panel.start_over):
        button.setFocus()
        desk.qt.processEvents()
        button.click()
        desk.wait()
        desk.qt.processEvents()
        if button.enabled:
            assert QtWidgets.QApplication.focusWidget() is button
    assert desk.panel.start_over.enabled and desk.workflow.choosing


def test_the_first_line_of_the_help_ends_before_what_slicer_adds(desk: Any) -> None:
    """Slicer cuts the text at the first line break and adds "... Show details."."""
    text = desk.effect.helpText()
    assert text.split("<br>")[0].endswith(". ") and "Ctrl+click" in text and "Page Down" in text


def test_the_strip_of_slices_marks_the_one_in_view(desk: Any) -> None:
    desk.click()
    desk.panel.accept.click()
    strip, node = desk.panel.volume, desk.host.views["Red"].mrmlSliceNode()
    before = node.GetSliceOffset()
    desk.panel.volume.through.click()
    desk.wait()
    (anchor,) = desk.workflow.conversation.volume._work.through.anchors
    seen = strip.strip.pixmap.toImage()
    assert strip.in_view == anchor
    node.SetSliceOffset(before + 2.5)
    desk.qt.processEvents()
    assert abs(strip.in_view - anchor) == 1 and strip.strip.pixmap.toImage() != seen
    node.SetSliceOffset(before)
    desk.qt.processEvents()
    assert strip.in_view == anchor and strip.strip.pixmap.toImage() == seen
    desk.workflow.cancel()
    assert strip.in_view is None
