"""Through the volume once more, in every front end: what was applied before, and what has changed since."""

from __future__ import annotations

from typing import Any

import numpy as np
from steps import begun, go, shown, there, to_slice


def test_what_is_applied_again_takes_the_place_of_what_was_applied(hands: Any) -> None:
    """A second pass corrects the first: what that has filled goes where it is shown no more, and only that."""
    accepted = begun(hands)
    (anchor,) = there(accepted)
    hands.accept(0)
    applied, learned = hands.voxels(), hands.learned
    end = there(applied)[-2]
    assert end > anchor + 1
    # By another tool, aside of the structure on a slice that will not hold it any more.
    painted = np.zeros_like(applied)
    painted[end, 5:9, 5:9] = True
    hands.paint(applied | painted)
    go(hands)
    to_slice(hands, end)
    hands.act(hands.conversation.volume.ends_here)
    hands.settle()
    to_slice(hands, anchor)
    hands.next_slice(1)
    hands.settle()
    smaller = int(hands.now().sum(axis=(1, 2)).argmin())
    hands.accept(smaller)
    hands.settle()
    found = shown(hands)
    assert there(found)[-1] < end and (applied & ~found).any(axis=(1, 2)).sum() > 2
    hands.accept(0)
    assert hands.said.startswith(f"Applied: {len(there(found))} slices, ")
    assert np.array_equal(hands.voxels(), found | painted)
    assert hands.learned.accepted == learned.accepted + 1
    # The third one knows the end, and that the second has already taken out what it has.
    painted[end] |= applied[end]
    hands.paint(found | painted)
    go(hands)
    assert hands.conversation.volume._work.through.ends == (end,)
    found = shown(hands)
    hands.accept(0)
    assert np.array_equal(hands.voxels(), found | painted)


def test_a_mask_accepted_on_a_slice_that_was_filled_counts_with_what_was_filled(hands: Any) -> None:
    accepted = begun(hands)
    (anchor,) = there(accepted)
    hands.accept(0)
    filled = hands.voxels()
    to_slice(hands, anchor + 1)
    smaller = int(hands.masks().sum(axis=(1, 2)).argmin())
    assert 0 < hands.now()[smaller].sum() < filled[anchor + 1].sum()
    hands.accept(smaller)
    held = hands.voxels()
    go(hands)
    assert anchor + 1 in hands.conversation.volume._work.through.anchors
    assert np.array_equal(shown(hands)[anchor + 1], held[anchor + 1])
    hands.accept(0)
    assert np.array_equal(hands.voxels()[anchor + 1], held[anchor + 1])


def test_an_end_that_was_applied_can_be_taken_back(hands: Any) -> None:
    begun(hands)
    end = there(shown(hands))[-1]
    to_slice(hands, end)
    hands.act(hands.conversation.volume.ends_here)
    hands.settle()
    hands.accept(0)
    applied = hands.voxels()
    assert there(applied)[-1] < end
    go(hands)
    to_slice(hands, end)
    hands.click()
    hands.settle()
    assert hands.conversation.choosing, hands.said
    hands.accept(0)
    hands.settle()
    through = hands.conversation.volume._work.through
    assert through.ends == () and end in through.anchors
    hands.act(hands.conversation.volume.undo)
    hands.settle()
    assert through.ends == (end,) and np.array_equal(shown(hands), applied)
    hands.act(hands.conversation.cancel)
    # With its undo it is forgotten.
    hands.undo()
    go(hands)
    assert hands.conversation.volume._work.through.ends == ()


def test_applied_again_with_nothing_left_but_the_first_mask(hands: Any) -> None:
    """The segment is as before the first pass, and yet nothing was undone."""
    accepted = begun(hands)
    (anchor,) = there(accepted)
    hands.accept(0)
    learned = hands.learned
    go(hands)
    for k in (anchor - 1, anchor + 1):
        to_slice(hands, k)
        hands.act(hands.conversation.volume.ends_here)
        hands.settle()
    hands.accept(0)
    hands.act(hands.conversation.segmentation_changed)
    assert hands.said.startswith("Applied: one slice") and np.array_equal(hands.voxels(), accepted)
    assert hands.learned == learned and hands.conversation.can_continue


def test_what_another_tool_has_corrected_on_a_filled_slice_holds(hands: Any) -> None:
    accepted = begun(hands)
    (anchor,) = there(accepted)
    hands.accept(0)
    applied = hands.voxels()
    left, gone = anchor + 1, there(applied)[-1]
    assert anchor < left < gone
    corrected = applied.copy()
    columns = np.flatnonzero(applied[left].any(axis=0))
    corrected[left, :, columns[len(columns) // 2] :] = False
    corrected[gone] = False
    hands.paint(corrected)
    go(hands)
    through = hands.conversation.volume._work.through
    assert through.anchors == (anchor, left) and through.ends == (gone,)
    assert np.array_equal(shown(hands)[left], corrected[left]) and not shown(hands)[gone].any()
    hands.accept(0)
    assert np.array_equal(hands.voxels()[left], corrected[left]) and not hands.voxels()[gone].any()
    # What was only filled and not touched is computed anew each time.
    go(hands)
    assert hands.conversation.volume._work.through.anchors == (anchor, left)


def test_what_the_user_had_drawn_before_is_not_taken_out(hands: Any) -> None:
    """Neither by a second pass nor by a third, where the first has filled over it."""
    hands.masks()
    hands.accept(0)
    accepted = hands.voxels()
    (anchor,) = there(accepted)
    drawn = np.zeros_like(accepted)
    j, i = (int(each.mean()) for each in np.nonzero(accepted[anchor]))
    drawn[anchor + 2, j - 2 : j + 3, i - 2 : i + 3] = True
    hands.paint(accepted | drawn)
    go(hands)
    hands.accept(0)
    assert hands.voxels()[anchor + 2].sum() > drawn.sum()
    go(hands)
    to_slice(hands, anchor + 1)
    hands.act(hands.conversation.volume.ends_here)
    hands.settle()
    hands.accept(0)
    assert np.array_equal(hands.voxels()[anchor + 1 :], drawn[anchor + 1 :])
    go(hands)
    to_slice(hands, anchor - 1)
    hands.act(hands.conversation.volume.ends_here)
    hands.settle()
    hands.accept(0)
    assert np.array_equal(hands.voxels(), accepted | drawn)
