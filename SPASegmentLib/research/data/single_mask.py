"""Image sets with one mask per image: each adapter yields pairs of a slice and its mask.

For training, `training.widen` puts pseudo-raters around the masks; for validation the pairs are used as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Sequence, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import listed
from SPASegmentLib.research.data.images import mask_on_grid, read_image, read_mask

#: Objects of fewer pixels teach nothing.
SMALLEST_OBJECT = 20


@dataclass(frozen=True)
class Pair:
    """An image file and the file of its mask.

    Attributes:
        patient: name of the patient, or of the file where that is all there is.
        image: a volume or a picture.
        mask: of the same size.
    """

    patient: str
    image: Path
    mask: Path

    def slices(self, label: Optional[int] = None) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
        """Slices across the third axis (a picture is one) with at least `SMALLEST_OBJECT` pixels of the object.

        Args:
            label: of the structure; None for all labels together.

        Yields:
            (h, w) float32 image and (h, w) bool mask.

        Raises:
            InputError: a file cannot be read, or the mask lies elsewhere than the image.
        """
        pixels, drawn = read_image(self.image), read_mask(self.mask, label)
        image, mask = pixels.values, drawn.values
        if image.shape != mask.shape or image.ndim not in (2, 3):
            raise InputError(
                f"{self.image.name}: image {image.shape} and mask {mask.shape} must be of one size, with two or three "
                "axes."
            )
        mask = mask_on_grid(drawn, pixels, self.mask.name)
        if image.ndim == 2:
            if mask.sum() >= SMALLEST_OBJECT:
                yield image, mask
            return
        for k in range(image.shape[2]):
            if mask[:, :, k].sum() >= SMALLEST_OBJECT:
                yield image[:, :, k].T, mask[:, :, k].T


def find_pairs(folder: Path) -> List[Pair]:
    """All images with their masks, whichever of the layouts below the folder has.

    * Medical Segmentation Decathlon: ``images/<case>.nii.gz`` and ``labels/<case>.nii.gz``, or ``imagesTr`` and
      ``labelsTr``;
    * pictures: ``images/<name>.png`` and ``masks/<name>.png`` or ``labels/<name>.png``;
    * ``<name>_image.<ending>`` beside ``<name>_mask.<ending>`` (NIfTI or NRRD), in the folder or in one per patient.

    Raises:
        InputError: it is no folder, or has none of them.
    """
    folder = Path(folder)
    for masks in ("labels", "masks"):
        paths = _visible(folder / "images", "*.png")
        if paths and (folder / masks).is_dir():
            return [Pair(path.stem, path, folder / masks / path.name) for path in paths]
    for images, labels in (("imagesTr", "labelsTr"), ("images", "labels")):
        paths = _visible(folder / images, "*.nii.gz")
        if paths:
            return [Pair(path.name.split(".")[0], path, folder / labels / path.name) for path in paths]
    own = [Pair(path.name.split("_image.")[0], path, _mask_beside(path)) for path in _visible(folder, "*_image.n*")]
    deep = [Pair(path.parent.name, path, _mask_beside(path)) for path in _visible(folder, "*/*_image.n*")]
    if not own + deep:
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder, or not there; give one with images and masks.")
        raise InputError(
            f"{folder} holds no images/<case>.nii.gz with labels/<case>.nii.gz, nor imagesTr and labelsTr, nor "
            "images/*.png with masks/*.png, nor <name>_image.nii.gz beside <name>_mask.nii.gz."
        )
    return own + deep


def _visible(folder: Path, pattern: str) -> List[Path]:
    """Without what a Mac leaves behind."""
    return [path for path in listed(folder, pattern) if not path.name.startswith(".")]


def _mask_beside(image: Path) -> Path:
    return image.with_name(image.name.replace("_image.", "_mask."))


def nifti_slices(folder: Path, skip_patients: Sequence[str] = ()) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Axial slices of ``<patient>/<modality>_image.nii.gz`` with ``..._mask.nii.gz``.

    Yields:
        (h, w) float image and (h, w) bool mask.

    Raises:
        InputError: nibabel is missing, or the folder holds no such pair.
    """
    for pair in find_pairs(folder):
        if pair.patient not in skip_patients:
            yield from pair.slices()


def png_slices(folder: Path, labels: Sequence[int]) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Images from ``images/*.png`` with the largest piece of each label in ``masks/*.png``.

    Yields:
        (h, w) float image and (h, w) bool mask.

    Raises:
        InputError: the folder holds no images.
    """
    for pair in find_pairs(folder):
        for label in labels:
            for image, mask in pair.slices(label):
                piece = largest_piece(mask)
                if piece.sum() >= SMALLEST_OBJECT:
                    yield image, piece


def largest_piece(mask: np.ndarray) -> np.ndarray:
    """The largest connected piece of a (h, w) bool mask that is not empty."""
    pieces, _ = ndimage.label(mask)
    return np.asarray(pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:]))
