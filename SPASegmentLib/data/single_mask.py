"""Image sets with one mask per image, turned into multi-rater slices by pseudo-raters."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, List, Sequence, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.data.shards import RaterSlices
from SPASegmentLib.errors import InputError
from SPASegmentLib.training.widen import crop_single_mask

#: Objects of fewer pixels teach nothing.
SMALLEST_OBJECT = 20
#: Each object is stored twice: close up, and with its surroundings.
CONTEXTS = (2.2, 5.0)


def nifti_slices(folder: Path, skip_patients: Sequence[str] = ()) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Axial slices with a mask from ``<patient>/<modality>_image.nii.gz`` and ``..._mask.nii.gz``.

    Yields:
        (h, w) float image and (h, w) bool mask.

    Raises:
        InputError: nibabel is missing, or the folder holds no such pair.
    """
    try:
        import nibabel
    except ImportError as error:
        raise InputError("Reading NIfTI for training needs nibabel; run pip install 'spa-segment[train]'.") from error
    images = sorted(Path(folder).glob("*/*_image.nii.gz"))
    if not images:
        raise InputError(f"{Path(folder).name} holds no <patient>/*_image.nii.gz.")
    for path in images:
        if path.parent.name in skip_patients:
            continue
        image = _array(nibabel.load(path))
        mask = _array(nibabel.load(path.with_name(path.name.replace("_image", "_mask")))) > 0
        for k in range(image.shape[2]):
            if mask[:, :, k].sum() >= SMALLEST_OBJECT:
                yield image[:, :, k].T, mask[:, :, k].T


def _array(image: Any) -> np.ndarray:
    return np.asarray(image.dataobj, dtype=np.float32)


def png_slices(folder: Path, labels: Sequence[int]) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """Images from ``images/*.png`` with the largest piece of each label in ``masks/*.png``.

    Yields:
        (h, w) float image and (h, w) bool mask.

    Raises:
        InputError: the folder holds no images.
    """
    from PIL import Image

    paths = sorted(Path(folder, "images").glob("*.png"))
    if not paths:
        raise InputError(f"{Path(folder).name} holds no images/*.png.")
    for path in paths:
        image = np.asarray(Image.open(path).convert("L"), dtype=np.float32)
        marked = np.asarray(Image.open(Path(folder, "masks", path.name)))
        for label in labels:
            pieces, count = ndimage.label(marked == label)
            if count:
                piece = pieces == 1 + np.argmax(np.bincount(pieces.ravel())[1:])
                if piece.sum() >= SMALLEST_OBJECT:
                    yield image, piece


def with_pseudo_raters(slices: Iterator[Tuple[np.ndarray, np.ndarray]], seed: int) -> RaterSlices:
    """Crops around the objects with four pseudo-raters each, ready for training."""
    rng = np.random.default_rng(seed)
    images: List[np.ndarray] = []
    masks: List[np.ndarray] = []
    for image, mask in slices:
        for context in CONTEXTS:
            crop, bits = crop_single_mask(image, mask, rng, context=context)
            images.append(crop)
            masks.append(bits)
    return RaterSlices(np.stack(images), np.stack(masks))
