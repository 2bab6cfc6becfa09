"""Tells when segments have changed: undo and redo are Slicer's, and tell nobody but the segmentation's observers."""

from __future__ import annotations

from typing import Any, Callable, Optional

import qt
import vtk


class SegmentsWatch:
    """Watches the segments of one segmentation at a time."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Nothing is watched yet.

        Args:
            on_change: called once the event loop has turned after a change.
        """
        self._on_change = on_change
        self._node: Optional[Any] = None
        self._segments: Optional[Any] = None
        self._tags = (0, 0)
        self._waiting = False

    def follow(self, segmentation: Optional[Any]) -> None:
        """Watch a vtkMRMLSegmentationNode in place of the one before; None for none, which may be said twice."""
        segments = None if segmentation is None else segmentation.GetSegmentation()
        if segmentation is self._node and segments is self._segments:
            return
        for thing, tag in zip((self._node, self._segments), self._tags):
            if thing is not None:
                thing.RemoveObserver(tag)
        self._node, self._segments = segmentation, segments
        if segmentation is not None and segments is not None:
            self._tags = (
                segmentation.AddObserver(vtk.vtkCommand.ModifiedEvent, self._replaced),
                segments.AddObserver(vtk.vtkCommand.AnyEvent, self._changed),
            )

    def _replaced(self, segmentation: Any, event: str) -> None:
        # A sequence browser hands the node the segments of another time point.
        if segmentation.GetSegmentation() is not self._segments:
            self.follow(segmentation)
            self._changed(segmentation, event)

    def _changed(self, _thing: Any, _event: str) -> None:
        # One undo is many events, and in between the segments are neither as before nor as after.
        if not self._waiting:
            self._waiting = True
            qt.QTimer.singleShot(0, self._tell)

    def _tell(self) -> None:
        self._waiting = False
        if self._segments is not None:
            self._on_change()
