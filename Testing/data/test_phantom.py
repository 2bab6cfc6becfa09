"""The phantom: reproducible, ambiguous in the way its readers say, and placed where its matrix says."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.data.phantom import READERS, SHAPE, SPACING, Phantom, ambiguous_phantom


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return ambiguous_phantom(seed=0)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2.0 * (a & b).sum() / (a.sum() + b.sum())


def test_types_and_shapes(phantom: Phantom) -> None:
    assert phantom.voxels.shape == SHAPE
    assert phantom.voxels.dtype == np.int16
    assert tuple(phantom.readers) == READERS
    assert all(mask.shape == SHAPE and mask.dtype == bool for mask in phantom.readers.values())


def test_the_seed_decides(phantom: Phantom) -> None:
    again, other = ambiguous_phantom(seed=0), ambiguous_phantom(seed=1)
    assert np.array_equal(again.voxels, phantom.voxels)
    assert all(np.array_equal(again.readers[name], phantom.readers[name]) for name in READERS)
    assert not np.array_equal(other.voxels, phantom.voxels)


def test_everybody_has_arrays_of_their_own() -> None:
    mine = ambiguous_phantom(seed=3)
    before = mine.voxels.copy(), mine.ijk_to_ras.copy(), mine.readers["tight"].copy()
    mine.voxels[:], mine.ijk_to_ras[:], mine.readers["tight"][:] = 0, 0, True
    again = ambiguous_phantom(seed=3)
    assert all(map(np.array_equal, before, (again.voxels, again.ijk_to_ras, again.readers["tight"])))


@pytest.mark.parametrize("seed", range(4))
def test_readers_disagree_but_see_the_same_lesion(seed: int) -> None:
    readers = ambiguous_phantom(seed).readers
    tight, middle, generous, satellite = (readers[name] for name in READERS)
    assert not (tight & ~middle).any()
    assert not (middle & ~generous).any()
    assert not (middle & ~satellite).any()
    assert 0.35 < dice(tight, generous) < 0.65
    assert 0.55 < dice(tight, middle) < 0.85
    assert (satellite & ~generous).any()


def test_the_image_shows_what_the_readers_mean(phantom: Phantom) -> None:
    tight, generous = phantom.readers["tight"], phantom.readers["generous"]
    lung = (phantom.voxels > -950) & (phantom.voxels < -750)
    rim = generous & ~tight
    assert phantom.voxels[tight].mean() > -60
    assert -650 < phantom.voxels[rim].mean() < -300
    assert (lung & generous).sum() < 0.05 * generous.sum()
    assert (phantom.voxels[:, -1, -1] < -900).all()  # outside of the body


def test_the_point_to_click_lies_in_the_core(phantom: Phantom) -> None:
    i, j, k, _ = np.linalg.inv(phantom.ijk_to_ras) @ [*phantom.lesion_ras, 1.0]
    assert phantom.readers["tight"][round(k), round(j), round(i)]


def test_matrix_has_the_spacing_and_follows_the_scanner(phantom: Phantom) -> None:
    directions = phantom.ijk_to_ras[:3, :3]
    assert np.linalg.norm(directions, axis=0) == pytest.approx(SPACING)
    # i runs to the patient's left, j to the back, k upwards: RAS decreases, decreases, grows.
    assert [directions[0, 0] < 0, directions[1, 1] < 0, directions[2, 2] > 0] == [True, True, True]
