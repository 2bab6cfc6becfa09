"""What is written, under Slicer's rules; gestures, corrections, next slices and profiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import slicer
import vtk


def test_overwrite_mode_is_honoured(desk: Any) -> None:
    frame_mask = desk.click().masks[0]
    desk.panel.accept.click()
    both = desk.voxels()
    desk.editor.setCurrentSegmentID(desk.other)
    desk.node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteNone)
    desk.click()
    desk.panel.accept.click()
    assert np.array_equal(desk.voxels(), both) and desk.voxels(desk.other).any()
    desk.editor.undo()
    desk.node.SetOverwriteMode(slicer.vtkMRMLSegmentEditorNode.OverwriteAllSegments)
    desk.click()
    desk.panel.accept.click()
    assert frame_mask.any() and not (desk.voxels() & desk.voxels(desk.other)).any()


def test_intensity_range_is_honoured(desk: Any) -> None:
    desk.node.SetSourceVolumeIntensityMask(True)
    desk.node.SetSourceVolumeIntensityMaskRange(-200, 3000)
    mask = desk.click().masks[0]
    frame = desk.controller.frame
    desk.panel.accept.click()
    wanted = mask & (frame.image.pixels >= -200)
    assert wanted.any() and (wanted != mask).any()
    assert np.array_equal(frame.segment_mask(desk.segmentation, desk.segment), wanted)
    written, area = (frame.image.pixel_area * each.sum() for each in (wanted, mask))
    assert f"{written:.0f} of {area:.0f} mm2" in desk.panel.status.text


def test_masks_that_nothing_lets_through_stay_on_screen(desk: Any) -> None:
    desk.node.SetSourceVolumeIntensityMask(True)
    desk.node.SetSourceVolumeIntensityMaskRange(5000, 6000)
    desk.click()
    desk.panel.accept.click()
    assert "masking settings" in desk.panel.status.text and desk.workflow.choosing
    assert not desk.voxels().any()


def test_a_refused_mask_is_no_step_of_the_history(desk: Any) -> None:
    desk.click()
    desk.panel.accept.click()
    written = desk.voxels()
    desk.editor.setCurrentSegmentID(desk.other)
    desk.click()
    desk.node.SetMaskMode(slicer.vtkMRMLSegmentationNode.EditAllowedInsideSingleSegment)
    desk.node.SetMaskSegmentID(desk.other)
    desk.panel.accept.click()
    assert "masking settings" in desk.panel.status.text and not desk.voxels(desk.other).any()
    desk.editor.undo()
    assert not desk.voxels().any()
    desk.panel.accept.click()
    assert "masking settings" in desk.panel.status.text
    desk.editor.redo()
    assert np.array_equal(desk.voxels(), written)


def test_replace_the_slice(desk: Any) -> None:
    desk.panel.replace.click()
    proposal = desk.click()
    sizes = proposal.masks.sum(axis=(1, 2))
    large, small = int(sizes.argmax()), int(sizes.argmin())
    desk.workflow.mark(large)
    desk.workflow.accept()
    desk.click()
    desk.workflow.mark(small)
    mask = desk.proposal.masks[small]
    desk.workflow.accept()
    assert desk.voxels().sum() == mask.sum()


def test_volume_and_segmentation_under_a_transform(desk: Any) -> None:
    transform = slicer.vtkMRMLLinearTransformNode()
    desk.host.scene.AddNode(transform)
    turn = vtk.vtkTransform()
    turn.Translate(10, -20, 30)
    transform.SetMatrixTransformToParent(turn.GetMatrix())
    for node in (desk.volume, desk.segmentation):
        node.SetAndObserveTransformNodeID(transform.GetID())
    desk.lesion = tuple(float(a + b) for a, b in zip(desk.lesion, (10, -20, 30)))
    for view in desk.host.views.values():
        view.sliceLogic().FitSliceToBackground()
        view.mrmlSliceNode().JumpSliceByOffsetting(*desk.lesion)
    mask = desk.click().masks[0]
    frame = desk.controller.frame
    desk.panel.accept.click()
    assert np.array_equal(frame.segment_mask(desk.segmentation, desk.segment), mask)


def test_oblique_slice(desk: Any) -> None:
    node = desk.host.views["Red"].mrmlSliceNode()
    turn = vtk.vtkTransform()
    turn.RotateX(20)
    matrix = vtk.vtkMatrix4x4()
    vtk.vtkMatrix4x4.Multiply4x4(turn.GetMatrix(), node.GetSliceToRAS(), matrix)
    node.GetSliceToRAS().DeepCopy(matrix)
    node.UpdateMatrices()
    node.JumpSliceByCentering(*desk.lesion)
    mask = desk.click().masks[0]
    frame = desk.controller.frame
    assert not frame.aligned
    desk.panel.accept.click()
    back = frame.segment_mask(desk.segmentation, desk.segment)
    assert (back & mask).sum() >= 0.9 * (back | mask).sum()
    # Voxels do not lie on the pixels of such a slice; nobody has masked the few that differ.
    assert "Accepted" in desk.panel.status.text and "masking" not in desk.panel.status.text


def test_box(desk: Any) -> None:
    r, a, s = desk.lesion
    desk.host.views["Red"].drag((r - 15, a - 15, s), (r + 15, a + 15, s))
    desk.wait()
    assert desk.workflow.choosing
    frame = desk.controller.frame
    y, x = np.nonzero(desk.proposal.masks[0])
    for ras in (frame.xy_to_ras(x.min(), y.min()), frame.xy_to_ras(x.max(), y.max())):
        assert abs(ras[0] - r) < 20 and abs(ras[1] - a) < 20


def test_corrections(desk: Any) -> None:
    desk.host.views["Red"].click(desk.lesion, ctrl=True)
    assert "first" in desk.panel.status.text and not desk.workflow.busy
    first = desk.click()
    y, x = np.nonzero(first.masks[0])
    frame = desk.controller.frame
    edge = frame.xy_to_ras(int(x[y == y.min()][0]), int(y.min()))
    desk.host.views["Red"].click(edge, ctrl=True)
    desk.wait()
    assert desk.proposal.round == 1 and not np.array_equal(desk.proposal.masks, first.masks)
    desk.panel.back.click()
    desk.wait()
    assert np.array_equal(desk.proposal.masks, first.masks)
    desk.host.views["Green"].click((desk.lesion[0], desk.lesion[1], desk.lesion[2] + 10))
    desk.wait()
    assert "another slice" in desk.panel.status.text and np.array_equal(desk.proposal.masks, first.masks)


def test_shift_and_other_buttons_are_slicers(desk: Any) -> None:
    view = desk.host.views["Red"]
    seen = []
    tags = [view.sliceView().interactor().AddObserver(e, lambda _, e: seen.append(e), 5.0)
            for e in ("LeftButtonPressEvent", "RightButtonPressEvent", "MouseWheelForwardEvent")]
    view.click(desk.lesion, shift=True)
    for event in ("RightButtonPressEvent", "MouseWheelForwardEvent"):
        view.send(event, (50, 50))
    assert seen == ["LeftButtonPressEvent", "RightButtonPressEvent", "MouseWheelForwardEvent"]
    assert not desk.workflow.busy
    for tag in tags:
        view.sliceView().interactor().RemoveObserver(tag)


def test_next_slices_carry_mask_and_profile(desk: Any) -> None:
    desk.click()
    desk.workflow.mark(1)
    desk.workflow.accept()
    learned = desk.workflow.profiles.current()
    assert learned.accepted == 1 and "accepted: 1" in desk.panel.learned.text
    node = desk.host.views["Red"].mrmlSliceNode()
    offset = node.GetSliceOffset()
    desk.panel.next.click()
    desk.wait()
    assert desk.workflow.choosing and abs(node.GetSliceOffset() - offset - 2.5) < 1e-3
    desk.panel.accept.click()
    assert desk.voxels().any(axis=(1, 2)).sum() == 2
    assert "2" in desk.panel.slices.text and desk.workflow.profiles.current().accepted == 2
    # The profile stays when the effect is left.
    desk.editor.setActiveEffectByName("")
    desk.activate()
    assert desk.workflow.profiles.current().accepted == 2 and desk.panel.next.enabled


def test_start_from_the_segment(desk: Any) -> None:
    desk.panel.from_segment.click()
    desk.wait()
    assert "empty" in desk.panel.status.text
    mask = desk.click().masks[0]
    desk.panel.accept.click()
    desk.panel.from_segment.click()
    desk.wait()
    assert (desk.proposal.masks[0] & mask).sum() > 0.5 * mask.sum()


def test_start_over(desk: Any) -> None:
    first = desk.click()
    desk.workflow.choose(2)
    desk.wait()
    desk.panel.start_over.click()
    desk.wait()
    assert np.array_equal(desk.proposal.masks, first.masks)


def double_click(desk: Any, picture: int, wait_between: bool) -> None:
    """A double click on a picture as Qt sends it, with or without the masks of its first click before the second."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    button = desk.workflow.screen.strip.buttons[picture]
    QTest.mouseClick(button, Qt.LeftButton)
    if wait_between:
        desk.wait()
    QTest.mouseDClick(button, Qt.LeftButton)
    desk.wait()


def test_double_click_accepts_the_mask_that_was_on_screen(desk: Any) -> None:
    for wait_between in (False, True):
        first = desk.click()
        double_click(desk, 3, wait_between)
        assert not desk.workflow.choosing
        assert desk.voxels().sum() == first.masks[3].sum()
        desk.editor.undo()


def test_nothing_moves_when_results_arrive(desk: Any) -> None:
    desk.effect.scriptedEffect.setParameter("PicturesInView", 0)
    panel = desk.panel.widget
    panel.resize(310, 500)
    desk.qt.processEvents()
    before = (panel.sizeHint.height(), panel.minimumSizeHint.width(), desk.panel.accept.y)
    desk.click()
    desk.workflow.mark(3)
    desk.qt.processEvents()
    assert (panel.sizeHint.height(), panel.minimumSizeHint.width(), desk.panel.accept.y) == before
    desk.panel.round.setText("Round 6 of 6, and another round will change very, very, very, very little")
    desk.qt.processEvents()
    assert (panel.sizeHint.height(), panel.minimumSizeHint.width(), desk.panel.accept.y) == before
    assert before[1] <= 340
    right = [button.x + button.width for button in desk.workflow.screen.strip.buttons]
    assert max(right) <= desk.panel.strip_home.width


def test_the_strip_lies_at_the_bottom_of_the_view_that_was_clicked(desk: Any) -> None:
    desk.click("Green")
    strip, view = desk.workflow.screen.strip.frame, desk.host.views["Green"].sliceView()
    assert strip.parent() is view and strip.visible
    assert strip.y + strip.height == view.height and strip.width == view.width
    desk.workflow.cancel()
    assert strip.parent() is desk.panel.strip_home


def test_the_scene_keeps_a_copy_of_the_profile_if_wanted(desk: Any, tmp_path: Any) -> None:
    from SegmentEditorSPALib import SceneProfile

    def learn() -> None:
        desk.click()
        desk.panel.accept.click()

    learn()
    assert SceneProfile.load(desk.host.scene) is None
    desk.panel.in_scene.click()
    learn()
    kept = SceneProfile.load(desk.host.scene)
    assert kept == desk.workflow.profiles.current() and kept.accepted == 2
    path = str(tmp_path / "scene.mrml")
    assert desk.host.scene.Commit(path) and "lesion" not in kept.to_json()
    other = slicer.vtkMRMLScene()
    other.RegisterNodeClass(slicer.vtkMRMLScriptedModuleNode())
    other.SetURL(path)
    other.Import()
    assert SceneProfile.load(other) == kept
    # A colleague's copy of the same name is offered, neither taken nor replaced unless it is picked.
    theirs = kept.updated(2.0)
    SceneProfile.save(desk.host.scene, theirs, "somebody")
    learn()
    assert SceneProfile.load(desk.host.scene) == theirs
    assert desk.panel.profiles.count == 2 and desk.panel.profiles.currentText == "default"
    desk.workflow.profiles.use("")
    assert desk.panel.profiles.currentText == "default 2"
    assert desk.workflow.profiles.current() == theirs.renamed("default 2")
    learn()
    assert SceneProfile.load(desk.host.scene).accepted == theirs.accepted + 1 and desk.panel.profiles.count == 2
    desk.panel.in_scene.click()
    assert SceneProfile.load(desk.host.scene) is None


def test_undo_while_masks_are_on_screen(desk: Any) -> None:
    """The buttons of Segment Editor take back what was written, and the masks on screen stay what they are."""
    desk.click()
    desk.panel.accept.click()
    shown = desk.click()
    desk.editor.undo()
    assert not desk.voxels().any() and desk.workflow.choosing
    desk.panel.accept.click()
    assert desk.voxels().sum() == shown.masks[0].sum()
    desk.editor.undo()
    assert not desk.voxels().any()


def test_the_pictures_do_not_cover_what_was_clicked(desk: Any) -> None:
    """A structure at the bottom of the view has them at its top, from the first round to the last."""
    widget = desk.host.views["Red"]
    node, view, strip = widget.mrmlSliceNode(), widget.sliceView(), desk.workflow.screen.strip
    x, y = widget.xy(desk.lesion)
    middle = node.GetXYZOrigin()
    # Pan until the lesion lies 40 pixels above the bottom.
    scale = node.GetFieldOfView()[1] / node.GetDimensions()[1]
    node.SetXYZOrigin(middle[0], middle[1] + (y - 40) * scale, middle[2])
    assert abs(widget.xy(desk.lesion)[1] - 40) <= 1
    desk.click()
    assert strip.frame.parent() is view and strip.frame.y == 0
    desk.workflow.choose(1)
    desk.wait()
    assert strip.frame.y == 0
    desk.workflow.cancel()
    node.SetXYZOrigin(*middle)
    desk.click()
    assert strip.frame.y + strip.frame.height == view.height


def test_another_profile_is_not_overwritten_by_what_a_session_of_the_first_teaches(desk: Any) -> None:
    """A session belongs to the profile that it began with, also where another one is picked meanwhile."""
    from SegmentEditorSPALib.ProfileActions import active, store

    theirs = store().load("anna").updated(3.0).updated(3.0)
    store().save("anna", theirs)
    desk.click()
    desk.workflow.profiles.use("anna")
    desk.panel.accept.click()
    assert active() == "anna" and store().load("anna") == theirs
    assert store().load("default").accepted == 1
    desk.click()
    desk.panel.accept.click()
    assert store().load("anna").accepted == 3 and store().load("default").accepted == 1


def test_what_is_on_screen_is_what_the_session_is_at_after_a_double_click_that_could_not_be_written(desk: Any) -> None:
    desk.node.SetSourceVolumeIntensityMask(True)
    desk.node.SetSourceVolumeIntensityMaskRange(5000, 6000)
    for wait_between in (False, True):
        first = desk.click()
        double_click(desk, 3, wait_between)
        assert "masking settings" in desk.panel.status.text
        assert desk.proposal is first and desk.workflow.screen.proposal is first
        assert not desk.panel.back.enabled
        desk.workflow.cancel()


def test_a_double_click_while_an_answer_is_taken_back_writes_nothing(desk: Any) -> None:
    """The picture under the pointer is of a round that is about to go."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    first = desk.click()
    desk.workflow.choose(1)
    desk.wait()
    desk.workflow.choose(1)
    desk.wait()
    desk.workflow.conversation.back()
    button = desk.workflow.screen.strip.buttons[1]
    QTest.mouseClick(button, Qt.LeftButton)
    QTest.mouseDClick(button, Qt.LeftButton)
    assert desk.workflow.busy
    desk.wait()
    assert desk.workflow.choosing and desk.proposal.round == 2 and not desk.voxels().any()
    desk.workflow.conversation.back()
    desk.wait()
    assert desk.proposal is first


def test_accepted_slices_are_counted_for_each_segment(desk: Any) -> None:
    desk.click()
    desk.panel.accept.click()
    assert "1" in desk.panel.slices.text
    desk.editor.setCurrentSegmentID(desk.other)
    assert not desk.panel.slices.text
    desk.click()
    desk.panel.accept.click()
    assert "1" in desk.panel.slices.text


def test_a_damaged_profile_is_said_and_another_one_can_be_picked(desk: Any) -> None:
    from SegmentEditorSPALib.ProfileActions import active, store

    store().create("anna")
    store().path("default").write_text("{", encoding="utf-8")
    desk.editor.setActiveEffectByName("")
    desk.activate()
    assert desk.panel.profiles.count == 2 and "default cannot be read" in desk.panel.learned.text
    desk.host.views["Red"].click(desk.lesion)
    assert "default cannot be read" in desk.panel.status.text and not desk.workflow.busy
    desk.workflow.profiles.use("anna")
    assert active() == "anna" and desk.click().round == 1


def undone(desk: Any) -> None:
    desk.editor.undo()
    for _ in range(3):
        desk.qt.processEvents()


def test_what_is_undone_while_the_effect_is_left_is_unlearned_when_it_is_back(desk: Any) -> None:
    before = desk.workflow.profiles.current()
    desk.click()
    desk.workflow.accept()
    learned = desk.workflow.profiles.current()
    desk.editor.setActiveEffectByName("")
    undone(desk)
    assert desk.workflow.profiles.current() == learned and not desk.voxels().any()
    desk.activate()
    assert desk.workflow.profiles.current() == before
    desk.editor.redo()
    for _ in range(3):
        desk.qt.processEvents()
    assert desk.workflow.profiles.current() == learned


def test_an_undo_after_another_segment_was_selected_is_unlearned_too(desk: Any) -> None:
    before = desk.workflow.profiles.current()
    desk.click()
    desk.workflow.accept()
    desk.editor.setCurrentSegmentID(desk.other)
    desk.click()
    desk.workflow.accept()
    undone(desk)
    assert desk.workflow.profiles.current().accepted == 1 and not desk.panel.slices.text
    undone(desk)
    assert desk.workflow.profiles.current() == before and not desk.panel.next.enabled


def test_painting_elsewhere_is_no_undo(desk: Any) -> None:
    """Nor is erasing a part of the mask: only what is as it was before is undone."""
    desk.click()
    desk.workflow.accept()
    learned, mask = desk.workflow.profiles.current(), desk.voxels()
    k, j, i = (int(axis[0]) for axis in np.nonzero(mask))
    changed = mask.copy()
    changed[k, j, i] = False
    changed[0, :4, :4] = True
    slicer.util.updateSegmentBinaryLabelmapFromArray(
        changed.astype(np.uint8), desk.segmentation, desk.segment, desk.volume
    )
    for _ in range(3):
        desk.qt.processEvents()
    assert desk.workflow.profiles.current() == learned
    assert desk.panel.slices.text.endswith("1") and desk.panel.next.enabled


def test_what_an_undone_mask_has_taught_leaves_the_scene_s_copy_too(desk: Any) -> None:
    from SegmentEditorSPALib import SceneProfile

    desk.panel.in_scene.click()
    desk.click()
    desk.workflow.accept()
    assert SceneProfile.load(desk.host.scene).accepted == 1
    undone(desk)
    assert SceneProfile.load(desk.host.scene).accepted == 0


def test_a_segment_hidden_since_the_click_is_asked_about(desk: Any) -> None:
    from slicerhost import qt

    kinds = slicer.qSlicerSegmentEditorAbstractEffect
    for accept in (desk.workflow.accept, lambda: desk.workflow.conversation.accept_at_once(1)):
        mask = desk.click().masks[0]
        desk.segmentation.GetDisplayNode().SetSegmentVisibility(desk.segment, False)
        qt.answered(kinds.NotConfirmed)
        accept()
        desk.wait()
        assert not qt.ANSWERS and not desk.voxels().any() and desk.workflow.choosing
        assert "hidden" in desk.panel.status.text
        desk.segmentation.GetDisplayNode().SetSegmentVisibility(desk.segment, True)
        desk.workflow.accept()
        assert desk.voxels().sum() == mask.sum()
        desk.editor.undo()


def test_start_from_the_view_under_the_pointer(desk: Any) -> None:
    desk.click("Red")
    desk.workflow.accept()
    for name in ("Yellow", "Green", "Red"):
        view = desk.host.views[name]
        view.send("MouseMoveEvent", view.xy(desk.lesion))
        desk.panel.from_segment.click()
        desk.wait()
        assert desk.workflow.screen.view is view
        if desk.workflow.conversation.pointing:
            desk.panel.from_segment.click()
            desk.wait()
        assert desk.workflow.choosing, desk.panel.status.text
        desk.workflow.cancel()


def test_clicks_that_wait_for_what_cannot_begin_are_forgotten(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first click lies beside the image, and a second one follows while the network loads."""
    from SegmentEditorSPALib import Model

    from SPASegmentLib.mrml.grid import volume_grid

    monkeypatch.setattr(Model, "_loaded", {})
    grid = volume_grid(desk.volume)
    k = grid.index_of(desk.lesion)[2]
    red = desk.host.views["Red"]
    red.click(tuple((grid.to_world @ [-3.0, -3.0, k, 1.0])[:3]))
    assert desk.workflow.busy and "Loading" in desk.panel.status.text
    red.click((desk.lesion[0] + 6.0, *desk.lesion[1:]))
    desk.wait()
    assert "outside the volume" in desk.panel.status.text and not desk.workflow.choosing
    assert desk.click().round == 1 and not desk.workflow.conversation.can_go_back


def test_the_next_slice_without_a_view_for_it(desk: Any) -> None:
    desk.click()
    desk.panel.accept.click()
    desk.host.views["Red"].setVisible(False)
    desk.qt.processEvents()
    desk.panel.next.click()
    desk.wait()
    assert "turn one to their direction" in desk.panel.status.text and not desk.workflow.choosing


@pytest.mark.parametrize("away", ["effect", "segment"])
def test_accepted_masks_count_after_something_else_was_worked_on(desk: Any, away: str) -> None:
    def back() -> None:
        if away == "effect":
            desk.editor.setActiveEffectByName("")
            desk.activate()
        else:
            desk.editor.setCurrentSegmentID(desk.other)
            assert not desk.panel.next.enabled and not desk.panel.volume.through.enabled
            desk.editor.setCurrentSegmentID(desk.segment)
        assert desk.panel.next.enabled and desk.panel.volume.through.enabled

    desk.click()
    desk.panel.accept.click()
    back()
    desk.panel.next.click()
    desk.wait()
    desk.panel.accept.click()
    accepted = np.flatnonzero(desk.voxels().any(axis=(1, 2))).tolist()
    back()
    desk.panel.volume.through.click()
    desk.wait()
    anchors = desk.workflow.conversation.volume._work.through.anchors
    assert list(anchors) == accepted and len(accepted) == 2
    # After an undo it is the first mask that is gone on from.
    desk.workflow.cancel()
    undone(desk)
    back()
    assert desk.controller.accepted[0].xy_to_ras(0, 0)[2] == pytest.approx(desk.lesion[2], abs=1.3)
    undone(desk)
    assert not desk.panel.next.enabled


def test_a_mask_done_again_after_the_effect_was_left_counts(desk: Any) -> None:
    desk.click()
    desk.panel.accept.click()
    undone(desk)
    desk.editor.setActiveEffectByName("")
    desk.activate()
    assert not desk.panel.next.enabled
    desk.editor.redo()
    for _ in range(3):
        desk.qt.processEvents()
    assert desk.panel.next.enabled


def test_back_at_the_volume_what_was_accepted_can_be_gone_on_with(desk: Any, phantom: Any) -> None:
    """A glance at another volume, such as the other phase, which is picked in Segment Editor and given up again."""
    from SPASegmentLib.mrml.volumes import add_volume

    desk.click()
    desk.panel.accept.click()
    other = add_volume(desk.host.scene, phantom.voxels[:, ::-1].copy(), phantom.ijk_to_ras, "other phase")
    desk.editor.setSourceVolumeNode(other)
    desk.wait()
    assert not desk.panel.next.enabled and not desk.panel.volume.through.enabled
    desk.editor.setSourceVolumeNode(desk.volume)
    desk.wait()
    assert desk.panel.next.enabled and desk.panel.volume.through.enabled
    desk.key("PageUp")
    assert desk.workflow.choosing, desk.panel.status.text
