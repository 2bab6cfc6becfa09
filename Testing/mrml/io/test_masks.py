"""Masks are told from images that are given in their place."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from PIL import Image as Pillow
from scipy import ndimage
from scipy.spatial import cKDTree

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.masks import bright, drawn
from SPASegmentLib.mrml.io.volumes import read_mask
from SPASegmentLib.mrml.io.voxels import UnreadableError
from SPASegmentLib.research.data import images

RNG = np.random.default_rng(0)
SHAPE = (20, 48, 48)
RADIUS = np.sqrt(sum(axis**2 for axis in np.ogrid[-10:10, -24:24, -24:24]))
BALL, HEAD = RADIUS < 9, RADIUS < 22


def smooth(sigma: float) -> np.ndarray:
    return ndimage.gaussian_filter(RNG.normal(size=SHAPE), sigma)


def parcels(count: int, dtype: str = "i2") -> np.ndarray:
    """Every voxel of a head belongs to the nearest of some centres, as in an atlas."""
    places = np.stack(np.meshgrid(*map(np.arange, SHAPE), indexing="ij"), axis=-1)
    _, nearest = cKDTree(RNG.uniform(0, SHAPE, (count, 3))).query(places)
    return ((nearest + 1) * HEAD).astype(dtype)


IMAGES = {
    "CT": lambda: (1000 * smooth(2) - 300).astype("i2"),
    "MR without the skull": lambda: (np.abs(smooth(1.5)) * 4000 * HEAD).astype("u2"),
    "ultrasound of 8 bits": lambda: np.clip(smooth(3) * 3000 + 60, 0, 255).astype("u1"),
    "float": lambda: smooth(2).astype("f4"),
    "probabilities": lambda: np.exp(-((ndimage.distance_transform_edt(~BALL) / 6) ** 2) * (1 + 0.01 * smooth(1))),
}
MASKS = {
    "bool": lambda: BALL,
    "255": lambda: (BALL * 255).astype("u1"),
    "float": lambda: BALL.astype("f8"),
    "an atlas": lambda: parcels(60),
    "an atlas of large numbers": lambda: parcels(60, "i4") * 211,
    "one voxel each": lambda: ((RNG.random(SHAPE) < 0.02) * RNG.integers(1, 9000, SHAPE)).astype("i4"),
    "labels like a chess board": lambda: (1 + np.indices(SHAPE).sum(0) % 2) * BALL,
    "all of it": lambda: np.ones(SHAPE, "u1"),
    "NaN outside": lambda: np.where(BALL, 1.0, np.nan),
    "nothing": lambda: np.zeros(SHAPE, "u1"),
    "no voxels": lambda: np.zeros((0, 4, 4), "u1"),
}


@pytest.mark.parametrize("make", IMAGES.values(), ids=IMAGES)
def test_an_image_is_no_mask(make: Callable[[], np.ndarray]) -> None:
    with pytest.raises(UnreadableError, match="looks like an image"):
        drawn(make())


@pytest.mark.parametrize("make", MASKS.values(), ids=MASKS)
def test_label_maps_of_all_kinds_are_masks(make: Callable[[], np.ndarray]) -> None:
    values = make()
    assert np.array_equal(drawn(values), np.nan_to_num(values) != 0)


def test_a_mask_is_0_outside() -> None:
    with pytest.raises(UnreadableError, match="nothing in it is 0"):
        drawn(BALL + 1)


def photograph(folder: Path, name: str) -> Path:
    grey = ndimage.gaussian_filter(RNG.normal(size=(90, 120)), 4)
    Pillow.fromarray(np.clip(grey * 900 + 110, 0, 255).astype("u1")).save(folder / name)
    return folder / name


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_photograph_is_no_mask(tmp_path: Path, name: str) -> None:
    path = photograph(tmp_path, name)
    with pytest.raises(InputError, match="looks like an image"):
        read_mask(str(path))
    with pytest.raises(InputError, match="a.* is no mask: it looks like an image"):
        images.read_mask(path)


def test_what_jpeg_leaves_around_a_mask_is_none_of_it(tmp_path: Path) -> None:
    """Evaluation has always taken what is brighter than half."""
    inside = np.hypot(*np.ogrid[-40:50, -60:60]) < 20
    Pillow.fromarray((inside * 255).astype("u1")).save(tmp_path / "mask.jpg", quality=70)
    assert np.array_equal(read_mask(str(tmp_path / "mask.jpg")).values[0], inside)
    assert np.array_equal(images.read_mask(tmp_path / "mask.jpg").values, inside)
    assert not bright(np.zeros((4, 4), "u1")).any()
