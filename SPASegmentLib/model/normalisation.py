"""How an image becomes a network's input: the same in training and in use."""

from __future__ import annotations

import numpy as np

#: Intensities outside these percentiles are clipped before normalisation.
CLIP_PERCENTILES = (0.5, 99.5)


def normalise(pixels: np.ndarray) -> np.ndarray:
    """Clip to the 0.5th and 99.5th percentile, then z-score: works for any modality and intensity unit.

    Args:
        pixels: any shape, finite, any unit.

    Returns:
        float32 of the same shape with zero mean and unit standard deviation; all zero if nothing varies.
    """
    values = np.asarray(pixels, dtype=np.float64)
    low, high = np.percentile(values, CLIP_PERCENTILES)
    if low < high:  # otherwise what varies is smaller than the clipped share and must not be clipped away
        values = np.clip(values, low, high)
    if values.max() == values.min():
        return np.zeros(values.shape, dtype=np.float32)
    values = (values - values.min()) / (values.max() - values.min())
    return ((values - values.mean()) / values.std()).astype(np.float32)
