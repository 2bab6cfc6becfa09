"""Whole synthetic images: their objects are what they should be, and are seen from inside, too."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.weights import read_card
from SPASegmentLib.research.training.batches import BatchSource
from SPASegmentLib.research.training.material import open_material
from SPASegmentLib.research.training.run import train
from SPASegmentLib.research.training.scenes import LARGEST_RADIUS, SIDES, scene, scenes
from SPASegmentLib.research.training.sources import Scenes


def test_objects_are_whole_and_apart_or_within_each_other() -> None:
    nested = largest = 0
    for seed in range(40):
        image, masks = scene(np.random.default_rng(seed))
        assert masks
        assert image.dtype == np.uint8
        assert all(SIDES[0] <= side <= SIDES[1] for side in image.shape)
        for mask in masks:
            assert mask.shape == image.shape
            assert ndimage.label(mask)[1] == 1
            assert np.array_equal(ndimage.binary_fill_holes(mask), mask)
            largest = max(largest, np.sqrt(mask.sum() / np.pi) / min(image.shape))
        for a, b in itertools.combinations(masks, 2):
            common = int((a & b).sum())
            assert common in (0, int(a.sum()), int(b.sum()))
            nested += common > 0
    assert nested > 10
    assert 0.25 < largest < 1.2 * LARGEST_RADIUS


def test_an_object_differs_from_what_surrounds_it() -> None:
    for seed in range(40):
        image, masks = scene(np.random.default_rng(seed))
        smallest = min(masks, key=np.sum)
        deep = ndimage.binary_erosion(smallest, iterations=2)
        ring = ndimage.binary_dilation(smallest, iterations=3) & ~ndimage.binary_dilation(smallest, iterations=1)
        if deep.any():
            assert abs(float(np.median(image[deep])) - float(np.median(image[ring]))) > 10


def test_scenes_depend_on_their_seed_alone() -> None:
    assert scenes(6, 3).digest() == scenes(6, 3).digest() != scenes(6, 4).digest()


def test_large_objects_are_seen_from_inside() -> None:
    """A region that shows nothing but the object's inside is full: one in a hundred at least, and more nearly so."""
    pool = scenes(150, 0)
    batches = BatchSource([(pool, pool.weights(), 1.0)], batch=400, size=32, map_size=16, targets=1, seed=0)
    drawn = batches.draw()
    covered = drawn.user.mean((1, 2)).numpy()
    assert (covered > 0.95).mean() > 0.01
    assert (covered > 0.6).mean() > 0.06
    assert np.median(covered) < 0.3


def test_a_recipe_names_scenes(tmp_path: Path) -> None:
    recipe = tmp_path / "plain.yaml"
    recipe.write_text(
        "network: {encoder: compact, fusion: token, image_size: 32, channels: 16, latent_dim: 2, components: 2}\n"
        "batch: 2\ntargets: 2\ntrain: {steps: 1, learning_rate: 0.001, seed: 1}\n"
        "sources: [{kind: scenes, share: 0.25, count: 4}, {kind: synthetic, share: 0.75, count: 4}]\n"
    )
    weights = train(recipe, tmp_path, tmp_path / "out", graphs=False)
    assert weights is not None
    assert read_card(weights.with_suffix(".json")).training["mixture"] == {"scenes": 0.25, "synthetic": 0.75}


def test_scenes_have_no_patients() -> None:
    source = Scenes(kind="scenes", share=1.0, count=2, hold_out_every=3)
    with pytest.raises(InputError, match="hold_out_every"):
        open_material([source], Path(), 128)
