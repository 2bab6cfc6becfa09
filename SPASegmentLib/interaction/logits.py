"""Probabilities to logits, and back, as what the network draws and is told has them.

SciPy's ``logit``, which `correction` and `fill` call, differs from this one in the last bit.
"""

from __future__ import annotations

import numpy as np


def to_logits(probabilities: np.ndarray, edge: float) -> np.ndarray:
    """log(p / (1 - p)), a new array of the same shape.

    Args:
        probabilities: floats in 0..1, any shape.
        edge: they are kept this far from 0 and 1, where logits are infinite.
    """
    kept = np.clip(probabilities, edge, 1.0 - edge)
    return np.asarray(np.log(kept / (1.0 - kept)))


def to_probabilities(logits: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), in the place of the logits: float32, any shape."""
    with np.errstate(over="ignore"):  # beyond 88 the exponential is infinite, and the probability 0
        np.exp(np.negative(logits, out=logits), out=logits)
    logits += 1.0
    return np.reciprocal(logits, out=logits)
