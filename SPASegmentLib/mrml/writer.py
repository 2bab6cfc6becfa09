"""Writes accepted masks into a segment: one undo state, Slicer's own rules, and a check afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, List, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError, OutputError, SPAError
from SPASegmentLib.mrml.added import Added, only_added
from SPASegmentLib.mrml.editor import SegmentEditor
from SPASegmentLib.mrml.extents import (
    first_of,
    merged,
    on_grid,
    region_of,
    segment_region,
    segments_region,
    shape_of,
    union,
)
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import Extent, Grid, image_grid, labelmap_image, segment_image
from SPASegmentLib.mrml.snapshot import Snapshot
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: "add" to the segment, or "replace" what the segment holds on this slice.
WriteMode = Literal["add", "replace"]
WRITE_MODES: Tuple[WriteMode, ...] = ("add", "replace")


@dataclass(frozen=True)
class Written:
    """What a write has done, to be told and to be recognised after an undo.

    Attributes:
        segmentation, segment_id: where.
        segments: the vtkSegmentation of the node: a sequence browser gives it that of another time point.
        grid: of the segmentation.
        extent: what was looked at, in the indices of the grid.
        before, after: (k, j, i) bool, what the segment held there.
        others: (k, j, i) bool, what any other segment held there before.
        kept_out: whether masking has kept voxels out of the segment.
        taken: (k, j, i) bool, what other segments have lost to it; None where they have lost nothing.
        taken_from: names of those that have.
    """

    segmentation: Any
    segment_id: str
    segments: Any
    grid: Grid
    extent: Extent
    before: np.ndarray
    after: np.ndarray
    others: np.ndarray
    kept_out: bool = False
    taken: Optional[np.ndarray] = None
    taken_from: Tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        """Number of voxels that changed."""
        return int(np.count_nonzero(self.before != self.after))

    @property
    def added(self) -> Added:
        """What it has put into the segment."""
        return Added.of(self.grid, self.extent, self.before, self.after)

    def changed_on(self, grid: Grid, extent: Extent) -> np.ndarray:
        """(k, j, i) bool: the voxels that changed, within an extent of a grid; none on another lattice."""
        found = None
        if self.before.shape == self.after.shape:  # not of those that cannot be undone any more
            found = on_grid(self.before != self.after, (self.grid, self.extent), (grid, extent))
        return np.zeros(shape_of(extent), dtype=bool) if found is None else found

    def stands(self) -> Optional[bool]:
        """Whether the segment holds what was written, or (False) what an undo leaves; None where neither is so.

        Another segment may have taken the voxels over: then this one holds what it held before, and yet nothing was
        undone.
        """
        held = self.held()
        if held is None:
            return None
        if np.array_equal(held, self.after):
            return True
        changed = self.before != self.after
        undone = np.array_equal(held, self.before) and not (self._held_by_others() != self.others)[changed].any()
        return False if undone else None

    def _held_by_others(self) -> np.ndarray:
        others = (each for each in self.segmentation.GetSegmentation().GetSegmentIDs() if each != self.segment_id)
        return segments_region(self.segmentation, others, self.grid, self.extent)

    @property
    def shown(self) -> bool:
        """Whether the node has the segments that were written into, and not those of another time point."""
        return self.segmentation.GetSegmentation() is self.segments

    def held(self) -> Optional[np.ndarray]:
        """(k, j, i) bool: what the segment holds there now; None where there is no such segment, or it is not shown."""
        if not self.shown:
            return None
        try:
            return segment_region(self.segmentation, self.segment_id, self.grid, self.extent)
        except InputError:
            return None


class _Change(NamedTuple):
    """What a write is about: (k, j, i) bool each, within `extent` of a grid.

    Attributes:
        old: what the segment held before.
        on, off: voxels to add and to take out.
    """

    grid: Grid
    extent: Extent
    old: np.ndarray
    on: np.ndarray
    off: np.ndarray

    @property
    def wanted(self) -> np.ndarray:
        """What the segment is to hold."""
        return (self.old & ~self.off) | self.on


def write_mask(
    editor: SegmentEditor, frame: Frame, mask: np.ndarray, segmentation: Any, segment_id: str, mode: WriteMode = "add"
) -> int:
    """`write`, where only the number of voxels of the segment that changed is wanted."""
    return write(editor, frame, mask, segmentation, segment_id, mode).changed


def write(
    editor: SegmentEditor, frame: Frame, mask: np.ndarray, segmentation: Any, segment_id: str, mode: WriteMode = "add"
) -> Written:
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
        What has changed. Where the write would change nothing, none is made, and no undo state.

    Raises:
        InputError: the mask is empty, there is no such segment, or the mode is unknown. Nothing was written.
        OutputError: the masking settings let no voxel through, which leaves no undo state; or the write failed. The
            segmentation is as it was.
    """
    return write_slices(editor, frame, {0: mask}, segmentation, segment_id, mode)


def write_slices(
    editor: SegmentEditor,
    frame: Frame,
    masks: Mapping[int, np.ndarray],
    segmentation: Any,
    segment_id: str,
    mode: WriteMode = "add",
    outdated: Optional[Mapping[int, np.ndarray]] = None,
    added: Optional[Sequence[Added]] = None,
) -> Written:
    """Write masks on several parallel slices at once: `write`, with one undo state for all of them.

    Args:
        editor: see `write`.
        frame: one of the slices.
        masks: (height, width) bool each, by the number of slices between theirs and the frame's, along its normal.
        segmentation: see `write`.
        segment_id: see `write`.
        mode: see `write`; "replace" is about the slices that have a mask.
        outdated: masks by slices, too: what the segment holds of these, and is not written again, is taken out of it.
        added: what earlier writes have put into the segment; nothing else of `outdated` is taken out. None: all of it.

    Returns:
        See `write`.

    Raises:
        InputError: see `write`; all masks are empty.
        OutputError: see `write`.
    """
    masks = {step: _checked(frame, mask, mode) for step, mask in masks.items()}
    segment_image(segmentation, segment_id)
    grid = frame.segmentation_grid(segmentation, masks)
    wanted = frame.masks_to_labelmap(masks, grid)
    off = _held_on(frame, masks, segmentation, segment_id, grid) if mode == "replace" else []
    old = _held_by(frame, {step: _checked(frame, mask, mode) for step, mask in (outdated or {}).items()}, grid)
    off += [old if old is None or added is None else only_added(old, added, grid)]
    removed = _to_remove(off, wanted, segmentation, segment_id, grid)
    if wanted is None and removed is None:
        raise InputError(_("The mask is empty here; choose another one."))
    extent = union([image.GetExtent() for image in (wanted, removed) if image is not None])
    before = Snapshot(segmentation, grid, extent)
    change = _change(before, segment_id, grid, extent, wanted, removed)
    new = change.old
    # Before an undo state is saved, since an effect cannot take that back.
    if _changes_anything(editor, before, segment_id, change):
        editor.save_state()
        try:
            if removed is not None:
                editor.remove(segment_id, removed)
            if wanted is not None:
                editor.add(segment_id, wanted)
            new = _verify(before, segmentation, segment_id, change, editor.masked)
        except BaseException as error:
            before.restore()
            if isinstance(error, SPAError) or not isinstance(error, Exception):
                raise
            raise OutputError(_("The mask could not be written; the segmentation is as it was.")) from error
    kept_out = bool((change.on & ~new).any())
    others, taken, names = _others(before, segmentation, segment_id, grid, change.extent)
    return Written(
        segmentation, segment_id, segmentation.GetSegmentation(), grid, change.extent, change.old, new, others,
        kept_out, taken, names,
    )


def _others(
    before: Snapshot, segmentation: Any, segment_id: str, grid: Grid, extent: Extent
) -> Tuple[np.ndarray, Optional[np.ndarray], Tuple[str, ...]]:
    """What other segments held before, and what they hold no more, (k, j, i) bool or None, with their names."""
    others = [each for each in before.segment_ids if each != segment_id]
    taken, losers = before.lost(others, extent)
    names = tuple(segmentation.GetSegmentation().GetSegment(each).GetName() for each in losers)
    return before.held_by(others, extent), taken if losers else None, names


def _checked(frame: Frame, mask: np.ndarray, mode: str) -> np.ndarray:
    if mode not in WRITE_MODES:
        raise InputError(
            _("The write mode is one of {modes}, not '{mode}'.").format(modes=", ".join(WRITE_MODES), mode=mode)
        )
    mask = np.asarray(mask, dtype=bool)
    if mask.shape != frame.shape:
        raise InputError(
            _("The mask has the size {mask}, the frame {frame}; they must agree.").format(
                mask=mask.shape, frame=frame.shape
            )
        )
    return mask


def _held_by(frame: Frame, masks: Mapping[int, np.ndarray], grid: Grid) -> Optional[Any]:
    """Voxels that masks on several slices may have been written into, together or one by one; None for none."""
    together = frame.masks_to_labelmap(masks, grid)
    if len(masks) < 2 or frame.shares_voxels(grid):
        return together
    images = [together, *(frame.mask_to_labelmap(mask, grid, step=step) for step, mask in masks.items())]
    return merged([image for image in images if image is not None], grid.to_local)


def _held_on(
    frame: Frame, steps: Iterable[int], segmentation: Any, segment_id: str, grid: Grid
) -> List[Optional[Any]]:
    """Voxels on several slices, as far as the segment reaches on them."""
    image, _ = segment_image(segmentation, segment_id)
    if image is None:
        return []
    held = image_grid(image, grid.local_to_world)
    corners = np.linalg.solve(frame.to_world, held.to_world @ held.corners(0.5))
    (left, top), (right, bottom) = np.floor(corners.min(axis=1)[:2]), np.ceil(corners.max(axis=1)[:2])
    around = np.zeros(frame.shape, dtype=bool)
    around[max(int(top), 0) : max(int(bottom) + 1, 0), max(int(left), 0) : max(int(right) + 1, 0)] = True
    return [frame.mask_to_labelmap(around, grid, touched=True, step=step) for step in steps]


def _to_remove(
    off: Sequence[Optional[Any]], added: Optional[Any], segmentation: Any, segment_id: str, grid: Grid
) -> Optional[Any]:
    """Voxels that the segment holds and that are not written again."""
    labelmap = merged([image for image in off if image is not None], grid.to_local)
    if labelmap is None:
        return None
    extent = labelmap.GetExtent()
    voxels = region_of(labelmap, 1, extent) & segment_region(segmentation, segment_id, grid, extent)
    if added is not None:
        voxels &= ~region_of(added, 1, extent)
    return labelmap_image(voxels, first_of(extent), grid.to_local) if voxels.any() else None


def _change(
    before: Snapshot, segment_id: str, grid: Grid, extent: Extent, added: Optional[Any], removed: Optional[Any]
) -> _Change:
    nothing = np.zeros(shape_of(extent), dtype=bool)
    on = nothing if added is None else region_of(added, 1, extent)
    off = nothing if removed is None else region_of(removed, 1, extent)
    return _Change(grid, extent, before.region(segment_id, extent), on, off)


def _changes_anything(editor: SegmentEditor, before: Snapshot, segment_id: str, change: _Change) -> bool:
    """Whether any voxel of any segment will be another one.

    Raises:
        OutputError: some should, but the masking settings let none of the segment through.
    """
    possible = change
    if editor.masked:
        region = labelmap_image(change.on | change.off, first_of(change.extent), change.grid.to_local)
        possible = change._replace(
            on=change.on & editor.editable(segment_id, region),
            off=change.off & editor.editable(segment_id, region, removing=True),
        )
    if not np.array_equal(possible.wanted, change.old):
        return True
    if not np.array_equal(change.wanted, change.old):
        raise _nothing_let_through(change)
    # The voxels are there already, but other segments may have them too and lose them.
    others = (other for other in before.segment_ids if other != segment_id and editor.overwrites(other))
    return bool((before.held_by(others, change.extent) & possible.on).any())


def _nothing_let_through(change: _Change) -> OutputError:
    if (change.on & change.old).any():
        return OutputError(
            _(
                "A part of this mask is in the segment already, and the masking settings of the Segment Editor let no"
                " voxel of the rest through; nothing was written."
            )
        )
    return OutputError(
        _("The masking settings of the Segment Editor let no voxel of this mask through; nothing was written.")
    )


def _verify(before: Snapshot, segmentation: Any, segment_id: str, change: _Change, masked: bool) -> np.ndarray:
    """What the segment holds now, (k, j, i) bool, which is what it must."""
    grid, extent, old, wanted = change.grid, change.extent, change.old, change.wanted
    new = segment_region(segmentation, segment_id, grid, extent)
    allowed = (new >= (old & wanted)) & (new <= (old | wanted))
    if not (allowed.all() if masked else np.array_equal(new, wanted)):
        raise OutputError(_("Slicer did not write the mask as it should have; the segmentation is as it was."))
    if masked and np.array_equal(new, old) and (wanted != old).any():
        raise _nothing_let_through(change)
    if before.changed_beside(extent):
        raise OutputError(_("Slicer changed voxels beside the mask; the segmentation is as it was."))
    others = [each for each in before.segment_ids if each != segment_id]
    if not (masked and change.off.any()) and before.gained(others, extent):
        raise OutputError(_("Slicer changed another segment; the segmentation is as it was."))
    return new
