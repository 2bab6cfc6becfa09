"""In every front end masks go with a word when the slice or the volume under them has changed."""

from __future__ import annotations

from typing import Any

import pytest


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
        assert not hands.conversation.busy, "nothing is computed on what is gone"
    assert not hands.conversation.armed and "dropped" in hands.said
    hands.settle()
    assert not hands.voxels().any() and hands.learned.accepted == 0


@pytest.mark.parametrize("mishap", sorted(MISHAPS))
def test_a_double_click_whose_first_half_has_chosen_drops_them_too(hands: Any, mishap: str) -> None:
    hands.masks()
    hands.press(1)
    hands.settle()
    hands.act(lambda: MISHAPS[mishap](hands.controller.volume))
    if hands.conversation.choosing:
        hands.accept_at_once(1)
    assert not hands.conversation.armed and "dropped" in hands.said
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
