"""What the conversation needs of a front end: a worker, a view, and what is segmented."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Optional, Protocol, Tuple

if TYPE_CHECKING:
    from SPASegmentLib.interaction.types import Proposal
    from SPASegmentLib.interaction.volume_result import SliceState
    from SPASegmentLib.mrml.controller import Controller
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.job import Job
    from SPASegmentLib.mrml.plane import Point


@dataclass(frozen=True)
class SliceMark:
    """What is known of a slice while a volume is gone through.

    Attributes:
        index: of the slice.
        state: see `SliceState`.
        point: its middle in mm.
    """

    index: int
    state: SliceState
    point: Point


class Worker(Protocol):
    """Runs one job at a time beside the scene's thread."""

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""

    def submit(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None],
        failed: Callable[[BaseException], None],
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Run `work` beside the scene's thread, then `done` with its result or `failed` with its error on it.

        Until the end `tick` is called now and then on the scene's thread.
        """

    def cancel(self) -> None:
        """Forget the job under way; neither of its functions is called."""


class View(Protocol):
    """Shows masks and words."""

    def say(self, text: str, warn: bool = False) -> None:
        """Tell the user; `warn` for what could not be done."""

    def explain(self, error: BaseException) -> None:
        """Tell the user about an error: its own words where it has any for users, no internals otherwise."""

    def painter(self, frame: Frame) -> Callable[[Proposal], Any]:
        """What prepares the pictures of a proposal in the worker, where nothing of the scene may be touched."""

    def propose(self, job: Job, painted: Any) -> None:
        """Show the masks of a job in place of those before; they are in the controller's preview."""

    def mark(self, index: int) -> None:
        """Point at one of the masks on screen."""

    def clear(self) -> None:
        """Show no masks; may be called twice."""

    def refresh(self) -> None:
        """What is allowed may have changed."""

    def shows(self, frame: Frame) -> bool:
        """Whether a slice view shows this slice now."""

    def go_to(self, frame: Frame) -> None:
        """Show this slice in the view that the user works in."""

    def looks_at(self, frame: Frame) -> Optional[Point]:
        """A point (mm) on the slice that the view parallel to a frame shows now; None where no view is parallel."""

    def show_slices(self, marks: Tuple[SliceMark, ...]) -> None:
        """Show what is known of all slices, in their order; empty for nothing."""


class Target(Protocol):
    """What is segmented, and with what."""

    @property
    def controller(self) -> Optional[Controller]:
        """Of what is selected; None before the first session on it."""

    def problem(self, from_mask: bool) -> str:
        """Why no session can begin (`from_mask`: with what is segmented already), in words; empty if it can.

        It may ask the user.
        """

    def loading(self, from_mask: bool) -> Optional[Callable[[], Any]]:
        """What the worker has to load before a session can begin; None if nothing."""

    def prepare(self, from_mask: bool) -> Controller:
        """The controller, with network, profile and settings for a session that begins."""

    def may_write(self) -> str:
        """Why nothing may be written into the segment now, in words; empty if it may. It may ask the user."""

    def next_segment(self) -> str:
        """Add an empty segment named after the selected one, select it, and return its name.

        Raises:
            SPAError: there is none that it could follow, or it cannot be added.
        """
