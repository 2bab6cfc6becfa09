"""The training loop: AdamW, warm-up and cosine, averaged weights, checkpoints that resume."""

from __future__ import annotations

import csv
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Optional

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.training.batches import BatchSource
from SPASegmentLib.training.unroll import UnrollSettings, unroll


@dataclass(frozen=True)
class TrainSettings:
    """How to train.

    Attributes:
        steps: optimiser steps in all.
        learning_rate: at the end of the warm-up.
        warmup: steps.
        weight_decay: AdamW's, on matrices and kernels only.
        ema: decay of the averaged weights, which are what is saved for use.
        bfloat16: run the network in bfloat16 where it is safe.
        checkpoint_every: steps.
        log_every: steps.
        seed: of weights, batches and choices.
    """

    steps: int = 3000
    learning_rate: float = 1.5e-3
    warmup: int = 100
    weight_decay: float = 0.02
    ema: float = 0.998
    bfloat16: bool = True
    checkpoint_every: int = 250
    log_every: int = 20
    seed: int = 0
    unroll: UnrollSettings = field(default_factory=UnrollSettings)


class Trainer:
    """Trains one network in one process.

    Args:
        config: architecture.
        settings: how to train.
        source: of batches.
        folder: for ``checkpoint.pt`` and ``log.csv``; a checkpoint found there is resumed.
        initial: state of a network of this architecture to start from, instead of random weights.
    """

    def __init__(
        self,
        config: NetworkConfig,
        settings: TrainSettings,
        source: BatchSource,
        folder: Path,
        initial: Optional[Dict[str, Tensor]] = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.source, self.folder = settings, source, folder
        self.network = SPANetwork(config)
        if initial is not None:
            self.network.load_state_dict(initial)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(settings.ema), use_buffers=True)
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": plain, "weight_decay": 0.0}],
            lr=settings.learning_rate,
        )
        self.step = 0
        folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            self._resume()

    @property
    def checkpoint(self) -> Path:
        """Where the state of training is kept."""
        return self.folder / "checkpoint.pt"

    def _rate(self) -> float:
        s = self.settings
        if self.step < s.warmup:
            return s.learning_rate * (self.step + 1) / s.warmup
        progress = (self.step - s.warmup) / max(1, s.steps - s.warmup)
        return s.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))

    def run(self, until: Optional[int] = None, progress: Optional[Callable[[int, int], None]] = None) -> SPANetwork:
        """Train to the last step (or to `until`) and return the averaged network.

        Args:
            until: stop after this step, as an interruption would.
            progress: called with (steps done, steps in all) now and then.
        """
        end = min(self.settings.steps, until or self.settings.steps)
        started, seen = time.perf_counter(), self.step
        while self.step < end:
            log = self.train_step()
            if self.step % self.settings.log_every == 0 or self.step == end:
                speed = (self.step - seen) / (time.perf_counter() - started)
                self._log(log, speed)
                if progress is not None:
                    progress(self.step, self.settings.steps)
            if self.step % self.settings.checkpoint_every == 0 or self.step == end:
                self.save()
        network = self.averaged.module
        assert isinstance(network, SPANetwork)
        return network.eval()

    def train_step(self) -> list[Dict[str, float]]:
        """One optimiser step; returns the terms of each round."""
        s = self.settings
        batch = self.source.draw()
        self.network.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        carried = bool(torch.rand(()) < s.unroll.carried)
        with torch.autocast("cpu", torch.bfloat16, enabled=s.bfloat16):
            loss, log = unroll(self.network, batch, s.unroll, carried)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        # The average of the first steps is of no use to anyone: let it start with the weights of the warm-up's end.
        if self.step == s.warmup:
            self.averaged.n_averaged.zero_()
        self.averaged.update_parameters(self.network)
        self.step += 1
        log[0]["loss"], log[0]["carried"] = float(loss.detach()), float(carried)
        return log

    def _log(self, log: list[Dict[str, float]], speed: float) -> None:
        row: Dict[str, Any] = {"step": self.step, "rate": self._rate(), "steps_per_second": round(speed, 3)}
        row["loss"], row["carried"] = round(log[0].pop("loss"), 5), log[0].pop("carried")
        # A step may have had fewer rounds than there are columns.
        for j in range(self.settings.unroll.rounds):
            terms = log[j] if j < len(log) else {}
            row.update({f"{name}_{j + 1}": round(terms[name], 5) if terms else "" for name in log[0]})
        path = self.folder / "log.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)

    def save(self) -> None:
        """Write the checkpoint in one piece."""
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "torch": torch.get_rng_state(),
            "batches": self.source.rng.bit_generator.state,
            "config": self.network.config.as_dict(),
        }
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, weights_only=True)
        self.step = state["step"]
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["torch"])
        self.source.rng.bit_generator.state = state["batches"]
