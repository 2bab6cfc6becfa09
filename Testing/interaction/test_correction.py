"""Predictions that follow corrective clicks."""

from __future__ import annotations

from typing import Tuple

import numpy as np
import pytest
from scipy import special

from SPASegmentLib.interaction.correction import BEYOND, LEARNED, RADIUS_SHARE, follow
from SPASegmentLib.interaction.preference import Correction

SIDE = 64
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE]


def discs(radii: np.ndarray, centre: Tuple[float, float] = (32.0, 32.0)) -> np.ndarray:
    """(n, 64, 64) probabilities whose logits fall by 1 per pixel."""
    logits = radii[:, None, None] - np.hypot(COLUMNS - centre[0], ROWS - centre[1])
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def some(n: int = 24, spread: float = 1.0) -> np.ndarray:
    return discs(12 + spread * np.random.default_rng(0).standard_normal(n))


@pytest.mark.parametrize(("x", "positive"), [(47, True), (45, True), (42, False), (40, False)])
def test_every_prediction_agrees_with_the_click_and_the_far_side_stays(x: int, positive: bool) -> None:
    maps = some()
    before = maps.copy()
    moved = follow(maps, [Correction(x, 32, positive)])
    np.testing.assert_array_equal(maps, before)
    assert moved.shape == maps.shape
    assert moved.dtype == np.float32
    assert ((moved[:, 32, x] > 0.5) == positive).all()
    far = COLUMNS < 22
    # There the outlines move by less than a pixel, which is a logit of 1.
    assert np.abs(special.logit(moved) - special.logit(np.clip(maps, 1e-3, 1 - 1e-3)))[:, far].max() < 0.9
    # The outline moves beyond the click, and no hole or island appears: along the line there is one change.
    line = moved[:, 32, 32:] > 0.5
    assert (np.count_nonzero(np.diff(line.astype(int)), axis=1) == 1).all()


def test_what_already_agrees_stays() -> None:
    maps = some()
    moved = follow(maps, [Correction(32, 32, True), Correction(60, 60, False)])
    np.testing.assert_allclose(moved, np.clip(maps, 1e-3, 1 - 1e-3), atol=1e-6)


def test_one_click_by_hand() -> None:
    """In float64, with the formulas written out."""
    maps = some(8)
    x, y = 46, 30
    p = np.clip(maps.astype(np.float64), 1e-3, 1 - 1e-3)
    logits = np.log(p / (1 - p))
    mean = logits.mean(0)
    at = logits[:, y, x]
    wanted = -BEYOND * mean[y, x]
    assert 0.5 < wanted < 8
    covariance = ((at - at.mean())[:, None, None] * (logits - mean)).mean(0) / at.var()
    steep = np.hypot(*np.gradient(mean))[np.abs(mean) < 2]
    reach = abs(mean[y, x]) / np.median(steep) + RADIUS_SHARE * np.sqrt((mean > 0).sum() / np.pi)
    near = np.exp(-((ROWS - y) ** 2 + (COLUMNS - x) ** 2) / (2 * reach**2))
    field = near * (1 - LEARNED + LEARNED * np.clip(covariance, 0, 1.5))
    moves = np.maximum(wanted - at, 0) / 1.01
    expected = 1 / (1 + np.exp(-(logits + moves[:, None, None] * field)))
    np.testing.assert_allclose(follow(maps, [Correction(x, y, True)]), expected, atol=2e-4)


def test_what_varies_together_moves_together() -> None:
    """Some predictions have a second part on the right: a click in it brings it whole, and nothing on the left."""
    right, left = discs(np.full(12, 5.0), (50.0, 32.0)), discs(np.full(12, 5.0), (14.0, 32.0))
    base = discs(np.full(12, 8.0))
    maps = np.maximum(base, np.where(np.arange(12)[:, None, None] < 3, right, left * 0.1))
    moved = follow(maps, [Correction(50, 32, True)])
    part = np.hypot(COLUMNS - 50, ROWS - 32) < 3
    assert (moved[:, part] > 0.5).mean() > 0.85
    assert not (moved[:, COLUMNS < 20] > 0.5).any()


def test_opposite_clicks_side_by_side_do_not_swing() -> None:
    maps = some()
    moved = follow(maps, [Correction(47, 32, True), Correction(50, 32, False)]).mean(0)
    assert moved[32, 47] > 0.5 > moved[32, 50]
    # Nothing far from both clicks changes sides.
    far = np.minimum(np.hypot(COLUMNS - 47, ROWS - 32), np.hypot(COLUMNS - 50, ROWS - 32)) > 8
    assert np.array_equal(moved[far] > 0.5, maps.mean(0)[far] > 0.5)


def test_of_two_clicks_on_a_pixel_the_last_counts() -> None:
    maps = some()
    again = follow(maps, [Correction(47, 32, True), Correction(20, 32, False), Correction(47, 32, False)])
    np.testing.assert_array_equal(again, follow(maps, [Correction(47, 32, False), Correction(20, 32, False)]))


def test_predictions_that_are_all_alike_follow_too() -> None:
    moved = follow(np.repeat(some(1), 5, axis=0), [Correction(47, 32, True)])
    assert (moved[:, 32, 47] > 0.5).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_maps_without_an_outline(value: float) -> None:
    maps = np.full((4, SIDE, SIDE), value, dtype=np.float32)
    moved = follow(maps, [Correction(10, 20, value == 0.0)])
    assert np.isfinite(moved).all()
    assert ((moved[:, 20, 10] > 0.5) == (value == 0.0)).all()
