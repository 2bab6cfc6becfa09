"""The validation curve of a baseline: Dice on patients kept out of its training, and whether it still rises."""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.evaluation.baselines.crops import Crops, CropSource
from SPASegmentLib.research.training.losses import soft_dice

#: Batches of kept-out crops; always the same ones.
BATCHES = 4
#: A curve that has not risen by more than this is flat.
RISE = 0.001

Curve = List[Tuple[int, float]]


class KeptOut:
    """Crops of patients that a training does not see.

    Args:
        slices: of those patients.
        batch: crops of a batch.
    """

    def __init__(self, slices: RaterSlices, batch: int) -> None:
        source = CropSource(slices, batch, 0)
        self.count, self.batches = len(slices), [source.draw() for _ in range(BATCHES)]

    def dice(self, network: nn.Module, recommended: Callable[[nn.Module, Crops], Tensor]) -> float:
        """Mean Dice of the recommended mask after the first prompt with the majority of a combination of raters.

        Args:
            network: in evaluation mode.
            recommended: see `kinds.Kind`; what it draws, it draws without moving PyTorch's generator.
        """
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(0)
            scores = [
                soft_dice((recommended(network, crops) > 0.5).float(), (crops.combination > 0.5).float(), 1e-6)
                for crops in self.batches
            ]
        return float(torch.cat(scores).mean())


def flat_at(curve: Sequence[Tuple[int, float]], patience: int) -> Optional[int]:
    """The first step at which so many points had brought no more than `RISE` over the best one before them, or None."""
    values = [dice for _, dice in curve]
    for end in range(patience + 1, len(curve) + 1):
        if max(values[end - patience : end]) <= max(values[: end - patience]) + RISE:
            return curve[end - 1][0]
    return None


def ending(curve: Sequence[Tuple[int, float]], points: int = 3) -> str:
    """The last points in words, such as "81.2, 81.5, 81.4"; empty where there is no curve."""
    return ", ".join(f"{100 * dice:.1f}" for _, dice in curve[-points:])
