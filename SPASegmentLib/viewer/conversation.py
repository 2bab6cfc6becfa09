"""From gestures and buttons to the controller, and from proposals to what the page shows.

Everything runs on the event loop, which owns the scene; only the network runs in a worker.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Tuple

from SPASegmentLib.errors import StateError
from SPASegmentLib.interaction.pictures import color
from SPASegmentLib.interaction.types import RECOMMENDED, Proposal
from SPASegmentLib.mrml.controller import Controller, Job
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.plane import Point
from SPASegmentLib.viewer.pictures import draw_masks
from SPASegmentLib.viewer.pointer import Gesture
from SPASegmentLib.viewer.state import PageState
from SPASegmentLib.viewer.views import SliceViews
from SPASegmentLib.viewer.workspace import Workspace, grey_range


class Conversation:
    """Sessions of one user.

    Args:
        workspace: what is open.
        views: where it is shown.
        pool: one worker for the network.
        page: where values and messages are shown.

    Attributes:
        negative: whether clicks on a mask say "does not belong", without Ctrl.
    """

    def __init__(self, workspace: Workspace, views: SliceViews, pool: Executor, page: PageState) -> None:
        self.negative = False
        self._workspace, self._views, self._pool, self._page = workspace, views, pool, page
        self._running: Optional[Job] = None
        #: Corrections clicked while the network was at work, in their order: point in mm, and whether it belongs.
        self._waiting: List[Tuple[Point, bool]] = []
        self._uncertainty = False
        #: Answers given to the masks on screen, which can be taken back.
        self._answers = 0
        self._highlighted = RECOMMENDED

    @property
    def busy(self) -> bool:
        """Whether the network is at work for the user."""
        return self._running is not None

    @property
    def choosing(self) -> bool:
        """Whether masks are on screen."""
        return self._workspace.is_open and self._workspace.controller.session is not None

    @property
    def can_go_back(self) -> bool:
        """Whether there is an answer to take back."""
        return self.choosing and self._answers > 0

    def gesture(self, gesture: Gesture) -> None:
        """A click or a box in a slice view: start, or correct what is on screen or about to be."""
        if not self._workspace.is_open:
            return
        controller = self._workspace.controller
        if self.choosing or self.busy:
            if gesture.again:
                # What a double click has to say, its first half has said.
                return
            if gesture.is_click:
                self._waiting.append((gesture.start, not (gesture.negative or self.negative)))
                self._correct()
            else:
                self.begin(lambda: _refuse("Accept or cancel the masks on screen first, then drag a new box."))
            return
        plane = self._views.plane(gesture.view)
        if gesture.is_click:
            self.begin(lambda: controller.start_at(gesture.start, plane))
        else:
            self.begin(lambda: controller.start_box(gesture.start, gesture.end, plane))

    def _correct(self) -> None:
        """Take up the corrections that wait, one after the other, each on the masks that the one before has led to."""
        while self._waiting and not self.busy:
            point, positive = self._waiting.pop(0)
            self.begin(partial(self._workspace.controller.add_click, point, positive), self._answers + 1)

    def choose(self, candidate: int) -> None:
        """Pick a candidate."""
        self.begin(lambda: self._workspace.controller.choose(candidate), self._answers + 1)

    def back(self) -> None:
        """Take the last answer back."""
        self.begin(lambda: self._workspace.controller.back(), self._answers - 1)

    def back_or_cancel(self) -> None:
        """Take the last answer back; drop the masks where there is none."""
        if self.can_go_back:
            self.back()
        else:
            self.cancel()

    def next_slice(self, step: int) -> None:
        """Go on to a neighbouring slice with the accepted mask."""
        self.begin(lambda: self._workspace.controller.next_slice(step))

    def from_segment(self, tag: str) -> None:
        """Start with what the segment holds on the slice of a view."""
        point = self._views.middle(tag)
        self.begin(lambda: self._workspace.controller.start_from_segment(point, self._views.plane(tag)))

    def accept(self, mask: int = RECOMMENDED) -> None:
        """Write a mask on screen into the segment; an error leaves it on screen.

        Raises:
            StateError: an answer is being computed, no masks are on screen, and see `Controller.accept`.
        """
        self._refuse_while_busy()
        controller = self._workspace.controller
        result = controller.accept(mask)
        frame = controller.frame
        assert frame is not None
        area = float(result.mask.sum()) * frame.image.pixel_area
        name = next((row.name for row in self._workspace.segments if row.id == controller.segment_id), "")
        which = "The recommended mask" if mask == RECOMMENDED else f"Mask {mask}"
        self._workspace.learn()
        self._views.show_uncertainty(None)
        self._page.show(masks=[], phase="accepted", message=f"{which} is in {name}: {area:.0f} mm².", problem="")

    def cancel(self) -> None:
        """Drop the masks on screen and any work under way."""
        if self._workspace.is_open:
            self._workspace.controller.cancel()
        self._running = None
        self._waiting.clear()
        self._views.show_uncertainty(None)
        self._page.show(masks=[], phase="idle" if self._workspace.is_open else "empty", message="", problem="")

    def highlight(self, mask: int) -> None:
        """Fill one mask in the slice views, also in the rounds to come."""
        self._highlighted = mask
        if self.choosing:
            self._workspace.controller.preview.highlight(mask)

    def set_uncertainty(self, wanted: bool) -> None:
        """Lay the uncertainty over the slice, or take it away."""
        self._uncertainty = wanted
        self._overlay()

    def begin(self, make: Callable[[], Job], answers: int = 0) -> None:
        """Run one step of a session; one at a time, what comes meanwhile is refused.

        Args:
            make: the step.
            answers: how many answers have been given once it is done.
        """
        try:
            self._refuse_while_busy()
            controller = self._workspace.controller
            job = make()
        except Exception as error:
            self._page.explain(error)
            return
        self._running = job
        self._page.show(problem="")
        self._page.spawn(self._run(controller, job, answers))

    def _refuse_while_busy(self) -> None:
        # Also what the worker has not begun yet.
        if self._running is not None:
            raise StateError("SPA is still computing; wait for the masks, or cancel.")

    async def _run(self, controller: Controller, job: Job, answers: int) -> None:
        try:
            grey = grey_range(controller.volume)
            proposal, pictures = await asyncio.get_running_loop().run_in_executor(self._pool, _work, job, grey)
        except Exception as error:
            if self._running is job:
                self._running = None
                self._waiting.clear()
                self._page.explain(error)
            return
        if self._running is not job:
            return
        self._running = None
        if controller.show(job) is not None:
            self._answers = answers
            self._propose(job.frame, proposal, pictures)
            self._correct()
        else:
            self._page.show()

    def _propose(self, frame: Frame, proposal: Proposal, pictures: Tuple[str, ...]) -> None:
        controller = self._workspace.controller
        controller.preview.highlight(self._highlighted if self._highlighted < len(proposal.masks) else RECOMMENDED)
        tag = self._views.tag_of(frame.plane)
        height, width = frame.image.shape
        self._views.go_to(tag, frame.xy_to_ras((width - 1) / 2, (height - 1) / 2))
        self._overlay()
        session = controller.session
        assert session is not None
        self._page.show(
            masks=_cards(frame, proposal, pictures),
            phase="choosing",
            round=proposal.round,
            rounds=session.settings.rounds,
            expected=round(100 * proposal.expected_dice),
            message="",
            problem="",
        )

    def _overlay(self) -> None:
        controller = self._workspace.controller if self._workspace.is_open else None
        if controller is None or controller.session is None or controller.frame is None or not self._uncertainty:
            self._views.show_uncertainty(None)
        else:
            self._views.show_uncertainty(controller.frame, controller.session.proposal.uncertainty)


def _work(job: Job, grey: Tuple[float, float]) -> Tuple[Proposal, Tuple[str, ...]]:
    """What the worker does; no VTK, no MRML."""
    proposal = job.run()
    return proposal, draw_masks(job.frame.image, proposal.masks, grey)


def _cards(frame: Frame, proposal: Proposal, pictures: Tuple[str, ...]) -> List[Dict[str, Any]]:
    """What the page shows of each mask."""
    texts = ["recommended", *(_readable(each.description) for each in proposal.differences)]
    tints = ["#" + "".join(f"{round(255 * part):02x}" for part in color(n)) for n in range(len(texts))]
    areas = [float(mask.sum()) * frame.image.pixel_area for mask in proposal.masks]
    return [
        {"index": n, "picture": picture, "text": text, "color": tint, "area": f"{area:.0f} mm²"}
        for n, (picture, text, tint, area) in enumerate(zip(pictures, texts, tints, areas))
    ]


def _readable(description: str) -> str:
    """A description with its units as they are printed, and on the line of their numbers."""
    return description.replace(" mm2", "\u00a0mm²").replace(" %", "\u00a0%")


def _refuse(message: str) -> Job:
    raise StateError(message)
