"""What a structure looks like, whatever the unit of the intensities."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.interaction.appearance import Appearance, smoothed
from SPASegmentLib.interaction.patch import Patch, Window


@pytest.mark.parametrize("unit", [1e-12, 1e-9, 1e-3, 1e3, 1e9])
def test_the_unit_of_intensities_does_not_matter(unit: float) -> None:
    """Such as diffusion, in mm2/s or in m2/s."""
    rng = np.random.default_rng(0)
    y, x = np.indices((60, 60))
    mask = (x - 30) ** 2 + (y - 28) ** 2 < 15**2
    pixels = (rng.normal(size=mask.shape) + 3.0 * mask).astype(np.float32)
    window = Window.around(mask.shape, Patch.of(mask))
    inside = smoothed(pixels, window)[Patch.of(mask).on(window)]
    plain = Appearance.of(pixels, Patch.of(mask))
    wanted = plain.evidence(smoothed(pixels, window))
    assert wanted.max() > 1.0 and wanted.min() < -1.0
    other = (pixels * np.float32(unit)).astype(np.float32)
    found = Appearance.of(other, Patch.of(mask))
    assert np.allclose(found.evidence(smoothed(other, window)), wanted, atol=1e-2)
    assert found.likeness(inside * np.float32(unit)) == pytest.approx(plain.likeness(inside), abs=1e-3)


def test_what_is_the_same_everywhere_says_nothing() -> None:
    mask, flat = np.zeros((20, 20), dtype=bool), np.zeros((20, 20), dtype=np.float32)
    mask[5:12, 6:13] = True
    assert not Appearance.of(flat, Patch.of(mask)).evidence(flat).any()
