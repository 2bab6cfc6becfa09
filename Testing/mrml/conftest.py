"""Volumes of all geometries, and masks on their frames."""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

pytest.importorskip("slicer")

_TURN = Rotation.from_euler("xyz", [20, -15, 30], degrees=True).as_matrix()


def _matrix(directions: np.ndarray, spacing: Tuple[float, float, float]) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, :3] = directions @ np.diag(spacing)
    matrix[:3, 3] = (-31.0, 12.5, 7.0)
    return matrix


#: IJK-to-RAS matrices.
GEOMETRIES: Dict[str, np.ndarray] = {
    "unit": _matrix(np.eye(3), (1.0, 1.0, 1.0)),
    "dicom axial": _matrix(np.diag([-1.0, -1.0, 1.0]), (0.7, 0.9, 3.0)),
    "sagittal acquisition": _matrix(np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]), (0.8, 0.8, 2.0)),
    "left-handed": _matrix(np.eye(3), (0.7, 0.9, -3.0)),
    "oblique": _matrix(_TURN, (0.7, 0.9, 3.0)),
    "oblique left-handed": _matrix(_TURN, (0.7, 0.9, -3.0)),
}


@pytest.fixture(params=sorted(GEOMETRIES))
def geometry(request: pytest.FixtureRequest) -> np.ndarray:
    """(4, 4) IJK-to-RAS matrix, one after the other."""
    return GEOMETRIES[request.param]


@pytest.fixture
def oblique() -> np.ndarray:
    """(4, 4) of an obliquely acquired, left-handed, anisotropic volume."""
    return GEOMETRIES["oblique left-handed"]


@pytest.fixture
def noise() -> np.ndarray:
    """(12, 30, 40) float32 without two equal voxels."""
    return np.random.default_rng(0).permutation(12 * 30 * 40).reshape(12, 30, 40).astype(np.float32)


@pytest.fixture
def volume(scene: Any, noise: np.ndarray, oblique: np.ndarray) -> Any:
    """A volume node of `noise` on `oblique`."""
    from SPASegmentLib.mrml.volumes import add_volume

    return add_volume(scene, noise, oblique)


@pytest.fixture
def ras_of(volume: Any) -> Callable[[float, float, float], Tuple[float, float, float]]:
    """World point of a voxel index of `volume`, by its matrices alone."""
    import vtk

    def ras(i: float, j: float, k: float) -> Tuple[float, float, float]:
        to_ras, to_world = vtk.vtkMatrix4x4(), vtk.vtkMatrix4x4()
        volume.GetIJKToRASMatrix(to_ras)
        point = to_ras.MultiplyPoint((i, j, k, 1.0))
        if volume.GetParentTransformNode() is not None:
            volume.GetParentTransformNode().GetMatrixTransformToWorld(to_world)
        r, a, s, _ = to_world.MultiplyPoint(point)
        return (r, a, s)

    return ras


@pytest.fixture
def disk() -> Callable[[Any, Tuple[float, float, float], float], np.ndarray]:
    """(height, width) bool disk on a frame around a world point, radius in mm."""

    def draw(frame: Any, centre: Tuple[float, float, float], radius: float) -> np.ndarray:
        height, width = frame.image.shape
        y, x = np.mgrid[:height, :width]
        to_world = frame.to_world
        points = to_world[:3, 0, None, None] * x + to_world[:3, 1, None, None] * y + to_world[:3, 3, None, None]
        return np.asarray(np.linalg.norm(points - np.array(centre)[:, None, None], axis=0) <= radius)

    return draw


@pytest.fixture
def desk(volume: Any, ras_of: Callable) -> Any:
    """A volume with two segments, a frame on slice 6, and an editor: a `two_segments.Desk`."""
    from two_segments import make_desk

    from SPASegmentLib.mrml.grid import volume_grid
    from SPASegmentLib.mrml.plane import Plane

    return make_desk(volume, Plane.of_slices(volume_grid(volume)), ras_of(20, 15, 6))
