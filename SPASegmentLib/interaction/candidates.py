"""From many predictions to the few masks that a user can choose from (paper 3.3).

K-means over the probability maps; the centroids are the candidates. What the released code leaves out is added:
restarts (one run alone often ends elsewhere), which cost next to nothing on the distances between predictions, no two
masks alike on screen, and no failure where fewer than K distinct masks exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, List, Optional, Tuple

import numpy as np

from SPASegmentLib.interaction.innermost import innermost
from SPASegmentLib.interaction.k_means import cluster, squared_distances
from SPASegmentLib.interaction.rectangle import rectangle_of
from SPASegmentLib.interaction.region import resample
from SPASegmentLib.interaction.types import Click

#: A pixel belongs to a mask if its probability lies above this.
THRESHOLD = 0.5
#: Maps larger than this are shrunk before the clustering: the partition stays the same, the time does not.
CLUSTER_SIZE = 64
#: Restarts of K-means; the best is kept.
RESTARTS = 8
#: Two masks look alike if fewer pixels than this differ ...
MIN_DIFFERENT_PIXELS = 2
#: ... or if their Dice lies above this.
DUPLICATE_DICE = 0.995
#: Share of the largest difference above which a pixel may be a candidate's representative point.
REPRESENTATIVE_SHARE = 0.95


@dataclass(frozen=True)
class CandidateSet:
    """The candidates of one round, smallest on screen first.

    Attributes:
        recommended: (h, w) float32, the weighted mean of the predictions.
        maps: (k, h, w) float32 probabilities, ``0 <= k <= K``; k is below K where the predictions hold no more
            distinct masks, and 0 where every prediction looks like the recommended one.
        points: one per candidate, in map pixels: its most representative point with its own label.
    """

    recommended: np.ndarray
    maps: np.ndarray
    points: Tuple[Click, ...]


def select_candidates(
    predictions: np.ndarray,
    count: int,
    *,
    weights: Optional[np.ndarray] = None,
    recommended: Optional[np.ndarray] = None,
    as_seen: Optional[Callable[[np.ndarray], np.ndarray]] = None,
    seed: int = 0,
) -> CandidateSet:
    """Choose at most ``count`` masks that stand for all predictions.

    Args:
        predictions: (n, h, w) float probabilities.
        count: K.
        weights: (n,) non-negative posterior weights; all equal if None.
        recommended: (h, w) the recommended prediction; the weighted mean if None.
        as_seen: turns (m, h, w) maps into what the user sees, such as ``region.maps_to_frame``; masks are
            compared and ordered there. None compares the maps themselves.
        seed: of K-means.

    Returns:
        The candidates. A candidate that looks like the recommended prediction or like another candidate is
        replaced by the prediction that differs most from all masks on screen, as long as there is one. Empty
        masks are left out unless an empty mask is the only alternative.

    Raises:
        ValueError: the shapes do not fit, or no weight is positive.
    """
    predictions = np.asarray(predictions, dtype=np.float32)
    if predictions.ndim != 3 or predictions.shape[0] == 0 or count < 1:
        raise ValueError(f"Candidates need (n, h, w) predictions and a count, not {predictions.shape}, {count}.")
    weights = _checked_weights(weights, predictions.shape[0])
    predictions, weights = predictions[weights > 0], weights[weights > 0]
    if recommended is None:
        recommended = _weighted_mean(predictions, weights)
    recommended = np.asarray(recommended, dtype=np.float32)

    centroids = _centroids(predictions, weights, count, seed)
    shown = _Shown(recommended, as_seen)
    for centroid in centroids:
        shown.offer(centroid)
    if len(shown.maps) < count:
        _refill(shown, predictions, count)
    if not shown.maps:  # nothing but empty masks beside the recommended one
        for empty in shown.empty[:1]:
            shown.offer(empty, allow_empty=True)

    order = sorted(range(len(shown.maps)), key=lambda i: (int(shown.masks[i + 1].sum()), i))
    maps = np.array([shown.maps[i] for i in order], dtype=np.float32).reshape(-1, *recommended.shape)
    return CandidateSet(recommended, maps, representative_points(maps, recommended))


def look_alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two boolean masks of the same shape show no difference that a user could see."""
    different = int(np.count_nonzero(a ^ b))
    total = int(np.count_nonzero(a)) + int(np.count_nonzero(b))
    return different < MIN_DIFFERENT_PIXELS or different < (1.0 - DUPLICATE_DICE) * total


def representative_points(maps: np.ndarray, recommended: np.ndarray) -> Tuple[Click, ...]:
    """Each candidate's most representative point: where it differs most from the mean of the others.

    Of the pixels with (nearly) the largest difference the innermost is taken, so that the point does not lie
    on an outline. The label is the candidate's own: positive where it has the pixel and the others rather not.

    Args:
        maps: (k, h, w) candidates.
        recommended: (h, w), stands for the others where there is one candidate only.

    Returns:
        k clicks in map pixels, x the column.
    """
    points: List[Click] = []
    for index, own in enumerate(maps):
        others = np.delete(maps, index, axis=0)
        difference = own - (others.mean(axis=0) if len(others) else recommended)
        size = np.abs(difference)
        # A pixel where the candidate is more likely than the others, yet below the threshold, would contradict
        # the mask that the user has chosen.
        agrees = (difference > 0) == (own > THRESHOLD)
        if size[agrees].any():
            size = np.where(agrees, size, 0.0)
        largest = np.unravel_index(int(size.argmax()), size.shape)
        own_label = bool(own[largest] > THRESHOLD)
        strong = (size >= REPRESENTATIVE_SHARE * size[largest]) & ((own > THRESHOLD) == own_label)
        # In the rectangle that holds them: outside of it there are none.
        rows, columns = rectangle_of(strong)
        x, y = innermost(strong[rows, columns])
        points.append(Click(float(x + columns.start), float(y + rows.start), own_label))
    return tuple(points)


class _Shown:
    """The masks shown so far; row 0 is the recommended prediction."""

    def __init__(self, recommended: np.ndarray, as_seen: Optional[Callable[[np.ndarray], np.ndarray]]) -> None:
        self._as_seen = as_seen
        self.recommended = recommended
        self.maps: List[np.ndarray] = []
        self.empty: List[np.ndarray] = []
        self.masks: List[np.ndarray] = [self._mask(recommended)]

    def _mask(self, probabilities: np.ndarray) -> np.ndarray:
        seen = probabilities[None] if self._as_seen is None else self._as_seen(probabilities[None])
        return np.asarray(seen[0] > THRESHOLD)

    def offer(self, candidate: np.ndarray, allow_empty: bool = False) -> None:
        """Show the candidate unless it is empty or looks like a mask that is shown already."""
        mask = self._mask(candidate)
        if not mask.any() and not allow_empty:
            self.empty.append(candidate)
        elif not any(look_alike(mask, other) for other in self.masks):
            self.masks.append(mask)
            self.maps.append(candidate)


def _checked_weights(weights: Optional[np.ndarray], n: int) -> np.ndarray:
    if weights is None:
        return np.full(n, 1.0 / n)
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n,) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.sum() > 0:
        raise ValueError(f"{n} predictions need {n} non-negative weights that are not all zero.")
    return weights / weights.sum()


def _centroids(predictions: np.ndarray, weights: np.ndarray, count: int, seed: int) -> List[np.ndarray]:
    """At most ``count`` weighted means of clusters at full map size, heaviest cluster first."""
    n, height, width = predictions.shape
    small = (min(height, CLUSTER_SIZE), min(width, CLUSTER_SIZE))
    flat = resample(predictions, small).reshape(n, -1)
    count = min(count, len({mask.tobytes() for mask in flat > THRESHOLD}))
    labels = cluster(squared_distances(flat), weights, count, RESTARTS, seed)
    shares = [(float(weights[labels == label].sum()), int(label)) for label in np.unique(labels)]
    shares.sort(key=lambda share: (-share[0], share[1]))
    return [_weighted_mean(predictions[labels == label], weights[labels == label]) for _, label in shares]


def _weighted_mean(maps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    share = (weights / weights.sum()).astype(np.float32)
    return np.asarray((share @ maps.reshape(len(maps), -1)).reshape(maps.shape[1:]))


def _refill(shown: _Shown, predictions: np.ndarray, count: int) -> None:
    """Offer single predictions, each time the one farthest from all masks on screen, until K are shown."""
    masks = (predictions > THRESHOLD).reshape(len(predictions), -1)
    known = [map_.reshape(-1) > THRESHOLD for map_ in (shown.recommended, *shown.maps, *shown.empty)]
    distance = np.min([np.count_nonzero(masks ^ other, axis=1) for other in known], axis=0)
    while len(shown.maps) < count and distance.max() > 0:
        farthest = int(distance.argmax())
        shown.offer(predictions[farthest])
        distance = np.minimum(distance, np.count_nonzero(masks ^ masks[farthest], axis=1))
