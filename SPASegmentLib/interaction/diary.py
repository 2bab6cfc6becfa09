"""What a person does on one image of a study, from seeing it to a mask that satisfies: time and numbers, no pixels."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Callable, List, Optional, Tuple

import numpy as np

from SPASegmentLib.interaction.session import Session


@dataclass(frozen=True)
class Deeds:
    """What was done on one image.

    Attributes:
        seconds: from the image being shown to the mask that stands, computing included; to now where none does.
        rounds: of the session whose mask stands; 0 where none does.
        clicks, boxes: that sessions began with.
        choices: masks gone on from, and asking for the larger or the smaller thing.
        corrections: clicks on masks.
        undone: answers and accepted masks taken back.
        given_up: sessions that came to no accepted mask.
        accepted: which mask on screen it was that stands, 0 for the recommended one; None where none does.
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
        self._mask: Optional[np.ndarray] = None
        #: Masks that stood at some time, and since when.
        self._times: List[Tuple[np.ndarray, float]] = []
        self._sessions: List[Session] = []
        self._undone = 0

    def saw(self, session: Session) -> None:
        """Masks of a session are on screen."""
        if all(session is not known for known in self._sessions):
            self._sessions.append(session)

    def stands(self, mask: Optional[np.ndarray]) -> None:
        """Which accepted mask the image has now, the `Result.mask` of a session; None for none.

        May be said as often as one likes. A mask that comes back, since what came after it was taken back, has stood
        since it was accepted.
        """
        self._mask = mask
        if mask is not None and all(mask is not known for known, _ in self._times):
            self._times.append((mask, self._clock()))

    def took_back(self) -> None:
        """An accepted mask was taken back, or a change of the segmentation."""
        self._undone += 1

    def deeds(self) -> Deeds:
        """What was done so far."""
        ended = next((since for mask, since in self._times if mask is self._mask), None)
        tallies = [session.tally for session in self._sessions]
        results = [session.result for session in self._sessions]
        kept = next((n for n, one in enumerate(results) if one is not None and one.mask is self._mask), None)
        result = None if kept is None else results[kept]
        return Deeds(
            seconds=(self._clock() if ended is None else ended) - self._began,
            rounds=0 if result is None else result.round,
            clicks=sum(tally.start == "click" for tally in tallies),
            boxes=sum(tally.start == "box" for tally in tallies),
            choices=sum(tally.choices + tally.extents for tally in tallies),
            corrections=sum(tally.corrections for tally in tallies),
            undone=self._undone + sum(tally.undone for tally in tallies),
            given_up=sum(one is None for one in results),
            accepted=None if result is None else result.accepted,
            lesson_mm=None if kept is None else self._sessions[kept].offset_mm,
        )
