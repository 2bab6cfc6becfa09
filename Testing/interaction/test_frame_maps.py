"""Probabilities at frame size: what they are, and that a session does not keep them."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from SPASegmentLib.interaction.frame_maps import FrameMaps, RegionMap
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.types import Box, Click, FrameImage
from SPASegmentLib.model.network import SPANetwork

Lesion = "tuple[FrameImage, np.ndarray]"
FRAME = FrameImage(np.random.default_rng(0).normal(size=(20, 30)))


def region(left: int, top: int) -> Region:
    return Region(FRAME, left, top, width=8, height=8, size=8)


def on(place: Region, value: float) -> RegionMap:
    return RegionMap(place, np.full((8, 8), value, dtype=np.float32))


def test_a_map_lies_where_its_region_is_and_is_0_beyond() -> None:
    maps = FrameMaps((on(region(4, 6), 0.75), on(region(26, -3), 0.25)), ())
    wanted = np.zeros((20, 30), np.float32)
    wanted[6:14, 4:12] = 0.75
    assert np.array_equal(maps.probability(0), wanted)
    corner = np.zeros((20, 30), np.float32)
    corner[:5, 26:] = 0.25
    assert np.array_equal(maps.probability(1), corner), "the part of it that lies on the frame"
    assert np.array_equal(maps.masks(), np.stack([wanted > 0.5, corner > 0.5]))


def test_uncertainty_is_the_entropy_of_what_the_looks_believe_together() -> None:
    believed = ((0.6, on(region(4, 6), 1.0)), (0.395, on(region(8, 6), 0.5)), (0.005, on(region(20, 6), 1.0)))
    found = FrameMaps((on(region(4, 6), 1.0),), believed).uncertainty()
    p = np.zeros((20, 30))
    p[6:14, 4:12] += 0.6
    p[6:14, 8:16] += 0.395 * 0.5
    inside = p > 0
    wanted = np.zeros_like(p)
    wanted[inside] = -p[inside] * np.log2(p[inside]) - (1 - p[inside]) * np.log2(1 - p[inside])
    assert found == pytest.approx(wanted, abs=1e-6), "a look of half a percent does not count"
    assert not found[~inside].any()


def test_a_given_recommendation_is_shown_as_it_is() -> None:
    given = np.random.default_rng(1).random((20, 30)).astype(np.float32)
    maps = FrameMaps((on(region(4, 6), 0.75), on(region(4, 6), 1.0)), (), pointed=(), recommended=given)
    assert np.array_equal(maps.probability(0), given)
    assert np.array_equal(maps.masks()[0], given > 0.5)


def test_islands_go_unless_they_were_pointed_at() -> None:
    map_ = np.zeros((8, 8), np.float32)
    map_[0:5, 0:5], map_[7, 7] = 0.9, 0.9
    shown = (RegionMap(region(4, 6), map_),)
    assert FrameMaps(shown, ()).masks()[0, 13, 11]
    assert not FrameMaps(shown, (), pointed=()).masks()[0, 13, 11]
    assert FrameMaps(shown, (), pointed=((11, 13),)).masks()[0, 13, 11]


@pytest.mark.parametrize("start", [{"click": Click(70, 52)}, {"box": Box(58, 42, 82, 62)}])
def test_masks_on_screen_are_where_their_probabilities_exceed_a_half(
    network: SPANetwork, lesion: Lesion, start: dict
) -> None:
    session = Session(network, lesion[0])
    for proposal in (session.start(**start), session.choose(1), session.choose(0)):
        assert np.array_equal(proposal.masks, np.concatenate([proposal.recommended[None], proposal.candidates]) > 0.5)
        assert proposal.recommended.dtype == proposal.candidates.dtype == proposal.uncertainty.dtype == np.float32


def test_a_round_of_a_radiograph_keeps_its_masks_and_little_else(network: SPANetwork) -> None:
    """It kept 35 bytes a pixel: six rounds of 3000 x 2500 pixels were 1.6 GB, and took seconds to be filled."""
    rows, columns = np.mgrid[:1500, :1200]
    pixels = 100.0 * (np.hypot(rows - 750, columns - 600) < 200) + np.random.default_rng(0).normal(size=rows.shape)
    session = Session(network, FrameImage(pixels))
    session.start(Click(600, 750))
    session.choose(0)
    tracemalloc.start()
    try:
        for _ in range(3):
            session.choose(0)
        kept, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 3 * 8 * pixels.size, "five masks of a byte a pixel, and the maps of a region"
