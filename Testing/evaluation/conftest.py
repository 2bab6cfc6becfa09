"""Small data in the shared format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from SPASegmentLib.data.shards import RaterSlices, pack
from SPASegmentLib.evaluation.slices import EvaluationFile


def draw_slices(count: int, radii: tuple[int, ...] = (6, 7, 8, 9), seed: int = 0) -> RaterSlices:
    """Bright disks that four readers draw with different radii; two slices of each patient."""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:96, :96]
    images, masks = [], []
    for i in range(count):
        cx, cy = 44 + i % 5, 50 - i % 7
        distance = 7.5 - np.hypot(yy - cy, xx - cx)
        images.append(np.clip(60 + 120 / (1 + np.exp(-distance)) + 6 * rng.standard_normal((96, 96)), 0, 255))
        masks.append(pack(np.stack([np.hypot(yy - cy, xx - cx) < r for r in radii])))
    patients = np.array([f"p{i // 2}" for i in range(count)])
    return RaterSlices(np.stack(images).astype(np.uint8), np.stack(masks), patients)


@pytest.fixture(scope="session")
def slices() -> RaterSlices:
    return draw_slices(4)


@pytest.fixture(scope="session")
def disks(slices: RaterSlices) -> EvaluationFile:
    return EvaluationFile("disks", slices, slices.patients)


@pytest.fixture(scope="session")
def npz(slices: RaterSlices, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("npz") / "disks.npz"
    np.savez(path, images=slices.images, masks=slices.masks, patients=slices.patients)
    return path


@pytest.fixture(scope="session")
def many() -> EvaluationFile:
    slices = draw_slices(26)
    return EvaluationFile("many", slices, slices.patients)
