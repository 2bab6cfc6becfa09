"""From a click in a slice view to voxels in the segment: what connects the controller with widgets and views."""

from __future__ import annotations

import logging
from typing import Any, Callable, Dict, List, Optional, Tuple

import slicer
import vtk

from SPASegmentLib.errors import SPAError
from SPASegmentLib.mrml.grid import array_from_matrix
from SPASegmentLib.mrml.plane import Plane, xy_to_ras

from . import Dependencies, Model
from .CandidateStrip import CandidateStrip
from .DesktopEditor import DesktopEditor
from .JobRunner import JobRunner
from .Keys import Keys
from .Outline import Outline, slice_widgets
from .Presentation import accepted_text, difference_text, outline_lines, pixmaps, round_text
from .ProfileActions import ProfileActions
from .Translate import tr as _

CANDIDATE_KEYS = ("1", "2", "3", "4")


class Workflow:
    """Everything that an active effect holds; `end` leaves nothing behind.

    Attributes:
        controller: of the selected segment, None before the first click.
        marked: the mask that Enter accepts, shown by border and outline.
    """

    def __init__(self, scripted_effect: Any, panel: Any) -> None:
        self._effect, self._panel = scripted_effect, panel
        self.controller: Any = None
        self.marked = 0
        # What is on screen; the session itself is ahead of it while a job runs.
        self._proposal: Any = None
        self._pressed_on: Any = None
        # How many answers can be taken back.
        self._answers = 0
        self._target: Tuple[Any, ...] = ()
        self._view: Any = None
        self._first: Optional[Callable[[], Any]] = None
        self._accept_next: Optional[int] = None
        self._slices: set = set()
        self._runner = JobRunner()
        self._outline = Outline()
        self._strip = CandidateStrip(panel.strip_home, self.mark, self.press, self.accept_at_once)
        self.profiles = ProfileActions(panel, self._run_checked)
        actions: Dict[str, Callable[[], None]] = {
            key: (lambda n=n: self.choose(n)) for n, key in enumerate(CANDIDATE_KEYS, 1)
        }
        actions.update({key: self.accept for key in ("Return", "Enter")})
        actions.update({key: self.back for key in ("Backspace", "Z", "Ctrl+Z")})
        actions.update({"Esc": self.cancel, "Space": lambda: self.press(self._strip.focused())})
        self._keys = Keys(actions)
        self._observed: List[Tuple[Any, int]] = []

    @property
    def choosing(self) -> bool:
        """Whether masks are on screen."""
        return self.controller is not None and self.controller.session is not None

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self._runner.busy

    @property
    def status(self) -> str:
        """What the panel says."""
        return str(self._panel.status.text)

    def begin(self) -> None:
        """The effect has become active."""
        node = self._effect.parameterSetNode()
        self._observed = [(node, node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._settings_changed))]
        self._slices = set()
        self.profiles.refresh()
        self._panel.say(_("Click on a structure in a slice view, or drag a box around it."))
        self.refresh()

    def end(self) -> None:
        """The effect is left: drop everything; may be called twice, also after the scene was closed."""
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed = []
        self._drop()
        if self.controller is not None:
            self.controller.close()
        self.controller, self._target, self._view, self._first = None, (), None, None

    def refresh(self) -> None:
        """Bring the panel up to date."""
        session = self.controller.session if self.controller is not None else None
        accepted = self.controller is not None and self.controller.accepted is not None
        self._panel.round.setText(round_text(self._proposal, session.settings.rounds) if session else _("SPA"))
        self._panel.enable(session is not None, self._runner.busy, self._answers > 0, accepted)
        count = len(self._slices)
        self._panel.slices.setText(_("Slices accepted: {count}").format(count=count) if count else "")
        self._panel.model.setText(_("Model: {model}").format(model=Model.describe(Model.choice())))

    # What the user does.

    def click(self, xy: Tuple[int, int], view: Any, negative: bool) -> None:
        """A click in a slice view: the start of a session, or a correction of the masks on screen."""
        ras = xy_to_ras(view.mrmlSliceNode(), *xy)
        if self.choosing:
            positive = not (negative or self._panel.removes.checked)
            self._step(lambda: self.controller.add_click(ras, positive), 1)
        elif negative:
            self._panel.say(_("Click on the structure first; Ctrl+click corrects the masks afterwards."), True)
        else:
            plane = Plane.of_slice_node(view.mrmlSliceNode())
            self._start(view, lambda: self.controller.start_at(ras, plane))

    def box(self, start: Tuple[int, int], end: Tuple[int, int], view: Any) -> None:
        """A box dragged in a slice view."""
        if self.choosing:
            self._panel.say(_("Accept or cancel the masks on screen first, then drag a box."), True)
            return
        node = view.mrmlSliceNode()
        corners, plane = (xy_to_ras(node, *start), xy_to_ras(node, *end)), Plane.of_slice_node(node)
        self._start(view, lambda: self.controller.start_box(*corners, plane))

    def from_segment(self) -> None:
        """Start from what the segment holds on the slice in view."""
        view = self._view or next((widget for widget in slice_widgets() if widget.visible), None)
        if view is None:
            return
        node = view.mrmlSliceNode()
        width, height, _depth = node.GetDimensions()
        ras, plane = xy_to_ras(node, (width - 1) / 2, (height - 1) / 2), Plane.of_slice_node(node)
        self._start(view, lambda: self.controller.start_from_segment(ras, plane))

    def next_slice(self, step: int) -> None:
        """Go on with the mask accepted last; the view follows."""
        view = self._view
        if view is None or self.controller is None:
            return

        def start() -> Any:
            job = self.controller.next_slice(step)
            height, width = job.frame.image.shape
            view.mrmlSliceNode().JumpSliceByOffsetting(*job.frame.xy_to_ras((width - 1) / 2, (height - 1) / 2))
            return job

        self._start(view, start)

    def press(self, index: int) -> None:
        """A picture was pressed: the recommended one is marked, any other one is chosen."""
        self._pressed_on = self._proposal
        if index == 0:
            self.mark(0)
        else:
            self.choose(index)

    def choose(self, index: int) -> None:
        """Pick a candidate."""
        if self.choosing:
            self._step(lambda: self.controller.choose(index), 1)

    def back(self) -> None:
        """Take the last answer back."""
        if self.choosing:
            self._step(lambda: self.controller.back(), -1)

    def start_over(self) -> None:
        """Begin the session on this slice again."""
        first, view = self._first, self._view
        if self.choosing and first is not None:
            self._drop()
            self._start(view, first)

    def cancel(self) -> None:
        """Drop the masks on screen and any work under way."""
        if self.choosing or self._runner.busy:
            self._drop()
            self._panel.say(_("Cancelled; the segment is as it was."))
            self.refresh()

    def accept(self) -> None:
        """Write the marked mask."""
        if not self.choosing:
            return
        if self._runner.busy:
            self._panel.say(_("SPA is still computing; wait for the masks or cancel."), True)
            return
        self._run_checked(lambda: self._write(self.marked))

    def accept_at_once(self, index: int) -> None:
        """A double click: its first click has chosen the picture, so that choice is taken back first."""
        if not self.choosing:
            return
        if self._runner.busy:
            self._accept_next = index
        elif self._pressed_on is not None and self._pressed_on is not self._proposal:
            self._run_checked(lambda: self._write_before(index))
        else:
            self._run_checked(lambda: self._write(index))

    def mark(self, index: int) -> None:
        """Point at a mask: border, outline and text."""
        if not self.choosing:
            return
        proposal = self._proposal
        if index >= len(proposal.masks):
            return
        self.marked = index
        self._strip.mark(index)
        self.controller.preview.highlight(index)
        self._outline.show(self.controller.frame, outline_lines(proposal, index, self._panel.uncertainty.checked))
        if not self._runner.busy:
            self._panel.say(difference_text(proposal, index))

    # What happens around the effect.

    def view_changed(self, view: Any) -> None:
        """A slice view was panned, zoomed or scrolled."""
        self._outline.update(view)

    def layout_changed(self) -> None:
        """The pictures leave a view that is no longer there."""
        if self._view is not None and not self._view.visible:
            self._strip.place(None)

    def settings_applied(self) -> None:
        """An option of the effect was changed."""
        if self.controller is not None:
            self.controller.mode = self._mode()
        if self.choosing:
            self._place_strip()
            self.mark(self.marked)

    def target_changed(self, text: str) -> None:
        """What is segmented has changed: the masks on screen belong to something else."""
        had = self.choosing or self._runner.busy
        self._drop()
        if self.controller is not None:
            self.controller.close()
        self.controller = None
        if had:
            self._panel.say(text, True)
        self.refresh()

    def _settings_changed(self, node: Any, _event: str) -> None:
        if self._target and self._target != self._wanted():
            self._target = ()
            self.target_changed(_("Another segment or image was selected; the masks on screen were dropped."))

    # The way of a job.

    def _start(self, view: Any, start: Callable[[], Any]) -> None:
        if self._runner.busy:
            self._panel.say(_("SPA is still computing; wait for the masks or cancel."), True)
            return
        node = self._effect.parameterSetNode()
        if node.GetSourceVolumeNode() is None:
            self._panel.say(_("Select a source volume at the top of Segment Editor first."), True)
            return
        if not node.GetSelectedSegmentID():
            self._panel.say(_("Add a segment with the button Add first."), True)
            return
        confirmed = slicer.qSlicerSegmentEditorAbstractEffect.ConfirmedWithoutDialog
        if self._effect.confirmCurrentSegmentVisible() != confirmed:
            return
        self._view, self._first = view, start
        choice = Model.choice()
        if Model.loaded(choice) is not None:
            self._submit_start(start)
            return
        problem = Dependencies.ensure()
        if problem:
            self._panel.say(problem, True)
            return
        self._panel.say(_("Loading the network; the first time takes some seconds..."))
        self._runner.submit(lambda: Model.load(choice), lambda _loaded: self._submit_start(start), self._failed)
        self.refresh()

    def _submit_start(self, start: Callable[[], Any]) -> None:
        self.profiles.refresh()
        self._run_checked(lambda: self._submit(self._prepared(start), self._slice_of(self._view)))

    def _prepared(self, start: Callable[[], Any]) -> Any:
        """The controller of what is selected now, and its job."""
        if self.controller is None or self._target != self._wanted():
            from SPASegmentLib.mrml.controller import Controller

            node = self._effect.parameterSetNode()
            self._target = self._wanted()
            if self.controller is not None:
                self.controller.close()
            self.controller = Controller(
                node.GetSourceVolumeNode(), node.GetSegmentationNode(), node.GetSelectedSegmentID(),
                DesktopEditor(self._effect), Model.loaded(Model.choice()).network,
            )
            self.controller.preview.outlined = False
        self.controller.profile = self.profiles.current()
        self.controller.mode = self._mode()
        return start()

    def _step(self, step: Callable[[], Any], answers: int) -> None:
        if self._runner.busy:
            self._panel.say(_("SPA is still computing; wait for the masks or cancel."), True)
            return
        self._run_checked(lambda: self._submit(step(), None, answers))

    def _submit(self, job: Any, on_slice: Any, answers: int = 0) -> None:
        self._panel.say(_("Computing..."))
        self._runner.submit(job.run, lambda _proposal: self._finished(job, on_slice, answers), self._failed)
        self.refresh()

    def _finished(self, job: Any, on_slice: Any, answers: int) -> None:
        if on_slice is not None and on_slice != self._slice_of(self._view):
            self._drop()
            self._panel.say(_("The view shows another slice now; the masks were dropped. Click again."), True)
        elif self.controller is not None and self.controller.show(job) is not None:
            self._answers += answers
            accept, self._accept_next = self._accept_next, None
            if accept is not None:
                self._run_checked(lambda: self._write_before(accept))
            else:
                self._show(job)
        self.refresh()

    def _show(self, job: Any) -> None:
        self._proposal = job.proposal
        pictures, texts = pixmaps(job.frame, job.proposal, CANDIDATE_KEYS)
        self._place_strip()
        self._strip.show(pictures, texts)
        self._keys.take()
        self.mark(0)

    def _failed(self, error: BaseException) -> None:
        self._accept_next = None
        self._report(error)
        self.refresh()

    def _write_before(self, index: int) -> None:
        """Accept a mask of the round before the one that has just arrived."""
        self.controller.run(self.controller.back())
        self._write(index)

    def _write(self, index: int) -> None:
        frame = self.controller.frame
        result = self.controller.accept(index)
        self._slices.add(frame.key)
        self.profiles.learned(self.controller.profile)
        self._clear()
        self._panel.say(accepted_text(result, frame))
        self.refresh()

    def _run_checked(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            self._report(error)
            self.refresh()

    def _report(self, error: BaseException) -> None:
        if isinstance(error, SPAError):
            self._panel.say(str(error), True)
        else:
            logging.exception("SPA", exc_info=error)
            self._panel.say(_("SPA met an unexpected error; its details are in the Python console."), True)

    def _drop(self) -> None:
        self._runner.cancel()
        self._accept_next = None
        if self.controller is not None:
            self.controller.cancel()
        self._clear()

    def _clear(self) -> None:
        self._keys.give_back()
        self._outline.clear()
        self._strip.clear()
        self.marked, self._answers, self._proposal, self._pressed_on = 0, 0, None, None

    def _place_strip(self) -> None:
        in_view = self._panel.in_view.checked and self._view is not None and self._view.visible
        self._strip.place(self._view.sliceView() if in_view else None)

    def _wanted(self) -> Tuple[Any, ...]:
        node = self._effect.parameterSetNode()
        nodes = (node.GetSourceVolumeNode(), node.GetSegmentationNode())
        return (*(n.GetID() if n is not None else None for n in nodes), node.GetSelectedSegmentID(), Model.choice())

    def _mode(self) -> str:
        return "replace" if self._panel.replace.checked else "add"

    @staticmethod
    def _slice_of(view: Any) -> Tuple[float, ...]:
        return tuple(array_from_matrix(view.mrmlSliceNode().GetSliceToRAS())[:3, 2:].round(3).ravel())
