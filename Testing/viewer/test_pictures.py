"""The pictures of masks, decoded and looked at."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

pytest.importorskip("slicer")
pytest.importorskip("PIL")

from PIL import Image

from SPASegmentLib.interaction.pictures import color, render, window_of
from SPASegmentLib.viewer.pictures import draw_masks


def decoded(url: str) -> np.ndarray:
    head, _, data = url.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_pictures_are_those_of_the_desktop_and_the_figures() -> None:
    y, x = np.mgrid[:80, :60]
    disk = np.hypot((x - 30) * 1.0, (y - 40) * 0.5)  # mm: the frame's pixels are 1 x 0.5 mm
    pixels = np.where(disk < 8, 100.0, 0.0).astype(np.float32)
    masks = np.stack([disk < 8, disk < 12, disk < 5])
    found = [decoded(url) for url in draw_masks(pixels, (1.0, 0.5), masks, (0.0, 100.0), size=120)]
    window = window_of(masks, (1.0, 0.5))
    for n, picture in enumerate(found):
        reference = masks[0] if n else None
        wanted = render(pixels, (1.0, 0.5), masks[n], reference, window, (0.0, 100.0), color(n), 120)
        assert np.array_equal(picture, wanted)
    assert not np.array_equal(found[1], found[2])


def test_masks_that_are_empty_still_have_pictures() -> None:
    pixels = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    first, second = draw_masks(pixels, (1.0, 1.0), np.zeros((2, 20, 30), bool), (-1.0, 1.0), size=50)
    assert decoded(first).shape == (50, 50, 3) and first == second
