"""Going through the volume from masks that were accepted in several views."""

from __future__ import annotations

from typing import Any

import numpy as np
import vtk


def accepted_in(desk: Any, view: str) -> np.ndarray:
    """A mask accepted on the lesion's slice in a view; (k, j, i) bool, what the segment holds of it."""
    before = desk.voxels()
    desk.click(view)
    assert desk.workflow.choosing, desk.panel.status.text
    desk.panel.accept.click()
    desk.wait()
    return desk.voxels() & ~before


def gone_through(desk: Any) -> str:
    """Goes through the volume; what is said then."""
    desk.panel.volume.through.click()
    desk.wait()
    assert desk.workflow.conversation.volume.ready, desk.panel.status.text
    return str(desk.panel.status.text)


def test_masks_of_another_direction_are_told_not_to_count(desk: Any) -> None:
    accepted_in(desk, "Green")
    accepted_in(desk, "Yellow")
    accepted_in(desk, "Red")
    assert len(desk.workflow.conversation.volume._acceptance.known(desk.controller)[0]) == 3
    said = gone_through(desk)
    assert len(desk.workflow.conversation.volume._work.through.anchors) == 1
    assert "(coronal: 1, sagittal: 1)" in said, said
    assert "mask accepted last" in said
    # Asked for once more, it is said once more; masks of one direction only need no such words.
    desk.panel.volume.through.click()
    assert "coronal: 1" in desk.panel.status.text
    desk.workflow.cancel()
    for _again in range(3):
        desk.editor.undo()
    accepted_in(desk, "Red")
    assert "coronal" not in gone_through(desk)


def test_a_mask_accepted_in_a_view_that_was_turned_counts(desk: Any) -> None:
    """The same slices, seen mirrored or turned by a quarter, are the same slices."""
    from SPASegmentLib.mrml.grid import volume_grid

    first = accepted_in(desk, "Red")
    node = desk.host.views["Red"].mrmlSliceNode()
    before, matrix = vtk.vtkMatrix4x4(), node.GetSliceToRAS()
    before.DeepCopy(matrix)
    # Turned by a quarter, and seen from above: right is anterior, up is right, the normal points down.
    for row, values in enumerate(((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0))):
        for column, value in enumerate(values):
            matrix.SetElement(row, column, value)
    node.UpdateMatrices()
    k = int(np.flatnonzero(first.any(axis=(1, 2)))[0])
    beside = tuple(float(v) for v in volume_grid(desk.volume).to_world[:3, 2] * 2 + np.array(desk.lesion))
    node.JumpSliceByOffsetting(*beside)
    desk.host.views["Red"].click(beside)
    desk.wait()
    assert desk.workflow.choosing, desk.panel.status.text
    desk.panel.accept.click()
    second = desk.voxels() & ~first
    said = gone_through(desk)
    work = desk.workflow.conversation.volume._work
    assert len(work.through.anchors) == 2, said
    desk.panel.volume.apply.click()
    written = desk.voxels()
    assert np.array_equal(written[k], first[k])
    assert np.array_equal(written[second.any(axis=(1, 2))], second[second.any(axis=(1, 2))])
    # A later pass, of the view as it was before, knows what this one has filled, and where it ended.
    matrix.DeepCopy(before)
    node.UpdateMatrices()
    accepted_in(desk, "Red")
    gone_through(desk)
    work = desk.workflow.conversation.volume._work
    assert not work.elsewhere and {k, *np.flatnonzero(written.any(axis=(1, 2))).tolist()} == set(work._filled)
    assert all(work._filled[n].sum() == written[n].sum() for n in work._filled)


def test_of_two_views_of_one_direction_the_one_under_the_pointer_is_meant(desk: Any) -> None:
    """As in layouts that compare; the other one may show any slice."""
    red, green = desk.host.views["Red"], desk.host.views["Green"]
    green.mrmlSliceNode().SetOrientation("Axial")
    beside = (*desk.lesion[:2], desk.lesion[2] + 5.0)
    green.mrmlSliceNode().JumpSliceByOffsetting(*beside)
    first = accepted_in(desk, "Red")
    gone_through(desk)
    volume = desk.workflow.conversation.volume
    (anchor,) = volume._work.through.anchors
    assert volume.in_view == desk.panel.volume.in_view == anchor
    green.send("MouseMoveEvent", green.xy(beside))
    there = anchor + 2
    assert volume.in_view == desk.panel.volume.in_view == there
    # One of another direction says nothing about which of these two.
    desk.host.views["Yellow"].send("MouseMoveEvent", (100, 100))
    assert volume.in_view == there
    desk.key("E")
    assert volume._work.through.ends == (there,) and volume._work.through.anchors == (anchor,)
    desk.key("Backspace")
    green.click(beside)
    desk.wait()
    assert desk.workflow.choosing and desk.workflow.screen.view is green, desk.panel.status.text
    assert desk.workflow.screen.strip.buttons[0].parent() in (green.sliceView(), *green.sliceView().children())
    # The pictures stay where they are, wherever the pointer goes.
    red.send("MouseMoveEvent", red.xy(desk.lesion))
    assert desk.workflow.screen.view is green
    desk.key("Return")
    assert volume._work.through.anchors == (anchor, there)
    desk.workflow.cancel()
    assert np.array_equal(desk.voxels(), first)
