"""Weights for measuring named people: five folds of a set's images, with everybody and with each person left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable, List, Optional, Sequence, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.folds import FOLDS, weights_of
from SPASegmentLib.research.data.structures import open_structures
from SPASegmentLib.research.training.config import load_config
from SPASegmentLib.research.training.run import train
from SPASegmentLib.research.training.sources import People


def train_people(
    config_file: Path,
    file: str,
    data: Path,
    output: Path,
    each_person: bool = False,
    progress: Optional[Callable[[int, int], None]] = None,
    device: str = "auto",
    changes: Sequence[str] = (),
) -> List[Path]:
    """Train all weights that ``spa evaluate named --folds`` asks for; what is there already is not trained again.

    Args:
        config_file: YAML, with one source of the kind ``people``.
        file: the set, below `data`.
        data: folder that the configuration's paths are relative to.
        output: folder of all weights, see `weights_of`.
        each_person: also without each of the people in turn (paper, Table 6).
        progress: called with (steps done, steps in all), of all trainings together.
        device: see `train`.
        changes: of the configuration, see `load_config`.

    Returns:
        The weights files.

    Raises:
        InputError: as `train`, or the configuration has no source of the kind ``people``, or several.
    """
    place = _place(config_file, changes)
    people = open_structures(data / file).names
    left_out: List[Tuple[Optional[int], List[str]]] = [(None, [])]
    if each_person:
        left_out += [(k, [name]) for k, name in enumerate(people)]
    trainings = [(fold, *who) for who in left_out for fold in range(FOLDS)]
    made = []
    for before, (fold, number, names) in enumerate(trainings):
        weights = weights_of(output, fold, number)
        own = [f"{place}.file={json.dumps(file)}", f"{place}.fold={fold}", f"{place}.without={json.dumps(names)}"]

        def report(done: int, total: int, before: int = before) -> None:
            if progress is not None:
                progress(before * total + done, len(trainings) * total)

        found = train(
            config_file, data, weights.parent, report, device, changes=[*changes, *own], name=weights.stem, graphs=False
        )
        made += [] if found is None else [found]
    return made


def _place(config_file: Path, changes: Sequence[str]) -> str:
    sources = load_config(config_file, changes).sources
    places = [place for place, source in enumerate(sources, start=1) if isinstance(source, People)]
    if len(places) != 1:
        raise InputError(
            f"{config_file.name} has {len(places) or 'no'} sources of the kind people; it needs one, whose file, fold "
            "and people are set for each training."
        )
    return f"sources.{places[0]}"
