"""One training loop for all baselines, with checkpoints that resume exactly."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Optional

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save as save_safetensors
from torch import nn

from SPASegmentLib.errors import InputError, WeightsError, reason
from SPASegmentLib.model.card import bundled, read_card
from SPASegmentLib.model.precision import training_precision
from SPASegmentLib.output import make_folder, whole_file, write_json
from SPASegmentLib.paths import card_beside
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.evaluation.baselines.crops import CropSource
from SPASegmentLib.research.evaluation.baselines.curve import Curve, KeptOut, flat_at
from SPASegmentLib.research.evaluation.baselines.kinds import KINDS, NETWORKS
from SPASegmentLib.research.training.moving_average import averaged_weights, take_in
from SPASegmentLib.research.training.recipe import (
    FREE,
    as_text,
    check_same,
    checkpoint_in,
    read_checkpoint,
    write_checkpoint,
)
from SPASegmentLib.research.training.schedule import learning_rate

#: A longer training has another warm-up; the one that is over does not count.
_FREE = (*FREE, "warmup", "patience", "validate_every")


#: When the curve is flat, the rate falls for this part of the steps so far: one in four.
COOLING = 4


@dataclass(frozen=True)
class BaselineSettings:
    """How to train; the same for every network.

    Attributes:
        steps: optimiser steps.
        batch: crops per step.
        learning_rate: of AdamW, after the warm-up; falls as a cosine.
        warmup: steps.
        weight_decay: AdamW's.
        ema: decay of the averaged weights, which are what is used.
        bfloat16: run the network in bfloat16 where the processor has instructions for it.
        checkpoint_every: steps.
        validate_every: steps between two points of the validation curve.
        patience: when so many points of the curve have brought nothing, the rate falls, and training ends; None trains
            all steps.
    """

    steps: int = 1600
    batch: int = 32
    learning_rate: float = 2e-3
    warmup: int = 50
    weight_decay: float = 0.01
    ema: float = 0.99
    bfloat16: bool = True
    checkpoint_every: int = 100
    validate_every: int = 100
    patience: Optional[int] = None


class BaselineTrainer:
    """Trains one network of `kinds.NETWORKS`.

    Args:
        name: of the network.
        slices: to train on.
        settings: how.
        folder: for its checkpoint, weights and card; a checkpoint found there is resumed. With more `steps` than
            before, training goes on at the longer schedule's learning rate.
        kept_out: slices of other patients, for the validation curve; None for no curve.

    Raises:
        InputError: there is no such network, or the checkpoint is damaged, or of other slices or settings.
    """

    def __init__(
        self,
        name: str,
        slices: RaterSlices,
        settings: BaselineSettings,
        folder: Path,
        kept_out: Optional[RaterSlices] = None,
    ) -> None:
        if name not in NETWORKS:
            raise InputError(f"There is no baseline {name!r}; there are {', '.join(NETWORKS)}.")
        kind, seed = NETWORKS[name]
        torch.manual_seed(seed)
        self.name, self.kind, self.settings, self.folder = name, KINDS[kind], settings, folder
        self.network = self.kind.make()
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = averaged_weights(self.network, settings.ema)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.source = CropSource(slices, settings.batch, seed)
        self._begins_with = bundled_weights() if self.kind.bundled else "random weights"
        recipe = {"name": name, "data": slices.digest(), **asdict(settings)}
        if self.kind.bundled:
            recipe["begins_with"] = self._begins_with
        self._recipe = as_text(recipe, _FREE)
        self.kept_out = None if kept_out is None else KeptOut(kept_out, settings.batch)
        self.step, self.core_seconds = 0, 0.0
        self.curve: Curve = []
        make_folder(folder)
        if self.checkpoint.exists():
            self._resume()

    @property
    def checkpoint(self) -> Path:
        """Where the state of training is kept."""
        return checkpoint_in(self.folder)

    @property
    def flat(self) -> Optional[int]:
        """The step at which the curve was flat; None where it is not, or does not matter."""
        return None if self.settings.patience is None else flat_at(self.curve, self.settings.patience)

    @property
    def last(self) -> int:
        """The step that training ends at: a flat curve is followed by some steps in which the rate falls."""
        s, flat = self.settings, self.flat
        return s.steps if flat is None else min(s.steps, flat + max(s.validate_every, flat // COOLING))

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.last

    def rate(self) -> float:
        """The learning rate of the next step."""
        s, flat = self.settings, self.flat
        before = learning_rate(
            self.step if flat is None else min(flat, self.step), s.steps, s.warmup, self.kind.pace * s.learning_rate
        )
        return before if flat is None else learning_rate(self.step - flat, self.last - flat, 0, before)

    def run(self, until: Optional[int] = None, progress: Optional[Callable[[int, int], None]] = None) -> nn.Module:
        """Train to the end (or to `until`), write checkpoint, weights and card.

        Returns:
            The averaged network, ready for use.
        """
        end = min(self.settings.steps, until if until is not None else self.settings.steps)
        while self.step < end and not self.finished:
            began = time.process_time()
            self.train_step()
            self.core_seconds += time.process_time() - began
            self._validate()
            if self.step % self.settings.checkpoint_every == 0 or self.step == end or self.finished:
                self.save()
                if progress is not None:
                    progress(self.step, self.settings.steps)
        network: nn.Module = self.averaged.module
        network.eval()
        if self.finished:
            self._publish(network)
        return network

    def train_step(self) -> float:
        """One optimiser step; returns the loss."""
        s, rate = self.settings, self.rate()
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with training_precision(torch.device("cpu"), s.bfloat16):
            loss = self.kind.loss(self.network, self.source.draw())
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        take_in(self.averaged, self.network, self.step, s.warmup)
        self.step += 1
        return float(loss.detach())

    def _validate(self) -> None:
        if self.kept_out is not None and (
            self.step % self.settings.validate_every == 0 or self.step == self.last
        ):
            network = self.averaged.module.eval()
            self.curve.append((self.step, round(self.kept_out.dice(network, self.kind.recommended), 4)))

    def save(self) -> None:
        """Write the checkpoint in one piece."""
        state = {
            "step": self.step,
            "core_seconds": self.core_seconds,
            "curve": self.curve,
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "torch": torch.get_rng_state(),
            "batches": self.source.rng.bit_generator.state,
            "recipe": self._recipe,
        }
        write_checkpoint(state, self.checkpoint)

    def _resume(self) -> None:
        state = read_checkpoint(self.checkpoint)
        check_same(self.checkpoint, state.get("recipe"), self._recipe, state["step"], self.settings.steps)
        self.step, self.core_seconds = state["step"], state["core_seconds"]
        self.curve = [(int(step), float(dice)) for step, dice in state.get("curve", ())]
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["torch"])
        self.source.rng.bit_generator.state = state["batches"]

    def _publish(self, network: nn.Module) -> None:
        state = {key: value.contiguous() for key, value in network.state_dict().items()}
        card = {
            "name": self.name,
            "kind": NETWORKS[self.name][0],
            "description": self.kind.description,
            "parameters": sum(p.numel() for p in network.parameters()),
            "trained_parameters": sum(p.numel() for p in self.network.parameters() if p.requires_grad),
            "seed": NETWORKS[self.name][1],
            "begins_with": self._begins_with,
            **asdict(self.settings),
            "steps": self.step,
            "learning_rate": self.kind.pace * self.settings.learning_rate,
            "slices": len(self.source.slices),
            "kept_out": 0 if self.kept_out is None else self.kept_out.count,
            "curve": self.curve,
            "core_seconds": round(self.core_seconds),
            "machine": platform.machine(),
            "torch": torch.__version__,
        }
        with whole_file(self.folder / "weights.safetensors") as partial:
            partial.write_bytes(save_safetensors(state))
        write_json(card, self.folder / "card.json")


def bundled_weights() -> str:
    """Which weights are bundled, in words."""
    card = read_card(card_beside(bundled()))
    return f"{card.name}, SHA-256 {card.sha256[:12]}..."


def load_baseline(folder: Path) -> nn.Module:
    """A trained baseline.

    Raises:
        WeightsError: there is none in this folder, or its files are damaged.
    """
    card = read_baseline_card(folder)
    network = KINDS[card["kind"]].make()
    try:
        network.load_state_dict(load_safetensors((folder / "weights.safetensors").read_bytes()))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise WeightsError(
            f"The weights in {folder} cannot be read ({reason(error)}); train this baseline again."
        ) from error
    return network.eval().requires_grad_(False)


def read_baseline_card(folder: Path) -> Dict[str, Any]:
    """How a baseline was trained.

    Raises:
        WeightsError: there is none in this folder.
    """
    try:
        card: Dict[str, Any] = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        if card["kind"] not in KINDS:
            raise ValueError(f"unknown kind {card['kind']!r}")
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(
            f"There is no trained baseline in {folder} ({reason(error)}); run spa baselines train, or name its folder."
        ) from error
    return card
