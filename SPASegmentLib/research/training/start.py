"""What training starts from: random weights, weights of SPA, or SAM's official checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Optional

from torch import Tensor

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.card import card_file
from SPASegmentLib.model.encoders import ENCODERS
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.weights import (
    SAM_VIT_B_SHA256,
    file_sha256,
    load,
    load_sam_checkpoint,
    models_folder,
    read_card,
)
from SPASegmentLib.research.training.recipe import ELSEWHERE

#: What Meta's checkpoint learned from.
SAM_DATA = "SAM ViT-B by Meta AI, Apache-2.0, trained on SA-1B; Kirillov et al., Segment Anything, ICCV 2023"


@dataclass(frozen=True)
class Start:
    """Weights to start from.

    Attributes:
        state: of a network of the configured architecture.
        origin: for the model card: name and sha256 of the file, and the data that it learned from.
    """

    state: Dict[str, Tensor]
    origin: Dict[str, Any]


def check_start(
    checkpoint: Path,
    origin: Dict[str, Any],
    network: NetworkConfig,
    initial: str,
    folder: Path,
    sam: Optional[Path] = None,
) -> None:
    """Refuse to go on from a checkpoint that began with other weights than are asked for now.

    SAM's checkpoint need not be given again.

    Args:
        checkpoint: for the message.
        origin: what the run began with, see `Start`; empty for random weights.
        network: see `find_start`.
        initial: see `find_start`.
        folder: see `find_start`.
        sam: see `find_start`.

    Raises:
        InputError: they are others.
        WeightsError: those that are asked for cannot be read.
    """
    if sam is None and not initial and ENCODERS[network.encoder].sam:
        return
    asked = ""
    if sam is not None:
        asked = file_sha256(sam)
    elif initial:
        asked = read_card(card_file(initial_file(initial, folder))).sha256
    if asked != origin.get("sha256", ""):
        wanted = (sam.name if sam is not None else initial) or "random weights"
        raise InputError(
            f"{checkpoint} began with {origin.get('name', 'random weights')}, not with {wanted}; {ELSEWHERE}."
        )


def initial_file(initial: str, folder: Path) -> Path:
    """The weights file that a configuration in a folder names."""
    return folder / initial if initial.endswith(".safetensors") else models_folder() / f"{initial}.safetensors"


def find_start(
    network: NetworkConfig, initial: str, folder: Path, sam: Optional[Path] = None, other_sam: bool = False
) -> Optional[Start]:
    """Load what a configuration starts from; None for random weights.

    Args:
        network: the configured architecture.
        initial: name of bundled weights or a .safetensors file, see `TrainConfig`; may be empty. Its fusion may be
            another one.
        folder: that a file's path is relative to.
        sam: SAM's ViT-B checkpoint, or None.
        other_sam: it need not be the file that Meta distributes (MedSAM's, for example).

    Raises:
        InputError: the weights do not fit the architecture, or a ViT-B has nothing to start from.
        WeightsError: a file is missing or damaged, or is not the official one.
    """
    if sam is not None:
        if not ENCODERS[network.encoder].sam or initial:
            raise InputError(
                "SAM's checkpoint is for configurations with the encoder vit_b and without initial weights; leave out "
                "--sam, or choose such a configuration."
            )
        loaded = load_sam_checkpoint(sam, network, None if other_sam else SAM_VIT_B_SHA256)
        learned = f"{sam.name}, in the layout of SAM's ViT-B; its terms are its authors'" if other_sam else SAM_DATA
        return Start(loaded.state_dict(), {"name": sam.name, "sha256": file_sha256(sam), "data": [learned]})
    if not initial:
        if ENCODERS[network.encoder].sam:
            raise InputError(
                "A ViT-B starts from SAM's weights; give its checkpoint with --sam sam_vit_b_01ec64.pth (Meta's "
                "segment-anything repository says where to get it)."
            )
        return None
    begun = load(initial_file(initial, folder))
    theirs, ours = begun.network.config.as_dict(), network.as_dict()
    # Fusions share everything else: one can start from the other's weights, with fresh ones of its own.
    different = [
        f"{key} {theirs[key]!r} instead of {ours[key]!r}"
        for key in ours
        if theirs[key] != ours[key] and key != "fusion"
    ]
    if different:
        raise InputError(
            f"The initial weights {initial} are of another architecture ({', '.join(different)}); give the "
            "configuration's network their values, or start from other weights."
        )
    learned = begun.card.training.get("data", [])
    state = begun.network.state_dict()
    if theirs["fusion"] != ours["fusion"]:
        shared = {key: value for key, value in state.items() if not key.startswith("fusion.")}
        state = {**SPANetwork(network).state_dict(), **shared}
    return Start(
        state,
        {
            "name": begun.card.name,
            "sha256": begun.card.sha256,
            "data": [learned] if isinstance(learned, str) else list(learned),
        },
    )
