"""LIDC-IDRI as a tree of PNG slices, the form that re-implementations of the Probabilistic U-Net use.

Expected tree (a slice is the same file name in all folders)::

    <folder>/LIDC-IDRI-0001/nodule-0/images/slice-0.png
                                    /mask-0/slice-0.png
                                    /mask-1/slice-0.png
                                    /mask-2/slice-0.png
                                    /mask-3/slice-0.png

Readers of LIDC are anonymous: mask-2 of one nodule and mask-2 of another are not the same person.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import listed
from SPASegmentLib.research.data.images import read_image, read_mask
from SPASegmentLib.research.data.rated import RatedImage


def lidc_png_images(folder: Path) -> Iterator[RatedImage]:
    """All slices; a reader whose file is absent or empty is missing.

    Raises:
        InputError: the folder has another layout, or a file cannot be read.
    """
    images = listed(Path(folder), "*/nodule-*/images/*.png")
    if not images:
        raise InputError(f"{folder} holds no <patient>/nodule-<n>/images/*.png.")
    for path in images:
        nodule = path.parent.parent
        masks: Dict[int, np.ndarray] = {}
        for drawn in listed(nodule, "mask-*"):
            if (drawn / path.name).exists():
                mask = read_mask(drawn / path.name, soft=True).values
                if mask.any():
                    masks[int(drawn.name.rpartition("-")[2])] = mask
        patient = nodule.parent.name
        yield RatedImage(read_image(path).values, masks, patient, f"{patient}/{nodule.name}/{path.stem}")
