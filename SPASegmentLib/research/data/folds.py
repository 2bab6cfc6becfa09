"""Folds of the images of a set, so that each is measured by weights that have seen the others (paper, Table 6).

Which fold an image is in depends on the names of the set's patients alone: not on a seed, nor on who drew what.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Optional, Sequence, Union

import numpy as np

#: Into which a set is divided, as in the paper.
FOLDS = 5


def folds(patients: Union[Sequence[str], np.ndarray]) -> np.ndarray:
    """The fold of every image: all images of a patient are in one, and folds have as many patients, or one less.

    Args:
        patients: (n,) whose each image is.

    Returns:
        (n,) whole numbers from 0 to `FOLDS` - 1.
    """
    names = np.asarray(patients).astype(str)
    dealt = {name: place % FOLDS for place, name in enumerate(sorted(np.unique(names), key=_digest))}
    return np.array([dealt[name] for name in names], dtype=np.int64)


def digest(patients: Union[Sequence[str], np.ndarray], images: Sequence[np.ndarray]) -> str:
    """16 hex digits of what is in the folds: with one patient more or less, others are in other ones.

    Args:
        patients: (n,) whose each image is.
        images: n arrays (h, w).
    """
    found = hashlib.sha256()
    for patient, image in zip(np.asarray(patients).astype(str), images):
        found.update(repr((str(patient), image.shape, image.dtype.str)).encode())
        found.update(np.ascontiguousarray(image).data)
    return found.hexdigest()[:16]


def _digest(name: str) -> bytes:
    return hashlib.blake2b(str(name).encode(), digest_size=8).digest()


def weights_of(folder: Path, fold: int, without: Optional[int] = None) -> Path:
    """Where ``spa train-people`` keeps the weights that have not seen a fold, nor the masks of one person.

    Args:
        folder: of all weights of a set.
        fold: that is left out.
        without: number of the person in the file, from 0; None for all people.
    """
    name = f"fold-{fold}" + ("" if without is None else f"-without-person-{without + 1}")
    return folder / name / f"{name}.safetensors"
