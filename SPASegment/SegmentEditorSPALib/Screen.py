"""The masks on screen: their pictures, their outlines in the slice views, and the keys that act on them."""

from __future__ import annotations

from typing import Any, Callable, Optional, Protocol

import numpy as np
import qt

from .BusySign import BusySign
from .CandidateStrip import CandidateStrip
from .EditorButtons import EditorButtons
from .Keys import Actions, Keys, digits
from .Marks import Mark, Marks
from .Outline import Outline
from .Overlay import pixels_per_point
from .Protocols import Panel, SliceWidget

CANDIDATE_KEYS = ("1", "2", "3", "4")


class User(Protocol):
    """What the user can do with the masks on screen."""

    def mark(self, index: int) -> None:
        """Point at a mask."""

    def press(self, index: int) -> None:
        """Press a picture."""

    def choose(self, index: int) -> None:
        """Go on from a mask, also from one that there is not."""

    def larger(self) -> None:
        """The larger thing is meant."""

    def smaller(self) -> None:
        """The smaller thing is meant."""

    def accept(self, index: int) -> None:
        """Accept a mask."""

    def accept_at_once(self, index: int) -> None:
        """Double-click on a picture."""

    def undo(self) -> bool:
        """Take the last answer back; before there are masks, the click."""

    def redo(self) -> bool:
        """Redo waits for the masks on screen."""

    def cancel(self) -> None:
        """Drop the masks and what is computed."""

    def next_slice(self, step: int) -> None:
        """Go on to a neighbouring slice."""


class Screen:
    """One proposal at a time; `clear` leaves nothing in any view, and gives all keys back.

    Attributes:
        proposal: what is shown, None if nothing is; the session itself is ahead of it while a job runs.
        marked: the mask that Enter accepts, shown by border and outline.
        view: the slice widget that was clicked in.
        strip, buttons, keys, slice_keys: what the user acts with, after `connect`.
    """

    strip: CandidateStrip
    buttons: EditorButtons
    keys: Keys
    slice_keys: Keys
    _user: User

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        # Where the pictures lie; decided once for each session, so that they stay where they are.
        self._at_top: Optional[bool] = None
        self.proposal: Any = None
        self.marked = 0
        self.view: Optional[SliceWidget] = None
        self._frame: Any = None
        self._preview: Any = None
        self._outlines: Any = None
        self.outline, self.marks = Outline(), Marks()
        self.busy_sign = BusySign(panel.widget)

    def connect(self, user: User, attend: Callable[[], None]) -> None:
        """Let pictures, buttons and keys act, once there is something that they act on; first `attend` is called."""
        self._user, panel = user, self._panel

        def attending(act: Callable[[int], None]) -> Callable[[int], None]:
            def done(index: int) -> None:
                attend()
                act(index)

            return done

        acts = (attending(act) for act in (user.mark, user.press, user.accept_at_once))
        self.strip = CandidateStrip(panel.strip_home, *acts, self._place_later)
        self.buttons = EditorButtons(panel.widget, user.undo, user.redo)
        self.keys = Keys(self._session_keys())
        # As Slicer's own arrow keys and the viewer: up is on.
        self.slice_keys = Keys({"PgUp": lambda: user.next_slice(1), "PgDown": lambda: user.next_slice(-1)})

    def _session_keys(self) -> Actions:
        user = self._user
        actions: Actions = digits(user.choose)
        # The plus sign's key gives an equals sign without Shift on many keyboards.
        actions.update({"+": user.larger, "=": user.larger, "-": user.smaller})
        actions.update({key: lambda: user.accept(self.marked) for key in ("Return", "Enter")})
        actions.update({key: user.undo for key in ("Backspace", "Z", "Ctrl+Z")})
        actions.update({key: user.redo for key in ("Y", "Ctrl+Y", "Ctrl+Shift+Z")})
        actions.update({"Esc": user.cancel, "Space": self._space})
        return actions

    def _space(self) -> None:
        """Space presses the button with the focus, as everywhere; elsewhere it marks the recommended mask."""
        widget = qt.QApplication.focusWidget()
        if widget is not None and widget.inherits("QAbstractButton") and widget.property("spaIndex") is None:
            if not self.buttons.press(widget):
                widget.click()
        else:
            self._user.press(self.strip.focused())

    def attend(self, armed: bool, busy: bool) -> None:
        """Let the keys act on the session while there is one, and say in the view that masks are computed."""
        if armed:
            self.keys.take()
            self.buttons.take()
        else:
            self.keys.give_back()
            self.buttons.give_back()
        shown = busy and self.view is not None and self.view.visible
        self.busy_sign.show(self.view.sliceView() if shown else None)
        if not busy:
            self.marks.drop_pending()

    def show(self, job: Any, preview: Any) -> None:
        """Show what a job has proposed, the recommended mask marked.

        Args:
            job: a finished `SPASegmentLib.mrml.job.Job`.
            preview: the temporary segments, already in the scene.
        """
        # Only now, since it needs what is installed with the first click.
        from .Presentation import Outlines, pictures

        self.proposal, self._frame, self._preview = job.proposal, job.frame, preview
        self._outlines = Outlines(job.proposal)
        if self._at_top is None:
            self._at_top = self._covers_masks()
        self.place()
        self.strip.show(pictures(job.frame, job.proposal, CANDIDATE_KEYS))
        self.marks.settle(job.proposal)
        self.mark(0)

    def mark(self, index: int) -> bool:
        """Mark a mask by border, outline and fill; returns whether there is such a mask."""
        if self.proposal is None or index >= len(self.proposal.masks):
            return False
        self.marked = index
        self.strip.mark(index)
        self._preview.highlight(index)
        self.outline.show(self._frame, self._outlines.lines(index, self._panel.uncertainty.checked))
        return True

    def clicked(self, ras: Any, positive: bool) -> None:
        """Show where a click was made, before anything comes of it."""
        self.marks.add(Mark(ras, positive))

    def place(self) -> None:
        """Put the pictures where the user wants them; in the panel where the view is not shown."""
        shown, wanted = self.proposal is not None, self._panel.in_view.checked
        in_view = shown and wanted and self.view is not None and self.view.visible
        self._panel.strip_home.setVisible(not (in_view if shown else wanted))
        self.strip.follow(self.view if shown else None)
        self.strip.place(self.view.sliceView() if in_view else None, bool(self._at_top))

    def _place_later(self) -> None:
        """Qt tells of views before they are shown, and Slicer of layouts before their views are."""
        qt.QTimer.singleShot(0, self._place_again)

    def _place_again(self) -> None:
        if self.proposal is not None:
            self.place()

    def _covers_masks(self) -> bool:
        """Whether the pictures would cover the masks at the bottom of the view, and less so at its top."""
        if self.view is None:
            return False
        rows, columns = np.nonzero(self.proposal.masks.any(axis=0))
        to_view = self.outline.to_view(self._frame, self.view)
        if to_view is None or not rows.size:
            return False
        # Heights in a view are counted from its bottom, and in device pixels.
        heights = to_view[1, 0] * columns + to_view[1, 1] * rows + to_view[1, 3]
        view, scale = self.view.sliceView(), pixels_per_point(self.view)
        band, height = self.strip.height_in(view) * scale, view.height * scale
        return bool((heights < band).sum() > (heights > height - band).sum())

    def settings_applied(self) -> None:
        """The place of the pictures, or the uncertainty, was switched."""
        if self.proposal is not None:
            self.place()
            self.mark(self.marked)

    def view_changed(self, view: Any) -> None:
        """A slice view was panned, zoomed or scrolled."""
        self.outline.update(view)
        self.marks.update(view)

    def target_moved(self) -> None:
        """A transform moves the volume."""
        if self.proposal is not None:
            self._preview.follow(self._frame.volume)
            self.outline.redraw()

    def layout_changed(self) -> None:
        """The pictures leave a view that is no longer there, and come back with it."""
        if self.proposal is not None:
            self.place()
            self._place_later()
            self.outline.redraw()
            self.marks.redraw()
        elif self.view is not None and not self.view.visible:
            self.strip.place(None)

    def clear(self) -> None:
        """Show nothing; may be called twice."""
        self.attend(armed=False, busy=False)
        self.outline.clear()
        self.marks.clear()
        self.strip.clear()
        self.proposal = self._frame = self._preview = self._outlines = self._at_top = None
        self.marked = 0
        self.place()
