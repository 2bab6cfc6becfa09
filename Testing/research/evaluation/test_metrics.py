"""Metrics against computations by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from SPASegmentLib.research.evaluation import metrics


@pytest.fixture
def masks() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.random((5, 12, 10)) < 0.5, rng.random((3, 12, 10)) < 0.4


def iou(a: np.ndarray, b: np.ndarray) -> float:
    union = (a | b).sum()
    return (a & b).sum() / union if union else 1.0


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_energy_distance_is_the_sum_over_all_pairs(masks: tuple[np.ndarray, np.ndarray]) -> None:
    samples, raters = masks
    between = np.mean([1 - iou(s, y) for s in samples for y in raters])
    within = np.mean([1 - iou(s, t) for s in samples for t in samples])
    among = np.mean([1 - iou(y, z) for y in raters for z in raters])
    assert metrics.ged_squared(samples, raters) == pytest.approx(2 * between - within - among, abs=1e-6)


def test_energy_distance_of_a_set_to_itself_is_zero_and_empty_masks_agree(
    masks: tuple[np.ndarray, np.ndarray],
) -> None:
    samples, _ = masks
    assert metrics.ged_squared(samples, samples) == pytest.approx(0, abs=1e-6)
    empty = np.zeros((2, 4, 4), bool)
    assert metrics.ged_squared(empty, empty) == 0
    full = np.ones((1, 4, 4), bool)
    assert metrics.ged_squared(full, empty) == pytest.approx(2)


def test_dice_max_looks_from_both_sides(masks: tuple[np.ndarray, np.ndarray]) -> None:
    samples, raters = masks
    per_rater = np.mean([max(dice(s, y) for s in samples) for y in raters])
    per_sample = np.mean([max(dice(s, y) for y in raters) for s in samples])
    assert metrics.dice_max(samples, raters) == pytest.approx((per_rater, per_sample), abs=1e-6)


def test_dice_match_is_the_best_of_all_assignments(masks: tuple[np.ndarray, np.ndarray]) -> None:
    samples, raters = masks
    best = max(
        np.mean([dice(samples[i], y) for i, y in zip(order, raters)])
        for order in itertools.permutations(range(len(samples)), len(raters))
    )
    assert metrics.dice_match(samples, raters) == pytest.approx(best, abs=1e-6)
    # A method that repeats one good mask covers no second rater.
    same = np.repeat(raters[:1], 3, axis=0)
    assert metrics.dice_match(same, raters) < metrics.dice_match(raters, raters) == pytest.approx(1)


def outline(mask: np.ndarray) -> np.ndarray:
    """(n, 2) pixels (row, column) of a mask with a neighbour outside of it."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return np.argwhere(mask & ~inner)


def test_hausdorff_distance_is_that_of_all_pairs_of_outline_pixels() -> None:
    yy, xx = np.mgrid[:40, :50]
    a = np.hypot(yy - 20, xx - 22) < 9
    b = (abs(yy - 22) < 8) & (abs(xx - 25) < 14)
    scale = np.array([0.8, 0.5])  # y, x
    distances = cdist(outline(a) * scale, outline(b) * scale)
    expected = max(np.percentile(distances.min(1), 95), np.percentile(distances.min(0), 95))
    assert metrics.hausdorff95(a, b, (0.5, 0.8)) == pytest.approx(expected)
    assert metrics.hausdorff95(a, a, (0.5, 0.8)) == 0


def test_hausdorff_distance_is_monais() -> None:
    monai = pytest.importorskip("monai.metrics")
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(3)
    yy, xx = np.mgrid[:32, :32]
    for _ in range(5):
        a, b = (np.hypot(yy - rng.uniform(12, 20), xx - rng.uniform(12, 20)) < rng.uniform(4, 9) for _ in range(2))
        pair = [torch.from_numpy(m)[None, None].float() for m in (a, b)]
        reference = monai.compute_hausdorff_distance(*pair, include_background=True, percentile=95, spacing=(0.7, 0.6))
        assert metrics.hausdorff95(a, b, (0.6, 0.7)) == pytest.approx(float(reference), abs=1e-4)


def test_hausdorff_distance_with_an_empty_mask_is_the_frames_diagonal() -> None:
    empty, full = np.zeros((30, 40), bool), np.ones((30, 40), bool)
    assert metrics.hausdorff95(empty, empty, (1, 1)) == 0
    assert metrics.hausdorff95(empty, full, (1.0, 1.0)) == pytest.approx(50)


def test_calibration_error_by_hand() -> None:
    probability = np.array([0.1, 0.12, 0.9, 0.95, 1.0])
    observed = np.array([0.0, 1.0, 1.0, 1.0, 0.0])
    table = metrics.reliability(probability, observed, bins=2)
    assert table.tolist() == [[2, 3], [pytest.approx(0.22), pytest.approx(2.85)], [1, 2]]
    assert metrics.calibration_error(table) == pytest.approx(2 / 5 * abs(0.11 - 0.5) + 3 / 5 * abs(0.95 - 2 / 3))


def test_perfectly_calibrated_pixels_have_no_error() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(200_000)
    table = metrics.reliability(p, rng.random(len(p)) < p)
    assert metrics.calibration_error(table) < 0.01
    overconfident = metrics.reliability(np.where(p > 0.5, 0.99, 0.01), rng.random(len(p)) < p)
    assert metrics.calibration_error(overconfident) > 0.2


def test_correlation_is_pearsons() -> None:
    rng = np.random.default_rng(0)
    a = rng.random((9, 9))
    b = a + rng.random((9, 9))
    assert metrics.correlation(a, b) == pytest.approx(np.corrcoef(a.ravel(), b.ravel())[0, 1])
    assert np.isnan(metrics.correlation(a, np.ones((9, 9))))


def test_window_encloses_what_anybody_marked() -> None:
    raters, probability = np.zeros((2, 60, 60), bool), np.zeros((60, 60))
    raters[1, 20:24, 30:33] = True
    probability[28, 40] = 0.3
    area = metrics.window(raters, probability)
    assert np.argwhere(area).min(0).tolist() == [15, 25]
    assert np.argwhere(area).max(0).tolist() == [33, 45]
    assert area.sum() == 19 * 21
