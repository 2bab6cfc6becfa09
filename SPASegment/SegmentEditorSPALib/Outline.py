"""Outlines in slice views: smooth, with a dark halo, in the slice that they belong to and in no other."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Sequence, Tuple

import numpy as np
import vtk
from vtk.util import numpy_support

from .Overlay import Overlay, haloed, pixels_per_point, slice_widgets

#: Width in points, and length of dashes and gaps.
WIDTH, THIN = 2.5, 1.8
DASH, GAP = 8.0, 6.0


class Line(NamedTuple):
    """One outline: polylines of (n, 2) pixel coordinates (x, y) on the frame, and how they look."""

    paths: List[np.ndarray]
    color: Tuple[float, float, float]
    dashed: bool = False
    thin: bool = False


def contours(values: np.ndarray, level: float = 0.5) -> List[np.ndarray]:
    """Closed curves around the pixels of (height, width) values above a level, as (n, 2) arrays of (x, y)."""
    padded = np.pad(np.asarray(values, dtype=np.float32), 1)
    image = vtk.vtkImageData()
    image.SetDimensions(padded.shape[1], padded.shape[0], 1)
    image.SetOrigin(-1.0, -1.0, 0.0)
    image.GetPointData().SetScalars(numpy_support.numpy_to_vtk(padded.ravel(), deep=True))
    squares = vtk.vtkMarchingSquares()
    squares.SetInputData(image)
    squares.SetValue(0, level)
    stripper = vtk.vtkStripper()
    stripper.SetInputConnection(squares.GetOutputPort())
    stripper.SetMaximumLength(100000)
    stripper.JoinContiguousSegmentsOn()
    stripper.Update()
    found = stripper.GetOutput()
    if not found.GetNumberOfLines():
        return []
    points = numpy_support.vtk_to_numpy(found.GetPoints().GetData())[:, :2]
    paths, ids = [], vtk.vtkIdList()
    found.GetLines().InitTraversal()
    while found.GetLines().GetNextCell(ids):
        paths.append(np.array([points[ids.GetId(n)] for n in range(ids.GetNumberOfIds())], dtype=np.float64))
    return paths


def smooth(path: np.ndarray, rounds: int = 2) -> np.ndarray:
    """A closed path with its corners cut (Chaikin): pixels show less as stairs, and it moves by a quarter pixel."""
    if len(path) < 4 or not np.allclose(path[0], path[-1]):
        return path
    for _ in range(rounds):
        ahead = path[1:]
        cut = np.stack([0.75 * path[:-1] + 0.25 * ahead, 0.25 * path[:-1] + 0.75 * ahead], axis=1).reshape(-1, 2)
        path = np.concatenate([cut, cut[:1]])
    return path


def dashes(path: np.ndarray, scale: float = 1.0) -> List[np.ndarray]:
    """The pieces of a path (n, 2) in pixels, `scale` for each point of the screen, that are drawn when it is dashed."""
    dash, gap = DASH * scale, GAP * scale
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    starts = np.arange(0.0, along[-1], dash + gap)
    ends = np.minimum(starts + dash, along[-1])
    # Where each dash begins and ends among the points: a path has thousands of both.
    first, last = np.searchsorted(along, starts, "right"), np.searchsorted(along, ends, "left")
    x, y = np.ascontiguousarray(path.T)
    pieces = []
    for start, end, low, high in zip(starts, ends, first, last):
        at = np.concatenate([[start], along[low:high], [end]])
        pieces.append(np.stack([np.interp(at, along, x), np.interp(at, along, y)], axis=1))
    return pieces


class Outline:
    """The outlines of one frame in all slice views."""

    def __init__(self) -> None:
        self._frame: Any = None
        self._lines: Sequence[Line] = ()
        self._overlay = Overlay()

    def show(self, frame: Any, lines: Sequence[Line]) -> None:
        """Draw these lines in place of those before."""
        self._frame, self._lines = frame, lines
        self.redraw()

    def redraw(self) -> None:
        """Draw again in all views."""
        for widget in slice_widgets():
            self.update(widget)

    def clear(self) -> None:
        """Take everything out of the views; may be called twice."""
        self._overlay.clear()
        self._frame, self._lines = None, ()

    def update(self, widget: Any) -> None:
        """Draw again in one view, after it was panned, zoomed or scrolled."""
        to_view = None if self._frame is None else self.to_view(self._frame, widget)
        self._overlay.put(widget, [] if to_view is None else self._drawn(to_view, pixels_per_point(widget)))

    def _drawn(self, to_view: np.ndarray, scale: float) -> List[Any]:
        actors: List[Any] = []
        for line in self._lines:
            paths = [path @ to_view[:2, :2].T + to_view[:2, 3] for path in line.paths]
            if line.dashed:
                paths = [piece for path in paths for piece in dashes(path, scale)]
            actors += haloed(paths, line.color, THIN if line.thin else WIDTH, scale)
        return actors

    @staticmethod
    def to_view(frame: Any, widget: Any) -> Any:
        """(4, 4) from a frame's pixels to a view's pixels, or None if the view shows another slice."""
        if not widget.visible:
            return None
        node = widget.mrmlSliceNode()
        from SPASegmentLib.mrml.grid import array_from_matrix

        to_world = frame.to_world
        normal = array_from_matrix(node.GetSliceToRAS())[:3, 2]
        step = np.linalg.norm(to_world[:3, 2])
        if abs(normal @ to_world[:3, 2]) < (1 - 1e-6) * step * np.linalg.norm(normal):
            return None
        away = (to_world[:3, 3] - array_from_matrix(node.GetSliceToRAS())[:3, 3]) @ normal
        if abs(away) > 0.5 * step + 1e-3:
            return None
        return np.linalg.solve(array_from_matrix(node.GetXYToRAS()), to_world)
