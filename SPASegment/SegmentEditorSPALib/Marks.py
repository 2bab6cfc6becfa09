"""Where the user has clicked: + and - in the slice views, on the slices that they were made on."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Tuple

import numpy as np

from .Overlay import Overlay, haloed, pixels_per_point, slice_widgets

#: Half the length of a line, its width, and how far from the slice in view (mm) a click is still on it.
_HALF, _WIDTH, _NEAR = 6.0, 2.0, 0.5
_COLOR = (1.0, 1.0, 1.0)


class Mark(NamedTuple):
    """A click: a point in mm (RAS), and whether it belongs to the structure."""

    ras: Tuple[float, float, float]
    positive: bool


class Marks:
    """The clicks of a session; those of a round that returns return with it."""

    def __init__(self) -> None:
        self._overlay = Overlay()
        self._shown: Tuple[Mark, ...] = ()
        self._pending: List[Mark] = []
        self._of: Dict[int, Tuple[Mark, ...]] = {}

    def add(self, mark: Mark) -> None:
        """A click has been made, and nothing has come of it yet."""
        self._pending.append(mark)
        self.redraw()

    def settle(self, proposal: Any) -> None:
        """Masks are shown: the click that led to them belongs to them; those of masks seen before are as they were."""
        if id(proposal) not in self._of:
            self._of[id(proposal)] = (*self._shown, *self._pending[:1])
            del self._pending[:1]
        self._shown = self._of[id(proposal)]
        self.redraw()

    def drop_pending(self) -> None:
        """Nothing is computed any more: what was refused leaves no mark."""
        if self._pending:
            self._pending = []
            self.redraw()

    def clear(self) -> None:
        """Take all away; may be called twice."""
        self._shown, self._pending, self._of = (), [], {}
        self._overlay.clear()

    def redraw(self) -> None:
        """Draw again in all views."""
        for widget in slice_widgets():
            self.update(widget)

    def update(self, widget: Any) -> None:
        """Draw again in one view."""
        marks = (*self._shown, *self._pending) if widget.visible else ()
        scale = pixels_per_point(widget) if marks else 1.0
        paths = [path for mark in marks for path in _paths(mark, widget.mrmlSliceNode(), scale)]
        self._overlay.put(widget, haloed(paths, _COLOR, _WIDTH, scale) if paths else [])


def _paths(mark: Mark, node: Any, scale: float) -> List[np.ndarray]:
    """The lines of a mark in a view's pixels; none where the view shows another slice."""
    from SPASegmentLib.mrml.grid import array_from_matrix

    to_world = array_from_matrix(node.GetXYToRAS())
    x, y, depth, _ = np.linalg.solve(to_world, (*mark.ras, 1.0))
    if abs(depth) * np.linalg.norm(to_world[:3, 2]) > _NEAR:
        return []
    half = _HALF * scale
    across = np.array([(x - half, y), (x + half, y)])
    return [across, np.array([(x, y - half), (x, y + half)])] if mark.positive else [across]
