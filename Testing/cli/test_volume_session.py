"""A reader's way through a volume that is broken off, with the bundled weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from SPASegmentLib.commands.readers import SimulatedReader
from SPASegmentLib.commands.reference import ReferenceMask
from SPASegmentLib.commands.volume_session import VolumeSession
from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.use import load_default
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import segment_array
from SPASegmentLib.mrml.volumes import add_volume


def test_what_was_answered_before_an_interruption_is_written(scene: Any) -> None:
    """Also while the slices that the answer touches are being computed."""
    made = ambiguous_phantom()
    volume = add_volume(scene, made.voxels.copy(), made.ijk_to_ras)
    grid, settings = volume_grid(volume), SessionSettings(predictions=12, particles=64)
    reference = ReferenceMask(made.readers["satellite"], grid)
    session = VolumeSession(volume, load_default().network, settings, SimulatedReader(seed=0), reference)
    session.start(made.lesion_ras, Plane.named("axial"))

    def interrupt(_done: int, _to_do: int) -> None:
        if len(session.done) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        session.go_through(20, interrupt)
    voxels = segment_array(session.segmentation, session.segment_id, grid)
    areas = voxels.sum(axis=(1, 2)).tolist()
    assert len(session.done) == 3 and np.count_nonzero(areas) > 3
    for done in session.done:
        assert done.mask is not None and int(done.mask.sum()) in areas
