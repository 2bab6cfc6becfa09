"""What is trained on of all sources together, and what is held out: a patient whom one holds out has no part in any."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import identity
from SPASegmentLib.research.data.rated import of_patients
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.training.batches import Material
from SPASegmentLib.research.training.sources import Loaded, Source


def _check_known(sources: Sequence[Source], loaded: Sequence[Loaded], data: Path) -> None:
    """Of a file from which patients are held out, every source has to say whom its slices are of."""
    held = {identity(path) for source in sources if source.hold_out_every for path in source.inputs(data)}
    for number, (source, found) in enumerate(zip(sources, loaded), 1):
        if held and isinstance(found, RaterSlices) and found.patients is None:
            shared = [path.name for path in source.inputs(data) if identity(path) in held]
            if shared:
                raise InputError(
                    f"sources, entry {number}: another source holds patients of {shared[0]} out, and this one does not "
                    "say whom its slices are of; give it the same index."
                )


def open_material(sources: Sequence[Source], data: Path, crop: int) -> List[Tuple[Material, np.ndarray]]:
    """What is trained on of each source, and how often its rows are drawn.

    A patient whom one source holds out has no part in any. Patients are known by their names: one who is called
    otherwise in another source is another one.

    Raises:
        InputError: a source cannot be read, or has nothing to train on.
    """
    loaded = [source.load(data, crop) for source in sources]
    kept_out = frozenset().union(*(source.kept_out(found) for source, found in zip(sources, loaded)))
    _check_known(sources, loaded, data)
    return [source.training(found, kept_out) for source, found in zip(sources, loaded)]


def held_out_slices(sources: Sequence[Source], data: Path, crop: int) -> List[RaterSlices]:
    """The slices of all patients that are held out, of each source that holds patients out.

    Raises:
        InputError: a source cannot be read, or does not say whom its slices are of.
    """
    holding = [source for source in sources if source.hold_out_every]
    loaded = [source.load(data, crop) for source in holding]
    kept_out = frozenset().union(*(source.kept_out(found) for source, found in zip(holding, loaded)))
    return [of_patients(found, kept_out) for found in loaded if isinstance(found, RaterSlices)]
