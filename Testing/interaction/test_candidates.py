"""Candidates: K-means centroids without duplicates, empties or failures, and their representative points."""

from __future__ import annotations

from typing import List, Sequence

import numpy as np
import pytest
from sklearn.cluster import KMeans

from SPASegmentLib.interaction.candidates import look_alike, representative_points, select_candidates

SIZE = 32


def _disk(x: float, y: float, radius: float, size: int = SIZE) -> np.ndarray:
    rows, columns = np.mgrid[:size, :size]
    return 1.0 / (1.0 + np.exp(-(radius - np.hypot(columns - x, rows - y)) / 0.7))


def _groups(centres: Sequence[tuple], per_group: int, seed: int = 0) -> np.ndarray:
    """Disks in tight groups, shuffled by a fixed rule so that order carries no information."""
    rng = np.random.default_rng(seed)
    maps = [_disk(x, y, r + rng.normal() * 0.05) for _ in range(per_group) for x, y, r in centres]
    return np.array(maps, dtype=np.float32)[rng.permutation(len(maps))]


FOUR = [(8, 8, 3), (23, 8, 4), (8, 23, 5), (23, 23, 6)]


def test_separated_groups_become_the_candidates_smallest_first() -> None:
    candidates = select_candidates(_groups(FOUR, 12), 4)
    assert candidates.maps.shape == (4, SIZE, SIZE) and candidates.maps.dtype == np.float32
    for found, (x, y, radius) in zip(candidates.maps, FOUR):
        assert np.abs(found - _disk(x, y, radius)).max() < 0.05


def test_centroids_are_the_weighted_means_of_their_members() -> None:
    """Against float64 means over scikit-learn's own labels on the raw pixels."""
    predictions = _groups(FOUR, 6, seed=3)
    weights = np.random.default_rng(4).random(24)
    labels = KMeans(4, n_init=20, random_state=1).fit(
        predictions.reshape(24, -1).astype(np.float64), sample_weight=weights
    ).labels_
    expected: List[np.ndarray] = []
    for label in range(4):
        own = labels == label
        expected.append(np.average(predictions[own].astype(np.float64), axis=0, weights=weights[own]))
    expected.sort(key=lambda m: (m > 0.5).sum())
    candidates = select_candidates(predictions, 4, weights=weights)
    assert candidates.maps == pytest.approx(np.array(expected), abs=1e-5)
    assert candidates.recommended == pytest.approx(np.average(predictions, axis=0, weights=weights), abs=1e-5)


def test_the_partition_reaches_the_inertia_of_many_restarts() -> None:
    """Smooth random masks without clear groups: one start alone is usually several percent worse."""
    rng = np.random.default_rng(5)
    predictions = np.array(
        [_disk(16 + rng.normal() * 2, 16 + rng.normal() * 2, 7 + rng.normal() * 1.5) for _ in range(48)],
        dtype=np.float32,
    )
    flat = predictions.reshape(48, -1).astype(np.float64)
    best = KMeans(4, n_init=100, random_state=7).fit(flat).inertia_
    centres = select_candidates(predictions, 4).maps.reshape(4, -1).astype(np.float64)
    inertia = ((flat[:, None] - centres) ** 2).sum(-1).min(1).sum()
    assert inertia <= best * 1.03


def test_large_maps_give_centroids_at_their_own_resolution() -> None:
    predictions = np.array([_disk(40, 60, r, size=160) for r in (10, 10.2, 30, 30.2)], dtype=np.float32)
    candidates = select_candidates(predictions, 2)
    assert candidates.maps.shape == (2, 160, 160)
    assert candidates.maps[0] == pytest.approx(predictions[:2].mean(0), abs=1e-5)
    assert candidates.maps[1] == pytest.approx(predictions[2:].mean(0), abs=1e-5)


def test_weights_decide() -> None:
    """A prediction without weight must leave no trace."""
    predictions = _groups(FOUR, 4)
    weights = np.ones(16)
    bottom_right = (predictions * (np.mgrid[:SIZE, :SIZE].sum(0) > 40)).sum((1, 2)) > 50
    weights[bottom_right] = 0
    candidates = select_candidates(predictions, 4, weights=weights)
    assert not (candidates.maps[:, 20:, 20:] > 0.5).any()
    assert candidates.recommended[23, 23] < 0.01


def test_the_same_seed_gives_the_same_candidates() -> None:
    rng = np.random.default_rng(8)
    predictions = np.array([_disk(*rng.normal([16, 16, 6], 2)) for _ in range(48)], dtype=np.float32)
    first, second = (select_candidates(predictions, 4, seed=11) for _ in range(2))
    assert np.array_equal(first.maps, second.maps) and first.points == second.points


@pytest.mark.parametrize("distinct", [1, 2, 3])
def test_fewer_distinct_masks_than_asked_for(distinct: int) -> None:
    radii = [4.3, 7.3, 10.3][:distinct]
    predictions = np.array([_disk(16, 16, radii[i % distinct]) for i in range(48)], dtype=np.float32)
    candidates = select_candidates(predictions, 4)
    shown = [candidates.recommended > 0.5, *(candidates.maps > 0.5)]
    assert len(candidates.maps) <= distinct
    assert len({mask.tobytes() for mask in shown}) == len(shown)
    for radius in radii:  # every distinct mask is on screen, as a candidate or as the recommended one
        assert any(np.array_equal(mask, _disk(16, 16, radius) > 0.5) for mask in shown)


def test_all_predictions_alike_leave_no_candidate() -> None:
    predictions = np.repeat(_disk(16, 16, 6)[None].astype(np.float32), 48, axis=0)
    candidates = select_candidates(predictions, 4)
    assert candidates.maps.shape == (0, SIZE, SIZE) and candidates.points == ()
    assert candidates.recommended == pytest.approx(predictions[0], abs=1e-6)


def test_a_single_prediction() -> None:
    assert len(select_candidates(_disk(16, 16, 6)[None], 4).maps) == 0


def test_refill_up_to_the_number_asked_for() -> None:
    """40 alike predictions pull K-means centroids onto each other; the few others must still be offered."""
    crowd = [_disk(16, 16, 8.0 + 0.001 * i) for i in range(40)]
    others = [_disk(16, 16, 8.6), _disk(16, 16, 9.3), _disk(16, 16, 7.3), _disk(16, 16, 6.6)]
    candidates = select_candidates(np.array(crowd + others, dtype=np.float32), 4)
    assert len(candidates.maps) == 4
    masks = [candidates.recommended > 0.5, *(candidates.maps > 0.5)]
    for i in range(5):
        for j in range(i):
            assert (masks[i] ^ masks[j]).sum() >= 2


def test_the_farthest_predictions_are_refilled_first() -> None:
    base = [_disk(16, 16, 8.3)] * 30
    near, far = _disk(16, 16, 9.2), _disk(16, 16, 12.3)
    predictions = np.array([*base, near, far], dtype=np.float32)
    candidates = select_candidates(predictions, 1, recommended=predictions[0])
    # With K = 1 the centroid is the mean, which looks like the recommended mask: the far one takes its place.
    assert np.array_equal(candidates.maps[0], predictions[-1])


def test_empty_masks_are_left_out() -> None:
    empty = np.zeros((SIZE, SIZE))
    predictions = np.array([empty] * 10 + [_disk(16, 16, 5)] * 10 + [_disk(16, 16, 9)] * 10, dtype=np.float32)
    candidates = select_candidates(predictions, 4)
    assert len(candidates.maps) >= 1
    assert (candidates.maps > 0.5).any(axis=(1, 2)).all()


def test_an_empty_mask_stays_when_it_is_the_only_alternative() -> None:
    predictions = np.array([np.zeros((SIZE, SIZE))] * 10 + [_disk(16, 16, 5.3) > 0.5] * 20, dtype=np.float32)
    candidates = select_candidates(predictions, 4)
    assert (candidates.recommended > 0.5).any()
    assert len(candidates.maps) == 1 and not (candidates.maps[0] > 0.5).any()


def test_nothing_but_empty_masks() -> None:
    candidates = select_candidates(np.zeros((48, SIZE, SIZE), dtype=np.float32), 4)
    assert len(candidates.maps) == 0 and not candidates.recommended.any()


def test_alike_is_judged_on_screen() -> None:
    """Masks that differ in the maps but not on the user's coarse pixels must not be offered twice."""
    predictions = _groups([(8, 8, 6), (9, 8, 6), (23, 23, 4)], 8)

    def coarse(maps: np.ndarray) -> np.ndarray:
        return maps.reshape(len(maps), 2, 16, 2, 16).mean(axis=(2, 4)) * 4

    on_maps = select_candidates(predictions, 3)
    on_screen = select_candidates(predictions, 3, as_seen=coarse)
    assert len(on_maps.maps) == 3
    shown = coarse(on_screen.maps) > 0.5
    assert len(on_screen.maps) < 3 and all((a ^ b).any() for a, b in zip(shown, shown[1:]))


def test_look_alike() -> None:
    one = np.zeros((100, 100), dtype=bool)
    one[20:80, 20:80] = True  # 3600 pixels; Dice 0.995 is reached at about 36 different ones
    other = one.copy()
    other[80, 20:50] = True
    assert look_alike(one, other)
    other[80, 20:70] = True
    assert not look_alike(one, other)
    small, smaller = np.zeros((9, 9), dtype=bool), np.zeros((9, 9), dtype=bool)
    small[4, 3:6] = smaller[4, 3:5] = True
    assert look_alike(small, smaller)
    smaller[4, 4] = False
    assert not look_alike(small, smaller)


def test_representative_point_lies_where_the_candidate_differs_most() -> None:
    """A float64 recomputation of the signed difference, and x is the column."""
    maps = select_candidates(_groups(FOUR, 12), 4).maps
    points = representative_points(maps, maps.mean(0))
    for index, point in enumerate(points):
        others = np.mean([m for i, m in enumerate(maps.astype(np.float64)) if i != index], axis=0)
        difference = maps[index] - others
        at_point = difference[int(point.y), int(point.x)]
        assert abs(at_point) >= 0.95 * np.abs(difference).max()
        assert point.positive == (maps[index][int(point.y), int(point.x)] > 0.5) == (at_point > 0)
    # Columns and rows must not be exchanged: candidates 1 and 2 lie upper right and lower left.
    assert np.hypot(points[1].x - 23, points[1].y - 8) < 2
    assert np.hypot(points[2].x - 8, points[2].y - 23) < 2


def test_representative_point_of_the_smaller_of_two_is_negative_and_inside_the_ring() -> None:
    small, large = _disk(16, 16, 4), _disk(16, 16, 11)
    points = representative_points(np.array([small, large], dtype=np.float32), large)
    assert [point.positive for point in points] == [False, True]
    for point in points:
        assert 5.5 < np.hypot(point.x - 16, point.y - 16) < 9.5


def test_representative_point_agrees_with_the_candidates_own_mask() -> None:
    """Where the candidate is likelier than the others but below the threshold, its label would be wrong."""
    own = np.zeros((8, 8), dtype=np.float32)
    own[2, 2] = 0.45  # largest difference, yet outside the candidate's mask
    own[5, 5:7] = 0.8
    others = np.zeros((8, 8), dtype=np.float32)
    others[5, 5:7] = 0.45
    (point,) = representative_points(own[None], others)
    assert (point.y, point.positive) == (5.0, True) and point.x in (5.0, 6.0)


@pytest.mark.parametrize("weights", [np.zeros(4), np.full(4, -1.0), np.ones(3), np.full(4, np.nan)])
def test_unusable_weights_are_refused(weights: np.ndarray) -> None:
    with pytest.raises(ValueError, match="non-negative weights"):
        select_candidates(np.ones((4, 8, 8)), 2, weights=weights)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="predictions"):
        select_candidates(np.ones((8, 8)), 2)
