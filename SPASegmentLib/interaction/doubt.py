"""Where an answer helps most."""

from __future__ import annotations

from typing import Optional, Sequence

import numpy as np

from SPASegmentLib.interaction.volume_result import SliceState, VolumeResult

#: Of the error that is left on a slice next to an answered one, per slice of distance.
REACH = 4.0


def most_doubtful(
    result: VolumeResult, anchors: Sequence[int], ends: Sequence[int], skip: Sequence[int] = ()
) -> Optional[int]:
    """The slice whose answer is expected to take away most of the error.

    An answer takes away the error of its own slice and, the closer they lie, of those around it, as far as no other
    answer lies closer.

    Args:
        result: of all slices; those that show nothing are not proposed.
        anchors: slices with accepted masks.
        ends: slices that the structure is not on.
        skip: slices that are not to be proposed.

    Returns:
        Its index; None where there is none to be asked about.
    """
    asked = {*anchors, *ends}
    open_ = [k for k in result.slices if k not in asked]
    if not open_:
        return None
    typical = float(np.median([one.area for one in result.slices.values() if one.area > 0] or [1.0]))
    error = np.array(
        [
            (1.0 - one.expected_dice) * (one.area if one.state is not SliceState.ABSENT and one.area else 0.5 * typical)
            for one in (result.slices[k] for k in open_)
        ]
    )
    at, known = np.array(open_), np.array(sorted(asked))
    nearest = np.abs(at[:, None] - known[None]).min(axis=1)
    best, most = None, 0.0
    for k in open_:
        if k in skip or not result.slices[k].seen:
            continue
        away = np.abs(at - k)
        left = np.minimum(1.0, away / np.minimum(np.maximum(nearest, 1), REACH))
        gain = float((error * (1.0 - left)).sum())
        if gain > most:
            best, most = k, gain
    return best
