"""The same steps in every front end lead to the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from steps import go


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


def test_a_segment_that_is_come_back_to_is_gone_on_with(hands: Any) -> None:
    """Whatever has been accepted in another one meanwhile."""
    hands.masks()
    first, core = hands.controller.segment_id, hands.controller.segmentation.GetSegmentation()
    hands.accept_and_next(0)
    hands.settle()
    second = core.GetSegmentIDs()[-1]
    assert second != first and not hands.conversation.can_continue, "nothing was accepted in the new segment"
    hands.select(first)
    assert hands.controller.segment_id == first and hands.conversation.can_continue
    hands.next_slice(1)
    hands.settle()
    assert hands.conversation.choosing, hands.said
    hands.cancel()
    hands.select(second)
    assert not hands.conversation.can_continue


def test_what_another_segment_loses_is_said(hands: Any) -> None:
    hands.masks()
    hands.accept_and_next(0)
    hands.settle()
    core = hands.controller.segmentation.GetSegmentation()
    name = core.GetSegment(core.GetSegmentIDs()[0]).GetName()
    held = hands.voxels(core.GetSegmentIDs()[0])
    hands.masks()
    hands.accept(0)
    assert not (hands.voxels(core.GetSegmentIDs()[0]) & hands.voxels()).any() and (held & hands.voxels()).any()
    assert hands.said.startswith("Accepted: ") and hands.said.endswith(f" of it were taken from {name}.")


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


def test_a_box_that_cannot_be_leaves_the_masks(hands: Any) -> None:
    first = hands.masks()
    plane = hands_plane(hands)
    hands.box(hands.point(3.0, 3.0), hands.point(3.0, 3.0), plane)
    hands.settle()
    assert "box" in hands.said and hands.conversation.choosing and np.array_equal(hands.now(), first)
    hands.start_over()
    hands.settle()
    assert np.array_equal(hands.now(), first)


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


def test_a_double_click_on_the_recommended_mask_accepts_it(hands: Any) -> None:
    """Its first half is no answer, so that none is taken back."""
    hands.masks()
    hands.choose(2)
    hands.settle()
    now = hands.now()
    hands.press(0)
    hands.accept_at_once(0)
    hands.settle()
    assert hands.voxels().sum() == now[0].sum() and hands.learned.accepted == 1


def test_a_double_click_after_scrolling_writes_no_mask_of_a_round_before(hands: Any) -> None:
    """Its first half may be refused, as the masks are not in view; the round before was answered long ago."""
    hands.masks()
    hands.press(2)
    hands.settle()
    now = hands.now()
    hands.scroll(2.5)
    hands.press(0)
    hands.accept_at_once(0)
    hands.settle()
    if hands.conversation.choosing:
        assert not hands.voxels().any() and np.array_equal(hands.now(), now)
        hands.press(0)
        hands.accept_at_once(0)
        hands.settle()
    assert hands.voxels().sum() == now[0].sum() and hands.learned.accepted == 1


def test_a_correction_of_a_mask_that_is_being_accepted_is_refused(hands: Any) -> None:
    """It would come back with the next answer, where the double click was not written after all."""
    first = hands.masks()
    hands.hold()
    hands.press(2)
    hands.accept_at_once(2)
    hands.click(7.0, 0.0, remove=True)
    assert "still computing" in hands.said
    hands.scroll(25.0)
    hands.settle()
    assert np.array_equal(hands.now(), first) and "gone back" in hands.said
    hands.choose(1)
    hands.settle()
    hands.back()
    hands.settle()
    assert np.array_equal(hands.now(), first) and not hands.conversation.can_go_back


@pytest.mark.parametrize("through", [False, True])
@pytest.mark.parametrize("number", [-1, 9])
def test_a_mask_that_there_is_not_is_refused_with_a_word(hands: Any, through: bool, number: int) -> None:
    hands.masks()
    hands.accept(0)
    if through:
        go(hands)
    hands.next_slice(1)
    hands.settle()
    before = hands.voxels()
    hands.accept(number)
    hands.settle()
    assert "There is no mask" in hands.said
    assert hands.conversation.choosing and np.array_equal(hands.voxels(), before)


def test_only_masks_on_screen_can_be_pointed_at(hands: Any) -> None:
    hands.act(lambda: hands.conversation.mark(0))
    hands.masks()
    said = hands.said
    hands.act(lambda: hands.conversation.mark(9))
    assert hands.said == said
    hands.act(lambda: hands.conversation.mark(1))
    assert hands.said.startswith("1: ")


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
