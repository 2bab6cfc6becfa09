"""Undo and redo in every front end: of answers, of accepted masks, and of what these have taught."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


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


def test_the_next_slice_starts_from_what_another_tool_has_left(hands: Any) -> None:
    hands.masks()
    hands.accept(0)
    voxels = hands.voxels()
    (k,) = np.flatnonzero(voxels.any(axis=(1, 2)))
    columns = np.flatnonzero(voxels[k].any(axis=0))
    voxels[k, :, columns[len(columns) // 2] :] = False
    hands.paint(voxels)
    hands.next_slice(1)
    hands.settle()
    assert hands.conversation.choosing and hands.controller.accepted[1].sum() == voxels.sum()
    hands.act(hands.conversation.cancel)
    hands.paint(np.zeros_like(voxels))
    hands.next_slice(1)
    hands.settle()
    # To other eyes it looks like an undo.
    assert not hands.conversation.choosing
    assert "Accept a mask first" in hands.said or "was taken back" in hands.said
