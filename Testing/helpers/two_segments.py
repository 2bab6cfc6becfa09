"""A volume with two segments that overlap, a mask that overlaps both, and an editor to write it with."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Tuple

import numpy as np
import slicer

from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, segment_array
from SPASegmentLib.mrml.writer import write_mask

SHAPE = (12, 30, 40)


def block(k: Tuple[int, int], j: Tuple[int, int], i: Tuple[int, int]) -> np.ndarray:
    voxels = np.zeros(SHAPE, dtype=bool)
    voxels[k[0] : k[1], j[0] : j[1], i[0] : i[1]] = True
    return voxels


#: What the two segments hold before every write, and what is written: they overlap pairwise.
FIRST = block((4, 9), (5, 15), (5, 15))
SECOND = block((5, 8), (12, 22), (12, 26))
WRITTEN = block((6, 7), (9, 19), (8, 20))
SLICE = block((6, 7), (0, 30), (0, 40))


class Desk(NamedTuple):
    """A volume with two segments, a frame on slice 6, and an editor."""

    volume: Any
    segmentation: Any
    first: str
    second: str
    frame: Frame
    editor: LogicEditor

    def voxels(self, segment_id: str) -> np.ndarray:
        return segment_array(self.segmentation, segment_id, volume_grid(self.volume))

    def write(self, segment_id: str, voxels: np.ndarray = WRITTEN, mode: str = "add") -> int:
        mask = self.frame.labels(voxels, volume_grid(self.volume))
        return write_mask(self.editor, self.frame, mask, self.segmentation, segment_id, mode)


def set_voxels(segmentation: Any, segment_id: str, voxels: np.ndarray, volume: Any) -> None:
    slicer.util.updateSegmentBinaryLabelmapFromArray(voxels.astype(np.uint8), segmentation, segment_id, volume)


def make_desk(volume: Any, plane: Plane, point: Tuple[float, float, float]) -> Desk:
    segmentation = create_segmentation(volume)
    ids: List[str] = []
    for name, voxels in (("first", FIRST), ("second", SECOND)):
        ids.append(add_segment(segmentation, name))
        set_voxels(segmentation, ids[-1], voxels, volume)
    editor = LogicEditor(segmentation, volume)
    # The first segment keeps its voxels although the second one overlaps it.
    assert segmentation.GetSegmentation().GetNumberOfLayers() == 2
    return Desk(volume, segmentation, ids[0], ids[1], Frame.at(volume, point, plane), editor)
