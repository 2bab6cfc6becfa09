"""A device that fails leaves its work to the processor; PyTorch's "meta", which computes nothing, stands for one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, List

import numpy as np
import pytest
import torch

from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.types import Click, FrameImage, Prompts
from SPASegmentLib.model.device import leave_accelerator, move
from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.model.weights import load_default, load_for_use


@pytest.fixture
def frame() -> FrameImage:
    y, x = np.mgrid[:90, :90]
    image = np.random.default_rng(0).normal(0, 10, (90, 90)) + 200 * (np.hypot(x - 44, y - 44) < 12)
    return FrameImage(image.astype(np.float32), (1.0, 1.0))


def failing(monkeypatch: pytest.MonkeyPatch, name: str, after: int = 0) -> List[int]:
    """Let a method of the network run out of memory as a card does, until the network is on the processor again."""
    method: Callable[..., Any] = getattr(SPANetwork, name)
    calls: List[int] = []

    def call(network: SPANetwork, *arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) > after and not network.fell_back:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return method(network, *arguments, **named)

    monkeypatch.setattr(SPANetwork, name, call)
    return calls


@pytest.mark.parametrize(("name", "after"), [("encode", 0), ("context", 0), ("context", 2), ("preference", 1)])
def test_a_session_goes_on_on_the_processor(
    frame: FrameImage, monkeypatch: pytest.MonkeyPatch, name: str, after: int
) -> None:
    expected = Session(load_for_use().network, frame)
    expected.start(Click(44, 44))
    expected.choose(2)
    network = load_for_use().network
    with monkeypatch.context() as patched:
        calls = failing(patched, name, after)
        session = Session(network, frame)
        session.start(Click(44, 44))
        session.choose(2)
    assert len(calls) > after and network.fell_back
    assert np.array_equal(session.proposal.masks, expected.proposal.masks)


def test_what_was_encoded_on_the_card_is_encoded_again_when_another_session_has_left_it(frame: FrameImage) -> None:
    network = load_for_use().network
    region = Region.around(frame, (44, 44), 60.0, network.config.image_size)
    prompts = Prompts((Click(64, 64),))
    whole, moved = NetworkPredictor(network, region), NetworkPredictor(network, region)
    mixture = whole.preference(prompts)
    moved.preference(prompts)
    moved._image._features = replace(moved._image._features, embedding=moved._image._features.embedding.to("meta"))
    latents = mixture.draw(6, 0)
    assert np.array_equal(moved.predict(latents, 8), whole.predict(latents, 8))


def test_a_device_that_is_not_there_leaves_the_processor(frame: FrameImage) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    network = move(load_default().network, "cuda")
    assert network.device.type == "cpu" and network.fell_back
    assert Session(network, frame).start(Click(44, 44)).masks[0].any()


def test_a_device_that_gives_nothing_back(tmp_path: Path) -> None:
    """After some errors the weights cannot be copied from the card; they are read again."""
    network, whole = load_default().network, load_default().network
    network.to("meta")
    assert leave_accelerator(network, RuntimeError("CUDA error: an illegal memory access was encountered"))
    assert network.device.type == "cpu" and network.fell_back
    for (name, own), value in zip(network.state_dict().items(), whole.state_dict().values()):
        assert torch.equal(own, value), name


def test_other_errors_pass_through(frame: FrameImage) -> None:
    network = load_for_use().network
    assert not leave_accelerator(network, RuntimeError("a fault of the program"))
    assert not network.fell_back
