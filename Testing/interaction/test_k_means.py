"""K-means by distances alone, against scikit-learn's own restarts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from SPASegmentLib.interaction.k_means import cluster, squared_distances


def run(points: np.ndarray, weights: np.ndarray, count: int, starts: int = 8, seed: int = 0) -> np.ndarray:
    return cluster(squared_distances(points), weights, count, starts, seed)


def centres(points: np.ndarray, weights: np.ndarray, labels: np.ndarray) -> np.ndarray:
    groups = [labels == label for label in np.unique(labels)]
    return np.array([np.average(points[group], axis=0, weights=weights[group]) for group in groups])


def mixture(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((48, 20)) + 2.0 * rng.standard_normal((4, 20))[rng.integers(4, size=48)]
    return points, rng.uniform(0.2, 1.0, 48)


@pytest.mark.parametrize("seed", range(5))
def test_clusters_are_as_tight_as_scikit_learns(seed: int) -> None:
    points, weights = mixture(seed)
    own = centres(points, weights, run(points, weights, 4, seed=seed))
    inertia = float(weights @ cdist(points, own, "sqeuclidean").min(axis=1))
    theirs = KMeans(4, n_init=50, random_state=0).fit(points, sample_weight=weights).inertia_
    assert inertia <= 1.03 * theirs


@pytest.mark.parametrize("seed", range(5))
def test_every_point_belongs_to_the_nearest_centre(seed: int) -> None:
    points, weights = mixture(seed)
    labels = run(points, weights, 6, starts=2, seed=seed)
    assert np.array_equal(cdist(points, centres(points, weights, labels)).argmin(axis=1), labels)


def test_distances_are_those_of_scipy() -> None:
    points = mixture(0)[0] + 100.0
    assert squared_distances(points) == pytest.approx(cdist(points, points, "sqeuclidean"), abs=1e-8)


def test_clear_clusters_are_found_and_weights_move_their_centres() -> None:
    points = np.array([[0.0], [1.0], [10.0], [10.5], [20.0]])
    weights = np.array([1.0, 3.0, 1.0, 1.0, 1.0])
    found = centres(points, weights, run(points, weights, 3, starts=4))
    assert np.sort(found[:, 0]) == pytest.approx([0.75, 10.25, 20.0])


def test_same_seed_same_clusters_and_repeated_points_are_no_trouble() -> None:
    points, weights = np.repeat(np.eye(3), [5, 2, 1], axis=0), np.ones(8)
    first = run(points, weights, 3, seed=7)
    assert np.array_equal(first, run(points, weights, 3, seed=7))
    assert [len(set(first[some])) for some in (slice(0, 5), slice(5, 7), slice(7, 8))] == [1, 1, 1]
    assert len(set(first)) == 3
    assert set(run(np.zeros((4, 2)), np.ones(4), 2)) == {0}


def test_a_single_start_leaves_no_cluster_empty() -> None:
    points, weights = mixture(3)
    for seed in range(20):
        assert set(run(points, weights, 9, starts=1, seed=seed)) == set(range(9))
