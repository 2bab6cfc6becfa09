"""What both front ends say while SPA goes through a volume."""

from __future__ import annotations

from typing import Tuple

from SPASegmentLib.interaction.areas import amount
from SPASegmentLib.interaction.volume_result import SliceState, VolumeResult
from SPASegmentLib.translation import texts

_ = texts(__name__)


def progress_text(done: int, to_do: int) -> str:
    """How far SPA is; beyond the outermost accepted masks nobody knows how far it is to go."""
    return _("Going through the volume: {done} of {to_do} slices; Esc stops.").format(done=done, to_do=max(to_do, done))


def found_text(result: VolumeResult, in_mm: bool = True) -> str:
    """What was found, how far it can be relied on, what to do with it; `in_mm` where the size of voxels is known."""
    if result.extent is None:
        return _("SPA found nothing in the volume; accept a mask on another slice.")
    doubtful = [one for one in result.slices.values() if one.state is SliceState.DOUBTFUL]
    count = len(doubtful)
    words = [_extent(result, in_mm), agreement_text(result)]
    if count > 1 and not all(one.area for one in doubtful):
        text = _("{count} slices are doubtful, also beyond its ends: N goes to the next one, Enter applies.")
        words.append(text.format(count=count))
    elif count > 1:
        words.append(_("{count} slices are doubtful: N goes to the next one, Enter applies.").format(count=count))
    elif count:
        words.append(_("One slice is doubtful: N goes there, Enter applies."))
    else:
        words.append(_("No slice is doubtful; Enter applies."))
    return " ".join([*words, *result.remarks])


def agreement_text(result: VolumeResult) -> str:
    """The expected Dice of the volume, in words."""
    percent = round(100 * result.expected_dice)
    return _("All together should agree with yours to about {percent} %.").format(percent=percent)


def applied_text(
    result: VolumeResult, kept_out: bool, in_mm: bool = True, taken_from: Tuple[str, ...] = ()
) -> str:
    """What was written into the segment.

    Args:
        result: what was found.
        kept_out: whether masking kept some of it out of the segment.
        in_mm: whether the size of voxels is known.
        taken_from: names of other segments that have lost voxels to it.
    """
    words = [_("Applied: {extent}").format(extent=_extent(result, in_mm))]
    if kept_out:
        words.append(_("The masking settings kept some of it out."))
    if len(taken_from) == 1:
        words.append(_("Some of it was taken from {name}.").format(name=taken_from[0]))
    elif taken_from:
        words.append(_("Some of it was taken from {count} other segments.").format(count=len(taken_from)))
    return " ".join(words)


def _extent(result: VolumeResult, in_mm: bool) -> str:
    """How many slices have a mask, and how far they reach."""
    assert result.extent is not None
    count, mm = len(result.masks), amount(result.extent.mm)
    if count == 1:
        return _("one slice, {mm} mm.").format(mm=mm) if in_mm else _("one slice.")
    if not in_mm:
        return _("{count} slices.").format(count=count)
    return _("{count} slices, {mm} mm.").format(count=count, mm=mm)
