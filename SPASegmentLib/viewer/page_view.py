"""The conversation's view and worker in the browser front end: cards, overlays and words; a thread beside the loop."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import Executor
from typing import Any, Awaitable, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.interaction.differences import compare_all
from SPASegmentLib.interaction.pictures import color
from SPASegmentLib.interaction.types import RECOMMENDED, Difference, Proposal
from SPASegmentLib.mrml.colours import seen
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.front_end import SliceMark
from SPASegmentLib.mrml.job import Job
from SPASegmentLib.mrml.mapping import ALIGNMENT_TOLERANCE
from SPASegmentLib.mrml.plane import Point
from SPASegmentLib.mrml.texts import agreement_text, round_text
from SPASegmentLib.translation import texts
from SPASegmentLib.viewer.pictures import draw_masks
from SPASegmentLib.viewer.state import PageState
from SPASegmentLib.viewer.views import SliceViews
from SPASegmentLib.viewer.workspace import Workspace, grey_range

_ = texts(__name__)

#: How often it is told how far a job is.
TICK_S = 0.15


class LoopWorker:
    """One job at a time in a thread; its result comes back on the event loop.

    Args:
        pool: one worker.
        spawn: lets a coroutine go on by itself.
    """

    def __init__(self, pool: Executor, spawn: Callable[[Awaitable[Any]], None]) -> None:
        self._pool, self._spawn = pool, spawn
        self._running: Optional[object] = None

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self._running is not None

    def submit(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Run `work` in the thread, then `done` with its result or `failed` with its error on the loop.

        Until the end `tick` is called there now and then.
        """
        self._running = token = object()
        self._spawn(self._run(token, work, done, failed, tick))

    def cancel(self) -> None:
        """Forget the job; neither of its functions is called."""
        self._running = None

    async def _run(
        self,
        token: object,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        tick: Callable[[], None],
    ) -> None:
        def unless_cancelled() -> Any:
            return work() if self._running is token else None

        try:
            future = asyncio.get_running_loop().run_in_executor(self._pool, unless_cancelled)
            while not (await asyncio.wait({future}, timeout=TICK_S))[0]:
                if self._running is token:
                    tick()
            result = future.result()
        except Exception as error:
            if self._running is token:
                self._running = None
                failed(error)
            return
        if self._running is token:
            self._running = None
            done(result)


class PageView:
    """What the page and the slice views show of a session.

    Args:
        workspace: what is open.
        views: where it is shown.
        page: where values and messages are shown.

    Attributes:
        offered: so many masks are shown, the recommended one first; None for all.
    """

    offered: Optional[int] = None

    def __init__(self, workspace: Workspace, views: SliceViews, page: PageState) -> None:
        self._workspace, self._views, self._page = workspace, views, page
        self._uncertainty = False
        self._highlighted = RECOMMENDED
        self._proposed: Optional[Tuple[Job, Tuple[str, ...]]] = None

    def say(self, text: str, warn: bool = False) -> None:
        """Tell the user."""
        text = _readable(text)
        self._page.show(**({"problem": text} if warn else {"message": text, "problem": ""}))

    def explain(self, error: BaseException) -> None:
        """Tell the user about an error."""
        self._page.explain(error)

    def painter(self, frame: Frame) -> Callable[[Proposal], Tuple[str, ...]]:
        """Draws the pictures, in the worker."""
        grey, pixels = grey_range(frame.volume), seen(frame)
        return lambda proposal: draw_masks(pixels, frame.image.spacing, proposal.masks, grey)

    def propose(self, job: Job, painted: Tuple[str, ...]) -> None:
        """Show the masks of a job."""
        proposal = job.proposal
        assert proposal is not None
        if self.offered is not None:
            self._workspace.controller.preview.show(job.frame, proposal.masks[: self.offered])
        self.mark(self._highlighted if self._highlighted < len(proposal.masks) else RECOMMENDED)
        self._overlay()
        self._proposed = (job, painted)
        self._say_of(job, painted, proposal.differences)

    def say_again(self) -> None:
        """Say what is said of the masks on screen in the language of now."""
        if self._proposed is not None:
            job, painted = self._proposed
            image = job.frame.image
            assert job.proposal is not None
            self._say_of(job, painted, compare_all(job.proposal.masks, image.spacing, image.in_mm))

    def _say_of(self, job: Job, painted: Tuple[str, ...], differences: Sequence[Difference]) -> None:
        proposal = job.proposal
        assert proposal is not None
        self._page.show(
            masks=_cards(job.frame, proposal.masks, differences, painted)[: self.offered],
            round=proposal.round,
            standing=round_text(proposal, job.session.settings.rounds),
            agreement=agreement_text(proposal),
        )

    def mark(self, index: int) -> None:
        """Fill one mask in the slice views."""
        self._workspace.controller.preview.highlight(index)

    def highlight(self, index: int) -> None:
        """Fill one mask in the slice views, also in the rounds to come."""
        self._highlighted = index
        if self._workspace.is_open:
            self.mark(index)

    def set_uncertainty(self, wanted: bool) -> None:
        """Lay the uncertainty over the slice, or take it away."""
        self._uncertainty = wanted
        self._overlay()

    def clear(self) -> None:
        """Show no masks."""
        self._views.show_uncertainty(None)
        self._proposed = None
        self._page.show(masks=[])

    def refresh(self) -> None:
        """What is allowed may have changed."""
        self._page.show()

    def shows(self, frame: Frame) -> bool:
        """Whether a slice view shows this slice now."""
        return self._views.shows(frame)

    def go_to(self, frame: Frame) -> None:
        """Show this slice in the view of its direction."""
        height, width = frame.shape
        self._views.go_to(self._views.tag_of(frame.plane), frame.xy_to_ras((width - 1) / 2, (height - 1) / 2))

    def looks_at(self, frame: Frame) -> Optional[Point]:
        """A point on the slice that the view of a frame's direction shows."""
        tag = self._views.tag_of(frame.plane)
        parallel = np.linalg.norm(np.cross(self._views.plane(tag).normal, frame.plane.normal)) <= ALIGNMENT_TOLERANCE
        return self._views.middle(tag) if parallel else None

    def show_slices(self, marks: Tuple[SliceMark, ...]) -> None:
        """Mark slices along the slider of their view."""
        self._page.show(marks=self._along_slider(marks) if marks else None)

    def _along_slider(self, marks: Tuple[SliceMark, ...]) -> Dict[str, Any]:
        """The view that shows the slices, and where each of them lies along its slider, in percent."""
        controller = self._workspace.controller
        assert controller.stack is not None
        tag = self._views.tag_of(controller.stack.origin.plane)
        position, normal = self._views.position(tag), self._views.plane(tag).normal
        # The slider stands for the middles of the first and the last slice.
        length = max(position.highest - position.lowest, position.step)
        width = 100 * controller.stack.spacing_mm / length
        places = (100 * (float(normal @ np.array(mark.point)) - position.lowest) / length for mark in marks)
        shown = [(place, mark.state.value) for place, mark in zip(places, marks) if mark.state.value != "absent"]
        return {
            "tag": tag,
            "slices": [{"left": place - width / 2, "width": width, "state": state} for place, state in shown],
        }

    def _overlay(self) -> None:
        controller = self._workspace.controller if self._workspace.is_open else None
        if controller is None or controller.session is None or controller.frame is None or not self._uncertainty:
            self._views.show_uncertainty(None)
        else:
            self._views.show_uncertainty(controller.frame, controller.session.proposal.uncertainty)


def _cards(
    frame: Frame, masks: np.ndarray, differences: Sequence[Difference], pictures: Tuple[str, ...]
) -> List[Dict[str, Any]]:
    """What the page shows of each mask."""
    words = [_("recommended"), *(_readable(each.description) for each in differences)]
    tints = ["#" + "".join(f"{round(255 * part):02x}" for part in color(n)) for n in range(len(words))]
    areas = [_readable(frame.image.area_text(mask)) for mask in masks]
    inks = ["#000" if _is_bright(color(n)) else "#fff" for n in range(len(words))]
    return [
        {"index": n, "picture": picture, "text": text, "color": tint, "ink": inks[n], "area": area}
        for n, (picture, text, tint, area) in enumerate(zip(pictures, words, tints, areas))
    ]


def _is_bright(tint: Tuple[float, float, float]) -> bool:
    """Whether black is read better than white on a colour, by the contrast ratio of WCAG."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in tint]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return luminance > 0.179


def _readable(description: str) -> str:
    """A description with its units as they are printed, and on the line of their numbers."""
    return re.sub(r"(?<=\d) (?=(?:mm2|%|[Pp]ixel))", "\u00a0", description).replace("mm2", "mm²")
