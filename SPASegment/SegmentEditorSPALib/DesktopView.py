"""The conversation's view on the desktop: the panel's words, the pictures, and the slice views."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Callable, Optional, Tuple

import numpy as np

from SPASegmentLib.errors import SPAError
from SPASegmentLib.mrml.grid import array_from_matrix
from SPASegmentLib.mrml.plane import Plane, Point

from . import Model
from .Overlay import slice_widgets
from .Protocols import Panel
from .Screen import Screen
from .StudyNotes import StudyNotes
from .Texts import round_text
from .Translate import tr as _

if TYPE_CHECKING:
    from SPASegmentLib.mrml.front_end import SliceMark

    from .Workflow import Workflow


class DesktopView:
    """A `SPASegmentLib.mrml.front_end.View`.

    Args:
        panel: of the effect.
        screen: the masks on screen.
        workflow: what is shown.
    """

    def __init__(self, panel: Panel, screen: Screen, workflow: Workflow) -> None:
        self._panel, self._screen, self._workflow = panel, screen, workflow
        self._notes = StudyNotes()
        self._said = self._remarked = ""

    def begin(self) -> None:
        """The effect has become active: what runs the model in place of what was chosen is said once more."""
        self._remarked = ""

    def say(self, text: str, warn: bool = False) -> None:
        """Tell the user; as long as lines are missing in the study's log, that too, or nobody would notice."""
        self._said, more = text, [self._notes.problem, self._remark()]
        self._panel.say(" ".join(filter(None, [text, *more])), warn or any(more))

    def _remark(self) -> str:
        """Once, with the first masks: that something else runs the model than was chosen."""
        talk = self._workflow.conversation
        if talk.busy or talk.volume.running or not (talk.choosing or talk.volume.ready):
            return ""
        before, self._remarked = self._remarked, Model.remark(Model.choice())
        return self._remarked if self._remarked != before else ""

    def explain(self, error: BaseException) -> None:
        """Tell the user about an error."""
        if isinstance(error, SPAError):
            self.say(str(error), True)
        else:
            logging.error("SPA", exc_info=error)
            self.say(_("SPA met an unexpected error; its details are in the Python console."), True)

    def checked(self, act: Callable[[], None]) -> None:
        """What goes wrong is said."""
        try:
            act()
        except Exception as error:
            self.explain(error)
            self.refresh()

    def painter(self, frame: Any) -> Callable[[Any], None]:
        """The pictures are made by Qt, in the interface's thread."""
        return lambda _proposal: None

    def propose(self, job: Any, painted: None) -> None:
        """Show the masks of a job."""
        self._notes.saw(job.session)
        self._screen.show(job, self._workflow.controller.preview)

    def mark(self, index: int) -> None:
        """Point at a mask."""
        self._screen.mark(index)

    def clear(self) -> None:
        """Show no masks."""
        self._screen.clear()
        before = self._notes.problem
        if self._notes.look() and self._notes.problem != before:
            # Once more, with it or without.
            self.say(self._said)

    def refresh(self) -> None:
        """Bring the panel up to date."""
        talk, proposal = self._workflow.conversation, self._screen.proposal
        session = self._workflow.controller.session if self._workflow.choosing else None
        shown = session is not None and proposal is not None
        self._panel.round.setText(round_text(proposal, session.settings.rounds) if shown else _("SPA"))
        can_drop = talk.pointing or talk.volume.ready
        # The volume's buttons first: a focus that moves on must not move to one that is about to be disabled.
        self._enable_volume()
        self._panel.enable(talk.choosing, talk.busy, talk.can_go_back, talk.can_continue, can_drop)
        self._screen.attend(talk.armed, talk.busy)
        self._panel.slices.setText(_("Slices accepted: {count}").format(count=talk.slices) if talk.slices else "")
        self._panel.model.setText(_("Model: {model}").format(model=Model.describe(Model.choice())))

    def _enable_volume(self) -> None:
        talk = self._workflow.conversation
        ready, busy = talk.volume.ready, talk.busy
        can_answer = talk.choosing and not talk.volume.active
        self._panel.volume.enable(
            can_go=talk.can_continue,
            ready=ready,
            can_end=ready or (talk.volume.active and talk.choosing and not busy),
            can_go_on=not busy and (can_answer or talk.can_continue),
        )

    def shows(self, frame: Any) -> bool:
        """Whether a slice view shows this slice now."""
        nodes = (widget.mrmlSliceNode() for widget in slice_widgets() if widget.visible)
        return any(frame.is_in(array_from_matrix(node.GetSliceToRAS())) for node in nodes)

    def go_to(self, frame: Any) -> None:
        """Show this slice in the view that was clicked in, or else in one of its direction."""
        view = self._parallel(frame) or self._screen.view
        if view is not None:
            height, width = frame.shape
            middle = frame.xy_to_ras((width - 1) / 2, (height - 1) / 2)
            view.mrmlSliceNode().JumpSliceByOffsetting(*middle)

    def looks_at(self, frame: Any) -> Optional[Point]:
        """A point on the slice that a view of a frame's direction shows."""
        view = self._parallel(frame)
        if view is None:
            return None
        r, a, s = array_from_matrix(view.mrmlSliceNode().GetSliceToRAS())[:3, 3]
        return (float(r), float(a), float(s))

    def show_slices(self, marks: Tuple[SliceMark, ...]) -> None:
        """Show what is known of all slices, in the panel."""
        self._panel.volume.show_slices(marks, self._workflow.conversation.volume.in_view)

    def scrolled(self) -> None:
        """A slice view was scrolled: another slice may be in view."""
        volume = self._workflow.conversation.volume
        if volume.active:
            self._panel.volume.look_at(volume.in_view)

    def _parallel(self, frame: Any) -> Any:
        """A view of a frame's direction: the one that was clicked in, if it is, or another one that is shown."""
        views = (self._screen.view, *slice_widgets())
        return next((each for each in views if each is not None and each.visible and _is_parallel(each, frame)), None)


def _is_parallel(view: Any, frame: Any) -> bool:
    # Not before: it needs SciPy, which may come with the first click.
    from SPASegmentLib.mrml.mapping import ALIGNMENT_TOLERANCE

    normal = Plane.of_slice_node(view.mrmlSliceNode()).normal
    across = np.cross(*frame.to_world[:3, :2].T)
    return bool(np.linalg.norm(np.cross(across / np.linalg.norm(across), normal)) <= ALIGNMENT_TOLERANCE)
