"""What a network is trained by; a run goes on from a checkpoint only where all of it is the same."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping

import torch

from SPASegmentLib.errors import InputError, reason
from SPASegmentLib.output import held, make_folder, whole_file

#: What may change between two parts of a run: how far it goes, and how often it is written down.
FREE = ("steps", "checkpoint_every", "log_every")
ELSEWHERE = "give another folder with --output, or remove the checkpoint"


def as_text(recipe: Mapping[str, Any], free: Iterable[str] = FREE) -> str:
    """A recipe as it is kept in a checkpoint: JSON, without what may change."""
    return json.dumps(_without(recipe, tuple(free)), sort_keys=True)


def check_same(checkpoint: Path, kept: Any, now: str, step: int, steps: int) -> None:
    """Refuse to go on from a checkpoint that was trained by something else.

    Args:
        checkpoint: for the message.
        kept: what `as_text` gave when it was written; None where it does not say.
        now: what it gives now.
        step: that the checkpoint has reached.
        steps: that are asked for.

    Raises:
        InputError: they differ, or the checkpoint has gone further than is asked for.
    """
    if not isinstance(kept, str):
        raise InputError(f"{checkpoint} does not say which data and settings it was trained with; {ELSEWHERE}.")
    different = _different(_flat(json.loads(kept)), _flat(json.loads(now)))
    if different:
        raise InputError(f"{checkpoint} is of another training (other {_few(different)}); {ELSEWHERE}.")
    if step > steps:
        raise InputError(f"{checkpoint} has done {step} steps already, and {steps} are asked for; {ELSEWHERE}.")


def checkpoint_in(folder: Path) -> Path:
    """The checkpoint of a run that writes into a folder."""
    return folder / "checkpoint.pt"


def write_checkpoint(state: Mapping[str, Any], path: Path) -> None:
    """Write a checkpoint, whole or not at all; a folder that has been removed meanwhile is made again.

    Raises:
        OutputError: it cannot be written.
    """
    make_folder(path.parent)
    with whole_file(path) as partial:
        try:
            with partial.open("wb") as file:
                torch.save(dict(state), file)
        except RuntimeError as error:  # what PyTorch makes of a write that fails, such as on a full disk
            if isinstance(error.__context__, OSError):
                raise error.__context__ from error
            raise


def read_checkpoint(path: Path) -> Dict[str, Any]:
    """A checkpoint, on the processor.

    Raises:
        InputError: it is damaged, or cannot be read.
    """
    try:
        state: Dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:  # nothing is known of what is in it
        raise InputError(f"{path} cannot be read ({reason(error).lower()}); try again when it can.") from error
    except Exception as error:  # torch raises many types for a damaged file
        raise InputError(f"{path} is damaged; remove it to begin anew.") from error
    return state


@contextmanager
def only_training(folder: Path) -> Iterator[None]:
    """Keep a folder to this training while it runs; it is made if it does not exist.

    Raises:
        InputError: another one is at work in it.
        OutputError: it cannot be made.
    """
    make_folder(folder)
    with held(folder) as mine:
        if not mine:
            raise InputError(f"Another training is at work in {folder}; give another folder with --output, or wait.")
        yield


def _without(value: Any, free: Iterable[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _without(part, free) for key, part in value.items() if key not in free}
    return value


def _flat(value: Any, place: str = "") -> Dict[str, Any]:
    """Names such as ``train.unroll.rounds`` to values."""
    if not isinstance(value, dict):
        return {place: value}
    return {name: v for key, part in value.items() for name, v in _flat(part, f"{place}.{key}".strip(".")).items()}


def _different(before: Dict[str, Any], now: Dict[str, Any]) -> List[str]:
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def _few(names: List[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
