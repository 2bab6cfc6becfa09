"""How a candidate differs from the recommended prediction, in pixels, mm2 and one short line of text.

Directions are those of the picture: row 0 is at the top, column 0 on the left, whatever the anatomy.
"""

from __future__ import annotations

from typing import Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.interaction.areas import amount, area_text, sign_and_amount
from SPASegmentLib.interaction.rectangle import rectangle_of
from SPASegmentLib.interaction.types import Difference
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: The text says "larger" or "smaller" if the net change is at least this share of all that changed.
NET_SHARE = 0.5
#: Share of the changed area that a statement such as "fills a hole" must hold for.
MOST = 0.8
#: Mean resultant length above which changes point in one direction, or along one axis.
ONE_DIRECTION = 0.5
#: Share of the outline that must have changed for "all around".
ALL_AROUND = 0.75
#: A mask counts as moved if shifting the recommended one leaves at most this share of the difference.
MOVED_RESIDUE = 0.4

_EIGHT = np.ones((3, 3), dtype=bool)


def compare(
    candidate: np.ndarray, recommended: np.ndarray, spacing: Tuple[float, float], in_mm: bool = True
) -> Difference:
    """Compare a candidate with the recommended prediction.

    Args:
        candidate: (height, width) bool.
        recommended: (height, width) bool.
        spacing: (x, y) pixel size in mm.
        in_mm: whether that is known; the description counts pixels where it is not.

    Returns:
        The areas that were added and removed, and a description such as "larger: +18 % (+42 mm2), mostly upper left".
    """
    candidate, recommended = np.asarray(candidate, dtype=bool), np.asarray(recommended, dtype=bool)
    # All that follows looks at the masks only, and at nothing but the rectangle that holds them.
    window = rectangle_of(candidate | recommended)
    one, other = np.pad(candidate[window], 1), np.pad(recommended[window], 1)
    pixel = float(spacing[0] * spacing[1])
    areas = pixel * np.count_nonzero(one & ~other), pixel * np.count_nonzero(other & ~one)
    return Difference(candidate, recommended, *areas, _describe(one, other, spacing, in_mm), in_mm)


def compare_all(masks: np.ndarray, spacing: Tuple[float, float], in_mm: bool = True) -> Tuple[Difference, ...]:
    """Compare rows 1, 2, ... of (1 + k, height, width) masks with row 0, the recommended prediction."""
    return tuple(compare(mask, masks[0], spacing, in_mm) for mask in masks[1:])


def _describe(candidate: np.ndarray, recommended: np.ndarray, spacing: Tuple[float, float], in_mm: bool) -> str:
    if np.array_equal(candidate, recommended):
        return _("same as the recommended mask")
    pixel = spacing[0] * spacing[1]
    before, after = pixel * int(recommended.sum()), pixel * int(candidate.sum())
    if not candidate.any():
        return _("empty: {area}").format(area=area_text(-before, in_mm, signed=True))
    if not recommended.any():
        return _("{area} where the recommended mask is empty").format(area=area_text(after, in_mm))

    added, removed = candidate & ~recommended, recommended & ~candidate
    net, changed = after - before, pixel * int((added | removed).sum())
    if abs(net) < NET_SHARE * changed:
        return _rearranged(candidate, recommended, spacing, in_mm, net, before)
    place = _what_changed(added if net > 0 else removed, candidate, recommended, spacing)
    return _("{size}, {place}").format(size=_size(net, before, in_mm), place=place)


def _size(net: float, before: float, in_mm: bool) -> str:
    """How much larger or smaller a mask is than one of the area `before`, in mm2 or pixels."""
    text = _("larger: {percent} % ({area})") if net > 0 else _("smaller: {percent} % ({area})")
    return text.format(percent=sign_and_amount(100 * net / before), area=area_text(net, in_mm, signed=True))


def _what_changed(
    changed: np.ndarray, candidate: np.ndarray, recommended: np.ndarray, spacing: Tuple[float, float]
) -> str:
    """Where most of an addition or removal lies; ``changed`` is part of just one of the two masks."""
    adds = not (changed & recommended).any()
    larger, smaller = (candidate, recommended) if adds else (recommended, candidate)
    if _share(changed, ndimage.binary_fill_holes(smaller)) >= MOST:
        return _("fills a hole") if adds else _("leaves a hole")
    where = _place(changed, recommended, spacing)
    parts, count = ndimage.label(larger, structure=_EIGHT)
    # Looked up by their numbers: a mask of a noisy image may have thousands.
    apart = np.ones(count + 1, dtype=bool)
    apart[parts[smaller]] = apart[0] = False
    if apart.any() and _share(changed, apart[parts]) >= MOST:
        text = _("with a separate part, {place}") if adds else _("without a separate part, {place}")
        return text.format(place=where)
    return _("mostly {place}").format(place=where) if where in (*_places(), *_axes()) else where


def _rearranged(
    candidate: np.ndarray,
    recommended: np.ndarray,
    spacing: Tuple[float, float],
    in_mm: bool,
    net: float,
    before: float,
) -> str:
    """Text for masks of which as much was added as removed."""
    added, removed = candidate & ~recommended, recommended & ~candidate
    size = _size(net, before, in_mm) if abs(net) >= 0.05 * before else _("similar area")
    if not (candidate & recommended).any():
        place = _place(candidate, recommended, spacing)
        return _("{size}, at another place, {place}").format(size=size, place=place)
    if _moved(candidate, recommended):
        move = _moves()[_octant(_centre(candidate, spacing) - _centre(recommended, spacing))]
        return _("{size}, moved {direction}").format(size=size, direction=move)
    more, less = _place(added, recommended, spacing), _place(removed, recommended, spacing)
    places = _places()
    if more in places and less in places and more != less:
        return _("{size}, more {more}, less {less}").format(size=size, more=more, less=less)
    plus, minus = (spacing[0] * spacing[1] * int(part.sum()) for part in (added, removed))
    return _("{size}, other shape: +{plus} and -{minus}").format(
        size=size, plus=amount(plus) if in_mm else round(plus), minus=area_text(minus, in_mm)
    )


def _moved(candidate: np.ndarray, recommended: np.ndarray) -> bool:
    """Whether shifting the recommended mask by the distance of the centres explains most of the difference."""
    shift = _centre(candidate, (1.0, 1.0)) - _centre(recommended, (1.0, 1.0))
    shifted = ndimage.shift(recommended.astype(np.float32), shift[::-1], order=1) > 0.5
    return int((shifted ^ candidate).sum()) <= MOVED_RESIDUE * int((recommended ^ candidate).sum())


def _place(changed: np.ndarray, reference: np.ndarray, spacing: Tuple[float, float]) -> str:
    """Where changed pixels lie as seen from the centre of the reference mask."""
    ys, xs = np.nonzero(changed)
    offsets = np.stack([xs * spacing[0], ys * spacing[1]], axis=1) - _centre(reference, spacing)
    angles = np.arctan2(offsets[:, 1], offsets[:, 0])
    direction = np.array([np.cos(angles).mean(), np.sin(angles).mean()])
    if np.hypot(*direction) >= ONE_DIRECTION:
        return _places()[_octant(direction)]
    if _share(_edge(reference), _grown(changed)) >= ALL_AROUND:
        return _("all around")
    axis = np.array([np.cos(2 * angles).mean(), np.sin(2 * angles).mean()])
    if np.hypot(*axis) >= ONE_DIRECTION:
        return _axes()[int(np.round(np.arctan2(axis[1], axis[0]) / (np.pi / 2))) % 4]
    return _("in several places")


# SciPy's erosion and dilation look at a pixel's neighbours one by one: on a radiograph, 0.1 s for each candidate.


def _edge(mask: np.ndarray) -> np.ndarray:
    """(height, width) bool: pixels of a mask with one of their four neighbours outside of it, or of the image."""
    inside = np.zeros_like(mask)
    inside[1:-1, 1:-1] = mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    return np.asarray(mask & ~inside)


def _grown(mask: np.ndarray) -> np.ndarray:
    """(height, width) bool: a mask and all eight neighbours of its pixels."""
    taller = mask.copy()
    taller[1:] |= mask[:-1]
    taller[:-1] |= mask[1:]
    wider = taller.copy()
    wider[:, 1:] |= taller[:, :-1]
    wider[:, :-1] |= taller[:, 1:]
    return wider


# Functions, since the browser's front end changes its language while it runs.


def _places() -> Tuple[str, ...]:
    return (
        _("right"), _("lower right"), _("bottom"), _("lower left"),
        _("left"), _("upper left"), _("top"), _("upper right"),
    )  # fmt: skip


def _axes() -> Tuple[str, ...]:
    return (
        _("left and right"), _("upper left and lower right"), _("top and bottom"), _("lower left and upper right"),
    )  # fmt: skip


def _moves() -> Tuple[str, ...]:
    return (
        _("to the right"), _("down and right"), _("down"), _("down and left"),
        _("to the left"), _("up and left"), _("up"), _("up and right"),
    )  # fmt: skip


def _octant(direction: np.ndarray) -> int:
    """0 for right, then clockwise in steps of 45 degrees, as in `_places`; y points down."""
    return int(np.round(np.arctan2(direction[1], direction[0]) / (np.pi / 4))) % 8


def _centre(mask: np.ndarray, spacing: Tuple[float, float]) -> np.ndarray:
    """(x, y) centroid in mm."""
    ys, xs = np.nonzero(mask)
    return np.array([xs.mean() * spacing[0], ys.mean() * spacing[1]])


def _share(part: np.ndarray, whole: np.ndarray) -> float:
    return float((part & whole).sum() / part.sum())
