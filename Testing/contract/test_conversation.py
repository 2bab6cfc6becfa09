"""The same steps in every front end lead to the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def test_click_choose_back_accept(hands: Any) -> None:
    first = hands.masks()
    talk = hands.conversation
    assert talk.choosing and talk.armed and not talk.busy and not talk.can_go_back and not hands.voxels().any()
    assert "Recommended mask" in hands.said
    hands.choose(2)
    hands.settle()
    assert talk.proposal.round == 2 and talk.can_go_back
    hands.back()
    hands.settle()
    assert np.array_equal(hands.now(), first) and not talk.can_go_back
    hands.accept(3)
    assert hands.voxels().sum() == first[3].sum()
    assert hands.said.startswith("Accepted: ") and "on this slice" in hands.said
    assert not talk.armed and talk.can_continue and talk.slices == 1 and hands.learned.accepted == 1


def test_the_recommended_mask_can_be_gone_on_from(hands: Any) -> None:
    first = hands.masks()
    hands.choose(0)
    hands.settle()
    assert hands.conversation.proposal.round == 2 and hands.conversation.can_go_back
    hands.back()
    hands.settle()
    assert np.array_equal(hands.now(), first)


def test_the_larger_and_the_smaller_thing_are_answers(hands: Any) -> None:
    first = hands.masks()
    area = int(first[0].sum())
    for name, sign in (("larger", 1), ("smaller", -1)):
        getattr(hands, name)()
        hands.settle()
        assert hands.conversation.proposal.round == 2 and hands.conversation.can_go_back
        assert sign * (int(hands.now()[0].sum()) - area) > 0
        hands.back()
        hands.settle()
        assert np.array_equal(hands.now(), first) and not hands.conversation.can_go_back
    hands.hold()
    hands.larger()
    hands.smaller()
    assert "still computing" in hands.said
    hands.settle()
    assert hands.conversation.proposal.round == 2 and int(hands.now()[0].sum()) > area


def test_what_is_not_to_be_seen_leaves_the_masks(hands: Any) -> None:
    first = hands.masks()
    for _ in range(5):
        before = hands.conversation.proposal
        hands.larger()
        hands.settle()
        if hands.conversation.proposal is before:
            break
    assert "Nothing larger is to be seen here" in hands.said or "the last of 6 rounds" in hands.said
    assert hands.conversation.choosing and np.array_equal(hands.now(), before.masks)
    hands.accept(0)
    assert hands.voxels().sum() == before.masks[0].sum() != first[0].sum()


def test_a_box_takes_the_place_of_masks_that_nobody_has_answered(hands: Any) -> None:
    from SPASegmentLib.mrml.plane import Plane

    hands.masks()
    corners = hands.point(-9.0, -9.0), hands.point(9.0, 9.0)
    hands.box(*corners, Plane.named("axial"))
    hands.settle()
    boxed = hands.now()
    assert hands.conversation.proposal.round == 1 and not hands.conversation.can_go_back
    hands.act(hands.conversation.cancel)
    hands.box(*corners, Plane.named("axial"))
    hands.settle()
    assert np.array_equal(hands.now(), boxed)
    # After an answer they are somebody's work.
    hands.choose(1)
    hands.settle()
    now = hands.now()
    hands.box(*corners, Plane.named("axial"))
    hands.settle()
    assert "then drag a box" in hands.said and np.array_equal(hands.now(), now)


def test_nothing_is_accepted_twice(hands: Any) -> None:
    first = hands.masks()
    for _ in range(2):
        hands.accept(0)
    assert hands.voxels().sum() == first[0].sum() and hands.learned.accepted == 1


def test_corrections_while_computing_wait_and_keep_their_order(hands: Any) -> None:
    corrections = [(7.0, 0.0), (-1.0, -6.0), (3.0, 5.0)]
    hands.masks()
    for right, up in corrections:
        hands.click(right, up, remove=True)
        hands.settle()
    wanted = hands.now()
    for left in range(len(corrections)):
        assert hands.conversation.can_go_back, left
        hands.back()
        hands.settle()
    assert not hands.conversation.can_go_back
    hands.act(hands.conversation.cancel)
    hands.hold()
    hands.click()
    for right, up in corrections:
        hands.click(right, up, remove=True)
    assert hands.conversation.busy and not hands.conversation.choosing
    hands.settle()
    assert np.array_equal(hands.now(), wanted)
    for _ in corrections:
        assert hands.conversation.can_go_back
        hands.back()
        hands.settle()
    assert not hands.conversation.can_go_back


def test_twice_the_same_place_while_computing_is_once(hands: Any) -> None:
    hands.hold()
    for _ in range(3):
        hands.click()
    hands.settle()
    assert hands.conversation.proposal.round == 1 and not hands.conversation.can_go_back


def test_a_correction_that_cannot_be_does_not_stop_those_after_it(hands: Any) -> None:
    hands.masks()
    hands.click(7.0, 0.0, remove=True)
    hands.settle()
    wanted = hands.now()
    hands.act(hands.conversation.cancel)
    hands.hold()
    hands.click()
    hands.click(5000.0, 0.0, remove=True)
    hands.click(7.0, 0.0, remove=True)
    hands.settle()
    assert np.array_equal(hands.now(), wanted)


@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize("index", [1, 4])
def test_a_double_click_accepts_the_mask_that_was_on_screen(hands: Any, index: int, wait: bool) -> None:
    first = hands.masks()
    hands.hold()
    hands.press(index)
    if wait:
        hands.settle()
    hands.accept_at_once(index)
    hands.settle()
    assert not hands.conversation.armed
    assert hands.voxels().sum() == first[index].sum() and hands.learned.accepted == 1


def test_a_double_click_of_which_the_first_half_came_too_early_accepts_nothing(hands: Any) -> None:
    """Between its halves other masks have come, which nobody has seen."""
    hands.masks()
    hands.hold()
    hands.choose(2)
    hands.press(1)
    assert "still computing" in hands.said
    hands.settle()
    hands.accept_at_once(1)
    hands.settle()
    assert hands.conversation.proposal.round == 2 and not hands.voxels().any()
    # The next one counts.
    hands.press(1)
    hands.accept_at_once(1)
    hands.settle()
    assert not hands.conversation.armed and hands.voxels().any()


def test_what_needs_masks_is_refused_while_they_are_computed(hands: Any) -> None:
    hands.hold()
    hands.click()
    for answer in (lambda: hands.choose(2), hands.back, hands.start_over, lambda: hands.accept_at_once(1)):
        answer()
        assert hands.conversation.busy and not hands.conversation.choosing
    hands.accept(0)
    assert "still computing" in hands.said
    hands.settle()
    assert hands.conversation.proposal.round == 1 and not hands.conversation.can_go_back
    hands.hold()
    hands.choose(1)
    for answer in (lambda: hands.choose(2), hands.back, lambda: hands.accept(0)):
        answer()
        assert "still computing" in hands.said
    hands.settle()
    assert hands.conversation.proposal.round == 2 and not hands.voxels().any()


def test_start_over_forgets_the_answers(hands: Any) -> None:
    first = hands.masks()
    for index in (2, 1):
        hands.choose(index)
        hands.settle()
    hands.start_over()
    hands.settle()
    assert np.array_equal(hands.now(), first) and not hands.conversation.can_go_back
    hands.back()
    assert hands.conversation.proposal.round == 1


def test_undo_before_the_masks_is_about_the_click(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    written = hands.voxels()
    hands.hold()
    hands.click()
    assert hands.conversation.armed
    hands.undo()
    assert not hands.conversation.armed and "Cancelled" in hands.said
    hands.settle()
    assert not hands.conversation.choosing and np.array_equal(hands.voxels(), written)
    hands.undo()
    assert not hands.voxels().any()


def test_undo_with_masks_on_screen_is_about_the_answers(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    written = hands.voxels()
    first = hands.masks()
    hands.choose(1)
    hands.settle()
    hands.undo()
    hands.settle()
    assert np.array_equal(hands.now(), first)
    hands.undo()
    assert not hands.conversation.armed and np.array_equal(hands.voxels(), written)


def test_redo_waits_for_the_masks_on_screen(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    written = hands.voxels()
    hands.undo()
    for computing in (True, False):
        if computing:
            hands.hold()
            hands.click()
        else:
            hands.settle()
        hands.redo()
        assert "then redo" in hands.said and not hands.voxels().any()
    hands.act(hands.conversation.cancel)
    hands.redo()
    assert np.array_equal(hands.voxels(), written)


def test_an_undone_accept_is_unlearned_and_redo_learns_it_again(hands: Any) -> None:
    states = [(0, hands.learned, np.zeros(0))]
    hands.masks()
    hands.accept(1)
    states.append((1, hands.learned, hands.voxels()))
    for _ in range(2):
        hands.next_slice(1)
        hands.settle()
        hands.accept(2)
        states.append((len(states), hands.learned, hands.voxels()))
    assert len({profile.offset_mm for _count, profile, _voxels in states}) == 4
    for steps, go in ((states[2::-1], hands.undo), (states[1:], hands.redo), (states[2:0:-1], hands.undo)):
        for count, profile, voxels in steps:
            go()
            assert hands.conversation.slices == count and hands.learned == profile
            assert hands.conversation.can_continue == (count > 0)
            assert np.array_equal(hands.voxels(), voxels) or not (count or hands.voxels().any())
            assert not hands.said.startswith("Accepted")
    # From what is left it goes on, and not from what was undone.
    hands.next_slice(1)
    hands.settle()
    hands.accept(0)
    assert hands.conversation.slices == 2 and hands.voxels().any(axis=(1, 2)).sum() == 2


def test_an_undo_while_other_masks_are_on_screen_is_unlearned_too(hands: Any) -> None:
    """The editor's own undo, by its button."""
    before = hands.learned
    hands.masks()
    hands.accept(1)
    hands.masks()
    editor = getattr(hands, "editor", None) or getattr(getattr(hands, "desk", None), "editor", None)
    if editor is None:
        pytest.skip("the viewer's button asks the conversation first")
    editor.undo()
    hands.conversation.segmentation_changed()
    assert hands.learned == before and hands.conversation.choosing and hands.conversation.slices == 0
    hands.accept(2)
    learned = hands.learned
    assert learned.accepted == 1
    hands.undo()
    assert hands.learned == before
    hands.redo()
    assert hands.learned == learned


def test_two_masks_on_one_slice_are_undone_one_by_one(hands: Any) -> None:
    profiles = [hands.learned]
    for index in (1, 4):
        hands.masks()
        hands.accept(index)
        profiles.append(hands.learned)
    assert hands.conversation.slices == 1
    for profile in profiles[1::-1]:
        hands.undo()
        assert hands.learned == profile
    assert hands.conversation.slices == 0
    for profile in profiles[1:]:
        hands.redo()
        assert hands.learned == profile and hands.conversation.slices == 1


def test_what_another_session_has_taught_meanwhile_is_kept(hands: Any) -> None:
    hands.masks()
    hands.accept(1)
    profiles = hands.conversation._acceptance._accepted._profiles
    _before, learned = profiles.update(profiles.taught(), lambda profile: profile.updated(5.0))
    hands.undo()
    assert not hands.voxels().any() and hands.conversation.slices == 0 and hands.learned == learned


@pytest.mark.parametrize("double", [False, True])
def test_nothing_is_written_into_a_slice_that_is_not_shown(hands: Any, double: bool) -> None:
    first, here = hands.masks(), hands.slice_shown()
    hands.scroll(25.0)
    accept = hands.accept_at_once if double else hands.accept
    accept(1)
    assert not hands.voxels().any() and hands.conversation.choosing
    assert abs(hands.slice_shown() - here) < 1.3 and "gone back" in hands.said
    accept(1)
    assert hands.voxels().sum() == first[1].sum()


def test_masks_for_a_slice_that_is_gone_are_dropped(hands: Any) -> None:
    hands.hold()
    hands.click()
    hands.scroll(25.0)
    hands.settle()
    assert not hands.conversation.armed and "another slice" in hands.said


def replaced(volume: Any) -> None:
    """The next image of a time sequence."""
    image = volume.GetImageData().NewInstance()
    image.DeepCopy(volume.GetImageData())
    from SPASegmentLib.mrml.grid import image_array

    voxels = image_array(image)
    voxels[...] = voxels[:, :, ::-1].copy()
    volume.SetAndObserveImageData(image)


def painted_over(volume: Any) -> None:
    """The same image, with other voxels."""
    from SPASegmentLib.mrml.grid import image_array

    voxels = image_array(volume.GetImageData())
    voxels[...] = voxels + 1
    volume.GetImageData().Modified()


def centred(volume: Any) -> None:
    volume.SetOrigin(0.0, 0.0, 0.0)


def hardened(volume: Any) -> None:
    """Moved by a transform that is hardened at once."""
    import vtk

    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 12.5)
    volume.ApplyTransformMatrix(matrix)


def spacing_corrected(volume: Any) -> None:
    volume.SetSpacing(*(2 * value for value in volume.GetSpacing()))


MISHAPS = {each.__name__: each for each in (replaced, painted_over, centred, hardened, spacing_corrected)}


@pytest.mark.parametrize("mishap", sorted(MISHAPS))
@pytest.mark.parametrize("answer", ["accept", "double", "choose", "correct"])
def test_masks_of_a_volume_that_has_changed_are_dropped_with_a_word(hands: Any, mishap: str, answer: str) -> None:
    hands.masks()
    hands.act(lambda: MISHAPS[mishap](hands.controller.volume))
    if hands.conversation.choosing:
        answers = {
            "accept": lambda: hands.accept(0), "double": lambda: hands.accept_at_once(1),
            "choose": lambda: hands.choose(1), "correct": lambda: hands.click(7.0, 0.0, remove=True),
        }  # fmt: skip
        answers[answer]()
        hands.settle()
    assert not hands.conversation.armed and "dropped" in hands.said
    hands.settle()
    assert not hands.voxels().any() and hands.learned.accepted == 0


@pytest.mark.parametrize("mishap", sorted(MISHAPS))
def test_masks_of_a_volume_that_changes_while_they_are_computed_are_not_shown(hands: Any, mishap: str) -> None:
    hands.masks()
    hands.act(hands.conversation.cancel)
    hands.hold()
    hands.click()
    hands.act(lambda: MISHAPS[mishap](hands.controller.volume))
    hands.settle()
    assert not hands.conversation.armed, hands.said
    assert "dropped" in hands.said or "click again" in hands.said


def test_a_moved_volume_is_no_start_for_the_next_slice(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    hands.act(lambda: centred(hands.controller.volume))
    hands.next_slice(1)
    hands.settle()
    assert not hands.conversation.choosing and "moved" in hands.said


def islands(hands: Any) -> Any:
    """Two squares on the lesion's slice, one on the lesion, one 30 mm to its side; and a speck."""
    from SPASegmentLib.mrml.grid import volume_grid

    grid = volume_grid(hands.controller.volume)
    voxels = np.zeros(grid.shape[::-1], dtype=bool)
    for point, size in ((hands.lesion, 6), (hands.point(-30.0, 0.0), 5), (hands.point(0.0, 30.0), 0)):
        i, j, k = np.rint(grid.index_of(point)).astype(int)
        voxels[k, j - size : j + size + 1, i - size : i + size + 1] = True
    hands.paint(voxels)
    return voxels


def test_start_from_the_part_of_the_segment_under_the_next_click(hands: Any) -> None:
    islands(hands)
    plane = hands_plane(hands)
    hands.act(lambda: hands.conversation.from_segment(hands.lesion, plane))
    hands.settle()
    assert hands.conversation.armed and not hands.conversation.choosing and "2 parts" in hands.said
    hands.click(15.0, 15.0)
    hands.settle()
    assert hands.conversation.pointing and "one of its parts" in hands.said
    hands.click(-30.0, 0.0)
    hands.settle()
    frame = hands.controller.frame
    x, y = (round(v) for v in frame.ras_to_xy(hands.point(-30.0, 0.0)))
    there = hands.now().any(axis=0)
    assert there[y, x] and not there[tuple(round(v) for v in frame.ras_to_xy(hands.lesion))[::-1]]
    hands.act(hands.conversation.cancel)
    assert not hands.conversation.armed


def test_start_from_all_parts_of_the_segment(hands: Any) -> None:
    islands(hands)
    plane = hands_plane(hands)
    hands.act(lambda: hands.conversation.from_segment(hands.lesion, plane))
    hands.settle()
    assert hands.conversation.pointing
    hands.act(lambda: hands.conversation.from_segment(hands.lesion, plane))
    hands.settle()
    assert hands.conversation.choosing and not hands.conversation.pointing
    # A network draws one structure, which is not what was asked for.
    places = [hands.controller.frame.ras_to_xy(point) for point in (hands.lesion, hands.point(-30.0, 0.0))]
    assert any(all(mask[round(y), round(x)] for x, y in places) for mask in hands.now())


def test_pointing_at_a_part_can_be_given_up(hands: Any) -> None:
    islands(hands)
    plane = hands_plane(hands)
    hands.act(lambda: hands.conversation.from_segment(hands.lesion, plane))
    hands.undo()
    assert not hands.conversation.armed and "Cancelled" in hands.said
    assert hands.masks().any() and hands.conversation.proposal.round == 1


def hands_plane(hands: Any) -> Any:
    from SPASegmentLib.mrml.plane import Plane

    return getattr(hands, "plane", None) or Plane.named("axial")


def test_masking_is_told(hands: Any) -> None:
    """What was there already is told apart from what was written."""
    hands.masks()
    first = hands.now()
    hands.accept(int(first.sum(axis=(1, 2)).argmin()))
    hands.masks()
    node = hands.editor.node if hasattr(hands, "editor") else None
    if node is None:
        node = hands.desk.node if hasattr(hands, "desk") else hands.controller._editor.node
    node.SetSourceVolumeIntensityMask(True)
    node.SetSourceVolumeIntensityMaskRange(1e6, 2e6)
    hands.accept(int(first.sum(axis=(1, 2)).argmax()))
    assert "already" in hands.said and hands.conversation.choosing
