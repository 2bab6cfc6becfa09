"""One training process, or one of several that torchrun started on this machine or on many."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterator, List

import torch
from torch import distributed

from SPASegmentLib.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")


@dataclass(frozen=True)
class Processes:
    """This process among all.

    Attributes:
        rank: of this process; 0 writes the files.
        size: how many there are.
        device: where this process computes.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = torch.device("cpu")

    @property
    def first(self) -> bool:
        """Whether this is the process that reads and writes files."""
        return self.rank == 0

    def from_first(self, value: Any) -> Any:
        """What the first process gives, in every process."""
        if self.size == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, src=0, device=self._transport)
        return box[0]

    def gather(self, value: Any) -> List[Any]:
        """What each process gives, by rank."""
        if self.size == 1:
            return [value]
        values: List[Any] = [None] * self.size
        distributed.all_gather_object(values, value)
        return values

    @property
    def _transport(self) -> torch.device:
        return self.device if distributed.get_backend() == "nccl" else torch.device("cpu")


@contextmanager
def processes(device: str = "auto") -> Iterator[Processes]:
    """Join the processes that torchrun started; without torchrun this is the only one.

    Args:
        device: "cpu", "cuda" (each process takes the GPU of its local rank), "mps", or "auto" for CUDA where there
            is a GPU and the processor elsewhere.

    Raises:
        InputError: unknown or absent device.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    chosen = _device(device, int(os.environ.get("LOCAL_RANK", "0")))
    if size == 1:
        yield Processes(device=chosen)
        return
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield Processes(distributed.get_rank(), size, chosen)
    finally:
        distributed.destroy_process_group()


def _device(name: str, local_rank: int) -> torch.device:
    if name not in DEVICES:
        raise InputError(f"Unknown device {name!r}; there are {', '.join(DEVICES)}.")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and local_rank >= torch.cuda.device_count():
        raise InputError(
            f"There are {torch.cuda.device_count()} CUDA devices, and process {local_rank + 1} of this machine needs "
            "one of its own; start fewer processes, or train with --device cpu."
        )
    if name == "mps" and not torch.backends.mps.is_available():
        raise InputError("This machine has no MPS device; train with --device cpu.")
    return torch.device(name, local_rank) if name == "cuda" else torch.device(name)
