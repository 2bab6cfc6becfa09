"""What a structure and its surroundings look like where the user has outlined it, for slices where nobody has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.interaction.patch import Patch, Window

#: Log-likelihood ratios are not taken more seriously than this.
LARGEST_RATIO = 3.0
#: Standard deviation in pixels that images are smoothed with before they are compared.
SMOOTHING = 0.8


@dataclass(frozen=True)
class Appearance:
    """Mean and standard deviation of the intensities inside a structure and around it, in the image's unit."""

    inside: Tuple[float, float]
    outside: Tuple[float, float]

    @classmethod
    def of(cls, pixels: np.ndarray, mask: Patch) -> Appearance:
        """Of a (height, width) image and a bool mask that is not empty."""
        window = Window.around(pixels.shape, mask)
        image, on = smoothed(pixels, window), mask.on(window)
        around = image[~on] if not on.all() else image
        # Intensities may be of any size, such as diffusion in m2/s.
        spread = float(image.std())
        floor = 0.05 * spread + min(1e-6, 1e-3 * spread or 1e-6)
        inside, outside = image[on], around
        return cls(
            (float(np.median(inside)), max(float(inside.std()), floor)),
            (float(np.median(outside)), max(float(outside.std()), floor)),
        )

    @classmethod
    def mean(cls, parts: Sequence[Tuple[float, Appearance]]) -> Appearance:
        """Of several, each with its share; the shares sum to 1."""
        values = np.array([(*part.inside, *part.outside) for _, part in parts])
        a, b, c, d = np.array([share for share, _ in parts]) @ values
        return cls((float(a), float(b)), (float(c), float(d)))

    def evidence(self, image: np.ndarray) -> np.ndarray:
        """(h, w) float32, within `LARGEST_RATIO`: whether smoothed pixels look like the inside or the surroundings."""
        ratio = log_ratio(image, self.inside, self.outside)
        return np.asarray(np.clip(ratio, -LARGEST_RATIO, LARGEST_RATIO), dtype=np.float32)

    def likeness(self, values: np.ndarray) -> float:
        """-1..2: where the median of pixels lies between the surroundings (0) and the inside (1)."""
        contrast = self.inside[0] - self.outside[0]
        least = 0.1 * (self.inside[1] + self.outside[1])
        if abs(contrast) < least:
            contrast = least if contrast >= 0 else -least
        return float(np.clip((np.median(values) - self.outside[0]) / contrast, -1.0, 2.0))


def smoothed(pixels: np.ndarray, window: Window) -> np.ndarray:
    """(h, w) float32 of an image on a window, a little smoothed."""
    part = pixels[window.top : window.bottom, window.left : window.right]
    return np.asarray(ndimage.gaussian_filter(part, SMOOTHING), dtype=np.float32)


def log_ratio(values: np.ndarray, inside: Tuple[float, float], outside: Tuple[float, float]) -> np.ndarray:
    """How much more likely values are inside than outside, as a logarithm: an array of their shape.

    Args:
        values: intensities, any shape.
        inside: mean and standard deviation of a Gaussian, in their unit.
        outside: the same.
    """
    return np.asarray(_log_density(values, *inside) - _log_density(values, *outside))


def _log_density(x: np.ndarray, mean: float, std: float) -> np.ndarray:
    """Of a Gaussian, but for a constant. ``scipy.stats`` has it too, and takes half a second to import."""
    return np.asarray(-0.5 * ((x - mean) / std) ** 2 - np.log(std))
