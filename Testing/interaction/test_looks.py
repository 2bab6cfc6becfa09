"""Finding the region of interest around a click."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.interaction import looks
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import Click, FrameImage
from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.model.weights import load_default


@pytest.fixture(scope="module")
def network() -> SPANetwork:
    return load_default().network


def disk(radius: float) -> FrameImage:
    """A bright disk in the middle of 200 x 200 pixels."""
    y, x = np.mgrid[:200, :200]
    pixels = 100.0 * (np.hypot(x - 100, y - 100) < radius) + np.random.default_rng(0).normal(0, 4, (200, 200))
    return FrameImage(pixels.astype(np.float32))


def found(network: SPANetwork, frame: FrameImage) -> Region:
    def predictor_on(region: Region) -> NetworkPredictor:
        return NetworkPredictor(network, region)

    return looks.find_region(frame, Click(100, 100), network.config.image_size, predictor_on, 8)[0]


@pytest.mark.parametrize("radius", [30, 45, 60])
def test_larger_objects_get_larger_regions(network: SPANetwork, radius: int) -> None:
    small, large = (found(network, disk(r)).width for r in (6, radius))
    assert small < large
    assert large > 120


def test_where_no_look_shows_what_was_clicked_on_the_closest_one_is_taken(
    network: SPANetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = NetworkPredictor.predict
    monkeypatch.setattr(NetworkPredictor, "predict", lambda *given: np.zeros_like(honest(*given)))
    assert found(network, disk(6)).width == round(looks.SMALLEST_SIDE)


def test_a_look_whose_mask_misses_the_click_does_not_count(
    network: SPANetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen from far, a network may be very sure of something else than what was clicked on (a whole lung)."""
    frame = disk(6)
    sides = [looks.SMALLEST_SIDE * looks.STEP_OF_ONE**i for i in range(5)]
    honest = NetworkPredictor.predict

    def sure_of_something_else(self: NetworkPredictor, latents: np.ndarray, chunk: int) -> np.ndarray:
        maps = honest(self, latents, chunk)
        if calls.pop(0) < 2:  # the two smallest looks are what they are
            return maps
        elsewhere = np.zeros_like(maps)
        elsewhere[:, :10] = 1.0
        return elsewhere

    calls = list(range(len(sides)))
    monkeypatch.setattr(NetworkPredictor, "predict", sure_of_something_else)
    region = found(network, frame)
    assert region.width in (round(sides[0]), round(sides[1]))
