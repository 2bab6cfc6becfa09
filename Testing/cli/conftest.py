"""Hand-made sessions for the commands' tests."""

from __future__ import annotations

from typing import Tuple

import numpy as np
import pytest

from SPASegmentLib.commands.record import Answer, Slice, Step
from SPASegmentLib.interaction.differences import compare_all
from SPASegmentLib.interaction.types import Click, Proposal


def disk(radius: float, centre: Tuple[float, float] = (30.0, 25.0)) -> np.ndarray:
    y, x = np.mgrid[:60, :70]
    return np.hypot(x - centre[0], y - centre[1]) <= radius


def proposal(round_number: int, recommended: float, *candidates: float) -> Proposal:
    """Concentric disks of these radii in pixels of 0.5 mm x 0.5 mm."""
    masks = np.stack([disk(r) for r in (recommended, *candidates)])
    maps = masks.astype(np.float32)
    return Proposal(
        maps[0], maps[1:], masks, np.zeros(masks.shape[1:], np.float32), compare_all(masks, (0.5, 0.5)),
        round_number, 0.875,
    )


@pytest.fixture
def session() -> Slice:
    """Two rounds for a reader who wants a disk of radius 12: candidate 3 is chosen, then candidate 1 accepted."""
    reference = disk(12)
    steps = (
        Step(proposal(1, 8, 5, 7, 11, 15), Answer("choose", 3), 0.25, reference),
        Step(proposal(2, 10, 12, 14), Answer("accept", 1), 0.125, reference),
    )
    pixels = np.random.default_rng(0).normal(size=(60, 70)).astype(np.float32) + 3 * disk(12)
    return Slice(pixels, (0.5, 0.5), Click(30, 25), steps, steps[1].proposal.masks[1], 3, reference)
