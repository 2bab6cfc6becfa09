"""A simulated reader who segments a volume, and what counts as an action.

One action is a click, a choice, an acceptance or an "ends here" mark. Looking costs nothing: going to a slice, having
the volume computed, and opening the five masks of a slice from what is already there.

The reader clicks into the largest slice, goes on from the best mask on screen until it has a Dice of 0.9 or the rounds
end, and accepts it. Then the reader visits what SPA asks for. Where the structure is on the slice, the same again,
without a click if SPA has a mask there. Where SPA asks for an end, or the structure is not on the slice, the reader
scrolls to where it ends and marks the first slice without it, which is one action.

Before the first mask is accepted there is no volume; so that every number of actions has a Dice, the one after k
actions is then that of a reader whose k-th action is the acceptance of the best mask on screen. After one action, a
click, it is 0. From then on it is that of the volume as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from time import perf_counter
from typing import Callable, Dict, List, Optional, Tuple, TypeVar

import numpy as np

from SPASegmentLib.interaction.innermost import innermost
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import best_on_screen, dice
from SPASegmentLib.interaction.through import ThroughVolume
from SPASegmentLib.interaction.types import Click, Proposal
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.research.data.stacks import Stack

Found = TypeVar("Found")

#: Dice from which the reader accepts a mask.
GOOD_ENOUGH = 0.9


@dataclass(frozen=True)
class Mark:
    """What the reader has settled, and after how many actions: a mask accepted on a slice, or (None) an end."""

    actions: int
    index: int
    mask: Optional[np.ndarray]


@dataclass
class Trace:
    """What a reader did and got.

    Attributes:
        dice: of the volume after 1, 2, ... actions.
        seconds: of computing until then; the reader's own time is not known.
        marks: in order. Before the first acceptance, masks that would have been accepted are in `early`.
        early: (actions, mask) for the readers who stop before.
        slices: visited, with or without a mask.
        ends: first and last slice with a mask after the first accepted one.
    """

    dice: List[float] = field(default_factory=list)
    seconds: List[float] = field(default_factory=list)
    marks: List[Mark] = field(default_factory=list)
    early: List[Tuple[int, np.ndarray]] = field(default_factory=list)
    slices: List[int] = field(default_factory=list)
    ends: Optional[Tuple[int, int]] = None

    @property
    def one_anchor(self) -> float:
        """Dice of the volume after the first accepted mask; 0 where there is none."""
        return self.dice[self.marks[0].actions - 1] if self.marks else 0.0

    def act(self, dice_now: float, seconds: float) -> None:
        """One action more."""
        self.dice.append(dice_now)
        self.seconds.append(seconds)

    def filled(self, actions: int) -> Trace:
        """The same with a Dice for every number of actions: what is there stays when nothing more is done."""
        missing = actions - len(self.dice)
        self.dice = (self.dice + [self.dice[-1] if self.dice else 0.0] * max(missing, 0))[:actions]
        self.seconds = (self.seconds + [self.seconds[-1] if self.seconds else 0.0] * max(missing, 0))[:actions]
        return self


#: From the reader's position to the slice to visit next; None where there is nothing left.
NextSlice = Callable[[ThroughVolume], Optional[int]]
#: From masks of slices that are settled (empty: without the structure) to those of all slices.
Fill = Callable[[Stack, Dict[int, np.ndarray]], Dict[int, np.ndarray]]


class Reader:
    """Goes through one volume once.

    Args:
        network: whatever runs it.
        stack: the volume, and what the reader has in mind.
        settings: of the sessions.
        actions: after which the reader stops.
    """

    def __init__(self, network: Network, stack: Stack, settings: SessionSettings, actions: int) -> None:
        self._network, self._stack, self._settings, self._actions = network, stack, settings, actions
        self._trace = Trace()
        self._dice, self._seconds = 0.0, 0.0

    def through(self, next_slice: Optional[NextSlice] = None) -> Trace:
        """Through the volume.

        Args:
            next_slice: which slice to visit next; None for the one that SPA asks for.
        """
        volume = ThroughVolume(self._network, self._stack.frame, self._stack.spacing[2], self._settings)
        self._first(volume)
        while self._left() > 0:
            index = self._timed(lambda: (next_slice or ThroughVolume.next_doubtful)(volume))
            if index is None:
                break
            before = self._left()
            self._visit(volume, index)
            if self._left() == before:  # the actions left do not suffice for an answer
                break
        return self._trace.filled(self._actions)

    def slice_by_slice(self, first: Trace) -> Trace:
        """As without this: one slice after another from the first accepted one, each started from the one before.

        Args:
            first: another trace on this volume, for its first accepted mask.
        """
        trace, begun = self._trace, self._begin_as(first)
        if begun is None:
            return trace.filled(self._actions)
        start, mask = begun
        known = {start: mask}
        for step in (1, -1):
            before, index = mask, start + step
            while self._left() > 0 and 0 <= index < len(self._stack):
                trace.slices.append(index)
                if not self._stack.mask[index].any():
                    trace.act(self._dice, self._seconds)
                    break
                found = self._from(index, before)
                if found is None:
                    break
                known[index] = before = found
                self._dice = self._alone(known)
                trace.act(self._dice, self._seconds)
                index += step
        return trace.filled(self._actions)

    def filled_between(self, first: Trace, fill: Fill) -> Trace:
        """The reader's own slices: the first and the last with the structure, then the middle of the largest gap.

        Args:
            first: another trace on this volume, for its first accepted mask.
            fill: makes the masks of all slices of those that were accepted.
        """
        trace, begun = self._trace, self._begin_as(first)
        if begun is None:
            return trace.filled(self._actions)
        known = dict([begun])
        while self._left() > 0:
            index = self._next_of_own(sorted(known))
            if index is None:
                break
            trace.slices.append(index)
            x, y = innermost(self._stack.mask[index])
            trace.act(self._dice, self._seconds)
            session = Session(self._network, self._stack.frame(index), self._settings)
            start = partial(session.start, Click(x, y))
            mask = self._answer(session, start, self._stack.mask[index]) if self._left() > 0 else None
            if mask is None:  # the actions left do not suffice for an answer
                break
            known[index] = mask
            self._dice = self._alone(self._timed(partial(fill, self._stack, known)))
            trace.act(self._dice, self._seconds)
            trace.marks.append(Mark(len(trace.dice), index, mask))
        return trace.filled(self._actions)

    def _next_of_own(self, known: List[int]) -> Optional[int]:
        """The slice to segment next; None where all with the structure are."""
        there = np.flatnonzero(self._stack.mask.any(axis=(1, 2)))
        for end in (int(there[0]), int(there[-1])):
            if end not in known:
                return end
        gaps = [[int(k) for k in there if a < k < b] for a, b in zip(known, known[1:])]
        inside = max(gaps, key=len, default=[])
        return inside[len(inside) // 2] if inside else None

    def _begin_as(self, first: Trace) -> Optional[Tuple[int, np.ndarray]]:
        """Until the first accepted mask as another trace, with that slice alone; None where it has none."""
        trace = self._trace
        if not first.marks or first.marks[0].mask is None:
            return None
        begun, mask = first.marks[0], first.marks[0].mask
        for action, earlier in first.early:
            if len(trace.dice) < action - 1:
                trace.act(0.0, 0.0)
            trace.act(self._alone({begun.index: earlier}), first.seconds[action - 1])
        while len(trace.dice) < begun.actions - 1:
            trace.act(0.0, 0.0)
        trace.marks.append(begun)
        trace.slices.append(begun.index)
        self._dice, self._seconds = self._alone({begun.index: mask}), first.seconds[begun.actions - 1]
        trace.act(self._dice, self._seconds)
        return begun.index, mask

    def _from(self, index: int, before: np.ndarray) -> Optional[np.ndarray]:
        session = Session(self._network, self._stack.frame(index), self._settings)
        return self._answer(session, lambda: session.start(mask=before), self._stack.mask[index])

    def _first(self, volume: ThroughVolume) -> None:
        index = int(self._stack.mask.sum(axis=(1, 2)).argmax())
        target, trace = self._stack.mask[index], self._trace
        session = Session(self._network, volume.frame(index), self._settings)
        x, y = innermost(target)
        trace.slices.append(index)
        trace.act(0.0, 0.0)
        proposal = self._timed(lambda: session.start(Click(x, y)))
        while True:
            row, score = best_on_screen(proposal.masks, target)
            mask = proposal.masks[row]
            if not mask.any():
                return
            volume.set_anchor(index, mask)
            before = self._seconds
            self._run(volume)
            if score >= GOOD_ENOUGH or proposal.round >= self._settings.rounds or self._left() < 2:
                break
            trace.early.append((len(trace.dice) + 1, mask))
            trace.act(self._dice, self._seconds)
            self._seconds = before  # whoever goes on has not waited for the volume
            proposal = self._timed(partial(session.choose, row))
        trace.act(self._dice, self._seconds)
        trace.marks.append(Mark(len(trace.dice), index, mask))
        extent = volume.result.extent
        trace.ends = None if extent is None else (extent.first, extent.last)

    def _visit(self, volume: ThroughVolume, index: int) -> None:
        target, trace = self._stack.mask[index], self._trace
        trace.slices.append(index)
        end = self._end_near(volume, index)
        if end is not None:
            volume.set_end(end)
            self._run(volume)
            trace.act(self._dice, self._seconds)
            trace.marks.append(Mark(len(trace.dice), end, None))
            return
        shown = volume.result.slices.get(index)
        mask: Optional[np.ndarray] = None
        if shown is not None and shown.mask.any():
            mask = shown.mask
            if dice(mask, target) < GOOD_ENOUGH:
                session = Session(self._network, volume.frame(index), self._settings)
                mask = self._answer(session, lambda: volume.start(index, session), target)
        else:
            session = Session(self._network, volume.frame(index), self._settings)
            x, y = innermost(target)
            trace.act(self._dice, self._seconds)
            if self._left() > 0:
                mask = self._answer(session, lambda: session.start(Click(x, y)), target)
        if mask is None:
            return
        volume.set_anchor(index, mask)
        self._run(volume)
        trace.act(self._dice, self._seconds)
        trace.marks.append(Mark(len(trace.dice), index, mask))

    def _end_near(self, volume: ThroughVolume, index: int) -> Optional[int]:
        """Slice to mark as the first without the structure; None where the slice itself is to be answered."""
        first, last = self._stack.ends
        if volume.asks_for_end(index):
            end = last + 1 if index > volume.anchors[-1] else first - 1
            return end if 0 <= end < len(self._stack) else index if not self._stack.mask[index].any() else None
        if self._stack.mask[index].any():
            return None
        return last + 1 if index > last else first - 1 if index < first else index

    def _answer(self, session: Session, start: Callable[[], Proposal], target: np.ndarray) -> Optional[np.ndarray]:
        """Choices until a mask can be accepted; None where the actions are used up before."""
        proposal = self._timed(start)
        while True:
            row, score = best_on_screen(proposal.masks, target)
            if score >= GOOD_ENOUGH or proposal.round >= self._settings.rounds:
                return proposal.masks[row]
            if self._left() < 2:
                return None
            self._trace.act(self._dice, self._seconds)
            proposal = self._timed(partial(session.choose, row))

    def _run(self, volume: ThroughVolume) -> None:
        result = self._timed(volume.run)
        self._dice = self._alone(result.masks)

    def _alone(self, masks: Dict[int, np.ndarray]) -> float:
        return volume_dice(masks, self._stack.mask)

    def _left(self) -> int:
        return self._actions - len(self._trace.dice)

    def _timed(self, work: Callable[[], Found]) -> Found:
        began = perf_counter()
        found = work()
        self._seconds += perf_counter() - began
        return found


def volume_dice(masks: Dict[int, np.ndarray], wanted: np.ndarray) -> float:
    """Dice of masks by slice with an (n, h, w) bool mask."""
    both = sum(int(np.count_nonzero(mask & wanted[k])) for k, mask in masks.items())
    size = sum(int(np.count_nonzero(mask)) for mask in masks.values()) + int(np.count_nonzero(wanted))
    return 2.0 * both / size if size else 1.0


def even_anchors(stack: Stack) -> NextSlice:
    """Which slice to visit where anchors are placed evenly: both ends, then the middle of the largest gap."""
    first, last = stack.ends

    def next_slice(volume: ThroughVolume) -> Optional[int]:
        for end in (last + 1, first - 1):
            if 0 <= end < len(stack) and end not in volume.ends:
                return end
        marks = sorted({first - 1, last + 1, *volume.anchors})
        gap, middle_slice = max((b - a, (a + b) // 2) for a, b in zip(marks, marks[1:]))
        return middle_slice if gap > 1 else None

    return next_slice
