"""Starting centres for K-means, against scikit-learn's own restarts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from SPASegmentLib.interaction.starts import best_start


def inertia(points: np.ndarray, weights: np.ndarray, start: np.ndarray) -> float:
    return float(KMeans(len(start), init=start, n_init=1).fit(points, sample_weight=weights).inertia_)


@pytest.mark.parametrize("seed", range(5))
def test_starts_are_as_good_as_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((48, 20)) + 2.0 * rng.standard_normal((4, 20))[rng.integers(4, size=48)]
    weights = rng.uniform(0.2, 1.0, 48)
    own = inertia(points, weights, best_start(points, weights, 4, 8, seed))
    theirs = KMeans(4, n_init=50, random_state=0).fit(points, sample_weight=weights).inertia_
    assert own <= 1.03 * theirs


def test_clear_clusters_are_found_and_weights_move_their_centres() -> None:
    points = np.array([[0.0], [1.0], [10.0], [10.5], [20.0]])
    weights = np.array([1.0, 3.0, 1.0, 1.0, 1.0])
    assert np.sort(best_start(points, weights, 3, 4, 0)[:, 0]) == pytest.approx([0.75, 10.25, 20.0])


def test_same_seed_same_start_and_repeated_points_are_no_trouble() -> None:
    points = np.repeat(np.eye(3), [5, 2, 1], axis=0)
    first = best_start(points, np.ones(8), 3, 8, 7)
    assert np.array_equal(first, best_start(points, np.ones(8), 3, 8, 7))
    assert np.allclose(np.sort(first, axis=0), np.sort(np.eye(3), axis=0))
