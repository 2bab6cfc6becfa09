"""What is kept for testing of slices that a split divides: a fifth of the slices, or all slices of a fifth of patients.

Prepared versions of LIDC-IDRI are split slice by slice, the paper's too: a patient's neighbouring slices, all but
equal, are then on both sides. Split by patient, nobody is. What is on which side depends on names alone, not on a seed
or on which other slices there are.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Optional

import numpy as np

from SPASegmentLib.errors import InputError

#: Which of the two is kept for testing; "both" are the slices that are kept in either.
SPLITS = ("slices", "patients", "both")
ONE_IN = 5


def kept_for_testing(split: str, file: Path, count: int, patients: Optional[np.ndarray]) -> np.ndarray:
    """(count,) bool: the slices of an npz file that no training by this split sees.

    Args:
        split: of `SPLITS`.
        file: whose name, without folder and suffix, its slices go by.
        count: of its slices.
        patients: (count,) of each slice; may be None for "slices".

    Raises:
        InputError: there is no such split, or the patients are not known.
    """
    if split not in SPLITS:
        raise InputError(f"A split is one of {', '.join(SPLITS)}, not {split!r}.")
    by_slice = np.array([_kept(f"slice {Path(file).stem}:{row}") for row in range(count)], bool)
    if split == "slices":
        return by_slice
    if patients is None:
        raise InputError(f"To split {Path(file).name} by patient, an index must say whose slices they are.")
    names = np.asarray(patients).astype(str)
    chosen = [name for name in np.unique(names) if _kept(f"patient {name}")]
    by_patient = np.isin(names, chosen)
    return by_patient if split == "patients" else by_patient & by_slice


def _kept(name: str) -> bool:
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % ONE_IN == 0
