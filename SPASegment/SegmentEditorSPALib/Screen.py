"""The masks on screen: their pictures, their outlines in the slice views, and the keys that act on them."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Protocol

import numpy as np

from .CandidateStrip import CandidateStrip
from .Keys import Keys
from .Outline import Outline

CANDIDATE_KEYS = ("1", "2", "3", "4")


class User(Protocol):
    """What the user can do with the masks on screen."""

    def mark(self, index: int) -> None:
        """Point at a mask."""

    def press(self, index: int) -> None:
        """Press a picture."""

    def choose(self, index: int) -> None:
        """Pick a candidate."""

    def accept(self) -> None:
        """Accept the marked mask."""

    def accept_at_once(self, index: int) -> None:
        """Double-click on a picture."""

    def back(self) -> None:
        """Take the last answer back."""

    def cancel(self) -> None:
        """Drop the masks."""


class Screen:
    """One proposal at a time; `clear` leaves nothing in any view, and gives all keys back.

    Attributes:
        proposal: what is shown, None if nothing is; the session itself is ahead of it while a job runs.
        marked: the mask that Enter accepts, shown by border and outline.
        view: the slice widget that was clicked in.
    """

    def __init__(self, panel: Any, user: User) -> None:
        self._panel = panel
        # Where the pictures lie; decided once for each session, so that they stay where they are.
        self._at_top: Optional[bool] = None
        self.proposal: Any = None
        self.marked = 0
        self.view: Any = None
        self._frame: Any = None
        self._preview: Any = None
        self.outline = Outline()
        self.strip = CandidateStrip(panel.strip_home, user.mark, user.press, user.accept_at_once)
        actions: Dict[str, Callable[[], None]] = {
            key: (lambda n=n: user.choose(n)) for n, key in enumerate(CANDIDATE_KEYS, 1)
        }
        actions.update({key: user.accept for key in ("Return", "Enter")})
        actions.update({key: user.back for key in ("Backspace", "Z", "Ctrl+Z")})
        actions.update({"Esc": user.cancel, "Space": lambda: user.press(self.strip.focused())})
        self.keys = Keys(actions)

    def show(self, job: Any, preview: Any) -> None:
        """Show what a job has proposed, the recommended mask marked.

        Args:
            job: a finished `SPASegmentLib.mrml.controller.Job`.
            preview: the temporary segments, already in the scene.
        """
        # Only now, since it needs what is installed with the first click.
        from .Presentation import pixmaps

        self.proposal, self._frame, self._preview = job.proposal, job.frame, preview
        pictures, texts = pixmaps(job.frame, job.proposal, CANDIDATE_KEYS)
        if self._at_top is None:
            self._at_top = self._covers_masks()
        self.place()
        self.strip.show(pictures, texts)
        self.keys.take()
        self.mark(0)

    def mark(self, index: int) -> bool:
        """Mark a mask by border, outline and fill; returns whether there is such a mask."""
        if self.proposal is None or index >= len(self.proposal.masks):
            return False
        from .Presentation import outline_lines

        self.marked = index
        self.strip.mark(index)
        self._preview.highlight(index)
        self.outline.show(self._frame, outline_lines(self.proposal, index, self._panel.uncertainty.checked))
        return True

    def place(self) -> None:
        """Put the pictures where the user wants them."""
        in_view = self._panel.in_view.checked and self.view is not None and self.view.visible
        self.strip.place(self.view.sliceView() if in_view else None, bool(self._at_top))

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
        view = self.view.sliceView()
        share = self.view.mrmlSliceNode().GetDimensions()[1] / max(view.height, 1)
        band, height = self.strip.height_in(view) * share, view.height * share
        return bool((heights < band).sum() > (heights > height - band).sum())

    def settings_applied(self) -> None:
        """The place of the pictures, or the uncertainty, was switched."""
        if self.proposal is not None:
            self.place()
            self.mark(self.marked)

    def view_changed(self, view: Any) -> None:
        """A slice view was panned, zoomed or scrolled."""
        self.outline.update(view)

    def target_moved(self) -> None:
        """A transform moves the volume."""
        if self.proposal is not None:
            self._preview.follow(self._frame.volume)
            self.outline.redraw()

    def layout_changed(self) -> None:
        """The pictures leave a view that is no longer there, and come back with it."""
        if self.proposal is not None:
            self.place()
        elif self.view is not None and not self.view.visible:
            self.strip.place(None)

    def slice_of_view(self) -> Optional[Any]:
        """What tells the slice in the view that was clicked in from all others."""
        from SPASegmentLib.mrml.grid import array_from_matrix

        if self.view is None:
            return None
        matrix = array_from_matrix(self.view.mrmlSliceNode().GetSliceToRAS())
        normal = matrix[:3, 2]
        # Not the whole position: it also moves within the slice, e.g. where the view is fitted.
        return (*normal.round(3).tolist(), round(float(normal @ matrix[:3, 3]), 3))

    def clear(self) -> None:
        """Show nothing; may be called twice."""
        self.keys.give_back()
        self.outline.clear()
        self.strip.clear()
        self.proposal = self._frame = self._preview = self._at_top = None
        self.marked = 0
