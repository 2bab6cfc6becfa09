"""A built-in volume on which careful readers disagree: a part-solid nodule in a piece of lung.

It is made on the spot (NumPy and SciPy only), looks like CT in Hounsfield units, and comes with the masks of four
readers who all have a point. For demonstrations and tests; it says nothing about accuracy on patients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Dict, List, Tuple

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

#: From the smallest opinion to the largest: solid core; half of the hazy rim too; the whole rim and the spicules;
#: and, like the second, but with the satellite nodule and the strand that leads to it.
READERS = ("tight", "middle", "generous", "satellite")

SHAPE = (24, 112, 96)  # k, j, i
SPACING = (0.8, 0.8, 2.5)  # mm, along i, j, k
CENTRE_RAS = (62.0, 18.0, -45.0)  # mm, of the volume

AIR, LUNG, HAZE, SOFT, BONE = -1015.0, -860.0, -290.0, 35.0, 420.0  # Hounsfield units
CORE_RADIUS, RIM_WIDTH = 7.5, 4.2  # mm
EDGE = 0.6  # mm that an edge is wide
SATELLITE_OFFSET, SATELLITE_RADIUS = np.array([11.5, -9.5, 1.0]), 3.0  # mm


@dataclass(frozen=True)
class Phantom:
    """The volume and its readers.

    Attributes:
        voxels: (k, j, i) int16, Hounsfield units.
        ijk_to_ras: (4, 4) float64, voxel indices (i, j, k, 1) to RAS in mm; axial slices, anisotropic.
        readers: masks (k, j, i) bool by the names in `READERS`.
        lesion_ras: a point in the core, where a reader would click, in mm.
    """

    voxels: np.ndarray
    ijk_to_ras: np.ndarray
    readers: Dict[str, np.ndarray]
    lesion_ras: Tuple[float, float, float]


def ambiguous_phantom(seed: int = 0) -> Phantom:
    """The phantom, in arrays of the caller's own; the same seed gives the same voxels."""
    made = _made(seed)
    readers = {name: mask.copy() for name, mask in made.readers.items()}
    return replace(made, voxels=made.voxels.copy(), ijk_to_ras=made.ijk_to_ras.copy(), readers=readers)


@lru_cache(maxsize=4)
def _made(seed: int) -> Phantom:
    rng = np.random.default_rng(seed)
    # Millimetres from the volume's centre along i, j and k, for each voxel.
    axes = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(SHAPE[::-1], SPACING)]
    z, y, x = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    points = np.stack([x, y, z], axis=-1)

    centre = points[12, 52, 53]
    offset = points - centre
    distance = np.linalg.norm(offset, axis=-1)
    direction = offset / np.maximum(distance, 1e-6)[..., None]
    core = distance - CORE_RADIUS * _lobes(direction, rng, 0.07)
    rim_width = RIM_WIDTH * _lobes(direction, rng, 0.2)
    spicules = _nearest_tube(points, _spicules(centre, rng))
    satellite = np.linalg.norm(offset - SATELLITE_OFFSET, axis=-1) - SATELLITE_RADIUS
    strand = _nearest_tube(points, [_tube(centre, centre + SATELLITE_OFFSET, (0.9, 0.9), bend=1.0)])

    tissue = LUNG + 30 * _texture(rng, (0.4, 1.2, 1.2)) + 28 * _texture(rng, (1.5, 5, 5))
    tissue = _blend(tissue, SOFT, _nearest_tube(points, _vessels(centre)))
    haze = HAZE + 45 * _texture(rng, (0.6, 2, 2)) - 300 * np.clip(core / rim_width, 0, 1)
    tissue = np.maximum(tissue, _blend(tissue, haze, core - rim_width))
    tissue = np.maximum(tissue, _blend(tissue, -160.0, spicules))
    tissue = np.maximum(tissue, _blend(tissue, -40.0, strand))
    tissue = _blend(tissue, SOFT - 25, satellite)
    tissue = _blend(tissue, SOFT + 12 * _texture(rng, (0.6, 2, 2)), core)
    tissue = _chest_wall(tissue, x, y, z, rng)
    noise = rng.normal(0, 1, SHAPE) * np.where(tissue < 0.5 * (AIR + LUNG), 5, 20)
    scanned = gaussian_filter(tissue, (0.25, 0.75, 0.75)) + noise

    middle = core < 0.5 * rim_width
    readers = {
        "tight": core < 0,
        "middle": middle,
        "generous": (core < rim_width) | ((spicules < 0) & (core < rim_width + 3.0)),
        "satellite": middle | (satellite < 0) | (strand < 0),
    }
    return Phantom(
        voxels=np.clip(np.rint(scanned), -1024, 3071).astype(np.int16),
        ijk_to_ras=_ijk_to_ras(),
        readers=readers,
        lesion_ras=(
            float(CENTRE_RAS[0] - centre[0]), float(CENTRE_RAS[1] - centre[1]), float(CENTRE_RAS[2] + centre[2]),
        ),
    )


def _ijk_to_ras() -> np.ndarray:
    """Axial slices as scanners store them: i to the patient's left, j to the back, k upwards."""
    matrix = np.diag([-SPACING[0], -SPACING[1], SPACING[2], 1.0])
    middle = (np.array(SHAPE[::-1]) - 1) / 2
    matrix[:3, 3] = np.array(CENTRE_RAS) - matrix[:3, :3] @ middle
    return matrix


def _lobes(direction: np.ndarray, rng: np.random.Generator, strength: float) -> np.ndarray:
    """A smooth factor around 1 on the sphere of directions, so that outlines are lobed and not round."""
    factor = np.ones(direction.shape[:-1])
    for frequency in (2.0, 3.0, 4.5):
        factor += strength * np.cos(frequency * direction @ rng.normal(size=3) + rng.uniform(0, 2 * np.pi))
    return factor


def _texture(rng: np.random.Generator, sigma: Tuple[float, float, float]) -> np.ndarray:
    """Smooth noise with standard deviation 1; sigma in voxels along k, j, i."""
    noise = gaussian_filter(rng.normal(size=SHAPE), sigma)
    return np.asarray(noise / noise.std())


def _blend(background: np.ndarray, inside: np.ndarray | float, distance: np.ndarray) -> np.ndarray:
    """Put a structure into the background, by its signed distance in mm, with an edge."""
    share = np.clip(0.5 - distance / EDGE, 0, 1)
    return np.asarray(share * inside + (1 - share) * background)


def _tube(start: np.ndarray, end: np.ndarray, radii: Tuple[float, float], bend: float) -> np.ndarray:
    """(n, 4) points and radii along a bent line; radii at both ends and the bend's height in mm."""
    t = np.linspace(0, 1, 80)[:, None]
    across = np.cross(end - start, [0.0, 0.0, 1.0])
    across = across / max(float(np.linalg.norm(across)), 1e-6)
    line = start + t * (end - start) + bend * np.sin(np.pi * t) * across
    return np.hstack([line, radii[0] + t * (radii[1] - radii[0])])


def _nearest_tube(points: np.ndarray, tubes: List[np.ndarray]) -> np.ndarray:
    """Signed distance in mm of points (..., 3) from the wall of the nearest tube; infinite beyond its edge."""
    samples = np.vstack(tubes)
    # How far away what is outside of its edge lies does not matter, and takes most of the time.
    distance, index = cKDTree(samples[:, :3]).query(points, distance_upper_bound=samples[:, 3].max() + EDGE)
    return np.asarray(distance - np.append(samples[:, 3], 0.0)[index])


def _spicules(centre: np.ndarray, rng: np.random.Generator) -> List[np.ndarray]:
    """Thin strands that radiate from the core."""
    tubes = []
    for angle in np.arange(10) * 2 * np.pi / 10 + rng.uniform(-0.25, 0.25, 10):
        reach = CORE_RADIUS + RIM_WIDTH + rng.uniform(1.0, 4.0)
        tip = reach * np.array([np.cos(angle), np.sin(angle), rng.uniform(-0.35, 0.35)])
        tubes.append(_tube(centre, centre + tip, (1.3, 0.35), bend=rng.uniform(-1, 1)))
    return tubes


def _vessels(centre: np.ndarray) -> List[np.ndarray]:
    """Vessels around the nodule; the first runs along it, the others are scenery."""
    near = centre + np.array([-11.5, 0.0, 0.0])
    courses = [
        (near + [2, -40, -14], near + [-1, 42, 16], (2.4, 1.7), 2.5),
        (near + [0, 12, 5], near + [34, 33, 12], (1.5, 0.9), -3.0),
        ([-36, -34, -20], [-4, -30, 20], (1.8, 1.2), 4.0),
        ([30, -44, 22], [22, 20, -26], (1.5, 1.0), 5.0),
        ([-38, 26, -28], [-20, 40, 28], (1.4, 1.1), -2.0),
        ([-8, 24, -30], [12, 34, 30], (1.1, 0.8), 3.0),
    ]
    return [_tube(np.asarray(a, float), np.asarray(b, float), radii, bend) for a, b, radii, bend in courses]


def _chest_wall(
    tissue: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Chest wall with ribs in one corner of the slices, and air outside of it."""
    depth = 46.0 - np.hypot(x + 14, 0.85 * (y + 10))  # mm from the pleura, positive in the lung
    wall = SOFT - 30 + 15 * _texture(rng, (0.6, 1.5, 1.5))
    tissue = _blend(tissue, wall, depth)
    along = np.arctan2(0.85 * (y + 10), x + 14) * 46.0
    for place in (6.0, 38.0):
        rib = np.hypot((depth + 7.0) / 2.6, (along - place + 0.5 * z) / 6.5) - 1.0
        tissue = _blend(tissue, BONE, 2.6 * rib)
    return _blend(tissue, np.full_like(tissue, AIR), depth + 17.0)
