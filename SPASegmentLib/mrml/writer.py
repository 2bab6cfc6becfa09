"""Writes an accepted mask into a segment: one undo state, Slicer's own rules, and a check afterwards."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from SPASegmentLib.errors import InputError, OutputError, SPAError
from SPASegmentLib.mrml.editor import SegmentEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import Grid, image_grid, labelmap_image, segment_image
from SPASegmentLib.mrml.snapshot import Snapshot, region_of, segment_region, shape_of, union
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: "add" to the segment, or "replace" what the segment holds on this slice.
WRITE_MODES = ("add", "replace")


def write_mask(
    editor: SegmentEditor, frame: Frame, mask: np.ndarray, segmentation: Any, segment_id: str, mode: str = "add"
) -> int:
    """Write a mask of a frame into a segment.

    Masking, the editable intensity range and the overwrite mode hold as for any other effect. Every other slice
    of the segment stays as it was, and so do other segments except where the overwrite mode says otherwise.
    Slicer reports failures of this call to nobody, so the result is compared with what it must be.

    Args:
        editor: what writes, e.g. `LogicEditor`.
        frame: the slice.
        mask: (height, width) bool.
        segmentation: vtkMRMLSegmentationNode.
        segment_id: the segment to write into.
        mode: "add" or "replace".

    Returns:
        Number of voxels of the segment that changed.

    Raises:
        InputError: the mask is empty, there is no such segment, or the mode is unknown. Nothing was written.
        OutputError: the write failed or the masking settings let no voxel through; the segmentation is as it was.
    """
    if mode not in WRITE_MODES:
        raise InputError(
            _("The write mode is one of {modes}, not '{mode}'.").format(modes=", ".join(WRITE_MODES), mode=mode)
        )
    mask = np.asarray(mask, dtype=bool)
    if mask.shape != frame.image.shape:
        raise InputError(
            _("The mask has the size {mask}, the frame {frame}; they must agree.").format(
                mask=mask.shape, frame=frame.image.shape
            )
        )
    segment_image(segmentation, segment_id)
    grid = frame.segmentation_grid(segmentation)
    added = frame.mask_to_labelmap(mask, grid)
    removed = _to_remove(frame, added, segmentation, segment_id, grid) if mode == "replace" else None
    if added is None and removed is None:
        raise InputError(_("The mask is empty here; choose another one."))
    before = Snapshot(segmentation)
    editor.save_state()
    try:
        if removed is not None:
            editor.remove(segment_id, removed)
        if added is not None:
            editor.add(segment_id, added)
        return _verify(before, segmentation, segment_id, grid, added, removed, editor.masked)
    except BaseException as error:
        before.restore()
        if isinstance(error, SPAError) or not isinstance(error, Exception):
            raise
        raise OutputError(_("The mask could not be written; the segmentation is as it was.")) from error


def _to_remove(frame: Frame, added: Optional[Any], segmentation: Any, segment_id: str, grid: Grid) -> Optional[Any]:
    """Voxels that the segment holds on this slice and that are not written again."""
    image, _ = segment_image(segmentation, segment_id)
    if image is None:
        return None
    held = image_grid(image, grid.local_to_world)
    corners = np.linalg.solve(frame.to_world, held.to_world @ held.corners(0.5))
    (left, top), (right, bottom) = np.floor(corners.min(axis=1)[:2]), np.ceil(corners.max(axis=1)[:2])
    around = np.zeros(frame.image.shape, dtype=bool)
    around[max(int(top), 0) : max(int(bottom) + 1, 0), max(int(left), 0) : max(int(right) + 1, 0)] = True
    labelmap = frame.mask_to_labelmap(around, grid, touched=True)
    if labelmap is None:
        return None
    extent = labelmap.GetExtent()
    voxels = region_of(labelmap, 1, extent) & segment_region(segmentation, segment_id, grid, extent)
    if added is not None:
        voxels &= ~region_of(added, 1, extent)
    return labelmap_image(voxels, (extent[0], extent[2], extent[4]), grid.to_local) if voxels.any() else None


def _verify(
    before: Snapshot,
    segmentation: Any,
    segment_id: str,
    grid: Grid,
    added: Optional[Any],
    removed: Optional[Any],
    masked: bool,
) -> int:
    extent = union([image.GetExtent() for image in (added, removed) if image is not None])
    on = np.zeros(shape_of(extent), dtype=bool) if added is None else region_of(added, 1, extent)
    off = np.zeros_like(on) if removed is None else region_of(removed, 1, extent)
    old = before.region(segment_id, grid, extent)
    new = segment_region(segmentation, segment_id, grid, extent)
    wanted = (old & ~off) | on
    allowed = (new >= (old & wanted)) & (new <= (old | wanted))
    if not (allowed.all() if masked else np.array_equal(new, wanted)):
        raise OutputError(_("Slicer did not write the mask as it should have; the segmentation is as it was."))
    changed = int(np.count_nonzero(new != old))
    if masked and not changed and (wanted != old).any():
        raise OutputError(
            _("The masking settings of the Segment Editor let no voxel of this mask through; nothing was written.")
        )
    if not before.same_elsewhere(segment_id, grid, extent):
        raise OutputError(_("Slicer changed voxels beside the mask; the segmentation is as it was."))
    for other in before.segment_ids:
        if other != segment_id:
            kept = segment_region(segmentation, other, grid, extent)
            if (kept & ~before.region(other, grid, extent)).any() and not (masked and removed is not None):
                raise OutputError(_("Slicer changed another segment; the segmentation is as it was."))
    return changed
