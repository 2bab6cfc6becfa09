"""Two packed copies of one image, cut and scaled a little differently, laid over one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np
from scipy import ndimage, optimize

#: Correlation of the grey values from which two pictures count as one image.
SAME = 0.9
#: Scales that are tried first, and the blur in pixels under which copies are compared.
_SCALES, _BLUR = np.geomspace(0.75, 1.33, 60), 1.0


@dataclass(frozen=True)
class Alignment:
    """Where pixel (y, x) of one image lies in another one: at `scale` times it, plus `shift`.

    Attributes:
        scale: of both axes.
        shift: (y, x) in pixels of the other image.
        correlation: of the grey values where both have some.
    """

    scale: float
    shift: Tuple[float, float]
    correlation: float

    def carry(self, mask: np.ndarray, shape: Tuple[int, int]) -> np.ndarray:
        """(h, w) bool of the other image, at this shape in the pixels of the one."""
        return _resampled(mask.astype(np.float32), np.array([self.scale, *self.shift]), shape, 0.0) > 0.5


def align(one: np.ndarray, other: np.ndarray) -> Optional[Alignment]:
    """How two (h, w) images lie over one another; None where they are not the same image.

    Only scale and shift are looked for: scale by trying, shift by cross-correlation, both then by climbing.
    """
    if one.shape == other.shape and np.array_equal(one, other):
        return Alignment(1.0, (0.0, 0.0), 1.0)
    a, b = (ndimage.gaussian_filter(image.astype(np.float32), _BLUR) for image in (one, other))
    starts = sorted((_shift(a, b, float(scale)) for scale in _SCALES), key=lambda found: -found[0])[:3]

    def loss(place: np.ndarray) -> float:
        return -_correlation(a, b, place)

    climbed = [
        optimize.minimize(
            loss, place, method="Nelder-Mead",
            options={"initial_simplex": place + np.vstack([np.zeros(3), np.diag([0.01, 1.5, 1.5])]), "xatol": 1e-3},
        )
        for _, place in starts
    ]  # fmt: skip
    best = min(climbed, key=lambda found: float(found.fun))
    scale, y, x = (float(v) for v in best.x)
    return Alignment(scale, (y, x), -float(best.fun)) if -best.fun >= SAME else None


def _shift(a: np.ndarray, b: np.ndarray, scale: float) -> Tuple[float, np.ndarray]:
    """The highest correlation at a scale, and scale and shift where it is."""
    middle = (np.array(b.shape) - scale * np.array(a.shape)) / 2
    scaled = _resampled(b, np.array([scale, *middle]), a.shape, float(b.mean()))
    spectra = [np.fft.rfft2(image - image.mean(), [2 * n for n in a.shape]) for image in (a, scaled)]
    surface = np.fft.irfft2(spectra[1] * np.conj(spectra[0]), [2 * n for n in a.shape])
    place = np.array(np.unravel_index(int(surface.argmax()), surface.shape), dtype=float)
    size = np.array(surface.shape)
    place = np.where(place > size / 2, place - size, place)
    found = np.array([scale, *(middle + scale * place)])
    return _correlation(a, b, found), found


def _correlation(a: np.ndarray, b: np.ndarray, place: np.ndarray) -> float:
    """Of the grey values where both images have some; -1 where they hardly overlap."""
    over = _resampled(b, place, a.shape, np.nan)
    both = np.isfinite(over)
    if both.mean() < 0.25:
        return -1.0
    one, other = a[both], over[both]
    spread = float(one.std() * other.std())
    return float(np.mean((one - one.mean()) * (other - other.mean())) / spread) if spread > 0 else -1.0


def _resampled(image: np.ndarray, place: np.ndarray, shape: Tuple[int, ...], outside: float) -> np.ndarray:
    return np.asarray(
        ndimage.affine_transform(image, [place[0], place[0]], place[1:], tuple(shape), order=1, cval=outside)
    )
