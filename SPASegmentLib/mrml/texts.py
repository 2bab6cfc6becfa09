"""What both front ends say of the masks on screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Optional

import numpy as np

from SPASegmentLib.interaction.areas import amount, area_text
from SPASegmentLib.interaction.types import Proposal
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.writer import Written

_ = texts(__name__)

#: Below this expected Dice, the first masks after a click are a guess at something unfamiliar.
UNFAMILIAR = 0.6

#: Where the candidates' mean Dice with the recommended mask lies above, there is little left to choose from.
ALIKE = 0.95


def round_text(proposal: Proposal, rounds: int) -> str:
    """Where the session stands."""
    text = _("Round {round} of {rounds}").format(round=proposal.round, rounds=rounds)
    if proposal.round < rounds and _alike(proposal.masks) >= ALIKE:
        text += " \u00b7 " + _("another round will change little")
    return text


def difference_text(proposal: Proposal, index: int) -> str:
    """What the mask is, and what to do with it."""
    if index == 0:
        count = len(proposal.masks) - 1
        if count == 0:
            return _("All predictions agree on this mask. Enter accepts it; a click says what is missing.")
        if count == 1:
            return _("Recommended mask. Enter accepts it; 1 chooses the other one.")
        return _("Recommended mask. Enter accepts it; 1 to {count} choose a better one.").format(count=count)
    return _("{index}: {difference}. Press {index} to go on from it, Enter to accept it.").format(
        index=index, difference=proposal.differences[index - 1].description
    )


def agreement_text(proposal: Proposal) -> str:
    """How far the recommended mask can be relied on, or what is surer than to go on choosing."""
    if proposal.extent_open and proposal.expected_dice < UNFAMILIAR:
        return _("This looks unfamiliar: a box around the structure is surer than a click, or correct by clicks.")
    return _("The recommended mask should agree with yours to about {percent} %.").format(
        percent=round(100 * proposal.expected_dice)
    )


def no_view_text() -> str:
    """What to do where no slice view is parallel to the slices that masks are on."""
    return _("No view shows the slices that SPA goes through; turn one to their direction.")


def size_text(proposal: Proposal, index: int) -> str:
    """How much larger or smaller a candidate is than the recommended mask, for its picture."""
    recommended, area = (int(proposal.masks[n].sum()) for n in (0, index))
    if area and not recommended:
        difference = proposal.differences[index - 1]
        return area_text(difference.added_mm2, difference.in_mm, signed=True)
    percent = round(100 * (area - recommended) / max(recommended, 1))
    return _("{percent} %").format(percent=f"{percent:+d}".replace("-", "\u2212") if percent else "\u00b10")


def accepted_text(
    mask: np.ndarray, frame: Frame, held: Optional[np.ndarray] = None, before: Optional[np.ndarray] = None
) -> str:
    """What was written.

    Args:
        mask: (height, width) bool, the mask that was accepted.
        frame: its slice.
        held: (height, width) bool, what the segment holds now, where masking may have kept some of the mask out.
        before: (height, width) bool, what the segment held before.
    """
    area = frame.image.area_text(mask)
    if held is not None and (mask & ~held).any():
        if before is None:
            return _(
                "Accepted: {held} of {area} are in the segment, those that were there already included; the masking"
                " settings kept the rest out."
            ).format(held=_number(mask & held, frame), area=area)
        new, there = _number(mask & held & ~before, frame), frame.image.area_text(mask & before)
        if not (mask & before).any():
            return _("Accepted: {written} of {area}; the masking settings kept the rest out.").format(
                written=new, area=area
            )
        return _(
            "Accepted: {written} of {area}; {there} were there already, and the masking settings kept the rest"
            " out."
        ).format(written=new, area=area, there=there)
    if before is not None and not (mask & ~before).any():
        return _("Accepted: the segment holds these {area} already.").format(area=area)
    if min(frame.volume.GetImageData().GetDimensions()) == 1:
        return _("Accepted: {area}. Click on another structure to go on.").format(area=area)
    return _("Accepted: {area} on this slice. Go on with the next slice, or click another structure.").format(
        area=area
    )


def taken_text(written: Written, frame: Frame, mask: np.ndarray) -> str:
    """What other segments have lost to a mask that was accepted on a slice; empty where nothing of it is to be seen.

    Args:
        written: what was done.
        frame: the slice.
        mask: (height, width) bool.
    """
    if written.taken is None:
        return ""
    first_i, last_i, first_j, last_j, first_k, last_k = written.extent
    grid = replace(written.grid, extent=(first_i, last_i, first_j, last_j, first_k, last_k))
    shown = frame.labels(written.taken, grid) & mask
    if not shown.any():
        return ""
    area, names = frame.image.area_text(shown), written.taken_from
    if len(names) == 1:
        return _("{area} of it were taken from {name}.").format(area=area, name=names[0])
    return _("{area} of it were taken from {count} other segments.").format(area=area, count=len(names))


def _number(mask: np.ndarray, frame: Frame) -> str:
    """An area without its unit, which another one gives."""
    count = int(np.count_nonzero(mask))
    return amount(count * frame.image.pixel_area) if frame.image.in_mm else str(count)


def _alike(masks: np.ndarray) -> float:
    """Mean Dice of the candidates (rows 1, 2, ...) with the recommended mask (row 0); 1 where there is none."""
    recommended, sizes = masks[0], masks.sum(axis=(1, 2))
    shared = (masks[1:] & recommended).sum(axis=(1, 2))
    both = np.maximum(sizes[1:] + sizes[0], 1)
    return float(np.mean(2 * shared / both)) if len(shared) else 1.0
