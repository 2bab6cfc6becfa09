"""The data files of an evaluation: slices, and what is known of their patients and pixels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.index import read_index
from SPASegmentLib.research.data.shards import RaterSlices, check_numbers, load_slices, npz_arrays

#: Beside a data file: a CSV with the columns file (name without suffix), row and patient.
INDEX = "index.csv"


@dataclass(frozen=True)
class EvaluationFile:
    """One npz file in the shared format.

    Attributes:
        name: of the file, without its suffix.
        slices: its contents.
        patients: (n,) of each slice, or None where neither the file nor an index beside it says.
        spacings: (n, 2) (x, y) pixel size in mm, or None where the file has no array `spacing`.
    """

    name: str
    slices: RaterSlices
    patients: Optional[np.ndarray] = None
    spacings: Optional[np.ndarray] = None

    def patient(self, row: int) -> Optional[str]:
        """Of a slice, where it is known."""
        return None if self.patients is None else str(self.patients[row])

    def spacing(self, row: int) -> Optional[Tuple[float, float]]:
        """Of a slice in mm, where it is known."""
        return None if self.spacings is None else (float(self.spacings[row, 0]), float(self.spacings[row, 1]))

    def fingerprint(self) -> str:
        """SHA-256 of the masks and their shape: whether a committed list of cases fits this file."""
        digest = hashlib.sha256(repr(self.slices.masks.shape).encode())
        digest.update(np.ascontiguousarray(self.slices.masks).tobytes())
        return digest.hexdigest()


def open_files(paths: Sequence[Path]) -> List[EvaluationFile]:
    """Read npz files with `images`, `masks` and, where known, `patients` and `spacing`.

    Patients that a file does not name are looked up in `index.csv` beside it.

    Raises:
        InputError: a file is missing, unreadable or lacks arrays, two files have one name, or the index beside a file
            cannot be read or does not fit it.
    """
    files = []
    for path in map(Path, paths):
        slices = load_slices([path])
        patients = slices.patients if slices.patients is not None else _indexed_patients(path, len(slices))
        files.append(EvaluationFile(path.stem, slices, patients, _spacings(path, len(slices))))
    names = [file.name for file in files]
    if not files:
        raise InputError("No data files were given.")
    if len(set(names)) < len(names):
        raise InputError("Two data files have the same name; cases could not be told apart. Rename one of them.")
    return files


def joined_slices(paths: Sequence[Path]) -> RaterSlices:
    """All slices of npz files, with their patients where every file, or the index beside it, says them.

    Raises:
        InputError: see `open_files`; or the files hold slices of different sizes.
    """
    patients = [file.patients for file in open_files(paths)]
    slices, known = load_slices(paths), [each for each in patients if each is not None]
    together = np.concatenate(known) if len(known) == len(patients) else None
    return RaterSlices(slices.images, slices.masks, together)


def _spacings(path: Path, count: int) -> Optional[np.ndarray]:
    found = npz_arrays(path, ("spacing",)).get("spacing")
    if found is None:
        return None
    check_numbers(found, f"{path.name}: 'spacing'")
    spacings = found.astype(np.float64)
    if spacings.shape != (count, 2) or not (np.isfinite(spacings) & (spacings > 0)).all():
        raise InputError(f"{path.name}: 'spacing' must be ({count}, 2) positive sizes (x, y) in mm.")
    return spacings


def _indexed_patients(path: Path, count: int) -> Optional[np.ndarray]:
    """Patients of a file's slices from the index beside it; None where there is none."""
    index = path.parent / INDEX
    return read_index(index).patients(path, count) if index.is_file() else None
