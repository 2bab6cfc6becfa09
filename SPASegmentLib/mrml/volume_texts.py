"""What both front ends say while SPA goes through a volume."""

from __future__ import annotations

from collections import Counter
from typing import Sequence, Tuple

from SPASegmentLib.interaction.areas import amount
from SPASegmentLib.interaction.volume_result import SliceState, VolumeResult
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.translation import texts

_ = texts(__name__)


def progress_text(done: int, to_do: int) -> str:
    """How far SPA is; beyond the outermost accepted masks nobody knows how far it is to go."""
    return _("Going through the volume: {done} of {to_do} slices; Esc stops.").format(done=done, to_do=max(to_do, done))


def found_text(result: VolumeResult, in_mm: bool = True, elsewhere: Sequence[Plane] = ()) -> str:
    """What was found, how far it can be relied on, and what to do with it.

    Args:
        result: what was found.
        in_mm: whether the size of voxels is known.
        elsewhere: planes of accepted masks that are on none of its slices.
    """
    if result.extent is None:
        return _("SPA found nothing in the volume; accept a mask on another slice.")
    doubtful = [one for one in result.slices.values() if one.state is SliceState.DOUBTFUL]
    count = len(doubtful)
    extent = _extent(result, in_mm)
    words = [extent[:1].upper() + extent[1:], _agreement(result)]
    if count > 1 and not all(one.area for one in doubtful):
        text = _("{count} slices are doubtful, also beyond its ends: N goes to the next one, Enter applies.")
        words.append(text.format(count=count))
    elif count > 1:
        words.append(_("{count} slices are doubtful: N goes to the next one, Enter applies.").format(count=count))
    elif count:
        words.append(_("One slice is doubtful: N goes there, Enter applies."))
    else:
        words.append(_("No slice is doubtful; Enter applies."))
    return " ".join([*words, *result.remarks, *([_elsewhere_text(elsewhere)] if elsewhere else [])])


def _elsewhere_text(planes: Sequence[Plane]) -> str:
    """That masks of other directions do not count, how many of which."""
    names = {"axial": _("axial"), "coronal": _("coronal"), "sagittal": _("sagittal"), "oblique": _("oblique")}
    counts = Counter(plane.name for plane in planes)
    text = _(
        "SPA goes through the slices of the mask accepted last; masks accepted in other directions stay in the segment,"
        " but do not count here ({counts})."
    )
    return text.format(counts=", ".join(f"{names[name]}: {counts[name]}" for name in names if name in counts))


def _agreement(result: VolumeResult) -> str:
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
