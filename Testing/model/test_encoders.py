"""The register of encoders: one entry is enough for networks, sessions and benchmarks, and nobody asks for a name."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import SPASegmentLib
from SPASegmentLib.errors import WeightsError
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import Click, FrameImage
from SPASegmentLib.model.encoders import ENCODERS, Encoder, EncoderKind, ImageFeatures
from SPASegmentLib.model.network import NetworkConfig, SPANetwork


class Patches(Encoder):
    """The smallest encoder: patches of 16 pixels, each projected."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(1, channels, 16, stride=16)

    def forward(self, image: Tensor) -> ImageFeatures:
        return ImageFeatures(self.project(image))


def kind(whole_frame: bool) -> EncoderKind:
    return EncoderKind(
        lambda channels, size: Patches(channels), 16, details=False, whole_frame=whole_frame, half=False, sam=False,
        sizes=(64,), defaults={"image_size": 64, "channels": 32, "mlp_dim": 32, "latent_dim": 4},
    )  # fmt: skip


@pytest.mark.parametrize("whole_frame", [True, False])
def test_an_entry_is_all_that_a_new_encoder_needs(whole_frame: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENCODERS, "patches", kind(whole_frame))
    torch.manual_seed(0)
    network = SPANetwork(NetworkConfig.of("patches")).eval().requires_grad_(False)
    assert network.map_size == 16
    pixels = np.random.default_rng(0).standard_normal((120, 90))
    session = Session(network, FrameImage(pixels), SessionSettings(predictions=4, particles=16))
    proposal = session.start(Click(40.0, 50.0))
    assert proposal.recommended.shape == (120, 90)
    covers_all = session.region.left <= 0 and session.region.top <= 0
    assert (covers_all and max(session.region.native_size) == 120) == whole_frame


def test_what_an_encoder_cannot_be_is_refused() -> None:
    with pytest.raises(WeightsError, match="256 embedding channels, not 128"):
        NetworkConfig.of("vit_b", channels=128)
    with pytest.raises(WeightsError, match="'resnet'; there are .'compact', 'vit_b'"):
        NetworkConfig.of("resnet")


def test_no_other_file_asks_which_encoder_it_is() -> None:
    library = Path(SPASegmentLib.__file__).parent
    names = "|".join(ENCODERS)
    asks = re.compile(rf"""(==|!=|\bin\b)\s*\(?["']({names})["']|["']({names})["']\s*(==|!=)""")
    files = [path for path in sorted(library.rglob("*.py")) if path.name != "encoders.py"]
    assert len(files) > 50
    assert [str(path) for path in files if asks.search(path.read_text(encoding="utf-8"))] == []
