"""Simulated users for the demo, training and evaluation.

A user answers proposals; a rater has outlined an image of a data set. A simulated user has a mask in mind, made of the
raters' masks, and answers as a person would: clicks, picks the candidate closest to that mask, accepts what is good
enough. Nothing else of the mask reaches the session.
"""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.innermost import innermost
from SPASegmentLib.interaction.types import Click
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Ways to make one consistent user out of the masks of several (see `user_mask`).
POLICIES = ("largest", "smallest", "union", "intersection", "majority")


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Dice of two masks of the same shape; 1 if both are empty, 0 if only one is.

    Args:
        a: bool, any shape.
        b: bool, the same shape.
    """
    a, b = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if a.shape != b.shape:
        raise ValueError(f"Dice compares masks of one shape, not {a.shape} and {b.shape}.")
    total = np.count_nonzero(a) + np.count_nonzero(b)
    return 2.0 * np.count_nonzero(a & b) / total if total else 1.0


def present_raters(raters: np.ndarray, present: Optional[np.ndarray] = None) -> np.ndarray:
    """The masks of those raters who drew one.

    Args:
        raters: (r, height, width) bool.
        present: (r,) bool; None takes the raters whose mask is not empty (in LIDC-IDRI a missing rater is an
            empty mask). Given, a present rater's empty mask counts as the opinion that there is nothing.

    Returns:
        (m, height, width) bool with m >= 1.

    Raises:
        InputError: no rater is left.
    """
    raters = np.asarray(raters, dtype=bool)
    keep = raters.any(axis=(1, 2)) if present is None else np.asarray(present, dtype=bool)
    if not keep.any():
        raise InputError(_("There is no rater's mask for this image; choose an image that somebody has outlined."))
    return raters[keep]


def user_mask(
    raters: np.ndarray, policy: str, *, offset_px: float = 0.0, present: Optional[np.ndarray] = None
) -> np.ndarray:
    """The mask of a user who follows a policy, the same on every image.

    Args:
        raters: (r, height, width) bool, one mask per rater.
        policy: "largest" or "smallest" (the rater's mask with that area, the first of equals), "union",
            "intersection", or "majority" (at least half of the present raters).
        offset_px: moves the outline outwards (positive) or inwards by so many pixels.
        present: which raters count (see `present_raters`).

    Returns:
        (height, width) bool; may be empty ("intersection", or an inward offset of a thin mask).

    Raises:
        InputError: no rater is present, or the policy is unknown.
    """
    masks = present_raters(raters, present)
    areas = masks.sum(axis=(1, 2))
    if policy == "largest":
        mask = masks[areas.argmax()]
    elif policy == "smallest":
        mask = masks[areas.argmin()]
    elif policy == "union":
        mask = masks.any(axis=0)
    elif policy == "intersection":
        mask = masks.all(axis=0)
    elif policy == "majority":
        mask = 2 * masks.sum(axis=0) >= len(masks)
    else:
        raise InputError(
            _("A user's policy is one of {policies}, not {policy!r}.").format(
                policies=", ".join(POLICIES), policy=policy
            )
        )
    return offset_mask(mask, offset_px)


def offset_mask(mask: np.ndarray, offset_px: float) -> np.ndarray:
    """Move a mask's outline outwards (positive) or inwards; distances are between pixel centres.

    Inwards, the frame's edge is no outline: an object cut by it is not eroded there.
    """
    mask = np.asarray(mask, dtype=bool)
    if offset_px == 0 or not mask.any() or (offset_px < 0 and mask.all()):
        return mask.copy()
    if offset_px > 0:
        return np.asarray(ndimage.distance_transform_edt(~mask) <= offset_px)
    return np.asarray(ndimage.distance_transform_edt(mask) > -offset_px)


def choose(
    masks: np.ndarray, target: np.ndarray, rng: np.random.Generator, noise: float = 0.0, any_mask: bool = True
) -> int:
    """The mask that the user goes on from.

    Args:
        masks: (1 + k, height, width) bool as in ``Proposal.masks``.
        target: (height, width) bool, what the user wants.
        rng: random numbers; used only if ``noise`` is positive.
        noise: probability of picking one of the other masks at random.
        any_mask: whether row 0, the recommended mask, may be picked; without, only candidates are.

    Returns:
        The mask with the best Dice, the first of equals; 0 for the recommended one, 1..k for a candidate.

    Raises:
        InputError: there is no candidate to choose.
    """
    if len(masks) < 2:
        raise InputError(_("No candidate is on screen; accept the recommended mask or add a click."))
    first = 0 if any_mask else 1
    count = len(masks) - first
    best = first + int(np.argmax([dice(mask, target) for mask in masks[first:]]))
    if noise > 0 and count > 1 and rng.random() < noise:
        other = first + int(rng.integers(count - 1))
        return other + 1 if other >= best else other
    return best


def best_on_screen(masks: np.ndarray, target: np.ndarray) -> Tuple[int, float]:
    """(row, Dice) of the mask on screen closest to the target; 0 is the recommended one, which wins ties."""
    scores = [dice(mask, target) for mask in masks]
    row = int(np.argmax(scores))
    return row, scores[row]


def wants_to_accept(
    masks: np.ndarray, target: np.ndarray, *, good_enough: float = 0.9, last_round: bool = False
) -> Optional[int]:
    """Whether the user stops, and with which mask.

    Args:
        masks: (1 + k, height, width) bool as in ``Proposal.masks``.
        target: (height, width) bool, what the user wants.
        good_enough: Dice from which the user is satisfied.
        last_round: no further round is possible, so the best mask on screen is taken.

    Returns:
        What to pass to ``Session.accept`` (0 for the recommended mask), or None to go on.
    """
    row, score = best_on_screen(masks, target)
    return row if last_round or score >= good_enough else None


def corrective_click(mask: np.ndarray, target: np.ndarray) -> Optional[Click]:
    """The click that corrects the largest error: its innermost pixel, with the label that the target has there.

    Args:
        mask: (height, width) bool, what is on screen.
        target: (height, width) bool, what the user wants.

    Returns:
        The click, or None where the masks agree.
    """
    mask, target = np.asarray(mask, dtype=bool), np.asarray(target, dtype=bool)
    errors = []
    for error in (target & ~mask, mask & ~target):
        parts, count = ndimage.label(error)
        if count:
            sizes = np.bincount(parts.ravel())[1:]
            errors.append((int(sizes.max()), parts == 1 + int(sizes.argmax())))
    if not errors:
        return None
    _, largest = max(errors, key=lambda found: found[0])
    x, y = innermost(largest)
    return Click(float(x), float(y), bool(target[y, x]))
