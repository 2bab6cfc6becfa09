"""The pictures of masks, decoded and looked at."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

pytest.importorskip("slicer")
pytest.importorskip("PIL")

from PIL import Image

from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.mrml.preview import color
from SPASegmentLib.viewer.pictures import draw_masks


def decoded(url: str) -> np.ndarray:
    head, _, data = url.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_pictures_show_what_is_added_and_removed() -> None:
    y, x = np.mgrid[:80, :60]
    disk = np.hypot((x - 30) * 1.0, (y - 40) * 0.5)  # mm: the frame's pixels are 1 x 0.5 mm
    pixels = np.where(disk < 8, 100.0, 0.0).astype(np.float32)
    masks = np.stack([disk < 8, disk < 12, disk < 5])
    pictures = [decoded(url) for url in draw_masks(FrameImage(pixels, (1.0, 0.5)), masks, (0.0, 100.0), size=120)]
    assert {p.shape for p in pictures} == {(120, 120, 3)}
    side = 12 * 2 * 1.7  # mm; the largest mask with its margin, within a pixel
    for n, radius in enumerate((8, 12, 5)):
        tint = np.rint(255 * np.array(color(n)))
        rows, columns = np.nonzero((np.abs(pictures[n].astype(int) - tint) <= 1).all(axis=2))
        for extent in (np.ptp(rows), np.ptp(columns)):
            assert extent * side / 120 == pytest.approx(2 * radius, abs=2.5)
    middle = pictures[0][60, 60]
    assert (middle == 255).all()  # the bright disk, as it is
    ring_added, ring_removed = pictures[1][60, 60 + round(10 / side * 120)], pictures[2]
    assert ring_added.max() > 60 and ring_added.min() < ring_added.max()  # coloured on black
    assert (ring_removed[60 - 20 : 60 + 20, 60 - 20 : 60 + 20] == 255).all(axis=2).any()


def test_masks_that_are_empty_still_have_pictures() -> None:
    pixels = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    first, second = draw_masks(FrameImage(pixels), np.zeros((2, 20, 30), bool), (-1.0, 1.0), size=50)
    assert decoded(first).shape == (50, 50, 3) and first == second
