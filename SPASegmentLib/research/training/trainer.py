"""The training loop: AdamW, warm-up and cosine, averaged weights, checkpoints that resume, one or many processes."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.precision import training_precision
from SPASegmentLib.output import make_folder
from SPASegmentLib.research.training.batches import Batch, BatchSource
from SPASegmentLib.research.training.log import TrainingLog
from SPASegmentLib.research.training.moving_average import averaged_weights, take_in
from SPASegmentLib.research.training.processes import Processes
from SPASegmentLib.research.training.recipe import (
    ELSEWHERE,
    as_text,
    check_same,
    checkpoint_in,
    read_checkpoint,
    write_checkpoint,
)
from SPASegmentLib.research.training.schedule import learning_rate
from SPASegmentLib.research.training.start import Start
from SPASegmentLib.research.training.unroll import UnrollSettings, unroll


@dataclass(frozen=True)
class TrainSettings:
    """How to train.

    Attributes:
        steps: optimiser steps in all.
        learning_rate: at the end of the warm-up.
        encoder_rate: factor on the learning rate for the image encoder; below 1 for an encoder that was trained
            before, 0 leaves it as it is.
        warmup: steps.
        weight_decay: AdamW's, on matrices and kernels only.
        ema: decay of the averaged weights, which are what is saved for use.
        bfloat16: run the network in bfloat16 where it is safe and the device has instructions for it.
        checkpoint_every: steps.
        log_every: steps.
        seed: of weights, batches and choices.
    """

    steps: int = 3000
    learning_rate: float = 1.5e-3
    encoder_rate: float = 1.0
    warmup: int = 100
    weight_decay: float = 0.02
    ema: float = 0.998
    bfloat16: bool = True
    checkpoint_every: int = 250
    log_every: int = 20
    seed: int = 0
    unroll: UnrollSettings = field(default_factory=UnrollSettings)

    def __post_init__(self) -> None:
        for name in ("steps", "checkpoint_every", "log_every"):
            if getattr(self, name) < 1:
                raise InputError(f"train: {name} must be at least 1, not {getattr(self, name)}.")
        for name in ("learning_rate", "encoder_rate", "warmup", "weight_decay", "seed"):
            if getattr(self, name) < 0:
                raise InputError(f"train: {name} must not be negative, as {getattr(self, name)} is.")
        if self.seed >= 2**63:
            raise InputError(f"train: seed must be below 2**63, not {self.seed}.")
        if not 0 <= self.ema < 1:
            raise InputError(f"train: ema must be at least 0 and below 1, not {self.ema}.")


class Rounds(nn.Module):
    """The rounds of a batch as one forward pass, which is where processes agree on their gradients."""

    def __init__(self, network: SPANetwork, settings: UnrollSettings) -> None:
        super().__init__()
        self.network, self.settings = network, settings

    def forward(
        self, batch: Batch, carried: bool, corrected: bool, rounds: Optional[int]
    ) -> tuple[Tensor, List[Dict[str, Tensor]]]:
        """See `unroll`."""
        return unroll(self.network, batch, self.settings, carried, corrected=corrected, rounds=rounds)


class Trainer:
    """Trains one network, alone or with the other processes.

    Every process draws its own batches; gradients are averaged, so that a step sees `size` times the batch.
    The first process's source and weights are the same as those of a process that is alone.

    Args:
        config: architecture.
        settings: how to train.
        source: of batches.
        folder: for ``checkpoint.pt`` and ``log.csv``; a checkpoint found there is resumed. On several machines only
            the first process needs it.
        start: weights to start from, instead of random ones; of no account where a checkpoint is resumed.
        processes: this one among all, and its device.

    Raises:
        InputError: the checkpoint is damaged, or of another architecture, other data or settings, or another number
            of processes.
        OutputError: the folder cannot be made.
    """

    def __init__(
        self,
        config: NetworkConfig,
        settings: TrainSettings,
        source: BatchSource,
        folder: Path,
        start: Optional[Start] = None,
        processes: Optional[Processes] = None,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.source, self.folder = settings, source, folder
        self.processes = processes or Processes()
        self.network = SPANetwork(config)
        if start is not None:
            self.network.load_state_dict(start.state)
        #: Of the weights that training started from, see `Start`; empty for random ones.
        self.origin: Dict[str, Any] = {} if start is None else start.origin
        self.network.encoder.requires_grad_(settings.encoder_rate > 0)
        self.network.to(self.processes.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = averaged_weights(self.network, settings.ema)
        self.optimiser = torch.optim.AdamW(self._groups(), lr=settings.learning_rate)
        self.rounds: nn.Module = Rounds(self.network, settings.unroll)
        if self.processes.size > 1:
            # Boxes, for one, take no part in training; hence parameters without a gradient.
            self.rounds = DistributedDataParallel(self.rounds, find_unused_parameters=True)
        if not self.processes.first:
            own = np.random.SeedSequence([settings.seed, self.processes.rank])
            torch.manual_seed(int(own.generate_state(1)[0]))
            self.source.rng = np.random.default_rng(own)
        #: Processor time of this process in all steps, before an interruption too.
        self.step, self.core_seconds = 0, 0.0
        if self.processes.first:
            make_folder(folder)
        self._recipe = as_text({"train": asdict(settings), **source.recipe()})
        self._resume()
        self.log = TrainingLog(folder / "log.csv", self.step) if self.processes.first else None

    @property
    def checkpoint(self) -> Path:
        """Where the state of training is kept."""
        return checkpoint_in(self.folder)

    def _groups(self) -> List[Dict[str, Any]]:
        """Parameters by learning rate and weight decay."""
        groups: Dict[Tuple[float, float], List[nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                factor = self.settings.encoder_rate if name.startswith("encoder.") else 1.0
                decay = self.settings.weight_decay if parameter.ndim > 1 else 0.0
                groups.setdefault((factor, decay), []).append(parameter)
        return [{"params": p, "factor": factor, "weight_decay": decay} for (factor, decay), p in groups.items()]

    def _rate(self) -> float:
        s = self.settings
        return learning_rate(self.step, s.steps, s.warmup, s.learning_rate)

    def run(self, until: Optional[int] = None, progress: Optional[Callable[[int, int], None]] = None) -> SPANetwork:
        """Train to the last step (or to `until`) and return the averaged network.

        Args:
            until: stop after this step, as an interruption would.
            progress: called with (steps done, steps in all) at the start and after each step.

        Raises:
            InputError: the gradient is no longer a number.
            OutputError: the folder cannot be written to, or the disk is full.
        """
        progress = progress or (lambda done, total: None)
        progress(self.step, self.settings.steps)
        end = min(self.settings.steps, until or self.settings.steps)
        started, seen = time.perf_counter(), self.step
        while self.step < end:
            began = time.process_time()
            log = self.train_step()
            self.core_seconds += time.process_time() - began
            if self.step % self.settings.log_every == 0 or self.step == end:
                self._log(log, (self.step - seen) / (time.perf_counter() - started))
            if self.step % self.settings.checkpoint_every == 0 or self.step == end:
                self.save()
            progress(self.step, self.settings.steps)
        network = self.averaged.module
        assert isinstance(network, SPANetwork)
        return network.eval()

    def train_step(self) -> List[Dict[str, Tensor]]:
        """One optimiser step; returns the terms of each round, as this process saw them."""
        s, device = self.settings, self.processes.device
        batch = self.source.draw().to(device)
        self.network.train()
        if s.encoder_rate == 0:
            self.network.encoder.eval()
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate() * group.get("factor", 1.0)
        carried, corrected, rounds = self._kind_of_step()
        with training_precision(device, s.bfloat16):
            loss, log = self.rounds(batch, carried, corrected, rounds)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        try:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0, error_if_nonfinite=True)
        except RuntimeError as error:
            raise InputError(
                f"The gradient is no longer a number after step {self.step}; lower learning_rate or set bfloat16: "
                "false. The same command goes on from the last checkpoint."
            ) from error
        self.optimiser.step()
        take_in(self.averaged, self.network, self.step, s.warmup)
        self.step += 1
        log[0]["loss"], log[0]["carried"] = loss.detach(), torch.tensor(float(carried))
        return log

    def _kind_of_step(self) -> Tuple[bool, bool, Optional[int]]:
        """Whether it starts from a mask, whether its user answers by clicks, and its rounds (None: drawn as it runs).

        Several processes take steps of one kind, or each would wait for the one with the most rounds.
        """
        s = self.settings.unroll
        common: Optional[torch.Generator] = None
        if self.processes.size > 1:
            common = torch.Generator().manual_seed(self.settings.seed * 1_000_003 + self.step)
        carried = bool(torch.rand((), generator=common) < s.carried)
        # Not drawn where there are none, so that recipes from before give the same weights.
        corrected = s.corrected > 0 and bool(torch.rand((), generator=common) < s.corrected)
        return carried, corrected, None if common is None else s.draw_rounds(corrected, common)

    def _log(self, log: List[Dict[str, Tensor]], speed: float) -> None:
        if self.log is None:
            return
        row: Dict[str, Any] = {"step": self.step, "rate": self._rate(), "steps_per_second": round(speed, 3)}
        row["loss"], row["carried"] = round(float(log[0].pop("loss")), 5), float(log[0].pop("carried"))
        for j, terms in enumerate(log, start=1):
            row.update({f"{name}_{j}": round(float(value), 5) for name, value in terms.items()})
        self.log.append(row)

    def save(self) -> None:
        """Write the checkpoint in one piece; a call of all processes.

        Raises:
            OutputError: the folder cannot be written to, or the disk is full.
        """
        cuda = self.processes.device.type == "cuda"
        state = {
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state() if cuda else None,
            "batches": self.source.rng.bit_generator.state,
        }
        states = self.processes.gather(state)
        if not self.processes.first:
            return
        write_checkpoint(
            {
                "step": self.step,
                "core_seconds": self.core_seconds,
                "network": self.network.state_dict(),
                "averaged": self.averaged.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "processes": states,
                "origin": self.origin,
                "recipe": self._recipe,
                "config": self.network.config.as_dict(),
            },
            self.checkpoint,
        )

    def _resume(self) -> None:
        found = None
        if self.processes.first and self.checkpoint.exists():
            found = read_checkpoint(self.checkpoint)
        state = self.processes.from_first(found)
        if state is None:
            return
        config = self.network.config.as_dict()
        if any(config.get(key, value) != value for key, value in state["config"].items()):
            raise InputError(f"{self.checkpoint} is of another architecture; {ELSEWHERE}.")
        check_same(self.checkpoint, state.get("recipe"), self._recipe, state["step"], self.settings.steps)
        own = state.get("processes") or [state]  # the form before there were several processes
        if len(own) != self.processes.size:
            raise InputError(
                f"{self.checkpoint} was written by {len(own)} process(es), and now there are {self.processes.size}; "
                f"start as many, {ELSEWHERE}."
            )
        self.step, self.origin = state["step"], state.get("origin", {})
        self.core_seconds = state.get("core_seconds", 0.0)
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        mine = own[self.processes.rank]
        torch.set_rng_state(mine["torch"])
        if mine.get("cuda") is not None and self.processes.device.type == "cuda":
            torch.cuda.set_rng_state(mine["cuda"])
        self.source.rng.bit_generator.state = mine["batches"]
