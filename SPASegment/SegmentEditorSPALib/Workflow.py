"""From a click in a slice view to voxels in the segment: what the user does, and the way of its jobs."""

from __future__ import annotations

import logging
from typing import Any, Callable, List, Optional, Tuple

import vtk

from SPASegmentLib.errors import SPAError
from SPASegmentLib.mrml.editor import is_masked
from SPASegmentLib.mrml.plane import Plane, xy_to_ras

from . import Dependencies, Model
from .JobRunner import JobRunner
from .Overlay import slice_widgets
from .ProfileActions import ProfileActions
from .Screen import Screen
from .Target import Target
from .Texts import accepted_text, difference_text, round_text
from .Translate import tr as _
from .Widgets import CTRL


class Workflow:
    """Everything that an active effect holds; `end` leaves nothing behind.

    Attributes:
        screen: the masks on screen.
        profiles: the profile in use.
    """

    def __init__(self, scripted_effect: Any, panel: Any) -> None:
        self._effect, self._panel = scripted_effect, panel
        self._pressed_on: Any = None
        # How many answers can be taken back.
        self._answers = 0
        self._first: Optional[Callable[[], None]] = None
        self._accept_next: Optional[int] = None
        self._slices: set = set()
        self._runner = JobRunner()
        self._target = Target(scripted_effect, self._target_touched)
        self.screen = Screen(panel, self)
        self.profiles = ProfileActions(panel, scripted_effect, self._run_checked)
        self._observed: List[Tuple[Any, int]] = []

    @property
    def controller(self) -> Any:
        """Of the selected segment, None before the first click."""
        return self._target.controller

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
        self._target.close()
        self.screen.view, self._first = None, None

    def refresh(self) -> None:
        """Bring the panel up to date."""
        session = self.controller.session if self.controller is not None else None
        accepted = self.controller is not None and self.controller.accepted is not None
        proposal = self.screen.proposal
        shown = session is not None and proposal is not None
        self._panel.round.setText(round_text(proposal, session.settings.rounds) if shown else _("SPA"))
        self._panel.enable(session is not None, self._runner.busy, self._answers > 0, accepted)
        self.screen.attend(session is not None, self._runner.busy)
        count = len(self._slices)
        self._panel.slices.setText(_("Slices accepted: {count}").format(count=count) if count else "")
        self._panel.model.setText(_("Model: {model}").format(model=Model.describe(Model.choice())))

    # What the user does.

    def click(self, xy: Tuple[int, int], view: Any, negative: bool) -> None:
        """A click in a slice view: the start of a session, or a correction of the masks on screen."""
        ras = xy_to_ras(view.mrmlSliceNode(), *xy)
        if self.choosing:
            positive = not (negative or self._panel.removes.checked)
            if not self._runner.busy:
                self.screen.clicked(ras, positive)
            self._step(lambda: self.controller.add_click(ras, positive), 1)
        elif negative:
            text = _("Click on the structure first; {key}+click corrects the masks afterwards.")
            self._panel.say(text.format(key=CTRL), True)
        else:
            plane = Plane.of_slice_node(view.mrmlSliceNode())
            if not self._runner.busy:
                self.screen.clicked(ras, True)
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
        view = self.screen.view
        if view is None or not view.visible:
            view = next((widget for widget in slice_widgets() if widget.visible), None)
        if view is None:
            self._panel.say(_("Show a slice view first: its slice is where SPA starts."), True)
            return
        node = view.mrmlSliceNode()
        width, height, _depth = node.GetDimensions()
        ras, plane = xy_to_ras(node, (width - 1) / 2, (height - 1) / 2), Plane.of_slice_node(node)
        self._start(view, lambda: self.controller.start_from_segment(ras, plane), from_mask=True)

    def next_slice(self, step: int) -> None:
        """Go on with the mask accepted last; the view follows."""
        view = self.screen.view
        if view is None or self.controller is None:
            return

        def start() -> Any:
            job = self.controller.next_slice(step)
            height, width = job.frame.image.shape
            view.mrmlSliceNode().JumpSliceByOffsetting(*job.frame.xy_to_ras((width - 1) / 2, (height - 1) / 2))
            return job

        self._start(view, start, from_mask=True)

    def press(self, index: int) -> None:
        """A picture was pressed: the recommended one is marked, any other one is chosen."""
        # What is pressed while SPA computes is no answer.
        self._pressed_on = None if self._runner.busy else self.screen.proposal
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

    def redo(self) -> None:
        """Redo is about the masks on screen as undo is, and none of what was taken back is kept."""
        self._panel.say(_("There is no answer to give again; accept or cancel the masks to redo in the segment."), True)

    def start_over(self) -> None:
        """Begin the session on this slice again."""
        if self.choosing and self._first is not None:
            self._drop()
            self._first()

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
            self._say_busy()
            return
        self._run_checked(lambda: self._write(self.screen.marked))

    def accept_at_once(self, index: int) -> None:
        """A double click: its first click has chosen the picture, so that choice is taken back first."""
        if not self.choosing:
            return
        if self._runner.busy and self._pressed_on is None:
            self._say_busy()
        elif self._runner.busy:
            self._accept_next = index
        elif self._pressed_on is not None and self._pressed_on is not self.screen.proposal:
            self._run_checked(lambda: self._write_before(index))
        else:
            self._run_checked(lambda: self._write(index))

    def mark(self, index: int) -> None:
        """Point at a mask: border, outline and text."""
        if self.choosing and self.screen.mark(index) and not self._runner.busy:
            self._panel.say(difference_text(self.screen.proposal, index))

    # What happens around the effect.

    def settings_applied(self) -> None:
        """An option of the effect was changed."""
        if self.controller is not None:
            self.controller.mode = self._mode()
        if self.choosing:
            self.screen.settings_applied()

    def target_changed(self, text: str) -> None:
        """What is segmented has changed: the masks on screen belong to something else."""
        had = self.choosing or self._runner.busy
        self._drop()
        self._target.close()
        self._slices = set()
        if had:
            self._panel.say(text, True)
        self.refresh()

    def _target_touched(self) -> None:
        """A transform, another image, a segment less: the masks on screen move along, or cannot be written any more."""
        if not self.choosing and not self._runner.busy:
            return
        problem = self._target.trouble()
        if problem:
            self.target_changed(_("{problem} The masks on screen were dropped.").format(problem=problem))
        elif self.choosing:
            self.screen.target_moved()

    def _settings_changed(self, node: Any, _event: str) -> None:
        if self._target.changed:
            self.target_changed(_("Another segment or image was selected; the masks on screen were dropped."))

    # The way of a job.

    def _start(self, view: Any, start: Callable[[], Any], from_mask: bool = False) -> None:
        """Begin a session; one from a mask needs no network where PyTorch is not installed."""
        if self._runner.busy:
            self._say_busy()
            return
        problem = self._target.problem()
        if problem:
            self._panel.say(problem, True)
            return
        self._target.select()
        problem = self._target.trouble()
        if problem:
            self._panel.say(problem, True)
            return
        without = from_mask and not Dependencies.has_torch()
        problem = Dependencies.ensure(with_network=not without)
        if problem:
            hint = "" if from_mask else " " + _("Without it: Start from the segment.")
            self._panel.say(problem + hint, True)
            return
        self.screen.view = view
        self._first = lambda: self._start(view, start, from_mask)
        choice = Model.choice()
        if without or Model.loaded(choice) is not None:
            self._submit_start(start, without)
            return
        self._panel.say(_("Loading the network; the first time takes some seconds..."))
        on_slice = self.screen.slice_of_view()
        self._runner.submit(lambda: Model.load(choice), lambda _loaded: self._loaded(start, on_slice), self._failed)
        self.refresh()

    def _loaded(self, start: Callable[[], Any], on_slice: Any) -> None:
        if on_slice == self.screen.slice_of_view():
            self._submit_start(start)
        else:
            self._drop_scrolled()
            self.refresh()

    def _submit_start(self, start: Callable[[], Any], without: bool = False) -> None:
        def submit() -> None:
            controller = self._target.prepare(None if without else Model.loaded(Model.choice()).network)
            controller.profile, controller.mode = self.profiles.begin(), self._mode()
            self._submit(start(), self.screen.slice_of_view())

        self.profiles.refresh()
        self._run_checked(submit)

    def _step(self, step: Callable[[], Any], answers: int) -> None:
        if self._runner.busy:
            self._say_busy()
            return
        self._run_checked(lambda: self._submit(step(), None, answers))

    def _submit(self, job: Any, on_slice: Any, answers: int = 0) -> None:
        self._panel.say(_("Computing..."))
        self._runner.submit(
            job.run,
            lambda _proposal: self._run_checked(lambda: self._finished(job, on_slice, answers)),
            self._failed,
        )
        self.refresh()

    def _finished(self, job: Any, on_slice: Any, answers: int) -> None:
        if on_slice is not None and on_slice != self.screen.slice_of_view():
            self._drop_scrolled()
        elif self.controller is not None and self.controller.show(job) is not None:
            self._answers += answers
            accept, self._accept_next = self._accept_next, None
            if accept is not None:
                self._run_checked(lambda: self._write_before(accept))
            else:
                self.screen.show(job, self.controller.preview)
                self.mark(0)
        self.refresh()

    def _failed(self, error: BaseException) -> None:
        self._accept_next = None
        self._report(error)
        self.refresh()

    def _write_before(self, index: int) -> None:
        """Accept a mask of the round before the one that has just arrived."""
        job = self.controller.back()
        self.controller.run(job)
        self._answers -= 1
        try:
            self._write(index)
        except Exception:
            if self.choosing:
                # What was not written stays on screen.
                self.screen.show(job, self.controller.preview)
            raise

    def _write(self, index: int) -> None:
        frame = self.controller.frame
        result = self.controller.accept(index)
        self._slices.add(frame.key)
        self._clear()
        masked = is_masked(self._effect.parameterSetNode())
        written = frame.segment_mask(self.controller.segmentation, self.controller.segment_id) if masked else None
        self._panel.say(accepted_text(result.mask, frame, written))
        self.refresh()
        try:
            self.profiles.learned(self.controller.profile)
        except SPAError as error:
            # The mask is written, so this is no failure of its acceptance.
            said = _("The mask was accepted, but the profile was not kept: {problem}").format(problem=error)
            self._panel.say(said, True)

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

    def _say_busy(self) -> None:
        self._panel.say(_("SPA is still computing; wait for the masks or cancel."), True)

    def _drop(self) -> None:
        self._runner.cancel()
        self._accept_next = None
        if self.controller is not None:
            self.controller.cancel()
        self._clear()

    def _drop_scrolled(self) -> None:
        self._drop()
        self._panel.say(_("The view shows another slice now; the masks were dropped. Click again."), True)

    def _clear(self) -> None:
        self.screen.clear()
        self._answers, self._pressed_on = 0, None

    def _mode(self) -> str:
        return "replace" if self._panel.replace.checked else "add"
