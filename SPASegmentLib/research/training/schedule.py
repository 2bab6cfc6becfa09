"""The learning rate of every training: a warm-up, then a cosine."""

from __future__ import annotations

import math

#: What is left of the learning rate at the end.
LAST = 0.01


def learning_rate(step: int, steps: int, warmup: int, highest: float) -> float:
    """Of a step.

    Args:
        step: 0, 1, ...
        steps: in all.
        warmup: steps over which the rate rises to `highest`.
        highest: at the end of the warm-up.
    """
    if step < warmup:
        return highest * (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return highest * (LAST + (1 - LAST) * 0.5 * (1 + math.cos(math.pi * progress)))
