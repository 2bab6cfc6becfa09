"""REFUGE2: fundus photographs on which seven ophthalmologists outlined optic disc and cup.

Expected tree, a folder for each image (``Test-400`` is laid out in the same way)::

    <folder>/Training-400/0001/0001.jpg
                              /0001_seg_cup_1.png  ... 0001_seg_cup_7.png
                              /0001_seg_disc_1.png ... 0001_seg_disc_7.png

Rater k is the same person in all images. The set does not say which images are of one patient: each counts as one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterator

from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import listed
from SPASegmentLib.research.data.images import read_image, read_mask
from SPASegmentLib.research.data.rated import RatedImage

STRUCTURES = ("cup", "disc")


def refuge_images(folder: Path, structure: str = "cup") -> Iterator[RatedImage]:
    """All images below a folder, with the masks of one structure; a rater whose file is absent is missing.

    Raises:
        InputError: unknown structure, the folder has another layout, or a file cannot be read.
    """
    if structure not in STRUCTURES:
        raise InputError(f"Unknown structure {structure!r}; there are {', '.join(STRUCTURES)}.")
    images = [path for path in listed(Path(folder), "**/*.jpg") if path.stem == path.parent.name]
    if not images:
        raise InputError(f"{folder} holds no <image>/<image>.jpg with <image>_seg_{structure}_<rater>.png beside it.")
    for path in images:
        drawn = {
            int(match.group(1)) - 1: read_mask(file, soft=True).values
            for file in listed(path.parent, f"{path.stem}_seg_{structure}_*.png")
            if (match := re.fullmatch(rf".*_seg_{structure}_(\d+)", file.stem))
        }
        yield RatedImage(read_image(path).values, drawn, path.stem, path.stem)
