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
        self._segments: Optional[Any] = None
        self._tag = 0
        self._waiting = False

    def follow(self, segmentation: Optional[Any]) -> None:
        """Watch a vtkMRMLSegmentationNode in place of the one before; None for none, which may be said twice."""
        segments = None if segmentation is None else segmentation.GetSegmentation()
        if segments is self._segments:
            return
        if self._segments is not None:
            self._segments.RemoveObserver(self._tag)
        self._segments = segments
        if segments is not None:
            self._tag = segments.AddObserver(vtk.vtkCommand.AnyEvent, self._changed)

    def _changed(self, _segments: Any, _event: str) -> None:
        # One undo is many events, and in between the segments are neither as before nor as after.
        if not self._waiting:
            self._waiting = True
            qt.QTimer.singleShot(0, self._tell)

    def _tell(self) -> None:
        self._waiting = False
        if self._segments is not None:
            self._on_change()
