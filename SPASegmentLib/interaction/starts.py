"""Good starting centres for K-means: many k-means++ starts and their Lloyd iterations, all at once.

With few points, a library's K-means spends its time between the calls. Everything here needs only the matrix of
squared distances between the points, so that all starts are a few products of small matrices.
"""

from __future__ import annotations

import numpy as np

#: Candidates that each step of k-means++ draws, of which it keeps the best (greedy k-means++).
_TRIALS = 3
#: Lloyd iterations at most; the best start is then run to its end by the caller.
_ITERATIONS = 12


def best_start(points: np.ndarray, weights: np.ndarray, count: int, starts: int, seed: int) -> np.ndarray:
    """Centres of the best of several K-means runs.

    Args:
        points: (n, p) float64.
        weights: (n,) positive.
        count: K, at most the number of distinct points.
        starts: runs.
        seed: of all of them.

    Returns:
        (K, p) centres.
    """
    rng = np.random.default_rng(seed)
    square = (points**2).sum(axis=1)
    distance = np.maximum(square[:, None] + square[None, :] - 2.0 * points @ points.T, 0.0)
    labels = _seeds(distance, weights, count, starts, rng)
    for _ in range(_ITERATIONS):
        to_centre = _to_centres(distance, weights, labels, count)
        moved = to_centre.argmin(axis=1)
        if np.array_equal(moved, labels):
            break
        labels = moved
    inertia = _to_centres(distance, weights, labels, count).min(axis=1) @ weights
    best = labels[int(inertia.argmin())]
    share = np.equal(best, np.arange(count)[:, None]) * weights
    # A cluster that ran empty keeps a point of its own; K-means itself finds a better place for it.
    share[share.sum(axis=1) == 0, 0] = 1.0
    return np.asarray(share / share.sum(axis=1, keepdims=True) @ points)


def _seeds(
    distance: np.ndarray, weights: np.ndarray, count: int, starts: int, rng: np.random.Generator
) -> np.ndarray:
    """(starts, n) nearest seed of every point, seeds drawn by greedy k-means++."""
    chosen = _draw(np.broadcast_to(weights, (starts, len(weights))), 1, rng)
    nearest = distance[chosen[:, 0]]
    for _ in range(count - 1):
        offered = _draw(weights * nearest, _TRIALS, rng)
        reduced = np.minimum(nearest[:, None], distance[offered])
        pick = (reduced @ weights).argmin(axis=1)
        rows = np.arange(starts)
        nearest = reduced[rows, pick]
        chosen = np.concatenate([chosen, offered[rows, pick][:, None]], axis=1)
    return np.asarray(distance[chosen].argmin(axis=1))


def _draw(chances: np.ndarray, times: int, rng: np.random.Generator) -> np.ndarray:
    """(starts, times) indices drawn with chances (starts, n)."""
    edges = np.cumsum(chances, axis=1)
    at = rng.random((len(chances), times)) * edges[:, -1:]
    return np.minimum((edges[:, None, :] <= at[:, :, None]).sum(axis=2), chances.shape[1] - 1)


def _to_centres(distance: np.ndarray, weights: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """(starts, K, n) squared distances to the centres of clusters; infinite where a cluster is empty."""
    share = np.equal(labels[:, None, :], np.arange(count)[:, None]) * weights
    mass = share.sum(axis=2, keepdims=True)
    share = share / np.maximum(mass, 1e-300)
    to_members = share @ distance
    within = 0.5 * (to_members * share).sum(axis=2, keepdims=True)
    return np.where(mass > 0, to_members - within, np.inf)
