"""Volumes with the mask of one structure, as stacks of slices: folders of files, and nodules of multi-rater shards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.research.data.images import mask_on_grid, read_image, read_mask
from SPASegmentLib.research.data.shards import load_each, unpack
from SPASegmentLib.research.data.single_mask import SMALLEST_OBJECT, Pair, find_pairs
from SPASegmentLib.research.data.table import read_table
from SPASegmentLib.research.spread import evenly

#: Slices of a nodule's stack at least, and readers who drew on all of them.
LEAST_SLICES, READERS = 3, 4
#: Of the list of a shard's slices.
COLUMNS = ("file", "row", "patient", "nodule", "slice")
#: Distance between slices in pixels where nobody knows it: LIDC-IDRI has about 0.7 mm and 2 mm.
UNKNOWN_STEP = 2.5


@dataclass(frozen=True)
class Stack:
    """A volume as slices.

    Attributes:
        name: of the volume.
        patient: whom it is of.
        images: (n, h, w) float32.
        mask: (n, h, w) bool, the structure; on every slice from its first to its last, or on some.
        spacing: (x, y, z) in mm; of pixels where nobody knows the size.
        in_mm: whether it is known.
        cut: whether the structure goes on beyond the first and the last slice, so that it has no ends here.
    """

    name: str
    patient: str
    images: np.ndarray
    mask: np.ndarray
    spacing: Tuple[float, float, float]
    in_mm: bool = True
    cut: bool = False

    def __len__(self) -> int:
        return len(self.images)

    def frame(self, index: int) -> FrameImage:
        """A slice, as `ThroughVolume` takes it.

        Raises:
            InputError: there is none, or it shows nothing.
        """
        if not 0 <= index < len(self.images):
            raise InputError(f"{self.name} has no slice {index}.")
        return FrameImage(self.images[index], self.spacing[:2], self.in_mm)

    @property
    def ends(self) -> Tuple[int, int]:
        """First and last slice with the structure."""
        there = np.flatnonzero(self.mask.any(axis=(1, 2)))
        return int(there[0]), int(there[-1])


def folder_stacks(
    folders: Sequence[Path],
    label: Optional[int] = None,
    patients: Sequence[str] = (),
    limit: Optional[int] = None,
    complain: Callable[[str], None] = lambda text: None,
) -> Iterator[Stack]:
    """The volumes of folders as `find_pairs` finds them, one after another; what cannot be used is named and left out.

    Args:
        folders: any number.
        label: of the structure; None for all labels together.
        patients: to use; empty for all.
        limit: volumes of each folder at most, evenly spread; None for all.
        complain: called with a sentence for each folder or volume that cannot be used.
    """
    for folder in folders:
        try:
            pairs = [pair for pair in find_pairs(folder) if not patients or pair.patient in patients]
        except InputError as error:
            complain(str(error))
            continue
        for pair in evenly(pairs, limit, nearest=True):
            try:
                yield _of_files(pair, label)
            except InputError as error:
                complain(str(error))


def _of_files(pair: Pair, label: Optional[int]) -> Stack:
    image = read_image(pair.image)
    if image.values.ndim != 3:
        raise InputError(f"{pair.image.name} is no volume; it has the size {image.values.shape}.")
    drawn = read_mask(pair.mask, label)
    mask = mask_on_grid(drawn, image, pair.mask.name)
    if mask.shape != image.values.shape:
        raise InputError(f"{pair.mask.name} has the size {mask.shape}, its image {image.values.shape}.")
    if np.count_nonzero(mask) < SMALLEST_OBJECT:
        raise InputError(f"{pair.mask.name} shows less than {SMALLEST_OBJECT} voxels of the structure.")
    sizes = (1.0, 1.0, UNKNOWN_STEP) if image.matrix is None else np.linalg.norm(image.matrix[:3, :3], axis=0)
    spacing = (float(sizes[0]), float(sizes[1]), float(sizes[2]))
    name = f"{pair.patient}/{pair.image.name.split('.')[0]}"
    images = np.ascontiguousarray(image.values.transpose(2, 1, 0), dtype=np.float32)
    return Stack(name, pair.patient, images, mask.transpose(2, 1, 0).copy(), spacing, image.matrix is not None)


def shard_stacks(
    shards: Sequence[Path], index: Path, limit: Optional[int] = None, patients: Sequence[str] = ()
) -> List[Stack]:
    """Nodules of multi-rater slices as stacks: consecutive slices that all readers drew on, one reader's masks.

    The readers of a nodule take turns from stack to stack. Their masks on a slice are in the same order wherever all
    of them drew; where one did not, nobody knows whose mask is whose, so a stack ends there, as a volume does.

    Args:
        shards: npz files.
        index: CSV with the columns file, row, patient, nodule and slice.
        limit: stacks at most, evenly spread over all of these files; None for all.
        patients: to use; empty for all.

    Raises:
        InputError: a file cannot be used, or holds no stack.
    """
    table = read_table(index, COLUMNS)
    table.require(COLUMNS)
    known: Dict[str, List[Tuple[int, Dict[str, str]]]] = {}
    for line, cells in table.rows:
        known.setdefault(cells["file"], []).append((line, cells))
    stacks: List[Stack] = []
    for path, slices in zip(map(Path, shards), load_each(shards)):
        listed = known.get(path.stem, [])
        _check_numbers(table.name, listed, len(slices.images))
        rows = sorted(
            (c for _, c in listed if not patients or c["patient"] in patients),
            key=lambda c: (c["patient"], int(c["nodule"]), int(c["slice"])),
        )
        counts = slices.rater_counts()
        for run in _runs(rows, counts):
            at = np.array([int(cells["row"]) for cells in run])
            reader = len(stacks) % READERS
            first = run[0]
            name = f"{first['patient']}/{first['nodule']}, slice {first['slice']}, reader {reader + 1}"
            masks = np.stack([unpack(slices.masks[row])[reader] for row in at])
            images = slices.images[at].astype(np.float32)
            stacks.append(Stack(name, first["patient"], images, masks, (1.0, 1.0, UNKNOWN_STEP), False, True))
    if not stacks:
        raise InputError(
            f"{', '.join(Path(path).name for path in shards)} and {Path(index).name} hold no nodule with "
            f"{LEAST_SLICES} consecutive slices that {READERS} readers drew on."
        )
    return evenly(stacks, limit, nearest=True)


def _check_numbers(name: str, listed: Sequence[Tuple[int, Dict[str, str]]], count: int) -> None:
    """Refuse lines about a shard of `count` slices whose numbers are none, or whose row it does not have.

    Raises:
        InputError: see above; the message names the line.
    """
    for line, cells in listed:
        for column in ("row", "nodule", "slice"):
            if not re.fullmatch(r"[+-]?[0-9]{1,9}", cells[column]):
                raise InputError(f"{name}, line {line}: {column} is a whole number, not {cells[column]!r}.")
        if not 0 <= int(cells["row"]) < count:
            raise InputError(
                f"{name}, line {line}: {cells['file']} has {count} slices, rows 0 to {count - 1}, and no row "
                f"{cells['row']}; give the list that belongs to these files."
            )


def _runs(rows: Sequence[Dict[str, str]], counts: np.ndarray) -> Iterator[List[Dict[str, str]]]:
    """Consecutive slices of one nodule that all readers drew on."""
    run: List[Dict[str, str]] = []
    for cells in [*rows, None]:
        goes_on = (
            bool(run)
            and cells is not None
            and (cells["patient"], cells["nodule"]) == (run[-1]["patient"], run[-1]["nodule"])
            and int(cells["slice"]) == int(run[-1]["slice"]) + 1
            and counts[int(cells["row"])] == READERS
        )
        if not goes_on:
            if len(run) >= LEAST_SLICES:
                yield run
            run = []
        if cells is not None and counts[int(cells["row"])] == READERS:
            run.append(cells)


def largest_part(mask: np.ndarray) -> np.ndarray:
    """The largest connected part of an (n, h, w) bool mask that is not empty; voxels that share a corner touch."""
    parts, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    return np.asarray(parts == 1 + np.argmax(np.bincount(parts.ravel())[1:]))
