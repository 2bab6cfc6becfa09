"""What a person does on one image of a study, from seeing it to a mask that satisfies: time and numbers, no pixels."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, List, Optional

from SPASegmentLib.interaction.session import Session


@dataclass(frozen=True)
class Deeds:
    """What was done on one image.

    Attributes:
        seconds: from the image being shown to the mask that was accepted last, computing included.
        rounds: of the session whose mask was accepted; 0 where none was.
        clicks, boxes: that sessions began with.
        choices: masks gone on from, and asking for the larger or the smaller thing.
        corrections: clicks on masks.
        undone: answers and accepted masks taken back.
        given_up: sessions that came to no accepted mask.
        accepted: which mask on screen was accepted last, 0 for the recommended one; None where none was.
        lesson_mm: what it teaches a profile, see `Profile.updated`; None for nothing.
    """

    seconds: float
    rounds: int
    clicks: int
    boxes: int
    choices: int
    corrections: int
    undone: int
    given_up: int
    accepted: Optional[int]
    lesson_mm: Optional[float]


class Diary:
    """Follows one image after the other.

    Args:
        clock: seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        """An image is on screen now."""
        self._began = self._clock()
        self._ended: Optional[float] = None
        self._sessions: List[Session] = []
        self._undone = 0

    def saw(self, session: Session) -> None:
        """Masks of a session are on screen."""
        if all(session is not known for known in self._sessions):
            self._sessions.append(session)

    def stands(self, accepted: bool) -> None:
        """Whether the image has an accepted mask now; may be said as often as one likes."""
        if accepted and self._ended is None:
            self._ended = self._clock()
        elif not accepted:
            self._ended = None

    def took_back(self) -> None:
        """An accepted mask was taken back, or a change of the segmentation."""
        self._undone += 1

    def deeds(self) -> Deeds:
        """What was done so far."""
        ended = self._clock() if self._ended is None else self._ended
        tallies = [session.tally for session in self._sessions]
        results = [session.result for session in self._sessions]
        last = next((n for n in reversed(range(len(results))) if results[n] is not None), None)
        result = None if last is None or self._ended is None else results[last]
        return Deeds(
            seconds=ended - self._began,
            rounds=0 if result is None else result.round,
            clicks=sum(tally.start == "click" for tally in tallies),
            boxes=sum(tally.start == "box" for tally in tallies),
            choices=sum(tally.choices + tally.extents for tally in tallies),
            corrections=sum(tally.corrections for tally in tallies),
            undone=self._undone + sum(tally.undone for tally in tallies),
            given_up=sum(one is None for one in results),
            accepted=None if result is None else result.accepted,
            lesson_mm=None if result is None or last is None else self._sessions[last].offset_mm,
        )
