"""Metrics of masks, of sets of masks, and of what a method says about its own certainty.

Masks are bool arrays [y, x]; a mask that is empty in both of two is an agreement (Dice and IoU 1, distance 0).
"""

from __future__ import annotations

from typing import Tuple

import numpy as np
from scipy import ndimage, optimize

from SPASegmentLib.interaction.preference import pairwise_dice

#: Bins of a reliability diagram of pixels.
PIXEL_BINS = 15
#: Pixels this far around anything that a rater or the method marked count for the calibration of pixels. Over the
#: whole slice, where almost everything is certain background, every method looks calibrated.
WINDOW_MARGIN = 5
#: Probability from which a method counts as marking a pixel.
MARKED = 0.05


def pairwise_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(n, h, w) and (m, h, w) bool masks to (n, m) intersection over union."""
    dice = pairwise_dice(a, b)
    return dice / (2.0 - dice)


def ged_squared(samples: np.ndarray, raters: np.ndarray) -> float:
    """Squared generalised energy distance with d = 1 - IoU (Kohl et al. 2018); smaller is better.

    2 E d(s, y) - E d(s, s') - E d(y, y') over all pairs, a mask with itself included.

    Args:
        samples: (n, h, w) bool predictions.
        raters: (r, h, w) bool.
    """
    between, within = 1 - pairwise_iou(samples, raters), 1 - pairwise_iou(samples, samples)
    return float(2 * between.mean() - within.mean() - (1 - pairwise_iou(raters, raters)).mean())


def dice_max(samples: np.ndarray, raters: np.ndarray) -> Tuple[float, float]:
    """How well the closest mask fits (D-Persona, Wu et al. 2024).

    Returns:
        Mean over raters of the best Dice among samples (coverage), mean over samples of the best among raters.
    """
    scores = pairwise_dice(samples, raters)
    return float(scores.max(0).mean()), float(scores.max(1).mean())


def dice_match(samples: np.ndarray, raters: np.ndarray) -> float:
    """Mean Dice of the best one-to-one assignment of samples to raters (Hungarian method)."""
    scores = pairwise_dice(samples, raters)
    rows, columns = optimize.linear_sum_assignment(scores, maximize=True)
    return float(scores[rows, columns].mean())


def hausdorff95(a: np.ndarray, b: np.ndarray, spacing: Tuple[float, float]) -> float:
    """95th percentile of the distances between two outlines, the larger of both directions, in mm.

    Args:
        a: (h, w) bool.
        b: (h, w) bool.
        spacing: (x, y) of a pixel in mm.

    Returns:
        mm; 0 if both masks are empty, the frame's diagonal if one is.
    """
    if not a.any() or not b.any():
        diagonal = float(np.hypot(a.shape[1] * spacing[0], a.shape[0] * spacing[1]))
        return 0.0 if a.any() == b.any() else diagonal
    edges = [mask & ~ndimage.binary_erosion(mask) for mask in (a, b)]
    sampling = (spacing[1], spacing[0])
    far = [
        np.percentile(ndimage.distance_transform_edt(~other, sampling=sampling)[own], 95)
        for own, other in (edges, edges[::-1])
    ]
    return float(max(far))


def window(raters: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """(h, w) bool: the rectangle around all that a rater or the method marked, with a margin."""
    marked = raters.any(0) | (probability > MARKED)
    ys, xs = np.nonzero(marked)
    area = np.zeros(marked.shape, bool)
    if len(ys):
        top, left = max(0, ys.min() - WINDOW_MARGIN), max(0, xs.min() - WINDOW_MARGIN)
        area[top : ys.max() + WINDOW_MARGIN + 1, left : xs.max() + WINDOW_MARGIN + 1] = True
    return area


def reliability(probability: np.ndarray, observed: np.ndarray, bins: int = PIXEL_BINS) -> np.ndarray:
    """(3, bins) count, sum of predicted and sum of observed values in equal bins of the prediction.

    Args:
        probability: any shape, 0..1.
        observed: the same shape, 0..1: what came true, or how often.
        bins: their number.
    """
    p, y = np.ravel(probability).astype(np.float64), np.ravel(observed).astype(np.float64)
    index = np.minimum((p * bins).astype(int), bins - 1)
    return np.stack([np.bincount(index, weights, bins) for weights in (np.ones_like(p), p, y)])


def calibration_error(table: np.ndarray) -> float:
    """Expected calibration error of a `reliability` table: mean gap of predicted and observed, by count."""
    count = table[0].sum()
    return float(np.abs(table[1] - table[2]).sum() / count) if count else float("nan")


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson's correlation; NaN where one of the two does not vary."""
    a, b = np.ravel(a).astype(np.float64), np.ravel(b).astype(np.float64)
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm > 1e-12 else float("nan")
