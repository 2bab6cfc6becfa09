"""Training losses against hand-made cases and independent sums."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.research.training.losses import (
    best_of_n,
    component_targets,
    energy_distance,
    jaccard_distances,
    pairwise_dice,
    recommended_loss,
    soft_dice,
)


def bars(lengths: list[int], size: int = 32) -> torch.Tensor:
    maps = torch.zeros(len(lengths), size, size)
    for i, n in enumerate(lengths):
        maps[i, 8:16, 4 : 4 + n] = 1.0
    return maps


def test_dice_of_binary_masks() -> None:
    a, b = bars([8]), bars([4])
    assert float(soft_dice(a, b, 1e-9)[0]) == pytest.approx(2 * 32 / (64 + 32))
    assert float(pairwise_dice(a[None], b[None], 1e-9)[0, 0, 0]) == pytest.approx(2 * 32 / 96)


def test_jaccard_distance_is_one_minus_iou_of_binary_masks() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((2, 3, 50)) < 0.5, rng.random((2, 4, 50)) < 0.3
    found = jaccard_distances(torch.from_numpy(a).float(), torch.from_numpy(b).float(), smooth=1e-9).numpy()
    for i in range(2):
        for n in range(3):
            for m in range(4):
                iou = (a[i, n] & b[i, m]).sum() / (a[i, n] | b[i, m]).sum()
                assert found[i, n, m] == pytest.approx(1 - iou, abs=1e-5)


def test_energy_distance_prefers_the_true_distribution() -> None:
    """Predictions spread as the targets beat any single mask, the mean of the targets included."""
    targets = bars([6, 6, 12, 12])[None]
    spread = bars([6, 12, 6, 12, 6, 12])[None]
    single = [bars([n] * 6)[None] for n in (6, 9, 12)]
    mean = targets.mean(1, keepdim=True).expand(-1, 6, -1, -1)
    best = float(energy_distance(spread, targets))
    assert all(best < float(energy_distance(s, targets)) - 0.01 for s in [*single, mean])


def test_the_recommended_prediction_serves_all_targets() -> None:
    """The loss against a NumPy sum, and its minimum lies between the targets, not at the first of them."""
    targets = bars([6, 12, 12])[None].double()
    shown = (0.1 + 0.8 * bars([9])).double()
    p, by_hand = shown[0].numpy(), []
    for y in targets[0].numpy():
        entropy = -(y * np.log(p) + (1 - y) * np.log(1 - p)).sum() / (4 * y.sum())
        by_hand.append(entropy + 1 - (2 * (p * y).sum() + 1) / ((p**2).sum() + (y**2).sum() + 1))
    assert float(recommended_loss(shown, targets)) == pytest.approx(np.mean(by_hand))
    loss = {n: float(recommended_loss(0.02 + 0.96 * bars([n]), targets.float())) for n in (6, 12)}
    assert loss[12] < loss[6]


def test_best_of_n_asks_for_one_near_prediction_per_target() -> None:
    targets = bars([6, 12])[None]
    assert float(best_of_n(bars([6, 12, 20])[None], targets)) == pytest.approx(0.0, abs=1e-6)
    missing = float(best_of_n(bars([6, 6, 6])[None], targets))
    assert missing == pytest.approx(0.5 * (1 - (2 * 48 + 1) / (48 + 96 + 1)), abs=1e-6)


def test_component_targets_are_responsibilities_of_the_fitting_latents() -> None:
    mixture = GaussianMixture(torch.tensor([[0.5, 0.5]]), torch.tensor([[[-3.0], [3.0]]]), torch.ones(1, 2, 1))
    latents = torch.tensor([[[-3.0], [3.0], [2.5]]])
    wanted = component_targets(mixture, latents, torch.tensor([[0.2, 0.9, 0.9]]), sharpness=100.0)
    assert wanted[0, 1] > 0.999
    torch.testing.assert_close(wanted.sum(1), torch.ones(1))
