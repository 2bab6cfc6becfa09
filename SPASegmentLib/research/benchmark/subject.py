"""What is measured: a network of a backbone, fusion and size, and a frame for it to look at."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Tuple

import numpy as np
import torch
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.types import Click, FrameImage
from SPASegmentLib.model.card import models_folder, read_card
from SPASegmentLib.model.encoders import ENCODERS
from SPASegmentLib.model.fusion import FUSIONS
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.weights import load
from SPASegmentLib.paths import card_beside

SIZES = {name: kind.sizes for name, kind in ENCODERS.items()}
#: Standard deviation of the logits of a network without trained weights, so that its masks have outlines.
_LOGITS = 4.0


def make_network(backbone: str, fusion: str, size: int) -> Tuple[SPANetwork, str]:
    """A network in single precision, and where its weights come from.

    Bundled weights are used where there are some for the backbone and the fusion, at any image size (the compact
    encoder is convolutional; for accuracy it is meant for the size it was trained at). Otherwise the weights are
    random, and scaled so that the predictions differ and have outlines: time does not depend on them.

    Raises:
        InputError: there is no such network.
    """
    if backbone not in SIZES or fusion not in FUSIONS:
        raise InputError(f"Backbones are {', '.join(SIZES)}, fusions {', '.join(FUSIONS)}.")
    if size not in SIZES[backbone]:
        raise InputError(f"Sizes of {backbone} are {', '.join(map(str, SIZES[backbone]))}, not {size}.")
    for path in sorted(models_folder().glob("*.safetensors")):
        card = read_card(card_beside(path))
        if card.network.get("encoder") == backbone and card.network.get("fusion") == fusion:
            bundled = load(path).network
            network = SPANetwork(replace(bundled.config, image_size=size))
            network.load_state_dict(bundled.state_dict())
            return network.eval().requires_grad_(False), card.name
    torch.manual_seed(0)
    config = NetworkConfig.of(backbone, image_size=size, fusion=fusion)
    network = SPANetwork(config).eval().requires_grad_(False)
    make_decided(network)
    return network, "random"


def make_decided(network: SPANetwork) -> None:
    """Scale random weights so that predictions differ and have outlines; in place."""
    network.fusion.latent_part.weight.mul_(4.0)
    size, side = network.config.image_size, network.map_size
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        features = network.encode(torch.randn(1, 1, size, size, generator=generator))
        centre = torch.full((1, 1, 2), size / 2)
        context = network.context(features, centre, torch.ones(1, 1), None, torch.zeros(1, 1, side, side))
        logits = network.decode(context, torch.randn(1, 8, network.config.latent_dim, generator=generator))
        factor = _LOGITS / float(logits.std())
    last = network.head.decoder.output_hypernetworks_mlps[0].layers[-1]
    last.weight.mul_(factor)
    last.bias.mul_(factor)


def in_single(network: SPANetwork) -> SPANetwork:
    """A copy for the reference, which stays as it is whatever becomes of the original."""
    return copy.deepcopy(network)


def make_frame(size: int, seed: int = 0) -> Tuple[FrameImage, Click]:
    """A (size, size) image of 1 mm pixels with a bright, unevenly edged object, and a click on it."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    wobble = ndimage.gaussian_filter(rng.standard_normal((size, size)), size / 24)
    wobble *= size / 20 / wobble.std()
    distance = size / 5 + wobble - np.hypot(rows - size / 2, columns - size / 2)
    pixels = 900 / (1 + np.exp(-distance / (size / 64))) + 40 * rng.standard_normal((size, size)) - 850
    return FrameImage(pixels.astype(np.float32)), Click((size - 1) // 2, (size - 1) // 2)


def device_of(name: str) -> torch.device:
    """The device of this name; "auto" is a GPU where there is one.

    Raises:
        InputError: it is not there.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise InputError("PyTorch sees no CUDA device here; choose cpu.")
    try:
        return torch.device(name)
    except RuntimeError:
        raise InputError(f"There is no device {name!r}; choose cpu or cuda.") from None
