"""Regions that are stretched and bent: masks go with their images, clicks stay on what was clicked on."""

from __future__ import annotations

from typing import Optional

import numpy as np
import pytest
import torch
from scipy import interpolate

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.training.batches import Batch, BatchSource
from SPASegmentLib.research.training.deform import POINTS, DeformSettings, bends, bent_grid, stretches
from SPASegmentLib.research.training.widen import synthetic_slices


def batch(slices: RaterSlices, deform: Optional[DeformSettings], count: int = 24) -> Batch:
    return BatchSource([(slices, np.ones(len(slices)), 1.0)], count, 64, 64, 2, seed=3, deform=deform).draw()


def test_a_stretch_keeps_the_area_and_has_no_rotation() -> None:
    found = stretches(0.3, 50, np.random.default_rng(0))
    assert found is not None
    np.testing.assert_allclose(np.linalg.det(found), 1.0, rtol=1e-12)
    np.testing.assert_allclose(found, found.transpose(0, 2, 1), atol=1e-12)
    longest = np.log(np.linalg.eigvalsh(found)[:, 1])
    assert 0.2 < longest.max() <= 0.3


def test_a_bent_grid_is_the_region_moved_by_a_smooth_field() -> None:
    """Against SciPy's interpolation of the displacements at the grid's own points, where no edge is near."""
    rng = np.random.default_rng(1)
    field = rng.normal(0, 0.05, (1, 2, POINTS, POINTS)).astype(np.float32)
    theta = torch.tensor([[[0.5, 0.1, 0.2], [-0.2, 0.4, 0.0]]])
    fixed = torch.tensor([[0.1, -0.3]])
    size = POINTS * 25  # the middle of each of the field's points is then the middle of a pixel
    plain, bent = (bent_grid(theta, b, fixed, size)[0].numpy() for b in (None, torch.from_numpy(field)))
    moved = np.einsum("ij,hwj->hwi", np.linalg.inv(theta[0, :, :2].numpy()), bent - plain)
    points = (2 * np.arange(POINTS) + 1) / POINTS - 1
    middle = np.arange(POINTS) * 25 + 12
    shift = moved[np.ix_(middle, middle)] - field[0].transpose(1, 2, 0)
    np.testing.assert_allclose(shift, np.broadcast_to(shift[2, 2], shift.shape), atol=1e-5)
    for axis in (0, 1):
        spline = interpolate.RectBivariateSpline(points, points, field[0, axis], kx=3, ky=3)
        assert shift[2, 2, axis] == pytest.approx(-spline(-0.3, 0.1)[0, 0], abs=0.02)


def test_the_fixed_point_stays() -> None:
    rng = np.random.default_rng(2)
    bend = bends(0.1, 20, rng)
    assert bend is not None and float(bend.abs().max()) > 0.1
    theta = torch.eye(2, 3).expand(20, 2, 3).contiguous()
    size = 64
    pixels = torch.from_numpy(rng.integers(5, 59, (20, 2)))
    fixed = (2 * pixels.float() + 1) / size - 1
    grid = bent_grid(theta, bend, fixed, size)
    there = grid[torch.arange(20), pixels[:, 1], pixels[:, 0]]
    torch.testing.assert_close(there, fixed, atol=1e-5, rtol=0)


def test_masks_go_with_their_images() -> None:
    """An image that is its own mask, deformed, has the deformed mask's outline."""
    slices = synthetic_slices(6, seed=0)
    alike = RaterSlices(np.where(slices.masks > 0, 255, 0).astype(np.uint8), (slices.masks > 0).astype(np.uint8))
    for deform in (None, DeformSettings(stretch=0.3, bend=0.1)):
        found = batch(alike, deform)
        for image, mask in zip(found.images[:, 0].numpy(), found.user.numpy()):
            if 30 < mask.sum() < mask.size - 30:
                inside, outside = image[mask > 0], image[mask == 0]
                direction = np.sign(inside.mean() - outside.mean())
                middle = (inside.mean() + outside.mean()) / 2
                assert (((image - middle) * direction > 0) == (mask > 0)).mean() > 0.97


def test_clicks_stay_on_what_was_clicked_on() -> None:
    slices = synthetic_slices(6, seed=0)
    found = batch(slices, DeformSettings(stretch=0.3, bend=0.1), 64)
    x, y = (found.clicks.numpy() + 0.5).astype(int).T
    seen = (x >= 0) & (x < 64) & (y >= 0) & (y < 64)
    on = found.others.amax(1).numpy()[np.arange(64)[seen], y[seen], x[seen]]
    assert seen.mean() > 0.9 and on.mean() > 0.9


def test_without_deformation_batches_are_what_they_were() -> None:
    slices = synthetic_slices(6, seed=0)
    plain, none, bent = (batch(slices, d) for d in (None, DeformSettings(), DeformSettings(0.2, 0.05)))
    assert torch.equal(plain.images, none.images) and torch.equal(plain.others, none.others)
    assert not torch.equal(plain.images, bent.images)


def test_a_training_goes_on_only_with_its_own_deformation() -> None:
    slices = synthetic_slices(2, seed=0)
    recipes = [
        BatchSource([(slices, np.ones(2), 1.0)], 2, 64, 32, 2, seed=0, deform=deform).recipe()
        for deform in (None, DeformSettings(), DeformSettings(bend=0.05), DeformSettings(stretch=0.05))
    ]
    assert recipes[0] == recipes[1] and len({str(recipe) for recipe in recipes}) == 3


@pytest.mark.parametrize("name", ["stretch", "bend"])
def test_what_would_fold_an_image_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"deform: {name} is from 0 to 0.5"):
        DeformSettings(**{name: 0.6})
