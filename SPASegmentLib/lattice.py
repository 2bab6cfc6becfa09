"""Where voxels lie: the one comparison of lattices, for everything that pairs an image with a mask.

NumPy only, so that what runs in 3D Slicer, the command line and research all use it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple, Union

import numpy as np

from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Voxels of one lattice lie at most this far from those of another (as a share of the smallest side of a voxel) where
#: the two are the same: what headers lose by rounding is less, and no voxel gets another neighbour.
SAME = 0.1

#: Axes may differ by this angle in degrees before it is said; smaller ones are named by how far voxels lie apart.
_TURNED = 0.05


@dataclass(frozen=True)
class Lattice:
    """A regular lattice of voxels.

    Attributes:
        shape: voxels along i, j and k; one or two numbers less where the file has fewer axes.
        to_ras: (4, 4) float64, index (i, j, k) to RAS in mm; None where the file does not say.
    """

    shape: Tuple[int, ...]
    to_ras: Optional[np.ndarray] = None

    @property
    def size(self) -> Tuple[int, int, int]:
        """Voxels along i, j and k; axes that the file has not have one."""
        i, j, k = (*self.shape, 1, 1, 1)[:3]
        return (i, j, k)


def differences(one: Lattice, other: Lattice) -> str:
    """What differs between two lattices, for a message; empty where they are the same.

    Lattices are the same if they have as many voxels along each axis, and if no voxel of one lies farther from the
    same voxel of the other than `SAME`. Where one of them has no place in the world, sizes alone are compared.

    Args:
        one: for example the mask's.
        other: for example the image's.

    Returns:
        Such as "64 x 60 x 4 voxels, not 64 x 64 x 4; the first voxel lies 20 mm away".
    """
    parts: List[str] = []
    if one.size != other.size or len(one.shape) > 3 or len(other.shape) > 3:
        parts.append(_("{one} voxels, not {other}").format(one=_by(one.shape), other=_by(other.shape)))
    if one.to_ras is not None and other.to_ras is not None and farthest(one, other) > tolerance(one, other):
        parts += _geometry(one.to_ras, other.to_ras) or [
            _("voxels lie up to {distance} mm apart").format(distance=_number(farthest(one, other)))
        ]
    return "; ".join(parts)


def farthest(one: Lattice, other: Lattice) -> float:
    """How far the same voxel lies from itself at most, in mm; it is one of the corners. 0 without places."""
    if one.to_ras is None or other.to_ras is None:
        return 0.0
    if not (np.isfinite(one.to_ras).all() and np.isfinite(other.to_ras).all()):
        return float("inf")
    corners = _corners(np.maximum(one.size, other.size))
    return float(np.linalg.norm(((one.to_ras - other.to_ras) @ corners)[:3], axis=0).max())


def tolerance(*lattices: Lattice) -> float:
    """`SAME` in mm."""
    known = [each.to_ras for each in lattices if each.to_ras is not None]
    return SAME * min((float(spacing(to_ras).min()) for to_ras in known), default=1.0)


def spacing(to_ras: np.ndarray) -> np.ndarray:
    """(3,) distances between voxels along i, j and k in mm."""
    return np.asarray(np.linalg.norm(np.asarray(to_ras)[:3, :3], axis=0))


def shear(lattice: Lattice) -> float:
    """How far a corner lies from where it would with the closest orthogonal axes through the middle, in mm."""
    if lattice.to_ras is None:
        return 0.0
    axes = np.asarray(lattice.to_ras, float)[:3, :3]
    sizes = np.maximum(spacing(axes), np.finfo(float).tiny)
    left, _stretch, right = np.linalg.svd(axes / sizes)
    half = (np.array(lattice.size) - 1) / 2
    ends = np.array(list(itertools.product(*[(-n, n) for n in half]))).T
    return float(np.linalg.norm((axes - (left @ right) * sizes) @ ends, axis=0).max())


def moved(values: np.ndarray, own: Lattice, target: Lattice) -> Optional[np.ndarray]:
    """The same voxels at their places on another lattice, without resampling.

    That is possible where the axes are flipped, in another order, or cropped (as 3D Slicer saves segmentations). What
    lies beyond the target is left out; what is not covered is 0.

    Args:
        values: (i, j, k) on `own`.
        own: where they lie; with a place in the world.
        target: where they are wanted; with a place in the world.

    Returns:
        (i, j, k) of the target, or None where voxels of one lie between those of the other.
    """
    if own.to_ras is None or target.to_ras is None or values.ndim != 3:
        return None
    relative = np.linalg.solve(target.to_ras, own.to_ras)
    whole = np.rint(relative)
    turn = whole[:3, :3]
    off = np.abs((relative - whole) @ _corners(np.maximum(own.size, target.size)))
    if off.max() > SAME or not (np.abs(turn).sum(0) == 1).all() or not (np.abs(turn).sum(1) == 1).all():
        return None
    # Axis n of the target is axis order[n] of the values.
    order = np.abs(turn).argmax(axis=1)
    values = values.transpose(order)
    flipped = turn[np.arange(3), order] < 0
    values = values[tuple(slice(None, None, -1 if each else 1) for each in flipped)]
    first = whole[:3, 3] - np.where(flipped, np.array(values.shape) - 1, 0)
    return _placed(values, first.astype(int), target.size)


def _placed(values: np.ndarray, first: np.ndarray, size: Sequence[int]) -> np.ndarray:
    """Values in an array of another size; `first` is the place of their first voxel in it."""
    found = np.zeros(tuple(size), values.dtype)
    low = np.maximum(first, 0)
    high = np.minimum(first + values.shape, size)
    if (high > low).all():
        inside = tuple(slice(a, b) for a, b in zip(low - first, high - first))
        found[tuple(slice(a, b) for a, b in zip(low, high))] = values[inside]
    return found


def _corners(size: Union[Sequence[int], np.ndarray]) -> np.ndarray:
    """(4, 8) homogeneous indices."""
    return np.array([[*corner, 1.0] for corner in itertools.product(*[(0, n - 1) for n in size])]).T


def _geometry(one: np.ndarray, other: np.ndarray) -> List[str]:
    parts: List[str] = []
    sizes = spacing(one), spacing(other)
    if not np.allclose(*sizes, rtol=1e-4, atol=0):
        parts.append(
            _("voxels of {one} mm, not {other}").format(
                one=_by([_number(n) for n in sizes[0]]), other=_by([_number(n) for n in sizes[1]])
            )
        )
    axes = one[:3, :3] / sizes[0], other[:3, :3] / sizes[1]
    angle = float(np.degrees(np.arccos(np.clip((axes[0] * axes[1]).sum(0), -1, 1))).max())
    if angle > _TURNED:
        names = axes_names(one), axes_names(other)
        parts.append(
            _("axes that run to {one}, not {other}").format(one=names[0], other=names[1])
            if names[0] != names[1]
            else _("axes turned by up to {angle} degrees").format(angle=_number(angle))
        )
    distance = float(np.linalg.norm(one[:3, 3] - other[:3, 3]))
    if distance > SAME * min(float(n.min()) for n in sizes):
        parts.append(_("the first voxel lies {distance} mm away").format(distance=_number(distance)))
    return parts


def axes_names(to_ras: np.ndarray) -> str:
    """The directions that i, j and k run to, such as "right, anterior, superior", each by its largest part."""
    names = (_("right"), _("left")), (_("anterior"), _("posterior")), (_("superior"), _("inferior"))
    found = []
    for column in np.asarray(to_ras)[:3, :3].T:
        axis = int(np.abs(column).argmax())
        found.append(names[axis][0 if column[axis] > 0 else 1])
    return ", ".join(found)


def _by(values: Sequence[object]) -> str:
    return " x ".join(str(value) for value in values)


def _number(value: float) -> str:
    return f"{value:.4g}"
