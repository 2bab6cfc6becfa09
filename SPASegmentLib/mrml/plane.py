"""Slice planes: what is right, down and up on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Hashable, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.grid import Grid, array_from_matrix
from SPASegmentLib.translation import texts

_ = texts(__name__)

Point = Tuple[float, float, float]
#: Equal for frames of the same slice of the same volume, in the same orientation.
SliceKey = Tuple[Hashable, ...]

#: right, down and normal of Slicer's default slice views, in RAS (a patient is seen from the feet, left side
#: and front); the normal points to where the next slice lies.
_NAMED = {
    "axial": ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
    "sagittal": ((0.0, -1.0, 0.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)),
    "coronal": ((-1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)),
}
#: Cosine of how far a plane may be tilted and still bear their names: patients lie askew.
_CLOSE = np.cos(np.radians(20.0))


@dataclass(frozen=True)
class Plane:
    """The direction of a slice and its orientation on screen; three orthogonal unit vectors in RAS.

    Attributes:
        right, down: directions in which the columns and rows of a frame run.
        normal: direction of the next slice.
    """

    right: np.ndarray
    down: np.ndarray
    normal: np.ndarray

    @classmethod
    def named(cls, name: str) -> Plane:
        """The plane "axial", "sagittal" or "coronal" of Slicer's default slice views.

        Raises:
            InputError: another name.
        """
        if name not in _NAMED:
            raise InputError(
                _("The plane is one of {names} or a normal R,A,S, not '{name}'.").format(
                    names=", ".join(_NAMED), name=name
                )
            )
        return cls(*(np.array(v) for v in _NAMED[name]))

    @classmethod
    def from_normal(cls, normal: Sequence[float]) -> Plane:
        """The plane across `normal` (RAS, any length), turned on screen like the closest named plane.

        Raises:
            InputError: not three finite numbers, or all of them zero.
        """
        vector = np.asarray(normal, dtype=np.float64)
        if vector.shape != (3,) or not np.isfinite(vector).all() or not vector.any():
            raise InputError(_("The normal of a plane is three numbers R,A,S that are not all zero."))
        vector = vector / np.abs(vector).max()  # squares of huge and of tiny numbers are none
        unit = vector / np.linalg.norm(vector)
        closest = max(_NAMED.values(), key=lambda axes: abs(float(unit @ np.array(axes[2]))))
        return cls._from_axes(np.array(closest[0]), np.array(closest[1]), unit)

    @classmethod
    def parse(cls, text: str) -> Plane:
        """A plane from its name or from a normal written as "R,A,S".

        Raises:
            InputError: neither.
        """
        if "," not in text:
            return cls.named(text.strip().lower())
        try:
            return cls.from_normal([float(part) for part in text.split(",")])
        except ValueError:
            raise InputError(_("'{text}' is not a normal; write three numbers R,A,S.").format(text=text)) from None

    @classmethod
    def of_slice_node(cls, slice_node: Any) -> Plane:
        """The plane of a vtkMRMLSliceNode, turned as on screen."""
        matrix = array_from_matrix(slice_node.GetSliceToRAS())
        normal = matrix[:3, 2] / np.linalg.norm(matrix[:3, 2])
        return cls._from_axes(matrix[:3, 0], -matrix[:3, 1], normal)

    @classmethod
    def of_slices(cls, grid: Grid) -> Plane:
        """The plane in which a volume was acquired or stored: across its third axis."""
        first, second = grid.to_world[:3, 0], grid.to_world[:3, 1]
        return cls.from_normal(np.cross(first, second).tolist())

    @property
    def name(self) -> str:
        """The name of the plane that it is close to, such as "axial", else "oblique"."""
        near = (name for name, axes in _NAMED.items() if abs(float(self.normal @ np.array(axes[2]))) >= _CLOSE)
        return next(near, "oblique")

    @classmethod
    def _from_axes(cls, right: np.ndarray, down: np.ndarray, normal: np.ndarray) -> Plane:
        """Make `right` and `down` exact unit vectors across `normal`."""
        right = right - (right @ normal) * normal
        right = right / np.linalg.norm(right)
        across = np.cross(normal, right)
        return cls(right, across if across @ down > 0 else -across, normal)


def xy_to_ras(slice_node: Any, x: float, y: float) -> Point:
    """World point (mm) of device pixel (x, y) of a slice view."""
    r, a, s = (array_from_matrix(slice_node.GetXYToRAS()) @ [x, y, 0.0, 1.0])[:3]
    return (float(r), float(a), float(s))
