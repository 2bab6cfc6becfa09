"""Lines drawn over slice views, in the pixels of each view; no nodes, so that nothing of them is saved or undone."""

from __future__ import annotations

from typing import Any, List, Sequence, Tuple, Union

import slicer
import vtk

#: Points (x, y) in view pixels, in a list or an array of (n, 2).
Path = Union[Sequence[Tuple[float, float]], Any]

#: Width in points of the dark line around another one.
HALO = 2.0


def slice_widgets() -> List[Any]:
    """All slice widgets of the application, also those that the layout does not show."""
    manager = slicer.app.layoutManager()
    if manager is None:
        return []
    return [manager.sliceWidget(name) for name in manager.sliceViewNames()]


def pixels_per_point(widget: Any) -> float:
    """Device pixels of a slice view, in which VTK counts, for each point of the screen, in which hands and eyes do."""
    return max(float(widget.sliceView().devicePixelRatioF()), 1.0)


def polyline_actor(paths: Sequence[Path], color: Sequence[float], width: float, opacity: float = 1.0) -> Any:
    """A vtkActor2D of polylines in view pixels."""
    points, cells = vtk.vtkPoints(), vtk.vtkCellArray()
    for path in paths:
        cells.InsertNextCell(len(path))
        for x, y in path:
            cells.InsertCellPoint(points.InsertNextPoint(float(x), float(y), 0.0))
    data = vtk.vtkPolyData()
    data.SetPoints(points)
    data.SetLines(cells)
    mapper = vtk.vtkPolyDataMapper2D()
    mapper.SetInputData(data)
    actor = vtk.vtkActor2D()
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*color)
    actor.GetProperty().SetLineWidth(width)
    actor.GetProperty().SetOpacity(opacity)
    return actor


def haloed(paths: Sequence[Path], color: Sequence[float], width: float, scale: float) -> List[Any]:
    """A line with a dark one around it, which is seen on any image; `width` is in points."""
    halo = polyline_actor(paths, (0.0, 0.0, 0.0), (width + HALO) * scale, 0.6)
    return [halo, polyline_actor(paths, color, width * scale)]


class Overlay:
    """Actors in slice views, put and taken away by view."""

    def __init__(self) -> None:
        self._actors: List[Tuple[Any, Any]] = []

    def put(self, widget: Any, actors: Sequence[Any]) -> None:
        """Draw these in a view in place of those before."""
        old = [actor for owner, actor in self._actors if owner is widget]
        if not old and not actors:
            return
        renderer = _renderer(widget)
        for actor in old:
            renderer.RemoveViewProp(actor)
        for actor in actors:
            renderer.AddViewProp(actor)
        self._actors = [pair for pair in self._actors if pair[0] is not widget] + [(widget, a) for a in actors]
        widget.sliceView().scheduleRender()

    def clear(self) -> None:
        """Take everything out of the views; may be called twice."""
        for widget in [widget for widget, _ in self._actors]:
            self.put(widget, ())


def _renderer(widget: Any) -> Any:
    return widget.sliceView().renderWindow().GetRenderers().GetFirstRenderer()
