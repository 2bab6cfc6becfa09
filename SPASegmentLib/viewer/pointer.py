"""Clicks and dragged boxes in the slice views, as trame-slicer hands them to pipelines.

Only the plain left button is taken; wheel, middle and right button, and everything with Shift, stay Slicer's.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Callable, List, Optional, Tuple

import slicer
import vtk
from LayerDMLib import vtkMRMLLayerDMScriptedPipeline

from SPASegmentLib.mrml.plane import Point

#: A press and release closer than this (points of the screen) is a click.
_CLICK = 6

#: Seconds within which another click at the same place is the second half of a double click.
_DOUBLE = 0.5

_LEFT_PRESS = int(vtk.vtkCommand.LeftButtonPressEvent)
_LEFT_RELEASE = int(vtk.vtkCommand.LeftButtonReleaseEvent)
_MOVE = int(vtk.vtkCommand.MouseMoveEvent)


@dataclass(frozen=True)
class Gesture:
    """A click or a dragged box in one slice view.

    Attributes:
        view: singleton tag of the view.
        start: where the button went down, in mm.
        end: where it went up; equal to `start` for a click.
        negative: whether Ctrl was held.
        again: whether it is the second half of a double click.
    """

    view: str
    start: Point
    end: Point
    negative: bool
    again: bool = False

    @property
    def is_click(self) -> bool:
        """Whether it is a click and no box."""
        return self.start == self.end


class Pointer:
    """Calls back for each gesture in any slice view of a scene.

    Args:
        scene: vtkMRMLScene; a hidden node in it stands for the pointer.
        view_manager: trame-slicer's, to find views by their nodes.
        on_gesture: what to call, on the thread of the scene.
    """

    def __init__(self, scene: Any, view_manager: Any, on_gesture: Callable[[Gesture], None]) -> None:
        self._view_manager, self._on_gesture = view_manager, on_gesture
        self._pixels_per_point = 1.0
        self._pipelines: List[_PointerPipeline] = []
        self._node = slicer.vtkMRMLScriptedModuleNode()
        self._node.SetName("SPA pointer")
        self._node.SetSaveWithScene(False)
        self._creator = slicer.vtkMRMLLayerDMPipelineScriptedCreator()
        self._creator.SetPythonCallback(self._create)
        slicer.vtkMRMLLayerDMPipelineFactory.GetInstance().AddPipelineCreator(self._creator)
        scene.AddNode(self._node)

    def _create(self, view_node: Any, node: Any) -> Optional[Any]:
        if node is not self._node or not view_node.IsA("vtkMRMLSliceNode"):
            return None
        pipeline = _PointerPipeline()
        pipeline.view, pipeline.on_gesture = self._view_manager.get_view(view_node), self._on_gesture
        pipeline.scale = lambda: self._pixels_per_point
        self._pipelines.append(pipeline)
        return pipeline

    def rescale(self, pixels_per_point: float) -> None:
        """Hands move in points of the page, each of which has so many pixels of a view."""
        self._pixels_per_point = max(pixels_per_point, 1.0)

    def let_go(self, view: str) -> None:
        """A second finger has come: the press in a view, which may be on its way still, is no click and no box.

        Args:
            view: singleton tag.
        """
        for pipeline in self._pipelines:
            if pipeline.view.get_singleton_tag() == view:
                pipeline.let_go()


class _PointerPipeline(vtkMRMLLayerDMScriptedPipeline):
    """The pointer in one view."""

    def __init__(self) -> None:
        super().__init__()
        self.view: Any = None
        self.on_gesture: Callable[[Gesture], None] = lambda gesture: None
        self.scale: Callable[[], float] = lambda: 1.0
        self._pressed: Optional[Tuple[Tuple[int, int], Point]] = None
        #: Whether nothing comes of the press that is there, or else of the next one.
        self._void = False
        #: Place, Ctrl and time of the click before.
        self._clicked: Optional[Tuple[Tuple[int, int], bool, float]] = None
        self._corners = vtk.vtkPoints()
        self._band = _band(self._corners)

    def CanProcessInteractionEvent(self, event: Any) -> Tuple[bool, float]:  # noqa: N802
        """Take the plain left button, and moves while it is down."""
        kind = event.GetType()
        shift = bool(event.GetModifiers() & vtk.vtkEvent.ShiftModifier)
        mine = (kind == _LEFT_PRESS and not shift) or (self._pressed is not None and kind in (_MOVE, _LEFT_RELEASE))
        return mine, 0.0

    def ProcessInteractionEvent(self, event: Any) -> bool:  # noqa: N802
        """Follow the button; the gesture is complete when it goes up."""
        x, y = event.GetDisplayPosition()[:2]
        r, a, s = event.GetWorldPosition()[:3]
        here, point = (int(x), int(y)), (float(r), float(a), float(s))
        if event.GetType() == _LEFT_PRESS:
            self._pressed = (here, point)
        elif self._pressed is not None:
            start, first = self._pressed
            click = self._close(here, start)
            if self._void:
                if event.GetType() != _MOVE:
                    self._pressed, self._void = None, False
            elif event.GetType() == _MOVE:
                self._stretch(None if click else (start, here))
            else:
                self._pressed = None
                self._stretch(None)
                negative = bool(event.GetModifiers() & vtk.vtkEvent.ControlModifier)
                tag = self.view.get_singleton_tag()
                again = click and self._again(start, negative)
                self.on_gesture(Gesture(tag, first, first if click else point, negative, again))
        return True

    def _again(self, place: Tuple[int, int], negative: bool) -> bool:
        """Whether a click follows another one like it; a third one is a click of its own."""
        now, before = time.monotonic(), self._clicked
        same = before is not None and self._close(place, before[0]) and negative == before[1]
        again = same and before is not None and now - before[2] < _DOUBLE
        self._clicked = None if again else (place, negative, now)
        return again

    def _close(self, one: Tuple[int, int], other: Tuple[int, int]) -> bool:
        """Whether two places are the same to a hand."""
        return max(abs(one[0] - other[0]), abs(one[1] - other[1])) < _CLICK * self.scale()

    def LoseFocus(self, event: Any) -> None:  # noqa: N802
        """Forget a press whose release went elsewhere."""
        self._void = self._void and self._pressed is None
        self._pressed = None
        self._stretch(None)

    def let_go(self) -> None:
        """Nothing comes of a press, up to its release."""
        self._void = True
        self._stretch(None)

    def _stretch(self, corners: Optional[Tuple[Tuple[int, int], Tuple[int, int]]]) -> None:
        """Draw the box between two corners, or none."""
        renderer = self.view.renderer()
        if corners is None:
            renderer.RemoveViewProp(self._band)
        else:
            (x0, y0), (x1, y1) = corners
            for n, (x, y) in enumerate([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]):
                self._corners.SetPoint(n, x, y, 0)
            self._corners.Modified()
            renderer.AddViewProp(self._band)
        self.view.schedule_render()


def _band(corners: Any) -> Any:
    """A closed line through four points in pixels of the view."""
    corners.SetNumberOfPoints(4)
    line = vtk.vtkCellArray()
    line.InsertNextCell(5, [0, 1, 2, 3, 0])
    shape = vtk.vtkPolyData()
    shape.SetPoints(corners)
    shape.SetLines(line)
    mapper = vtk.vtkPolyDataMapper2D()
    mapper.SetInputData(shape)
    actor = vtk.vtkActor2D()
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(1.0, 1.0, 1.0)
    actor.GetProperty().SetLineWidth(2)
    return actor
