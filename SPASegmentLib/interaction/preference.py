"""What the answers of a session say about the user's preference: exact Bayes over choices.

Each latent is a hypothesis about the mask the user wants. A user who wants mask m picks candidate c with
probability softmax(beta x Dice(c, m)), and now and then picks at random. Multiplying these likelihoods over
all answers weighs the latents (the posterior); a mixture fitted to the weighted latents by maximum likelihood
is the next preference distribution (paper 3.1). Taking an answer back is leaving its factor out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Union

import numpy as np

from SPASegmentLib.interaction.settings import SessionSettings

#: Chance that a corrective click contradicts the mask the user wants (a slip, or a pixel on the outline).
CLICK_SLIP = 0.02


@dataclass(frozen=True)
class Choice:
    """One choice among candidates.

    Attributes:
        masks: (k, h, w) bool at map size, what was offered.
        chosen: row that was chosen.
    """

    masks: np.ndarray
    chosen: int


@dataclass(frozen=True)
class Correction:
    """One corrective click: the map pixel (x, y) that it lies on, and whether it belongs to the object."""

    x: int
    y: int
    positive: bool


Answer = Union[Choice, Correction]


def pairwise_dice(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, h, w) and (m, h, w) bool masks to (n, m) Dice; two empty masks are alike."""
    a = a.reshape(len(a), -1).astype(np.float32)
    b = b.reshape(len(b), -1).astype(np.float32)
    size = a.sum(1)[:, None] + b.sum(1)[None, :]
    return np.where(size > 0, 2.0 * (a @ b.T) / np.maximum(size, 1.0), 1.0)


def log_likelihood(masks: np.ndarray, answers: Sequence[Answer], settings: SessionSettings) -> np.ndarray:
    """How likely the answers are, for each mask that the user might want.

    Args:
        masks: (n, h, w) bool hypotheses at map size.
        answers: given so far.
        settings: `choice_sharpness` and `choice_lapse`.

    Returns:
        (n,) float64 log-likelihoods.
    """
    total = np.zeros(len(masks))
    for answer in answers:
        if isinstance(answer, Choice):
            score = settings.choice_sharpness * pairwise_dice(masks, answer.masks).astype(np.float64)
            score -= score.max(axis=1, keepdims=True)
            wanted = np.exp(score[:, answer.chosen]) / np.exp(score).sum(axis=1)
            lapse = settings.choice_lapse
            total += np.log((1 - lapse) * wanted + lapse / len(answer.masks) + 1e-300)
        else:
            agrees = masks[:, answer.y, answer.x] == answer.positive
            total += np.log(np.where(agrees, 1 - CLICK_SLIP, CLICK_SLIP))
    return total


def normalised(log_weights: np.ndarray) -> np.ndarray:
    """(n,) log-weights to weights that sum to 1."""
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def systematic_resample(weights: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of n draws from weighted particles, each drawn its share of times to within one."""
    edges = np.cumsum(weights)
    edges[-1] = 1.0
    return np.searchsorted(edges, (np.arange(n) + rng.random()) / n, side="right")
