"""Through the volume, in every front end: from an accepted mask to all slices, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from steps import begun, go, previews, shown, there, to_slice

from SPASegmentLib.interaction.volume_result import SliceState


def test_a_mask_goes_through_the_volume_and_all_slices_are_one_undo_state(hands: Any) -> None:
    before = hands.learned
    accepted = begun(hands)
    talk = hands.conversation
    assert talk.armed and not talk.choosing and talk.volume.active and not talk.volume.running
    result = talk.volume.result
    assert "slices, " in hands.said and " mm." in hands.said and "about" in hands.said
    found = shown(hands)
    (anchor,) = there(accepted)
    slices = there(found)
    assert len(slices) >= 4 and slices[0] < anchor < slices[-1]
    assert slices == list(range(slices[0], slices[-1] + 1))
    assert np.array_equal(found[anchor], accepted[anchor])
    assert np.array_equal(hands.voxels(), accepted), "nothing is written before it is applied"
    assert sorted(result.masks) == slices and result.slices[anchor].state is SliceState.ANCHOR
    hands.accept(0)
    assert hands.said.startswith(f"Applied: {len(slices)} slices, ")
    assert np.array_equal(hands.voxels(), found) and not previews(hands) and not talk.armed
    assert talk.slices == len(slices) and talk.can_continue and hands.learned.accepted == 1
    hands.undo()
    assert np.array_equal(hands.voxels(), accepted) and talk.slices == 1
    hands.redo()
    assert np.array_equal(hands.voxels(), found) and talk.slices == len(slices)
    hands.undo()
    hands.undo()
    assert not hands.voxels().any() and hands.learned == before


def test_what_was_found_is_not_lost_when_it_is_saved_or_another_volume_opened(hands: Any) -> None:
    if not hasattr(hands, "app"):
        pytest.skip("3D Slicer saves the scene, and asks before it is closed")
    transfer, state = hands.app._transfer, hands.app.server.state

    def saved() -> Any:
        answer = hands.loop.run_until_complete(transfer._sent("segmentation.seg.nrrd", transfer._save_result))
        if answer.status == 200:
            hands._trigger("saved", answer.headers["X-SPA-Version"])
        return answer

    hands.masks()
    hands.accept(0)
    assert saved().status == 200 and not state.unsaved
    go(hands)
    assert hands.conversation.volume.ready and state.unsaved, "the page asks before another volume is opened"
    answer = saved()
    assert answer.status == 422 and "then save" in hands.said and state.unsaved
    hands.act(hands.conversation.volume.apply)
    assert state.unsaved and saved().status == 200 and not state.unsaved


def test_masks_on_screen_are_not_left_out_of_a_file_nor_lost(hands: Any) -> None:
    if not hasattr(hands, "app"):
        pytest.skip("3D Slicer saves the scene, and asks before it is closed")
    transfer, state = hands.app._transfer, hands.app.server.state

    def status() -> int:
        return int(hands.loop.run_until_complete(transfer._sent("segmentation.nii.gz", transfer._save_result)).status)

    assert status() == 200 and not state.unsaved
    hands.masks()
    assert status() == 422 and hands.said == "Accept or cancel the masks on screen first, then save."
    assert not state.unsaved, "a click is quickly made once more"
    hands.hold()
    hands.act(lambda: hands.conversation.choose(1))
    assert state.unsaved, "the answer is under way"
    hands.settle()
    assert state.unsaved and status() == 422
    hands.act(hands.conversation.back)
    hands.settle()
    assert not state.unsaved
    hands.act(hands.conversation.cancel)
    assert status() == 200


def test_cancel_leaves_what_was_accepted_slice_by_slice(hands: Any) -> None:
    accepted = begun(hands)
    learned = hands.learned
    nodes = hands.controller.segmentation.GetScene().GetNumberOfNodes()
    hands.act(hands.conversation.cancel)
    assert not hands.conversation.armed and "Cancelled" in hands.said
    assert np.array_equal(hands.voxels(), accepted) and hands.learned == learned
    assert not previews(hands) and hands.controller.segmentation.GetScene().GetNumberOfNodes() < nodes
    assert hands.controller.stack is None and hands.conversation.can_continue
    # As many times as anybody likes.
    go(hands)
    assert hands.conversation.volume.ready
    hands.undo()
    assert not hands.conversation.armed and np.array_equal(hands.voxels(), accepted)


def test_it_can_be_stopped(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    accepted = hands.voxels()
    hands.hold()
    hands.act(hands.conversation.volume.go)
    assert hands.conversation.volume.running and hands.conversation.busy
    hands.click()
    assert "still computing" in hands.said
    hands.act(hands.conversation.cancel)
    assert not hands.conversation.armed and not hands.conversation.busy
    hands.settle()
    assert not hands.conversation.armed and np.array_equal(hands.voxels(), accepted) and not previews(hands)


def test_a_stopped_change_leaves_what_was_shown_and_can_be_gone_on_with(hands: Any) -> None:
    accepted = begun(hands)
    found = shown(hands)
    last = there(found)[-1]
    to_slice(hands, last)
    hands.hold()
    hands.act(hands.conversation.volume.ends_here)
    assert hands.conversation.volume.running
    hands.act(hands.conversation.cancel)
    hands.settle()
    assert hands.conversation.volume.ready and "Stopped" in hands.said
    assert np.array_equal(shown(hands), found)
    hands.accept(0)
    assert "stopped" in hands.said and np.array_equal(hands.voxels(), accepted)
    go(hands)
    assert there(shown(hands))[-1] < last
    hands.accept(0)
    assert there(hands.voxels())[-1] < last


def axial() -> Any:
    from SPASegmentLib.mrml.plane import Plane

    return Plane.named("axial")


def test_the_doubtful_slice_is_asked_about_and_becomes_an_anchor(hands: Any) -> None:
    accepted = begun(hands)
    learned, found = hands.learned, shown(hands)
    talk = hands.conversation
    asked = talk.volume._work.through.next_doubtful()
    hands.act(talk.volume.next_doubtful)
    hands.settle()
    # It may ask first where the structure ends, on either side.
    for _side in range(2):
        if not talk.choosing:
            assert "Where does the structure end" in hands.said
            hands.act(talk.volume.next_doubtful)
            hands.settle()
            asked = talk.volume._work.stack.at((0.0, 0.0, hands.slice_shown()))
    assert talk.choosing and talk.proposal.round == 1
    assert talk.volume._work.stack.at((0.0, 0.0, hands.slice_shown())) == asked
    frame, masks = hands.controller.frame, hands.now()
    place = frame.segment_mask(previews(hands)[0], "SPA_volume")
    assert np.array_equal(masks[0], place), "the recommended mask is what was found"
    wanted = int(masks.sum(axis=(1, 2)).argmax())
    hands.accept(wanted)
    hands.settle()
    assert talk.volume.ready and np.array_equal(hands.voxels(), accepted) and hands.learned == learned
    now = shown(hands)
    assert np.array_equal(frame.segment_mask(previews(hands)[0], "SPA_volume"), masks[wanted])
    assert asked in talk.volume._work.through.anchors
    hands.undo()
    hands.settle()
    assert talk.volume.ready and np.array_equal(shown(hands), found)
    # The same once more, applied: it is learned with the write, and unlearned with its undo.
    hands.act(lambda: talk.volume._visit(asked))
    hands.settle()
    hands.accept(wanted)
    hands.settle()
    assert np.array_equal(shown(hands), now)
    hands.accept(0)
    assert np.array_equal(hands.voxels(), now) and hands.learned.accepted == learned.accepted + 1
    hands.undo()
    assert np.array_equal(hands.voxels(), accepted) and hands.learned == learned


def test_ends_here_and_its_undo(hands: Any) -> None:
    accepted = begun(hands)
    found = shown(hands)
    (anchor,), end = there(accepted), there(found)[-2]
    assert end > anchor
    to_slice(hands, end)
    hands.act(hands.conversation.volume.ends_here)
    hands.settle()
    assert there(shown(hands))[-1] < end
    hands.undo()
    hands.settle()
    assert np.array_equal(shown(hands), found)
    # Not on the only slice that was accepted.
    to_slice(hands, anchor)
    hands.act(hands.conversation.volume.ends_here)
    hands.settle()
    assert "only slice" in hands.said and hands.conversation.volume.ready and np.array_equal(shown(hands), found)


def test_a_lesion_of_one_slice(hands: Any) -> None:
    accepted = begun(hands)
    (anchor,) = there(accepted)
    for k in (anchor - 1, anchor + 1):
        to_slice(hands, k)
        hands.act(hands.conversation.volume.ends_here)
        hands.settle()
    assert hands.said.startswith("One slice, 2.5 mm.") and "No slice is doubtful" in hands.said
    hands.accept(0)
    # It is in the segment already.
    assert np.array_equal(hands.voxels(), accepted) and hands.said.startswith("Applied: one slice")
    assert not hands.conversation.armed
    hands.undo()
    assert not hands.voxels().any()


def test_ends_here_in_place_of_the_masks_on_screen(hands: Any) -> None:
    begun(hands)
    end = there(shown(hands))[-1]
    to_slice(hands, end)
    hands.act(lambda: hands.conversation.volume._visit(end))
    hands.settle()
    assert hands.conversation.choosing
    hands.act(hands.conversation.volume.ends_here)
    hands.settle()
    assert hands.conversation.volume.ready and end not in there(shown(hands))


def test_any_slice_can_be_visited_out_of_turn(hands: Any) -> None:
    accepted = begun(hands)
    (anchor,) = there(accepted)
    # The next slice, a click, and what the segment holds.
    to_slice(hands, anchor)
    hands.next_slice(1)
    hands.settle()
    assert hands.conversation.choosing
    hands.act(hands.conversation.cancel)
    assert hands.conversation.volume.ready
    to_slice(hands, anchor - 1)
    hands.click()
    hands.settle()
    assert hands.conversation.choosing
    chosen = hands.now()[1]
    hands.accept(1)
    hands.settle()
    assert sorted(hands.conversation.volume._work.through.anchors) == [anchor - 1, anchor]
    assert shown(hands)[anchor - 1].sum() == chosen.sum()
    to_slice(hands, anchor)
    hands.act(lambda: hands.conversation.from_segment(hands.point(0.0, 0.0), axial()))
    hands.settle()
    smaller = int(hands.now().sum(axis=(1, 2)).argmin())
    mask = hands.now()[smaller]
    hands.accept(smaller)
    hands.settle()
    hands.accept(0)
    # The first answer on this slice is in the segment no more.
    assert hands.voxels()[anchor].sum() == mask.sum() < accepted[anchor].sum()
    hands.undo()
    assert np.array_equal(hands.voxels(), accepted)


def test_another_direction_is_refused(hands: Any) -> None:
    from SPASegmentLib.mrml.plane import Plane

    begun(hands)
    hands.act(lambda: hands.conversation.click(hands.lesion, Plane.named("coronal")))
    hands.settle()
    assert "another direction" in hands.said and hands.conversation.volume.ready


def test_what_needs_a_mask_says_so(hands: Any) -> None:
    hands.masks()
    hands.act(hands.conversation.cancel)
    for act in (hands.conversation.volume.go, lambda: hands.conversation.accept_and_next(0)):
        hands.act(act)
        hands.settle()
        assert "Accept a mask" in hands.said and not hands.conversation.armed
    for name in ("next_doubtful", "ends_here", "apply"):
        hands.act(getattr(hands.conversation.volume, name))
        assert "go through the volume first" in hands.said
    hands.masks()
    hands.act(hands.conversation.volume.go)
    assert "on screen first" in hands.said and hands.conversation.choosing


def test_an_anchor_that_was_erased_is_forgotten(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    for _ in range(2):
        hands.next_slice(1)
        hands.settle()
        hands.accept(0)
    first, second, third = there(hands.voxels())
    left = hands.voxels()
    left[second] = False
    hands.paint(left)
    go(hands)
    through = hands.conversation.volume._work.through
    assert through.anchors == (first, third) and hands.conversation.volume.ready
    # One more, while the volume is gone through: what is computed next follows.
    left[third] = False
    hands.paint(left)
    to_slice(hands, there(shown(hands))[-1])
    hands.act(hands.conversation.volume.ends_here)
    hands.settle()
    assert through.anchors == (first,)
    hands.paint(np.zeros_like(left))
    hands.undo()
    hands.settle()
    assert not hands.conversation.armed and not previews(hands)
    # To other eyes it looks like an undo.
    assert "No accepted mask is left" in hands.said or "was taken back" in hands.said


def test_a_mask_that_was_edited_counts_as_it_is_now(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    voxels = hands.voxels()
    (k,) = there(voxels)
    columns = np.flatnonzero(voxels[k].any(axis=0))
    voxels[k, :, columns[len(columns) // 2] :] = False
    hands.paint(voxels)
    go(hands)
    assert np.array_equal(shown(hands)[k], voxels[k])


def test_answers_that_contradict_each_other_are_told(hands: Any) -> None:
    from SPASegmentLib.mrml.grid import volume_grid

    begun(hands)
    anchor = hands.conversation.volume._work.through.anchors[0]
    grid = volume_grid(hands.controller.volume)
    i, j, _k = np.rint(grid.index_of(hands.point(-30.0, 0.0))).astype(int)
    voxels = hands.voxels()
    voxels[anchor + 2, j - 3 : j + 4, i - 3 : i + 4] = True
    hands.paint(voxels)
    to_slice(hands, anchor + 2)
    point = (*hands.lesion[:2], hands.slice_shown())
    hands.act(lambda: hands.conversation.from_segment(point, axial()))
    hands.settle()
    hands.accept(0)
    hands.settle()
    assert "lie apart" in hands.said and hands.conversation.volume.ready


def held(hands: Any) -> int:
    """Number of voxels of the segment."""
    from SPASegmentLib.mrml.grid import image_array, segment_image

    image, value = segment_image(hands.controller.segmentation, hands.controller.segment_id)
    return int((image_array(image) == value).sum())


def next_time_point(volume: Any) -> None:
    """Another image of the same size."""
    from SPASegmentLib.mrml.grid import image_array

    image = volume.GetImageData().NewInstance()
    image.DeepCopy(volume.GetImageData())
    image_array(image)[...] = image_array(image)[:, :, ::-1].copy()
    volume.SetAndObserveImageData(image)


def centred(volume: Any) -> None:
    volume.SetOrigin(0.0, 0.0, 0.0)


MISHAPS = {each.__name__: each for each in (next_time_point, centred)}


@pytest.mark.parametrize("mishap", sorted(MISHAPS))
def test_a_volume_that_changes_drops_what_was_found_with_a_word(hands: Any, mishap: str) -> None:
    accepted = begun(hands)
    hands.act(lambda: MISHAPS[mishap](hands.controller.volume))
    if hands.conversation.volume.active:
        hands.accept(0)
        hands.settle()
    assert not hands.conversation.armed and "dropped" in hands.said and not previews(hands)
    # Looked up where the segmentation lies, since the volume may lie elsewhere now.
    assert held(hands) == accepted.sum()


def test_masking_keeps_voxels_out_and_says_so(hands: Any) -> None:
    from SPASegmentLib.mrml.grid import image_array

    begun(hands)
    found = shown(hands)
    node = hands.editor.node if hasattr(hands, "editor") else None
    if node is None:
        node = hands.desk.node if hasattr(hands, "desk") else hands.controller._editor.node
    values = image_array(hands.controller.volume.GetImageData())
    low = float(np.median(values[found]))
    node.SetSourceVolumeIntensityMask(True)
    node.SetSourceVolumeIntensityMaskRange(low, 4000.0)
    before = hands.voxels()
    hands.accept(0)
    assert "kept some of it out" in hands.said
    assert np.array_equal(hands.voxels(), before | (found & (values >= low)))


def test_a_write_that_fails_leaves_everything(hands: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = begun(hands)
    editor = hands.controller._editor
    monkeypatch.setattr(editor, "add", lambda *_: None)
    hands.accept(0)
    assert "did not write" in hands.said and np.array_equal(hands.voxels(), accepted)
    assert hands.conversation.volume.ready and previews(hands)


def test_accept_and_next_structure(hands: Any) -> None:
    core = hands.controller.segmentation.GetSegmentation()
    first = hands.controller.segment_id
    core.GetSegment(first).SetName("lesion 6")
    begun(hands)
    found = shown(hands)
    hands.accept_and_next(0)
    names = [core.GetSegment(each).GetName() for each in core.GetSegmentIDs()]
    assert names[-1] == "lesion 7" and "lesion 7" in hands.said and not hands.conversation.armed
    assert np.array_equal(hands.voxels(first), found)
    learned = hands.learned
    assert learned.accepted == 1 and not hands.conversation.can_continue
    hands.masks()
    hands.accept_and_next(0)
    names = [core.GetSegment(each).GetName() for each in core.GetSegmentIDs()]
    assert names[-2:] == ["lesion 7", "lesion 8"] and hands.learned.accepted == 2
    # Segment Editor's overwrite mode is that the later one wins.
    second = hands.voxels(core.GetSegmentIDs()[-2])
    assert second.any() and np.array_equal(hands.voxels(first), found & ~second)


def test_a_scene_that_is_saved_meanwhile_holds_nothing_of_it(hands: Any, tmp_path: Any) -> None:
    begun(hands)
    (node,) = previews(hands)
    assert not node.GetSaveWithScene() and not node.GetDisplayNode().GetSaveWithScene() and node.GetHideFromEditors()
    surface = node.GetSegmentation().GetSegment("SPA_volume").GetRepresentation("Closed surface")
    assert surface.GetNumberOfPoints() > 0 and node.GetDisplayNode().GetVisibility3D()
    hands.act(hands.conversation.end)
    assert not previews(hands) and not hands.conversation.armed


def test_an_end_in_mid_work_leaves_nothing(hands: Any) -> None:
    accepted = begun(hands)
    hands.hold()
    to_slice(hands, there(shown(hands))[-1])
    hands.act(hands.conversation.volume.ends_here)
    hands.act(hands.conversation.end)
    hands.settle()
    assert not hands.conversation.armed and np.array_equal(hands.voxels(), accepted) and not previews(hands)


def test_two_masks_accepted_on_one_slice_go_through_together(hands: Any) -> None:
    masks = hands.masks()
    sizes = masks.sum(axis=(1, 2))
    hands.accept(int(sizes.argmax()))
    hands.masks()
    hands.accept(int(sizes.argmin()))
    accepted = hands.voxels()
    (k,) = there(accepted)
    assert accepted[k].sum() == sizes.max() > sizes.min()
    go(hands)
    assert np.array_equal(shown(hands)[k], accepted[k])


def with_a_part_aside(hands: Any) -> None:
    """Paint a second part on the slice of the accepted mask, and ask to start from the segment there."""
    from SPASegmentLib.mrml.grid import volume_grid

    voxels = hands.voxels()
    i, j, k = np.rint(volume_grid(hands.controller.volume).index_of(hands.point(-30.0, 0.0))).astype(int)
    voxels[k, j - 6 : j + 7, i - 6 : i + 7] = True
    hands.paint(voxels)
    hands.act(lambda: hands.conversation.from_segment(hands.lesion, axial()))
    hands.settle()
    assert hands.conversation.pointing and "2 parts" in hands.said


def test_the_question_which_part_is_over_when_the_volume_is_gone_through(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    (k,) = there(hands.voxels())
    with_a_part_aside(hands)
    go(hands)
    assert hands.conversation.volume.ready and not hands.conversation.pointing
    to_slice(hands, k + 1)
    hands.click()
    hands.settle()
    assert hands.conversation.choosing, hands.said


@pytest.mark.parametrize("act", ["next_doubtful", "ends_here"])
def test_the_question_which_part_is_over_with_another_answer(hands: Any, act: str) -> None:
    begun(hands)
    with_a_part_aside(hands)
    to_slice(hands, there(shown(hands))[-1])
    hands.act(getattr(hands.conversation.volume, act))
    hands.settle()
    assert not hands.conversation.pointing
    for _side in range(2):
        # It may ask first where the structure ends, on either side.
        if act == "next_doubtful" and not hands.conversation.choosing:
            hands.act(hands.conversation.volume.next_doubtful)
            hands.settle()
    if act == "ends_here":
        hands.next_slice(-1)
        hands.settle()
    assert hands.conversation.choosing
    hands.click(4.0, 0.0, remove=True)
    hands.settle()
    assert hands.conversation.can_go_back, hands.said


def test_a_volume_that_was_moved_is_gone_through_from_what_was_accepted_since(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    learned, volume = hands.learned, hands.controller.volume
    hands.act(lambda: volume.SetOrigin(volume.GetOrigin()[0] + 5.0, *volume.GetOrigin()[1:]))
    hands.act(hands.conversation.segmentation_changed)
    assert hands.learned == learned, "nobody has undone anything"
    go(hands)
    assert not hands.conversation.volume.active and "Accept a mask on a slice first" in hands.said
    hands.click(5.0)
    hands.settle()
    hands.accept(0)
    go(hands)
    assert hands.conversation.volume.ready and len(hands.conversation.volume._work.through.anchors) == 1


def test_the_structure_may_end_on_a_slice_that_shows_nothing(hands: Any) -> None:
    accepted = begun(hands)
    (anchor,) = there(accepted)
    volume, end = hands.controller.volume, there(shown(hands))[-1]
    from SPASegmentLib.mrml.grid import image_array

    hands.act(hands.conversation.cancel)
    assert not hands.conversation.volume.active and end > anchor
    image_array(volume.GetImageData())[end] = 0
    hands.act(volume.GetImageData().Modified)
    go(hands)
    assert hands.conversation.volume.ready, hands.said
    to_slice(hands, end)
    hands.act(hands.conversation.volume.ends_here)
    hands.settle()
    assert hands.conversation.volume._work.through.ends == (end,), hands.said


def asked_for_a_part(hands: Any) -> None:
    """Start from a segment that has two parts on the slice in view."""
    voxels = hands.voxels()
    (k,) = np.flatnonzero(voxels.any(axis=(1, 2)))
    voxels[k, 5:25, 5:25] = True
    hands.paint(voxels)
    hands.act(lambda: hands.conversation.from_segment(hands.point(0.0, 0.0), axial()))
    hands.settle()
    assert hands.conversation.pointing and "parts on this slice" in hands.said


def test_which_part_is_not_asked_any_more_once_the_volume_is_applied(hands: Any) -> None:
    begun(hands)
    asked_for_a_part(hands)
    hands.accept(0)
    assert hands.said.startswith("Applied") and not hands.conversation.armed


def test_which_part_is_not_asked_any_more_once_the_next_structure_begins(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    asked_for_a_part(hands)
    hands.accept_and_next(0)
    assert "next structure" in hands.said and not hands.conversation.armed
    hands.click()
    hands.settle()
    assert hands.conversation.choosing and hands.conversation.proposal.round == 1
