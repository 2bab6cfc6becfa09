"""Image sets with one mask per image: each adapter yields pairs of a slice and its mask.

For training, `training.widen` puts pseudo-raters around the masks; for validation the pairs are used as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Optional, Sequence, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.data.images import read_image, read_mask
from SPASegmentLib.errors import InputError

#: Objects of fewer pixels teach nothing.
SMALLEST_OBJECT = 20


def nifti_slices(folder: Path, skip_patients: Sequence[str] = ()) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Axial slices with a mask from ``<patient>/<modality>_image.nii.gz`` and ``..._mask.nii.gz``.

    Yields:
        (h, w) float image and (h, w) bool mask.

    Raises:
        InputError: nibabel is missing, or the folder holds no such pair.
    """
    images = sorted(Path(folder).glob("*/*_image.nii.gz"))
    if not images:
        raise InputError(f"{Path(folder).name} holds no <patient>/*_image.nii.gz.")
    for path in images:
        if path.parent.name in skip_patients:
            continue
        image = read_image(path).values
        mask = read_mask(path.with_name(path.name.replace("_image", "_mask"))).values
        for k in range(image.shape[2]):
            if mask[:, :, k].sum() >= SMALLEST_OBJECT:
                yield image[:, :, k].T, mask[:, :, k].T


def png_slices(folder: Path, labels: Sequence[int]) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Images from ``images/*.png`` with the largest piece of each label in ``masks/*.png``.

    Yields:
        (h, w) float image and (h, w) bool mask.

    Raises:
        InputError: the folder holds no images.
    """
    paths = sorted(Path(folder, "images").glob("*.png"))
    if not paths:
        raise InputError(f"{Path(folder).name} holds no images/*.png.")
    for path in paths:
        image = read_image(path).values
        for label in labels:
            pieces, count = ndimage.label(read_mask(Path(folder, "masks", path.name), label).values)
            if count:
                piece = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
                if piece.sum() >= SMALLEST_OBJECT:
                    yield image, piece


def decathlon_slices(folder: Path, label: Optional[int] = None) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Axial slices of a set laid out as in the Medical Segmentation Decathlon.

    Expected: ``images/<case>.nii.gz`` and ``labels/<case>.nii.gz``, or ``imagesTr`` and ``labelsTr``. The small
    hippocampus set is for validation only, so that nothing share-alike goes into the bundled weights.

    Args:
        folder: with these two folders.
        label: of the structure; None for all labels together.

    Yields:
        (h, w) float32 image and (h, w) bool mask.

    Raises:
        InputError: the folder has another layout, or a file cannot be read.
    """
    images, labels = ("imagesTr", "labelsTr") if Path(folder, "imagesTr").is_dir() else ("images", "labels")
    paths = sorted(p for p in Path(folder, images).glob("*.nii.gz") if not p.name.startswith("."))
    if not paths:
        raise InputError(f"{folder} holds no images/<case>.nii.gz with labels/<case>.nii.gz, nor imagesTr and labelsTr")
    for path in paths:
        image = read_image(path).values
        mask = read_mask(Path(folder, labels, path.name), label).values
        if image.shape != mask.shape or image.ndim != 3:
            raise InputError(f"{path.name}: image {image.shape} and labels {mask.shape} must be volumes of one size.")
        for k in range(image.shape[2]):
            if mask[:, :, k].sum() >= SMALLEST_OBJECT:
                yield image[:, :, k].T, mask[:, :, k].T
