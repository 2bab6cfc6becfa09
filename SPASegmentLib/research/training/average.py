"""Weights between those that a training started from and those that it ended with.

A network that is trained further for other images forgets a little of the first ones; a mean of both sets of weights
keeps most of what was gained and loses less (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.card import ModelCard
from SPASegmentLib.model.weights import load, save
from SPASegmentLib.research.training.export import export, has_graphs


def average(weights: Path, other: Path, share: float, output: Path, name: str = "") -> ModelCard:
    """Write the mean of two sets of weights, its card, and its graphs for ONNX Runtime where it has that form.

    Args:
        weights: a .safetensors file, whose card the new one follows; what was calibrated and measured is left out, and
            so are images and people that training left out, unless the other weights have not seen them either.
        other: weights of the same architecture, such as those that `weights` were trained from.
        share: of `weights` in the mean, between 0 and 1.
        output: a .safetensors file.
        name: of the new weights; that of the file if empty.

    Returns:
        The new card, whose `extra["average"]` names both by their SHA-256; all data that either has learned from stands
        in its `training`.

    Raises:
        InputError: the share is not between 0 and 1, or the architectures differ.
        WeightsError: weights cannot be read.
        OutputError: a file cannot be written.
    """
    if not 0.0 < share < 1.0:
        raise InputError(f"The share of the first weights lies between 0 and 1, and {share} does not.")
    ours, theirs = load(weights), load(other)
    if ours.network.config != theirs.network.config:
        raise InputError(f"{weights.name} and {other.name} are of different architectures, which have no mean.")
    state, before = ours.network.state_dict(), theirs.network.state_dict()
    for key, value in state.items():
        if value.is_floating_point():
            value.mul_(share).add_(before[key], alpha=1.0 - share)
    made = {"share": share, "of": ours.card.sha256, "and": theirs.card.sha256}
    card = replace(
        ours.card, name=name or output.stem, training=_training(ours.card, theirs.card), calibration={}, metrics={},
        onnx={}, extra={**ours.card.extra, "average": made},
    )  # fmt: skip
    card = save(ours.network, card, output)
    return export(output) if has_graphs(ours.network) else card


def _training(card: ModelCard, other: ModelCard) -> Dict[str, Any]:
    """What a card says of training, with what the other weights know beside it: licences ask for their sources' names.

    Nothing is added where training started from the other weights, which the card says already.
    """
    training, theirs = dict(card.training), other.training
    initial = training.get("initial")
    if card.sha256 == other.sha256 or (isinstance(initial, dict) and initial.get("sha256") == other.sha256):
        return training
    if training.get("left_out") != theirs.get("left_out"):
        training.pop("left_out", None)
    training["data"] = list(dict.fromkeys([*training.get("data", ()), *theirs.get("data", ())]))
    about = {key: theirs[key] for key in ("data", "mixture") if key in theirs}
    return {**training, "averaged_with": {"name": other.name, "sha256": other.sha256, **about}}
