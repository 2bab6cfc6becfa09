"""Fixtures for all layers: a MRML scene, and the folder of data that is not part of the project."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest

#: What tests of several folders write files with.
sys.path.insert(0, str(Path(__file__).with_name("helpers")))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "shared_data: needs the folder that SPA_SHARED_DATA names; skipped without it")


@pytest.fixture
def scene() -> Iterator[Any]:
    """An empty MRML scene with the logics of slicer-core, also as ``slicer.mrmlScene``."""
    pytest.importorskip("slicer")
    from SPASegmentLib.mrml.scene import open_scene

    with open_scene() as opened:
        yield opened


@pytest.fixture
def shared_data() -> Path:
    """The folder with real images."""
    folder = os.environ.get("SPA_SHARED_DATA")
    if not folder:
        pytest.skip("SPA_SHARED_DATA is not set")
    return Path(folder)


@pytest.fixture(scope="session")
def official_checkpoint() -> Callable[[int], Dict[str, Any]]:
    """Makes a randomly initialised state dict with the layout of sam_vit_b_01ec64.pth, for an image size."""

    def make(size: int) -> Dict[str, Any]:
        import torch

        from SPASegmentLib.model.encoders import ViTEncoder
        from SPASegmentLib.model.sam import MaskDecoder, PromptEncoder, TwoWayTransformer

        torch.manual_seed(3)
        side = size // 16
        prompt = PromptEncoder(
            embed_dim=256, image_embedding_size=(side, side), input_image_size=(size, size), mask_in_chans=16
        )
        transformer = TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8)
        decoder = MaskDecoder(num_multimask_outputs=3, transformer_dim=256, transformer=transformer)
        parts = {"image_encoder": ViTEncoder(size).vit, "prompt_encoder": prompt, "mask_decoder": decoder}
        state = {f"{name}.{key}": value for name, part in parts.items() for key, value in part.state_dict().items()}
        for value in state.values():
            if value.is_floating_point():
                value.normal_(0, 0.02)
        return state

    return make
