"""What is said of an accepted mask: areas in mm2, or in pixels where these have no size."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np
import pytest

from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.texts import accepted_text
from SPASegmentLib.mrml.volumes import add_volume

#: On slices of 20 x 30 pixels of 0.5 x 0.8 mm.
Columns = Tuple[int, int]


def columns(some: Optional[Columns]) -> Optional[np.ndarray]:
    """Ten rows of some columns."""
    if some is None:
        return None
    mask = np.zeros((20, 30), bool)
    mask[5:15, some[0] : some[1]] = True
    return mask


@pytest.mark.parametrize(
    ("held", "before", "said"),
    [
        (None, None, "Accepted: 40 mm2 on this slice."),
        ((10, 20), (0, 0), "Accepted: 40 mm2 on this slice."),
        ((10, 20), (10, 20), "Accepted: the segment holds these 40 mm2 already."),
        ((10, 16), (0, 0), "Accepted: 24 of 40 mm2; the masking settings kept the rest out."),
        ((10, 16), (10, 12), "Accepted: 16 of 40 mm2; 8.0 mm2 were there already, and the masking"),
        ((10, 16), (25, 30), "Accepted: 24 of 40 mm2; the masking settings kept the rest out."),
        ((10, 16), None, "Accepted: 24 of 40 mm2 are in the segment, those that were there already included;"),
    ],
)
def test_what_was_written(scene: Any, held: Optional[Columns], before: Optional[Columns], said: str) -> None:
    voxels = np.random.default_rng(0).normal(size=(3, 20, 30)).astype(np.float32)
    volume = add_volume(scene, voxels, np.diag([0.5, 0.8, 2.0, 1.0]))
    frame = Frame.at(volume, (5.0, 5.0, 2.0), Plane.named("axial"))
    mask = columns((10, 20))
    assert mask is not None and mask.shape == frame.image.shape
    assert accepted_text(mask, frame, columns(held), columns(before)).startswith(said)
