"""Weights files: safetensors beside a model card, loaded by PyTorch, and only if every check passes.

Importing this needs no PyTorch; what loads or writes does.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Optional, cast

from safetensors import SafetensorError

from SPASegmentLib import pytorch
from SPASegmentLib.errors import WeightsError
from SPASegmentLib.model.card import (
    DEFAULT_NAME,
    ModelCard,
    bundled,
    card_file,
    checked_bytes,
    file_sha256,
    models_folder,
    read_card,
    write_card,
)
from SPASegmentLib.output import reporting_write_errors, whole_file
from SPASegmentLib.paths import card_beside
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from torch import Tensor

    from SPASegmentLib.model.network import NetworkConfig, SPANetwork

_ = texts(__name__)

__all__ = [
    "DEFAULT_NAME", "SAM_VIT_B_SHA256", "LoadedNetwork", "ModelCard", "as_bytes", "file_sha256", "load",
    "load_default", "load_for_use", "load_sam_checkpoint", "models_folder", "read_card", "save",
]  # fmt: skip

#: Of sam_vit_b_01ec64.pth as Meta distributes it.
SAM_VIT_B_SHA256 = "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912"
#: Parts of SAM that SPA does without: its quality head and the hypernetworks of masks 2 to 4.
_SAM_UNUSED = re.compile(r"mask_decoder\.(iou_prediction_head\.|output_hypernetworks_mlps\.[123]\.)")


def load_default(name: str = DEFAULT_NAME, device: str = "cpu") -> LoadedNetwork:
    """The bundled weights of this name; where PyTorch is not installed, as ONNX Runtime runs them.

    Raises:
        WeightsError: there are none, or they are damaged.
    """
    if not pytorch.is_installed():
        from SPASegmentLib.model import use

        # What only draws masks goes on without PyTorch; what trains has asked for it before.
        return cast(LoadedNetwork, use.load_default(name, device))
    return load(bundled(name), device)


@dataclass(frozen=True)
class LoadedNetwork:
    """A network ready for use, and the card of its weights."""

    network: SPANetwork
    card: ModelCard


def save(network: SPANetwork, card: ModelCard, path: Path) -> ModelCard:
    """Write ``path`` (.safetensors) and its card (.json); each appears whole or not at all.

    Matrices and kernels are stored in half precision, everything else in single.

    Returns:
        The card with the checksum filled in.
    """
    data = as_bytes(network)
    finished = ModelCard(
        **{**asdict(card), "network": network.config.as_dict(), "sha256": hashlib.sha256(data).hexdigest()}
    )
    with reporting_write_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as partial:
        partial.write_bytes(data)
    write_card(finished, card_beside(path))
    return finished


def as_bytes(network: SPANetwork) -> bytes:
    """What `save` writes as the weights file of a network; equal weights give equal bytes."""
    from safetensors.torch import save as save_safetensors

    state = {
        key: (value.half() if value.is_floating_point() and value.ndim > 1 else value).contiguous().cpu()
        for key, value in network.state_dict().items()
    }
    return save_safetensors(state)


def load_for_use(path: Optional[Path] = None, device: str = "cpu") -> LoadedNetwork:
    """What every front end and the evaluation start from: a weights file, or the bundled one, ready to draw masks.

    Its large products are in half precision where the device gains from it (see `precision`), so it is not for
    training or saving. Where the device fails, the network is on the processor, and `network.fell_back` says so.

    Raises:
        WeightsError: see `load`.
    """
    from SPASegmentLib.model.device import move

    loaded = load_default() if path is None else load(path)
    move(loaded.network, device)
    return loaded


def load(path: Path, device: str = "cpu") -> LoadedNetwork:
    """Read weights and card, in single precision.

    Raises:
        WeightsError: a file is missing, truncated or damaged, its checksum or architecture does not fit, or it
            holds numbers that are not finite. The message names the file and the mismatch.
    """
    from safetensors.torch import load as load_safetensors

    from SPASegmentLib.model.network import NetworkConfig, SPANetwork

    path = Path(path)
    card = read_card(card_file(path))
    data = checked_bytes(path, card.sha256)
    try:
        state = load_safetensors(data)
    except SafetensorError as error:
        raise WeightsError(
            _("{name} is not a valid safetensors file: {error}").format(name=path.name, error=error)
        ) from error
    try:
        config = NetworkConfig(**card.network)
    except TypeError as error:
        raise WeightsError(
            _("{name} describes an unknown architecture: {error}").format(
                name=card_beside(path).name, error=error
            )
        ) from error
    network = SPANetwork(config)
    _check(state, network.state_dict(), path.name)
    network.load_state_dict({key: value.to(network.state_dict()[key].dtype) for key, value in state.items()})
    network.weights_file = path
    network.expected_dice = card.expected_dice_curves()
    network.volume_numbers = card.volume_numbers()
    network.eval().requires_grad_(False)
    return LoadedNetwork(network.to(device), card)


def load_sam_checkpoint(
    path: Path, config: Optional[NetworkConfig] = None, expected_sha256: Optional[str] = SAM_VIT_B_SHA256
) -> SPANetwork:
    """A ViT-B network whose SAM parts come from an official checkpoint; SPA's own parts are fresh.

    Positional embeddings are resized to the configured image size on purpose; every other key must fit exactly.

    Args:
        path: ``sam_vit_b_01ec64.pth`` or a file of the same layout.
        config: architecture; 1024 pixels with token fusion if None.
        expected_sha256: checksum the file must have; None for files other than Meta's.

    Raises:
        WeightsError: the file is missing, damaged, has another checksum, or its keys or shapes do not fit.
    """
    from SPASegmentLib.model.network import NetworkConfig, SPANetwork

    path = Path(path)
    tensors = _sam_tensors(path, expected_sha256)
    network = SPANetwork(config or NetworkConfig.vit_b())
    state = _named_as_here(tensors, network.image_size, path.name)
    own = {k: v for k, v in network.state_dict().items() if k.startswith(("encoder.", "prompt_encoder.", "head."))}
    _check(state, own, path.name)
    network.load_state_dict(state, strict=False)
    return network


def _sam_tensors(path: Path, expected_sha256: Optional[str]) -> Dict[str, Tensor]:
    """What a checkpoint of SAM holds, less what SPA does without.

    Raises:
        WeightsError: it is missing, damaged, or has another checksum.
    """
    import torch

    found = file_sha256(path)
    if expected_sha256 is not None and found != expected_sha256:
        raise WeightsError(
            _(
                "{name} is not the expected checkpoint (SHA-256 {found}... instead of "
                "{expected}...); download it again, or say that another file is wanted."
            ).format(name=path.name, found=found[:12], expected=expected_sha256[:12])
        )
    try:
        # Only tensors are unpickled; a checkpoint cannot run code.
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types for a damaged file
        raise WeightsError(
            _("{name} is not a PyTorch checkpoint of tensors: {error}").format(
                name=path.name, error=str(error).split("\n", 1)[0]
            )
        ) from error
    return {key: value for key, value in checkpoint.items() if not _SAM_UNUSED.match(key)}


def _named_as_here(tensors: Dict[str, Tensor], image_size: int, name: str) -> Dict[str, Tensor]:
    """SAM's tensors by the names that an `SPANetwork` has for them, positions resized to its image.

    Raises:
        WeightsError: the encoder is not SAM's ViT-B; the message has the `name` of the file.
    """
    from SPASegmentLib.model.encoders import resize_vit_positions

    encoder = {key[len("image_encoder.") :]: v for key, v in tensors.items() if key.startswith("image_encoder.")}
    if "pos_embed" in encoder:
        try:
            encoder = resize_vit_positions(encoder, image_size)
        except KeyError as error:
            raise WeightsError(
                _("{name} lacks {error} and is no SAM ViT-B checkpoint.").format(name=name, error=error)
            ) from error
    state = {f"encoder.vit.{key}": value for key, value in encoder.items()}
    for key, value in tensors.items():
        if not key.startswith("image_encoder."):
            state[key.replace("mask_decoder.", "head.decoder.", 1)] = value
    return state


def _check(state: Dict[str, Tensor], wanted: Dict[str, Tensor], name: str) -> None:
    missing, unknown = sorted(wanted.keys() - state.keys()), sorted(state.keys() - wanted.keys())
    if missing or unknown:
        raise WeightsError(
            _("{name} does not fit the network: missing {missing}; unknown {unknown}.").format(
                name=name, missing=_few(missing), unknown=_few(unknown)
            )
        )
    wrong = [
        f"{k} {tuple(state[k].shape)} for {tuple(wanted[k].shape)}" for k in wanted if state[k].shape != wanted[k].shape
    ]
    if wrong:
        raise WeightsError(_("{name} does not fit the network: shapes {shapes}.").format(name=name, shapes=_few(wrong)))
    bad = [k for k, v in state.items() if v.is_floating_point() and not bool(v.isfinite().all())]
    if bad:
        raise WeightsError(_("{name} holds numbers that are not finite: {bad}.").format(name=name, bad=_few(bad)))


def _few(names: List[str]) -> str:
    return ", ".join(names[:3]) + (f" (+ {len(names) - 3})" if len(names) > 3 else "") or "-"
