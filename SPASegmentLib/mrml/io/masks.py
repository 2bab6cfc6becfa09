"""Which voxels a mask holds, and whether a file is a mask at all: an image in its place would count as a whole."""

from __future__ import annotations

import numpy as np

from SPASegmentLib.mrml.io.voxels import UnreadableError
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: With at most so many different values a file may be a label map, whatever it looks like.
_LABELS = 16

#: In label maps more than this share of neighbours within the structures have the same value (0.95 and more where
#: structures are not thin), in images fewer (0.6 in ultrasound with few levels, 0.2 and less in CT and MR).
_ALIKE = 2 / 3

#: Of what is not dark in a packed mask less than this share may be neither dark nor bright.
_BETWEEN = 0.5


def drawn(values: np.ndarray) -> np.ndarray:
    """The voxels of a label map that are not 0; NaN and infinite ones are none.

    Args:
        values: of any shape, one value per voxel.

    Raises:
        UnreadableError: it is an image, or nothing in it is 0.
    """
    if values.dtype.kind == "f":
        values = np.where(np.isfinite(values), values, 0)
    found = np.asarray(values != 0)
    if _share_alike(values, found) < _ALIKE and len(np.unique(values)) > _LABELS:
        raise _no_mask()
    if found.all() and found.size and values.min() != values.max():
        raise UnreadableError(_("nothing in it is 0; give a mask that is 0 outside of the structure."))
    return found


def bright(values: np.ndarray) -> np.ndarray:
    """The pixels of a mask above half of the largest value, where edges are blurred, as in JPEG files.

    Raises:
        UnreadableError: most of what is not dark is not bright, as in images.
    """
    half = float(values.max()) / 2
    light = np.count_nonzero(values > half / 2)
    if np.count_nonzero(values > 1.5 * half) < (1 - _BETWEEN) * light:
        raise _no_mask()
    return np.asarray(values > half)


def _share_alike(values: np.ndarray, inside: np.ndarray) -> float:
    """Of neighbours that are both inside, the share with the same value; 1 where hardly any are inside."""
    pairs = alike = 0
    for axis in range(values.ndim):
        after, before = ((slice(None),) * axis + (part,) for part in (slice(1, None), slice(None, -1)))
        both = inside[after] & inside[before]
        pairs += int(np.count_nonzero(both))
        alike += int(np.count_nonzero(both & (values[after] == values[before])))
    return alike / pairs if 2 * pairs > np.count_nonzero(inside) else 1.0


def _no_mask() -> UnreadableError:
    return UnreadableError(
        _("it looks like an image, or like probabilities; give a mask, which has one value in all of a structure.")
    )
