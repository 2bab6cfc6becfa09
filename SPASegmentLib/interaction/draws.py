"""Random numbers for latents, without PyTorch.

A network's latents are drawn as PyTorch's generator on the processor draws them from the same seed, so that sessions,
and the figures measured with them, are the same whatever runs the network.
"""

from __future__ import annotations

from typing import Callable, Tuple

import numpy as np

#: From a count n, a dimension d and a seed to a number in [0, 1) and (n, d) standard normal ones.
Draws = Callable[[int, int, int], Tuple[float, np.ndarray]]


def from_numpy(n: int, dim: int, seed: int) -> Tuple[float, np.ndarray]:
    """From NumPy's own generator, in double precision."""
    rng = np.random.default_rng(seed)
    return float(rng.random()), rng.standard_normal((n, dim))


def as_pytorch(n: int, dim: int, seed: int) -> Tuple[float, np.ndarray]:
    """What ``torch.rand(1)`` and ``torch.randn(n, dim)`` give from a generator with this seed, to within rounding.

    PyTorch takes 24 bits of the Mersenne twister for each number, and makes 16 normal ones of 16 by Box and Muller's
    method; numbers left over at the end come from a last, overlapping 16.
    """
    twister = np.random.RandomState(seed & 0xFFFFFFFF)

    def uniform(count: int) -> np.ndarray:
        bits = twister.randint(0, 1 << 32, count, dtype=np.uint32) & 0xFFFFFF
        return bits.astype(np.float32) * np.float32(2.0**-24)

    offset = float(uniform(1)[0])
    # Fewer than 16 come another way in PyTorch; no session draws so few.
    count = max(n * dim, 16)
    values = uniform(count)
    whole = count - count % 16
    values[:whole] = _normal(values[:whole])
    if count > whole:
        values[-16:] = _normal(uniform(16))
    return offset, values[: n * dim].reshape(n, dim)


def _normal(uniform: np.ndarray) -> np.ndarray:
    """Box and Muller: 16 numbers at a time, the first eight for the radius, the others for the angle."""
    first, second = np.moveaxis(uniform.reshape(-1, 2, 8), 1, 0)
    radius = np.sqrt(np.float32(-2.0) * np.log(np.float32(1.0) - first))
    angle = np.float32(2.0 * np.pi) * second
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)
