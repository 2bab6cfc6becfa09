"""Fewer bits where the machine multiplies them faster and the masks stay the same.

``spa benchmark`` measures what it gains; ``--no-half`` keeps everything in single precision. The compact encoder would
gain as well, but stays as it is: a few milliseconds of a click are not worth results that depend on the processor.
"""

from __future__ import annotations

import torch
from torch import nn

from SPASegmentLib.model.network import SPANetwork


def multiplies_half_faster(device: torch.device) -> bool:
    """Whether a device has matrix instructions for bfloat16; where it only emulates them, half precision is slower."""
    if device.type == "cuda":
        # `torch.cuda.is_bf16_supported` counts emulation. Ampere was the first with the instructions.
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    # What oneDNN asks for is less: AVX-512 without bfloat16 instructions emulates them, slowly.
    capabilities = torch.backends.cpu.get_cpu_capability()
    fast = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return "AVX512" in capabilities and fast is not None and bool(fast())


def training_precision(device: torch.device, half: bool) -> torch.autocast:
    """Context of a training step's forward pass: bfloat16 where it is wanted and the device gains from it."""
    return torch.autocast(device.type, torch.bfloat16, enabled=half and multiplies_half_faster(device))


def ready_for_use(network: SPANetwork) -> SPANetwork:
    """`use_half` where the device that the network is on gains from it; in place."""
    return use_half(network) if multiplies_half_faster(network.device) else network


def use_half(network: SPANetwork, everything: bool = False) -> SPANetwork:
    """Turn a network's large products to bfloat16, in place; for use, not for training or saving.

    These are an encoder of such size (see `encoders.EncoderKind`), and the mask decoder of embedding fusion, which
    runs once for each prediction. The compact encoder and token fusion have too little to multiply, and stay as they
    are. Norms, sums, the prompts, the preference distribution and probabilities are in single precision everywhere.

    Args:
        network: in evaluation mode.
        everything: the decoder of token fusion too, to see what that would cost.
    """
    if network.encoder_kind.half:
        for layer in network.encoder.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d)):
                layer.to(torch.bfloat16)
    if everything or network.config.fusion == "embedding":
        network.fusion.to(torch.bfloat16)
        network.head.to(torch.bfloat16)
    return network
