"""What the answers of a session say about the user's preference: exact Bayes over choices.

Each latent is a hypothesis about the mask the user wants. A user who wants mask m picks candidate c with
probability softmax(beta x Dice(c, m)), and now and then picks at random. Multiplying these likelihoods over
all answers weighs the latents (the posterior); a mixture fitted to the weighted latents by maximum likelihood
is the next preference distribution (paper 3.1). Taking an answer back is leaving its factor out.

Answers are heard on a grid of pixels, that of a region's maps or that of the looks; pixels may differ in area.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Union

import numpy as np
from scipy.special import expit

from SPASegmentLib.interaction.settings import SessionSettings

#: Of "the larger thing": so many times the area of what is shown at least, give or take, and how sharp that is in the
#: logarithm of the area; chance that the user means something else.
SIZE_STEP, SIZE_SHARPNESS, SIZE_SLIP = 1.3, 20.0, 1e-3
#: Chance that a corrective click contradicts the mask the user wants (a slip, or a pixel on the outline).
CLICK_SLIP = 0.02


@dataclass(frozen=True)
class Choice:
    """One choice among masks on screen.

    Attributes:
        masks: (k, h, w) bool, what was offered.
        chosen: row that was chosen.
    """

    masks: np.ndarray
    chosen: int


@dataclass(frozen=True)
class Correction:
    """One corrective click: the pixel (x, y) that it lies on, and whether it belongs to the object."""

    x: int
    y: int
    positive: bool


@dataclass(frozen=True)
class OtherSize:
    """The larger thing is meant, or the smaller thing, than the mask of this area in mm2."""

    area_mm2: float
    larger: bool


Answer = Union[Choice, Correction, OtherSize]
#: (h, w) areas of pixels, or one of all.
Areas = Union[float, np.ndarray]


def pairwise_dice(a: np.ndarray, b: np.ndarray, areas: Areas = 1.0) -> np.ndarray:
    """(n, ...) and (m, ...) bool masks to (n, m) Dice; two empty masks are alike."""
    counts = np.ravel(np.asarray(areas, dtype=np.float32))
    weighed = a.reshape(len(a), -1) * counts
    b = b.reshape(len(b), -1).astype(np.float32)
    size = weighed.sum(1)[:, None] + (b @ np.broadcast_to(counts, b.shape[1:]))[None, :]
    return np.where(size > 0, 2.0 * (weighed @ b.T) / np.maximum(size, 1e-9), 1.0)


def log_likelihood(
    masks: np.ndarray, answers: Sequence[Answer], settings: SessionSettings, areas: Areas = 1.0
) -> np.ndarray:
    """How likely the answers are, for each mask that the user might want.

    Args:
        masks: (n, h, w) bool hypotheses.
        answers: given so far, on the masks' grid.
        settings: `choice_sharpness` and `choice_lapse`.
        areas: of the grid's pixels in mm2.

    Returns:
        (n,) float64 log-likelihoods.
    """
    total = np.zeros(len(masks))
    for answer in answers:
        if isinstance(answer, Choice):
            score = settings.choice_sharpness * pairwise_dice(masks, answer.masks, areas).astype(np.float64)
            score -= score.max(axis=1, keepdims=True)
            wanted = np.exp(score[:, answer.chosen]) / np.exp(score).sum(axis=1)
            lapse = settings.choice_lapse
            total += np.log((1 - lapse) * wanted + lapse / len(answer.masks) + 1e-300)
        elif isinstance(answer, OtherSize):
            total += size_log_likelihood((masks * areas).sum(axis=(1, 2)), answer)
        else:
            agrees = masks[:, answer.y, answer.x] == answer.positive
            total += np.log(np.where(agrees, 1 - CLICK_SLIP, CLICK_SLIP))
    return total


def size_log_likelihood(areas_mm2: np.ndarray, answer: OtherSize) -> np.ndarray:
    """For masks of these areas; it grows with the area until the mask is clearly larger (or smaller)."""
    ratio = np.log(np.maximum(areas_mm2, 1e-9) / max(answer.area_mm2, 1e-9))
    beyond = (ratio if answer.larger else -ratio) - np.log(SIZE_STEP)
    return np.log(SIZE_SLIP + (1 - SIZE_SLIP) * expit(SIZE_SHARPNESS * beyond))


def normalised(log_weights: np.ndarray) -> np.ndarray:
    """(n,) log-weights to weights that sum to 1."""
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def systematic_resample(weights: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of n draws from weighted particles, each drawn its share of times to within one."""
    edges = np.cumsum(weights)
    edges[-1] = 1.0
    return np.searchsorted(edges, (np.arange(n) + rng.random()) / n, side="right")
