"""Networks and frames that the interaction tests share."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.weights import load_default


@pytest.fixture(scope="session")
def network() -> SPANetwork:
    """The bundled network."""
    return load_default().network


@pytest.fixture(scope="session", params=["token", "embedding"])
def untrained(request: pytest.FixtureRequest) -> SPANetwork:
    """A tiny network with random weights: what must hold whatever the weights say."""
    torch.manual_seed(0)
    config = NetworkConfig(fusion=request.param, channels=16, image_size=64, latent_dim=3, components=4, mlp_dim=16)
    return SPANetwork(config).eval().requires_grad_(False)


def blob(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> np.ndarray:
    """(h, w) bool disk around centre (x, y)."""
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(yy - centre[1], xx - centre[0]) <= radius


@pytest.fixture()
def lesion() -> tuple[FrameImage, np.ndarray]:
    """A bright lesion of radius 9 with a soft rim on noise, at (70, 52) of a 128 x 112 frame, 0.7 x 0.9 mm."""
    rng = np.random.default_rng(0)
    yy, xx = np.mgrid[:112, :128]
    distance = 9 - np.hypot(yy - 52, xx - 70)
    image = 100 / (1 + np.exp(-distance / 1.5)) + 20 + 4 * rng.standard_normal((112, 128))
    return FrameImage(image.astype(np.float32), (0.7, 0.9)), blob((112, 128), (70, 52), 9)
