"""Going through the volume, in the panel: its buttons, and a strip of what is known of each slice."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Sequence, Tuple

import qt

from .Translate import tr as _
from .Widgets import line_height, row

#: Height of the strip in points, and its width in pixels at least; Qt makes it as wide as the panel.
HEIGHT, WIDTH = 18, 900
#: Red, green, blue; the heights differ too, for eyes that do not tell these colours apart.
_BACK, _ACCEPTED, _SURE, _DOUBTFUL = (40, 40, 40), (255, 255, 255), (86, 156, 214), (230, 145, 30)
#: Of the slice in view: its edge, and how thick that is; of many thin bars it reaches over the neighbours.
_HERE, EDGE, NARROWEST = (255, 60, 200), 3, 18


class VolumePanel:
    """Buttons and strip.

    Attributes:
        widget: the QFrame.
        in_view: index of the slice that the strip marks as the one in view; None for none.
    """

    def __init__(self, actions: Dict[str, Callable], button: Callable[[str, str, str], Any]) -> None:
        """Build the widgets.

        Args:
            actions: what the buttons do, by name: through, doubtful, ends, apply, accept_and_next.
            button: makes a button with a text, an action's name and a tip.
        """
        self._actions = actions
        self._marks: Tuple[Any, ...] = ()
        self.in_view: Optional[int] = None
        self.widget = qt.QFrame()
        column = qt.QVBoxLayout(self.widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        self.through = button(
            _("Through the volume"), "through", _("From the accepted masks on to all slices, in both directions (D)")
        )
        self.doubtful = button(
            _("Next doubtful"), "doubtful", _("Go to the slice where an answer helps most (N)")
        )
        self.ends = button(_("Ends here"), "ends", _("The structure is not on the slice in view (E)"))
        self.apply = button(
            _("Apply"), "apply", _("Write all slices into the segment, as one step of undo (Enter)")
        )
        self.next = button(
            _("Next structure"), "accept_and_next",
            _("Accept or apply, and add a segment for the next structure, named after this one (L)"),
        )
        column.addLayout(row(self.through, self.next))
        column.addLayout(row(self.doubtful, self.ends, self.apply))
        self.strip = qt.QLabel("")
        self.strip.setScaledContents(True)
        self.strip.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        self.strip.setFixedHeight(HEIGHT)
        self.legend = qt.QLabel(_("white: accepted \u00b7 blue: sure \u00b7 orange: doubtful"))
        self.legend.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Fixed)
        self.legend.setMinimumHeight(line_height(self.legend))
        column.addWidget(self.strip)
        column.addWidget(self.legend)
        self.show_slices(())

    def show_slices(self, marks: Sequence[Any], in_view: Optional[int] = None) -> None:
        """Show what is known of slices.

        Args:
            marks: `SPASegmentLib.mrml.front_end.SliceMark`s in their order, the first slice on the left; empty for
                nothing.
            in_view: index of the slice in view, which is marked.
        """
        self._marks, self.in_view = tuple(marks), in_view
        for widget in (self.strip, self.legend):
            widget.setVisible(bool(marks))
        if marks:
            self._draw()
            counts = [sum(mark.state.value == name for mark in marks) for name in ("anchor", "sure", "doubtful")]
            text = _("{accepted} slices accepted, {sure} sure, {doubtful} doubtful; the one in view has an edge")
            text = text.format(accepted=counts[0], sure=counts[1], doubtful=counts[2])
            self.strip.setToolTip(text)
            self.strip.setAccessibleName(text)

    def look_at(self, in_view: Optional[int]) -> None:
        """Another slice is in view; None for none of these slices."""
        if in_view != self.in_view:
            self.in_view = in_view
            if self._marks:
                self._draw()

    def _draw(self) -> None:
        from .Presentation import ppm

        here = next((n for n, mark in enumerate(self._marks) if mark.index == self.in_view), None)
        pixmap = qt.QPixmap()
        pixmap.loadFromData(ppm(_drawn([mark.state.value for mark in self._marks], here)))
        self.strip.setPixmap(pixmap)

    def enable(self, can_go: bool, ready: bool, can_end: bool, can_go_on: bool) -> None:
        """Enable what makes sense now.

        Args:
            can_go: there is an accepted mask to start from, or a volume to go on with.
            ready: a result is shown, and nothing is under way.
            can_end: it can be said that the structure is not on a slice.
            can_go_on: there is something to accept, or that was accepted.
        """
        self.through.setEnabled(can_go)
        self.doubtful.setEnabled(ready)
        self.apply.setEnabled(ready)
        self.ends.setEnabled(can_end)
        self.next.setEnabled(can_go_on)


def _drawn(states: Sequence[str], here: Optional[int] = None) -> Any:
    """(height, width, 3) uint8: a bar for each slice, with a gap beside it where there is room; an edge around one."""
    import numpy as np

    each = max(-(-WIDTH // len(states)), 2)
    picture = np.empty((2 * HEIGHT, each * len(states), 3), dtype=np.uint8)
    picture[:] = _BACK
    for n, state in enumerate(states):
        if state not in _BARS:
            continue
        share, color = _BARS[state]
        top = round(2 * HEIGHT * (1 - share))
        picture[top:, n * each : (n + 1) * each - max(each // 8, 1)] = color
    if here is not None:
        more = max(NARROWEST - each, 0) // 2
        part = picture[:, max(here * each - more, 0) : (here + 1) * each + more]
        for edge in (part[:EDGE], part[-EDGE:], part[:, :EDGE], part[:, -EDGE:]):
            edge[:] = _HERE
    return picture


#: Height of a slice's bar, of the strip's, and its colour.
_BARS: Dict[str, Tuple[float, Tuple[int, int, int]]] = {
    "anchor": (1.0, _ACCEPTED), "sure": (0.45, _SURE), "doubtful": (0.75, _DOUBTFUL),
}
