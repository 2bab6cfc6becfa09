"""Stray islands in what a box encloses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.interaction.islands import SHARE, without_islands
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.types import Box, Click, FrameImage


def test_small_pieces_go_and_large_ones_and_those_pointed_at_stay() -> None:
    maps = np.zeros((2, 60, 60), dtype=np.float32)
    maps[0, 5:35, 5:35] = 0.9  # 900 pixels
    maps[0, 40:46, 40:46] = 0.8  # 36: an island
    maps[0, 40:48, 5:15] = 0.7  # 80: a second part
    maps[0, 50:53, 50:53] = 0.6  # 9: pointed at
    maps[1, 10:20, 10:20] = 0.9
    before = maps.copy()
    cleaned = without_islands(maps, [(51, 51), (70, -3)])
    assert np.array_equal(maps, before), "what came in is as it was"
    wanted = maps[0] > 0.5
    wanted[40:46, 40:46] = False
    assert np.array_equal(cleaned[0] > 0.5, wanted) and np.array_equal(cleaned[1], maps[1])
    assert without_islands(maps[1:]) is not None and not without_islands(np.zeros((1, 4, 4), np.float32)).any()


@pytest.fixture(scope="module")
def network() -> Any:
    pytest.importorskip("torch")
    from SPASegmentLib.model.weights import load_for_use

    return load_for_use(None, "cpu").network


def pieces(mask: np.ndarray) -> np.ndarray:
    """Sizes of a mask's pieces as shares of the largest one."""
    labels, count = ndimage.label(mask)
    sizes = np.bincount(labels.ravel(), minlength=2)[1:]
    return np.asarray(sizes / max(int(sizes.max()), 1))


@pytest.mark.parametrize("side", [50, 80, 110])
def test_masks_of_a_large_box_have_none_in_any_round(network: Any, side: int) -> None:
    phantom = ambiguous_phantom()
    i, j, k = np.rint(np.linalg.solve(phantom.ijk_to_ras, (*phantom.lesion_ras, 1.0))[:3]).astype(int)
    pixels = phantom.voxels[k].astype(np.float32)
    frame = FrameImage(pixels, (abs(phantom.ijk_to_ras[0, 0]), abs(phantom.ijk_to_ras[1, 1])))
    height, width = pixels.shape
    box = Box(max(i - side / 2, 0), max(j - side / 2, 0), min(i + side / 2, width - 1), min(j + side / 2, height - 1))
    session = Session(network, frame)
    first = session.start(box=box)
    for proposal in (first, session.choose(2)):
        for mask in proposal.masks:
            # At the resolution of the image a piece is a little larger or smaller than on the map.
            assert pieces(mask).min() > 0.8 * SHARE
    # A small piece that the user points at is a part of the structure.
    y, x = np.nonzero(~first.masks[0][5:-5, 5:-5])
    far = int(np.hypot(x + 5 - i, y + 5 - j).argmin())
    point = Click(float(x[far] + 5), float(y[far] + 5))
    assert session.add_click(point).masks[0][int(point.y), int(point.x)]
