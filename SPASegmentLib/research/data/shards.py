"""Multi-rater slices in the shared format: ``images`` and bit-packed ``masks`` in npz files."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence

import numpy as np

from SPASegmentLib.errors import InputError

#: Raters that fit into the bits of a mask pixel.
MAX_RATERS = 8


@dataclass(frozen=True)
class RaterSlices:
    """Slices with the masks of several raters.

    Attributes:
        images: (n, h, w) uint8.
        masks: (n, h, w) uint8; bit k is rater mask k. A rater without a single pixel on a slice is missing there.
        patients: (n,) strings, or None where the file does not say.
    """

    images: np.ndarray
    masks: np.ndarray
    patients: Optional[np.ndarray] = None

    def __len__(self) -> int:
        return len(self.images)

    def raters(self, index: int) -> np.ndarray:
        """(r, h, w) bool masks of the raters present on a slice, in the order of their bits."""
        planes = unpack(self.masks[index])
        return planes[planes.any(axis=(1, 2))]

    def rater_counts(self) -> np.ndarray:
        """(n,) number of raters present on each slice."""
        bits = np.bitwise_or.reduce(self.masks.reshape(len(self.masks), -1), axis=1)
        return np.unpackbits(bits[:, None], axis=1).sum(1)

    def take(self, rows: np.ndarray) -> RaterSlices:
        """The slices at these rows."""
        return RaterSlices(self.images[rows], self.masks[rows], None if self.patients is None else self.patients[rows])


def unpack(bits: np.ndarray) -> np.ndarray:
    """(..., h, w) bit-packed masks to (..., MAX_RATERS, h, w) bool."""
    return np.stack([(bits >> k) & 1 for k in range(MAX_RATERS)], axis=-3).astype(bool)


def pack(masks: np.ndarray) -> np.ndarray:
    """(r, h, w) bool masks, r <= MAX_RATERS, to (h, w) uint8."""
    if len(masks) > MAX_RATERS:
        raise InputError(f"At most {MAX_RATERS} raters fit into the packed format, not {len(masks)}.")
    bits = np.zeros(masks.shape[1:], np.uint8)
    for k, mask in enumerate(masks):
        bits |= mask.astype(np.uint8) << k
    return bits


def load_slices(paths: Sequence[Path]) -> RaterSlices:
    """Read and join npz files.

    Raises:
        InputError: a file is missing, unreadable or lacks the arrays.
    """
    parts = []
    for path in paths:
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {key: file[key] for key in file.files if key in ("images", "masks", "patients")}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(f"{Path(path).name} cannot be read as an npz file: {error}") from error
        if "images" not in arrays or "masks" not in arrays or arrays["images"].shape != arrays["masks"].shape:
            raise InputError(f"{Path(path).name} needs arrays 'images' and 'masks' of one shape (n, h, w).")
        parts.append(arrays)
    if not parts:
        raise InputError("No data files were given.")
    patients = None
    if all("patients" in part for part in parts):
        patients = np.concatenate([part["patients"].astype(str) for part in parts])
    return RaterSlices(
        np.concatenate([part["images"] for part in parts]), np.concatenate([part["masks"] for part in parts]), patients
    )
