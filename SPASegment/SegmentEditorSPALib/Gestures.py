"""In a slice view: a click of the left button, a box that is dragged, and the wheel with Shift held."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional, Tuple

import vtk

from .Overlay import pixels_per_point, polyline_actor

#: Moving less than this many points of the screen is a click.
THRESHOLD = 5
#: Seconds of rest after which the wheel says something new: one flick of it sends many events.
REST = 0.3

#: On macOS a wheel that is turned with Shift held turns sideways.
_FORWARD = (vtk.vtkCommand.MouseWheelForwardEvent, vtk.vtkCommand.MouseWheelLeftEvent)
_BACKWARD = (vtk.vtkCommand.MouseWheelBackwardEvent, vtk.vtkCommand.MouseWheelRightEvent)

XY = Tuple[int, int]


class Gestures:
    """Turns events into `on_click(xy, view, ctrl)`, `on_box(xy, xy, view)` and `on_wheel(forward)`.

    Args:
        on_click: called after a press and release at one place.
        on_box: called after a drag.
        on_wheel: called for a turn of the wheel with Shift held; returns whether the event was ours.
    """

    def __init__(
        self,
        on_click: Callable[[XY, Any, bool], None],
        on_box: Callable[[XY, XY, Any], None],
        on_wheel: Callable[[bool], bool],
    ) -> None:
        self._on_click, self._on_box, self._on_wheel = on_click, on_box, on_wheel
        self._turned, self._wheel_is_ours = float("-inf"), False
        self._pressed: Optional[Tuple[XY, Any, bool]] = None
        self._band: Any = None

    def process(self, interactor: Any, event: int, view: Any) -> bool:
        """Whether the event was ours; other buttons, and the left one with Shift, stay with Slicer."""
        if event in (*_FORWARD, *_BACKWARD):
            return self._wheel(interactor, event in _FORWARD)
        if event == vtk.vtkCommand.LeftButtonDoubleClickEvent:
            # Slicer would show this view alone, or all views again.
            return not (interactor.GetShiftKey() or interactor.GetAltKey())
        if event == vtk.vtkCommand.LeftButtonPressEvent:
            if interactor.GetShiftKey() or interactor.GetAltKey():
                return False
            if interactor.GetRepeatCount():
                # The second half of a double click says nothing that the first has not.
                return True
            self._pressed = (interactor.GetEventPosition(), view, bool(interactor.GetControlKey()))
            return True
        if self._pressed is None or self._pressed[1] is not view:
            return False
        start, _, ctrl = self._pressed
        at = interactor.GetEventPosition()
        moved = max(abs(at[0] - start[0]), abs(at[1] - start[1]))
        dragged = moved > THRESHOLD * pixels_per_point(view)
        if event == vtk.vtkCommand.MouseMoveEvent:
            if dragged and not ctrl:
                self._draw(start, at, view)
            return True
        if event == vtk.vtkCommand.LeftButtonReleaseEvent:
            self.cancel()
            if dragged and not ctrl:
                self._on_box(start, at, view)
            else:
                self._on_click(start, view, ctrl)
            return True
        return False

    def _wheel(self, interactor: Any, forward: bool) -> bool:
        if not interactor.GetShiftKey() or interactor.GetControlKey() or interactor.GetAltKey():
            return False
        now, before = time.monotonic(), self._turned
        self._turned = now
        if now - before >= REST:
            self._wheel_is_ours = self._on_wheel(forward)
        return self._wheel_is_ours

    def cancel(self) -> None:
        """Forget a press, and take the rubber band out of the view; may be called twice."""
        if self._band is not None and self._pressed is not None:
            view = self._pressed[1].sliceView()
            view.renderWindow().GetRenderers().GetFirstRenderer().RemoveViewProp(self._band)
            view.scheduleRender()
        self._band = self._pressed = None

    def _draw(self, start: XY, end: XY, view: Any) -> None:
        renderer = view.sliceView().renderWindow().GetRenderers().GetFirstRenderer()
        if self._band is not None:
            renderer.RemoveViewProp(self._band)
        (x0, y0), (x1, y1) = start, end
        box = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
        self._band = polyline_actor([box], (1.0, 0.9, 0.3), 1.5 * pixels_per_point(view))
        renderer.AddViewProp(self._band)
        view.sliceView().scheduleRender()
