"""QUBIQ: single slices (or small volumes) with the masks of three to seven raters for one or more tasks, as NIfTI.

Expected tree of a data set such as ``brain-growth``, ``brain-tumor``, ``kidney`` or ``prostate``::

    <folder>/case01/image.nii.gz
                   /task01_seg01.nii.gz ... task01_seg07.nii.gz
                   /task02_seg01.nii.gz ...

``<folder>`` is, for example, ``training_data/brain-growth/Training``. Brain tumour images hold four MR sequences.
Raters keep their number within a task. Of a case named ``case1-2`` the patient is ``case1``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.lattice import Lattice, differences
from SPASegmentLib.paths import listed
from SPASegmentLib.research.data.images import Pixels, read_image, read_mask
from SPASegmentLib.research.data.rated import RatedImage, slices_of


def qubiq_images(folder: Path, task: int = 1, channel: int = 0) -> Iterator[RatedImage]:
    """All cases of a task; a rater whose file is absent is missing.

    Args:
        folder: see above.
        task: number of the structure.
        channel: of images with several.

    Raises:
        InputError: the folder has another layout, a file cannot be read, or image and masks do not fit.
    """
    cases = listed(Path(folder), "*/image.nii.gz")
    if not cases:
        raise InputError(f"{folder} holds no case<n>/image.nii.gz.")
    found = False
    for path in cases:
        masks, pixels = {}, read_image(path)
        for file in listed(path.parent, f"task{task:02d}_seg*.nii.gz"):
            match = re.fullmatch(r"task\d+_seg(\d+)\.nii\.gz", file.name)
            if match:
                mask = read_mask(file)
                _check_place(mask, pixels, f"{path.parent.name}/{file.name}")
                masks[int(match.group(1)) - 1] = np.squeeze(mask.values)
        if not masks:
            continue
        found = True
        case = path.parent.name
        image = _channel(np.squeeze(pixels.values), next(iter(masks.values())).shape, channel, case)
        yield from slices_of(image, masks, case.partition("-")[0], case)
    if not found:
        raise InputError(f"{folder} holds no task{task:02d}_seg<rater>.nii.gz; look at the number of the task.")


def _check_place(mask: Pixels, image: Pixels, name: str) -> None:
    """Refuse a mask that lies elsewhere than its image; channels, which have no place, may be any axis of that."""
    first = (*mask.values.shape, 1, 1)[:2] == (*image.values.shape, 1, 1)[:2]
    differing = differences(Lattice(mask.values.shape, mask.matrix), Lattice(mask.values.shape, image.matrix))
    if first and differing:
        raise InputError(f"{name} lies on another grid than its image ({differing}); resample it to the image's grid.")


def _channel(image: np.ndarray, shape: tuple[int, ...], channel: int, case: str) -> np.ndarray:
    """One channel of an image that has an axis more than its masks."""
    if image.shape == shape:
        return image
    for axis in range(image.ndim):
        if image.shape[:axis] + image.shape[axis + 1 :] == shape:
            if not 0 <= channel < image.shape[axis]:
                raise InputError(f"{case} has {image.shape[axis]} channels; there is no channel {channel}.")
            return np.take(image, channel, axis)
    raise InputError(f"{case}: the image has the size {image.shape}, its masks {shape}; they must agree.")
