"""Structures that the frame's edge cuts, and clicks beyond a region: what lies outside does not count."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.interaction.look_rounds import LookRound
from SPASegmentLib.interaction.preference import Correction
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.round import RegionRound
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.types import Click, FrameImage
from SPASegmentLib.model.network import SPANetwork

RADIUS = 22.0
#: Centres x of a disk: inside the frame, cut by its left edge, and half of it outside.
CENTRES = (100.0, 12.0, 0.0)


def disk(x: float, radius: float = RADIUS) -> np.ndarray:
    rows, columns = np.mgrid[:200, :200]
    return np.hypot(rows - 100, columns - x) < radius


def frame_of(mask: np.ndarray) -> FrameImage:
    noise = np.random.default_rng(0).normal(0, 8, mask.shape)
    return FrameImage((80.0 * mask + noise).astype(np.float32))


@pytest.mark.parametrize("size", [(64, 64), (96, 80)])
def test_areas_are_those_of_the_frame_within_the_region(size: tuple[int, int]) -> None:
    frame = FrameImage(np.indices((50, 70))[0].astype(np.float32), (0.5, 2.0))
    region = Region(frame, left=-20, top=30, width=60, height=40, size=128)
    areas = region.areas(size)
    assert areas.shape == size
    assert areas.sum() == pytest.approx(40 * 20 * 0.5 * 2.0, rel=1e-3)
    assert areas[-1].max() == areas[:, 0].max() == 0.0
    assert areas[0, -1] == pytest.approx(60 * 40 / (size[0] * size[1]), rel=1e-5)


@pytest.mark.parametrize("x", CENTRES)
def test_what_lies_beyond_the_frame_teaches_no_preference(x: float, network: SPANetwork) -> None:
    """It taught that outlines are to be tighter by 9 mm where a disk was cut, by 18 mm where half of it was."""
    mask = disk(x)
    frame = frame_of(mask)
    by_click, by_mask, alone = Session(network, frame), Session(network, frame), Session(None, frame)
    by_click.start(Click(max(x, 8.0), 100))
    by_mask.start(mask=mask)
    alone.start(mask=mask)
    for session in (by_click, by_mask, alone):
        result = session.accept()
        assert 2 * (result.mask & mask).sum() > 0.9 * (result.mask.sum() + mask.sum())
        assert session.offset_mm == pytest.approx(0.0, abs=0.6)


@pytest.mark.parametrize("x", CENTRES)
def test_a_cut_structure_grows_and_shrinks_as_a_whole_one_does(x: float) -> None:
    mask = disk(x)
    for larger in (True, False):
        session = Session(None, frame_of(mask))
        shown = session.start(mask=mask).masks[0].sum()
        found = (session.larger() if larger else session.smaller()).masks[0].sum()
        assert found > 1.2 * shown if larger else found < 0.8 * shown


@pytest.fixture()
def corrected(network: SPANetwork) -> Session:
    """A disk in a larger one; the larger one was meant, corrected far from the smaller one, and then not meant."""
    rows, columns = np.mgrid[:240, :240]
    away = np.hypot(rows - 120, columns - 120)
    noise = np.random.default_rng(0).normal(0, 3, away.shape)
    session = Session(network, FrameImage((30.0 * (away < 9) + 80.0 * (away < 60) + noise).astype(np.float32)))
    shown = session.start(Click(120, 120))
    session.choose(int(shown.masks.sum(axis=(1, 2)).argmax()))
    return session


@pytest.mark.parametrize("positive", [True, False])
def test_clicks_beyond_a_smaller_region_are_not_heard_elsewhere(corrected: Session, positive: bool) -> None:
    """They were heard at the opposite side of the region, or ended in an IndexError."""
    corrected.add_click(Click(120, 175 if positive else 225, positive))
    shown = corrected.smaller()
    for mask in range(len(shown.masks)):
        assert isinstance(corrected._records[-1], LookRound)
        corrected.choose(mask)
        begun = corrected._records[-1]
        assert isinstance(begun, RegionRound)
        assert all(begun.region.covers(click.x, click.y) for click in begun.prompts.clicks)
        heard = [answer for answer in begun.answers if isinstance(answer, Correction)]
        places = [(answer.x, answer.y) for answer in heard]
        assert all(0 <= x < 64 and 0 <= y < 64 for x, y in places)
        if positive:
            assert len(heard) == 1, "what was clicked on lies in the region"
        corrected.back()
