"""Predictions that follow corrective clicks.

A network that has learned from choices answers a click only roughly. A click says more: this pixel belongs to the
object, its surroundings probably too, and the outline runs beyond it. So the logits of every prediction are
conditioned on the clicks, as a Kalman filter with an ensemble conditions its members on observations: a pixel moves
with the clicked one as far as the two vary together over the predictions, and less with distance.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np
from scipy import special

from SPASegmentLib.interaction.preference import Correction

#: Probabilities are kept this far from 0 and 1.
_EDGE = 1e-3
#: How far a click reaches, in pixels: its distance from the outline, a share of the object's radius, and at least so
#: many; but not further than a share of the distance to a click that says the opposite.
RADIUS_SHARE, SMALLEST_REACH, OPPOSITE_SHARE = 0.3, 1.5, 0.7
#: Beyond the click the outline runs half as far as before it; logits of a clicked pixel lie between these.
BEYOND, LOGITS = 0.5, (0.5, 8.0)
#: How much of a pixel's move comes from the predictions; the rest goes by distance alone.
LEARNED = 0.75
#: Predictions that are moved at a time.
_CHUNK = 32


def follow(maps: np.ndarray, clicks: Sequence[Correction]) -> np.ndarray:
    """Move predictions so that they agree with clicks.

    Args:
        maps: (n, h, w) float32 probabilities.
        clicks: at least one; of several on a pixel the last one counts.

    Returns:
        (n, h, w) float32 probabilities, a new array.
    """
    n, height, width = maps.shape
    clicks = list({(click.x, click.y): click for click in clicks}.values())
    logits = np.clip(maps, _EDGE, 1.0 - _EDGE).reshape(n, -1)
    special.logit(logits, out=logits)
    pixels = np.array([click.y * width + click.x for click in clicks])
    signs = np.array([1.0 if click.positive else -1.0 for click in clicks])
    mean = logits.mean(axis=0)
    there = signs * mean[pixels]
    wanted = np.clip(np.where(there < 0, -BEYOND * there, there), *LOGITS)
    moves = np.maximum(wanted - signs * logits[:, pixels], 0.0) * signs
    fields = _fields(logits, pixels) * _nearness(clicks, mean.reshape(height, width))
    # How far each click moves the others' pixels; what one has done another need not do again.
    mutual = fields[:, pixels].T + 0.01 * np.eye(len(clicks))
    shares = np.linalg.solve(mutual, moves.T).astype(np.float32)
    for start in range(0, n, _CHUNK):
        some = slice(start, start + _CHUNK)
        logits[some] += shares[:, some].T @ fields
    return np.asarray(special.expit(logits, out=logits).reshape(maps.shape))


def _fields(logits: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(k, h w) float32: how far a pixel moves when a clicked one moves by 1, as far as predictions have it."""
    at = logits[:, pixels]
    at = at - at.mean(axis=0)
    together = at.T @ logits / len(logits)
    own = np.maximum((at**2).mean(axis=0), 1e-6)[:, None]
    return np.asarray(1.0 - LEARNED + LEARNED * np.clip(together / own, 0.0, 1.5), dtype=np.float32)


def _nearness(clicks: Sequence[Correction], mean: np.ndarray) -> np.ndarray:
    """(k, h w) float32: 1 at the click, falling with distance."""
    places = np.array([(click.y, click.x) for click in clicks], dtype=np.float64)
    rows, columns = np.mgrid[: mean.shape[0], : mean.shape[1]]
    away = np.stack([(rows - y) ** 2 + (columns - x) ** 2 for y, x in places]).reshape(len(clicks), -1)
    reach = _reach(clicks, places, mean)
    return np.asarray(np.exp(-away / (2.0 * reach[:, None] ** 2)), dtype=np.float32)


def _reach(clicks: Sequence[Correction], places: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """(k,) pixels."""
    slope = _slope(mean)
    reach = np.array([abs(mean[click.y, click.x]) / slope for click in clicks])
    reach = np.maximum(reach + RADIUS_SHARE * np.sqrt(np.count_nonzero(mean > 0) / np.pi), SMALLEST_REACH)
    labels = np.array([click.positive for click in clicks])
    between = np.hypot(*np.moveaxis(places[:, None] - places[None], -1, 0))
    between[labels[:, None] == labels[None]] = np.inf
    return np.asarray(np.minimum(reach, OPPOSITE_SHARE * between.min(axis=1)))


def _slope(logits: np.ndarray) -> float:
    """How fast logits change near the outline, per pixel."""
    steep = np.hypot(*np.gradient(logits))[np.abs(logits) < 2.0]
    return max(float(np.median(steep)), 0.2) if steep.size else 1.0
