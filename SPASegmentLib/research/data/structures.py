"""Images of many kinds of structures in the shared npz format: labels of all classes, or masks of named people.

A file holds ``images`` (n, h, w) uint8 and either ``labels`` (n, h, w), where value v is ``classes[v - 1]``, or
``masks`` (n, h, w), where bit k is the person ``raters[k]``. ``content`` (n, 4) says which rows and columns are image
and not padding: y0, y1, x0, x1. ``patients``, ``spacing`` (row, column in mm), ``modality``, ``source``, ``licence``
and ``citation`` may be there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Collection, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.shards import MAX_RATERS, check_numbers, npz_arrays, patient_names, unpack

#: The class of files in which every value is an object of its own.
INSTANCE = "instance"


@dataclass(frozen=True, eq=False)
class StructureSet:
    """What a file holds, images cut to their content.

    Attributes:
        name: of the file, without its ending.
        images: n arrays (h, w) uint8.
        labels: n arrays (h, w) of whole numbers; None where people drew masks.
        masks: n arrays (h, w) uint8, bit-packed; None where there are labels.
        names: the classes or the people.
        patients: (n,) of each image.
        spacing: n pairs (x, y) in mm; None where unknown.
        facts: modality, source, licence and citation, as far as the file has them.
    """

    name: str
    images: List[np.ndarray]
    labels: Optional[List[np.ndarray]]
    masks: Optional[List[np.ndarray]]
    names: Tuple[str, ...]
    patients: np.ndarray
    spacing: List[Optional[Tuple[float, float]]]
    facts: Dict[str, str]

    def __len__(self) -> int:
        return len(self.images)

    @property
    def by_instance(self) -> bool:
        """Every label value is an object of its own."""
        return self.labels is not None and self.names == (INSTANCE,)

    def classes(self, index: int) -> Dict[int, np.ndarray]:
        """Label values of an image to their (h, w) bool masks."""
        assert self.labels is not None
        label = self.labels[index]
        return {int(value): label == value for value in np.unique(label) if value}

    def people(self, index: int) -> np.ndarray:
        """(r, h, w) bool masks of the people who drew something on an image."""
        assert self.masks is not None
        planes = unpack(self.masks[index])[: len(self.names)]
        return planes[planes.any(axis=(1, 2))]

    def taken(self, rows: Sequence[int]) -> StructureSet:
        """Some of the images, in this order."""

        def some(arrays: Optional[List[np.ndarray]]) -> Optional[List[np.ndarray]]:
            return None if arrays is None else [arrays[row] for row in rows]

        return replace(
            self, images=[self.images[row] for row in rows], labels=some(self.labels), masks=some(self.masks),
            patients=self.patients[list(rows)], spacing=[self.spacing[row] for row in rows],
        )  # fmt: skip

    def without(self, people: Collection[str]) -> StructureSet:
        """The same images as if some of the people had drawn nothing.

        Raises:
            InputError: there are no people, or one of them is nobody here.
        """
        if self.masks is None:
            raise InputError(f"{self.name} has no people; it holds labels, which spa evaluate structures measures.")
        unknown = [repr(name) for name in people if name not in self.names]
        if unknown:
            raise InputError(
                f"{self.name} has the people {', '.join(self.names)}; {', '.join(unknown)} cannot be left out."
            )
        kept = sum(1 << k for k, name in enumerate(self.names) if name not in people)
        return replace(self, masks=[mask & np.uint8(kept) for mask in self.masks])


def open_structures(path: Path) -> StructureSet:
    """Read a file.

    Raises:
        InputError: it is missing, damaged, of another format, its sizes or types do not fit, or its labels have no
            classes.
    """
    path = Path(path)
    arrays = npz_arrays(path)
    _check(path.name, arrays)
    n = len(arrays["images"])
    cuts = [tuple(slice(int(a), int(b)) for a, b in (box[:2], box[2:])) for box in _content(arrays)]

    def cut(key: str) -> Optional[List[np.ndarray]]:
        return [arrays[key][i][cuts[i]] for i in range(n)] if key in arrays else None

    images = cut("images")
    assert images is not None
    names = arrays["classes" if "labels" in arrays else "raters"]
    patients = np.array([f"{path.stem} {i}" for i in range(n)])
    if "patients" in arrays:
        patients = patient_names(arrays["patients"], n, path.name)
    return StructureSet(
        path.stem,
        images,
        cut("labels"),
        None if "labels" in arrays else cut("masks"),
        tuple(str(name) for name in names),
        patients,
        [_spacing(arrays["spacing"][i]) if "spacing" in arrays else None for i in range(n)],
        {key: str(arrays[key]) for key in ("modality", "source", "licence", "citation") if key in arrays},
    )


def _check(name: str, arrays: Dict[str, np.ndarray]) -> None:
    images = arrays.get("images")
    if images is None or not ("labels" in arrays or "masks" in arrays):
        raise InputError(
            f"{name} is no file of structures: it needs the arrays 'images' and 'labels' (with 'classes') or 'masks' "
            f"(with 'raters'); it has {', '.join(sorted(arrays)) or 'none'}."
        )
    if images.ndim != 3 or images.dtype != np.uint8 or not len(images):
        raise InputError(f"{name}: images must be (n, h, w) in 8 bits, not {images.shape} in {images.dtype}.")
    key = "labels" if "labels" in arrays else "masks"
    drawn = arrays[key]
    if drawn.shape != images.shape or drawn.dtype.kind not in "ui":
        raise InputError(
            f"{name}: {key} {drawn.shape} in {drawn.dtype} must be whole numbers of the size of the images "
            f"{images.shape}."
        )
    if drawn.min() < 0:
        raise InputError(f"{name}: {key} must be from 0 up, and one is {int(drawn.min())}; 0 is what is no structure.")
    names = "classes" if key == "labels" else "raters"
    known = arrays.get(names)
    if known is None or known.ndim != 1 or not len(known) or known.dtype.kind != "U":
        raise InputError(f"{name}: the {key} have no {names}; add an array '{names}' with their names.")
    if key == "labels" and tuple(known) != (INSTANCE,) and int(drawn.max()) > len(known):
        raise InputError(
            f"{name}: a label is {int(drawn.max())}, but there are {len(known)} classes; name every class in 'classes'."
        )
    if key == "masks" and (len(known) > MAX_RATERS or int(drawn.max()) >> len(known)):
        raise InputError(f"{name}: the masks have bits beyond the {len(known)} raters; there can be {MAX_RATERS}.")
    if key == "masks" and (len(set(known)) < len(known) or not all(map(str.strip, known))):
        listed = ", ".join(repr(str(one)) for one in known)
        raise InputError(f"{name}: the raters are {listed}; give each a name of its own.")
    for extra, shape in (("content", (len(images), 4)), ("patients", (len(images),)), ("spacing", (len(images), 2))):
        if extra in arrays and arrays[extra].shape != shape:
            raise InputError(f"{name}: {extra} has the size {arrays[extra].shape} and must have {shape}.")
    for extra, whole in (("content", True), ("spacing", False)):  # a spacing may be NaN, where it is not known
        if extra in arrays:
            check_numbers(arrays[extra], f"{name}: '{extra}'", whole)
    height, width = images.shape[1:]
    for y0, y1, x0, x1 in _content(arrays):
        if not (0 <= y0 < y1 <= height and 0 <= x0 < x1 <= width):
            raise InputError(f"{name}: the content {[int(v) for v in (y0, y1, x0, x1)]} lies outside the images.")


def _content(arrays: Dict[str, np.ndarray]) -> np.ndarray:
    images = arrays["images"]
    whole = np.tile([0, images.shape[1], 0, images.shape[2]], (len(images), 1))
    return np.asarray(arrays.get("content", whole))


def _spacing(row_column: np.ndarray) -> Optional[Tuple[float, float]]:
    known = np.isfinite(row_column).all() and (row_column > 0).all()
    return (float(row_column[1]), float(row_column[0])) if known else None
