"""Two Segment Editors at once, each with the effect."""

from __future__ import annotations

from typing import Any, Tuple

import numpy as np
import slicer
from PySide6.QtCore import QEvent


def second_editor(desk: Any) -> Tuple[Any, Any, str]:
    """An editor as in another module's panel, its segmentation, and a segment with a square around the lesion."""
    from slicerhost.editor import qMRMLSegmentEditorWidget

    from SPASegmentLib.mrml.grid import volume_grid
    from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation

    scene = desk.host.scene
    editor = qMRMLSegmentEditorWidget()
    editor.setMRMLScene(scene)
    node = slicer.vtkMRMLSegmentEditorNode()
    node.SetSingletonTag("second")
    editor.setMRMLSegmentEditorNode(scene.AddNode(node))
    segmentation = create_segmentation(desk.volume, "second")
    segment = add_segment(segmentation, "painted")
    grid = volume_grid(desk.volume)
    i, j, k = np.rint(grid.index_of(desk.lesion)).astype(int)
    voxels = np.zeros(grid.shape[::-1], dtype=np.uint8)
    voxels[k, j - 8 : j + 9, i - 8 : i + 9] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(voxels, segmentation, segment, desk.volume)
    editor.setSegmentationNode(segmentation)
    editor.setSourceVolumeNode(desk.volume)
    editor.setCurrentSegmentID(segment)
    editor.setActiveEffectByName("SPA")
    return editor, segmentation, segment


def test_keys_go_to_the_session_that_began_last_and_then_to_the_other(desk: Any) -> None:
    before = len(desk.host.window.findChildren("QShortcut"))
    desk.click()
    editor, segmentation, segment = second_editor(desk)
    other = editor.effectByName("SPA").self().workflow
    other.from_segment()
    desk.wait_for(lambda: not other.busy)
    assert desk.workflow.choosing and other.choosing
    desk.key("Escape")
    assert not other.choosing and desk.workflow.choosing
    desk.key("Return")
    assert not desk.workflow.choosing and desk.voxels().any()
    # The other way round: the first one to end is the first one to have begun.
    other.from_segment()
    desk.wait_for(lambda: not other.busy)
    desk.click()
    other.cancel()
    desk.key("2")
    assert desk.proposal.round == 2
    editor.setActiveEffectByName("")
    desk.editor.setActiveEffectByName("")
    desk.qt.sendPostedEvents(None, QEvent.DeferredDelete.value)
    desk.qt.processEvents()
    assert len(desk.host.window.findChildren("QShortcut")) <= before
    editor.close_down()
    editor.deleteLater()


def test_keys_go_to_the_editor_that_the_user_is_at(desk: Any) -> None:
    """Clicks in slice views go to one of them, and its keys must not do anything in the other one."""
    desk.click()
    desk.panel.accept.click()
    editor, _segmentation, _segment = second_editor(desk)
    other = editor.effectByName("SPA").self()

    def settle() -> None:
        desk.wait_for(lambda: not desk.workflow.busy and not other.workflow.busy)

    def untouched(panel: Any) -> None:
        assert panel.status.text == "untouched"

    # The second one was activated last; the first one is clicked in.
    desk.click()
    assert desk.workflow.choosing and not other.workflow.choosing
    desk.panel.accept.click()
    other.panel.say("untouched")
    desk.key("D")
    settle()
    assert desk.workflow.conversation.volume.ready, desk.panel.status.text
    desk.key("Escape")
    desk.key("PageUp")
    settle()
    assert desk.workflow.choosing
    untouched(other.panel)
    desk.key("Escape")
    desk.host.views["Red"].mrmlSliceNode().JumpSliceByOffsetting(*desk.lesion)
    desk.click()
    # Both have masks on screen: a button and a picture say which one is meant.
    other.panel.from_segment.click()
    settle()
    desk.panel.say("untouched")
    desk.key("2")
    settle()
    assert other.workflow.screen.proposal.round == 2
    untouched(desk.panel)
    desk.workflow.screen.strip.buttons[1].click()
    settle()
    assert desk.proposal.round == 2
    desk.key("Return")
    settle()
    assert not desk.workflow.choosing and other.workflow.choosing
    other.panel.say("untouched")
    desk.key("L")
    untouched(other.panel)
    assert other.workflow.choosing and desk.node.GetSelectedSegmentID() != desk.segment
    editor.setActiveEffectByName("")
    editor.close_down()
    editor.deleteLater()
