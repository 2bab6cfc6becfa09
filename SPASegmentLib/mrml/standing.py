"""Where a conversation stands, and what is allowed there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Tuple

import numpy as np

from SPASegmentLib.mrml.acceptance import Acceptance
from SPASegmentLib.mrml.accepted import Profiles
from SPASegmentLib.mrml.course import Course
from SPASegmentLib.mrml.entries import Segmented
from SPASegmentLib.mrml.front_end import Target, View, Worker
from SPASegmentLib.mrml.passage import Passage

if TYPE_CHECKING:
    from SPASegmentLib.interaction.types import Proposal
    from SPASegmentLib.mrml.frame import Frame


class Standing:
    """What front ends ask of a conversation; `Conversation` is what they tell it.

    Args:
        worker: runs the network.
        view: shows what comes out.
        target: what is segmented.
        profiles: what learns from accepted masks.

    Attributes:
        volume: the way through the volume, from accepted masks on.
    """

    def __init__(self, worker: Worker, view: View, target: Target, profiles: Profiles) -> None:
        self._view, self._target = view, target
        self._course = Course(worker, view, target)
        self._acceptance = Acceptance(self._course, view, target, profiles)
        self.volume = Passage(self._course, self._acceptance, worker, view, target)

    @property
    def pointing(self) -> bool:
        """Whether the next click says which part of the segment to start from."""
        return self._course.pointing

    @property
    def busy(self) -> bool:
        """Whether a result is still to come."""
        return self._course.busy

    @property
    def choosing(self) -> bool:
        """Whether masks are on screen."""
        return self._course.choosing

    @property
    def armed(self) -> bool:
        """Whether keys are about a session, from the click on until its masks are accepted or dropped, or a volume."""
        return self.busy or self.choosing or self.pointing or self.volume.active

    @property
    def can_go_back(self) -> bool:
        """Whether there is an answer to take back."""
        return self._course.answers > 0 and not self.busy

    @property
    def unanswered(self) -> bool:
        """Whether masks are on screen that no answer has led to."""
        return self.choosing and not self.busy and not self._course.answers

    @property
    def can_continue(self) -> bool:
        """Whether there is an accepted mask to go on from, to the slice beside it."""
        controller = self._target.controller
        accepted = controller is not None and controller.accepted is not None
        return self.volume.ready or (accepted and not self.armed)

    def latest(self, segmented: Segmented) -> Optional[Tuple[Frame, np.ndarray]]:
        """Slice and (height, width) mask accepted last into a segment, for a controller that goes on with it."""
        return self._acceptance.latest(segmented)

    @property
    def proposal(self) -> Optional[Proposal]:
        """What is on screen; the session itself is ahead of it while a job runs."""
        return self._course.proposal

    @property
    def slices(self) -> int:
        """On how many slices of what is segmented masks were accepted, and not undone."""
        return self._acceptance.slices
