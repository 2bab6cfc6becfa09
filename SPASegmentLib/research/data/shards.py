"""Multi-rater slices in the shared format: ``images`` and bit-packed ``masks`` in npz files."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import check_given_once

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

    def digest(self) -> str:
        """Checksum of all pixels: the same for the same images and masks, wherever they come from."""
        found = hashlib.blake2b(digest_size=16)
        for array in (self.images, self.masks):
            found.update(repr((array.shape, array.dtype.str)).encode())
            found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()

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
        InputError: see `load_each`; or the files hold slices of different sizes.
    """
    parts = load_each(paths)
    sizes = sorted({part.images.shape[1:] for part in parts})
    if len(sizes) > 1:
        raise InputError(f"The files hold slices of different sizes ({_sizes(sizes)}); give files of one size.")
    patients = None
    if all(part.patients is not None for part in parts):
        patients = np.concatenate([part.patients for part in parts])
    return RaterSlices(
        np.concatenate([part.images for part in parts]), np.concatenate([part.masks for part in parts]), patients
    )


def load_each(paths: Sequence[Path]) -> List[RaterSlices]:
    """Read npz files, each for itself.

    Raises:
        InputError: a file is missing, unreadable, given twice, or lacks the arrays; or its values are others.
    """
    parts: List[RaterSlices] = []
    check_given_once(paths)
    for path in map(Path, paths):
        parts.append(RaterSlices(**_checked(npz_arrays(path, ("images", "masks", "patients")), path.name)))
    if not parts:
        raise InputError("No data files were given.")
    return parts


def npz_arrays(path: Path, wanted: Sequence[str] = ()) -> Dict[str, np.ndarray]:
    """The arrays of an npz file, those that are wanted or all.

    Raises:
        InputError: it is missing, damaged, of another format or too large.
    """
    try:
        # NumPy takes whatever is no archive for its own older formats, and advises how to run the code in it.
        with path.open("rb") as opened:
            if not opened.read(2).startswith(b"PK"):
                raise ValueError("it is none, or only the beginning of one; copy it again")
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files if not wanted or key in wanted}
    except MemoryError:
        raise InputError(f"{path.name} is too large for this computer's memory.") from None
    except OSError as error:
        raise InputError(f"{path.name} cannot be read as an npz file: {error.strerror or error}.") from error
    except Exception as error:  # damaged archives raise many types
        words = str(error)
        if "allow_pickle" in words:
            words = "an array in it holds objects; save numbers or texts of one type"
        raise InputError(f"{path.name} cannot be read as an npz file: {words.rstrip('.')}.") from error


def _checked(arrays: Dict[str, np.ndarray], name: str) -> Dict[str, np.ndarray]:
    """The arrays in the types of the shared format, if they can be turned into them without a loss."""
    images, masks = arrays.get("images"), arrays.get("masks")
    if images is None or masks is None or images.shape != masks.shape or images.ndim != 3:
        raise InputError(f"{name} needs arrays 'images' and 'masks' of one shape (n, h, w).")
    if not images.size:
        raise InputError(f"{name} holds no slices.")
    checked = {"images": _bytes(images, f"{name}: 'images'"), "masks": _bytes(masks, f"{name}: 'masks'")}
    if "patients" in arrays:
        checked["patients"] = patient_names(arrays["patients"], len(images), name)
    return checked


def patient_names(patients: np.ndarray, count: int, name: str) -> np.ndarray:
    """(count,) texts: an array `patients` of a file of this name.

    Raises:
        InputError: it is something else than a name or a whole number for each slice.
    """
    if patients.shape != (count,) or patients.dtype.kind not in "USiu":
        raise InputError(
            f"{name}: 'patients' must have one name for each of the {count} slices, not the shape {patients.shape} of "
            f"{patients.dtype}."
        )
    if patients.dtype.kind == "S":
        patients = np.char.decode(patients, "utf-8", "replace")
    return patients.astype(str)


def check_numbers(values: np.ndarray, what: str, whole: bool = False) -> None:
    """An array of a file holds numbers.

    Args:
        values: the array.
        what: it is, for the message: "a.npz: 'spacing'".
        whole: they must be whole ones, of whatever type.

    Raises:
        InputError: it holds texts, objects or, where whole numbers are needed, others.
    """
    if values.dtype.kind not in "iuf":
        raise InputError(f"{what} must hold numbers, not {values.dtype}.")
    if whole and not (np.isfinite(values) & (values == np.floor(values))).all():
        raise InputError(f"{what} must hold whole numbers.")


def _bytes(values: np.ndarray, what: str) -> np.ndarray:
    if values.dtype == np.uint8:
        return values
    whole = values.dtype.kind in "biu" or (values.dtype.kind == "f" and bool((values == np.floor(values)).all()))
    if whole and (values.dtype.kind == "b" or (values.min() >= 0 and values.max() <= 255)):
        return values.astype(np.uint8)
    raise InputError(f"{what} must hold whole numbers from 0 to 255 (of masks, bit k is rater k), not {values.dtype}.")


def _sizes(sizes: Sequence[Tuple[int, ...]]) -> str:
    return ", ".join(" x ".join(map(str, size)) for size in sizes)
