"""Fewer bits where the machine multiplies them faster and the masks stay the same.

``spa benchmark`` measures what it gains; ``--no-half`` keeps everything in single precision. The compact encoder would
gain as well, but stays as it is: a few milliseconds of a click are not worth results that depend on the processor.
"""

from __future__ import annotations

import torch
from torch import nn

from SPASegmentLib.model.eight_bits import multiplies_eight_bits_faster, use_eight_bits
from SPASegmentLib.model.encoders import ViTEncoder
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
    """`use_half` and `shorten_vit` where the device that the network is on gains from them; in place."""
    if multiplies_half_faster(network.device):
        use_half(network)
    if multiplies_eight_bits_faster(network.device):
        shorten_vit(network)
    return network


def use_half(network: SPANetwork, everything: bool = False) -> SPANetwork:
    """Turn a network's large products to bfloat16, in place; for use, not for training or saving.

    These are SAM's ViT, and the mask decoder of embedding fusion, which runs once for each prediction. The compact
    encoder and token fusion have too little to multiply, and stay as they are. Norms, softmax sums, the prompts, the
    preference distribution and probabilities are in single precision everywhere.

    Args:
        network: in evaluation mode.
        everything: the decoder of token fusion too, to see what that would cost.
    """
    if isinstance(network.encoder, ViTEncoder):
        vit = network.encoder.vit
        for layer in vit.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d)):
                layer.to(torch.bfloat16)
        for block in vit.blocks:
            for name in ("rel_pos_h", "rel_pos_w"):
                setattr(block.attn, name, nn.Parameter(getattr(block.attn, name).bfloat16(), requires_grad=False))
    if everything or network.config.fusion == "embedding":
        network.fusion.to(torch.bfloat16)
        network.head.to(torch.bfloat16)
    return network


def shorten_vit(network: SPANetwork) -> int:
    """Turn the linear layers of SAM's ViT to 8 bits where these are enough, in place; for use only.

    Takes the time of about two encodings.

    Returns:
        How many of the 48 layers; 0 for another encoder.
    """
    if not isinstance(network.encoder, ViTEncoder):
        return 0
    layers = [
        (owner, name)
        for block in network.encoder.vit.blocks
        for owner, names in ((block.attn, ("qkv", "proj")), (block.mlp, ("lin1", "lin2")))
        for name in names
    ]
    with torch.inference_mode():
        return use_eight_bits(layers, lambda: network.encode(_trial_image(network.config.image_size)))


def _trial_image(size: int) -> torch.Tensor:
    """(1, 1, size, size) float32: a smooth pattern with a little noise, normalised as images are."""
    generator = torch.Generator().manual_seed(0)
    smooth = torch.randn(1, 1, 8, 8, generator=generator)
    image = nn.functional.interpolate(smooth, size=(size, size), mode="bicubic")
    image = image + 0.2 * torch.randn(image.shape, generator=generator)
    return (image - image.mean()) / image.std()
