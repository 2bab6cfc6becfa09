"""A segmentation that a sequence browser replaces under the effect, while its image stays as it is."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
import pytest
import slicer


@pytest.fixture
def browse(desk: Any) -> Callable[[int], None]:
    """Shows a time point of the segmentation, of three that are empty at first."""
    scene = desk.host.scene
    logic = slicer.vtkSlicerSequencesLogic()
    logic.SetMRMLScene(scene)
    browser, sequence = (
        scene.AddNode(kind()) for kind in (slicer.vtkMRMLSequenceBrowserNode, slicer.vtkMRMLSequenceNode)
    )
    for time in range(3):
        sequence.SetDataNodeAtValue(desk.segmentation, str(time))
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    browser.AddProxyNode(desk.segmentation, sequence, False)
    browser.SetSaveChanges(sequence, True)

    def show(item: int) -> None:
        browser.SetSelectedItemNumber(item)
        logic.UpdateProxyNodesFromSequences(browser)
        for _turn in range(3):
            desk.qt.processEvents()

    show(0)
    return show


def learned(desk: Any) -> int:
    return int(desk.workflow.profiles.current().accepted)


def test_another_time_point_is_no_undo(desk: Any, browse: Callable[[int], None]) -> None:
    desk.click()
    desk.panel.accept.click()
    first = desk.voxels()
    browse(1)
    assert not desk.voxels().any() and learned(desk) == 1
    assert "taken back" not in desk.panel.status.text
    assert not desk.panel.volume.through.enabled and not desk.panel.next.enabled
    for key in ("D", "PageUp"):
        desk.key(key)
        assert "Accept a mask" in desk.panel.status.text and not desk.workflow.conversation.armed
    # What is accepted here is learned beside it, and neither is lost by going back and forth.
    desk.click()
    desk.panel.accept.click()
    second = desk.voxels()
    assert learned(desk) == 2 and second.any()
    browse(0)
    assert learned(desk) == 2 and np.array_equal(desk.voxels(), first)
    desk.panel.volume.through.click()
    desk.wait()
    work = desk.workflow.conversation.volume._work
    assert len(work._written) == 1 and work.outdated == {} and len(work.accepted) == 1, desk.panel.status.text
    desk.workflow.cancel()
    desk.key("PageUp")
    assert desk.workflow.choosing, desk.panel.status.text
    desk.workflow.cancel()
    browse(1)
    assert learned(desk) == 2 and np.array_equal(desk.voxels(), second)


@pytest.mark.parametrize("through", [False, True])
def test_what_is_on_screen_is_dropped_with_a_word(desk: Any, browse: Callable[[int], None], through: bool) -> None:
    desk.click()
    if through:
        desk.panel.accept.click()
        desk.panel.volume.through.click()
        desk.wait()
        assert desk.workflow.conversation.volume.ready
    before = desk.voxels()
    browse(2)
    assert "Another time point" in desk.panel.status.text and not desk.workflow.conversation.armed
    desk.key("Return")
    assert not desk.voxels().any()
    browse(0)
    assert np.array_equal(desk.voxels(), before)
    assert desk.click().round == 1
