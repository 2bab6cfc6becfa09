"""Work with the network that a front end can run in a worker: it touches neither VTK nor MRML."""

from __future__ import annotations

from typing import Callable, Optional

from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.types import Proposal
from SPASegmentLib.mrml.frame import Frame


class Job:
    """One step of a session, to be run once.

    Attributes:
        frame: the slice that it is about.
        session: the session that it moves.
        proposal: what came out, None before `run`.
        running: whether `run` is under way.
    """

    def __init__(self, frame: Frame, session: Session, work: Callable[[], Proposal]) -> None:
        self.frame, self.session = frame, session
        self.proposal: Optional[Proposal] = None
        self.running = False
        self._work = work

    def run(self) -> Proposal:
        """Do the work, in any thread; what the session raises passes through."""
        self.running = True
        try:
            self.proposal = self._work()
        finally:
            self.running = False
        return self.proposal
