"""Computes the slices between two marks (accepted masks, ends), or beyond the outermost one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Dict, List, Optional, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.fill import NOTHING, SURE_PRESENCE, Anchor, Filler, Found
from SPASegmentLib.interaction.patch import Patch

#: Slices that a structure is followed beyond the outermost anchor, at most, on either side.
LONGEST = 200
#: So many slices that show nothing, one after the other, do not end it: some volumes lack slices.
BLANK = 3
#: Called with (slices done, slices to do as far as is known).
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Gap:
    """What was computed between two marks, or beyond one.

    Attributes:
        slices: by index.
        open: whether nobody knows that the structure ends there: it only looked so.
        versions: of the marks that it was computed for.
    """

    slices: Dict[int, Found]
    open: bool = False
    versions: Tuple[int, ...] = ()


class Work:
    """Counts slices, and asks whether to go on."""

    def __init__(self, progress: Optional[Progress], stopped: Callable[[], bool]) -> None:
        self._progress, self.stopped = progress, stopped
        self._done = self._expected = 0

    def expect(self, count: int) -> None:
        """So many slices more are to be done."""
        self._expected += count

    def done(self) -> None:
        """One more is."""
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, max(self._done, self._expected))


class GapFiller:
    """Fills gaps.

    Args:
        filler: computes single slices.
        seeing: whether it has a network; without one nothing is followed, as the accepted masks say all.
    """

    def __init__(self, filler: Filler, seeing: bool) -> None:
        self._filler, self._seeing = filler, seeing

    def fill(self, low: int, high: int, anchors: Dict[int, Anchor], work: Work) -> Optional[Gap]:
        """The slices between two marks, or beyond one; None where the work was stopped."""
        if low in anchors and high in anchors:
            gap = self._enclosed(low, high, anchors, work)
        else:
            gap = self._followed(low if low in anchors else high, 1 if low in anchors else -1, anchors, work)
        if gap is None:
            return None
        known = {k: anchors[k].mask for k in (low, high) if k in anchors}
        known.update({k: one.mask for k, one in gap.slices.items()})
        return replace(gap, slices={**gap.slices, **self._unseen(known)})

    def _unseen(self, known: Dict[int, Patch]) -> Dict[int, Found]:
        """The slices that show nothing, between slices with masks; `known` are the masks of all others."""
        found: Dict[int, Found] = {}
        marks = sorted(known)
        for low, high in zip(marks, marks[1:]):
            before, after = known[low], known[high]
            if before.values.any() and after.values.any():
                for k in range(low + 1, high):
                    found[k] = self._filler.unseen(k, (low, before), (high, after))
        return found

    def _enclosed(self, low: int, high: int, anchors: Dict[int, Anchor], work: Work) -> Optional[Gap]:
        work.expect(high - low - 1)
        if anchors[low].empty or anchors[high].empty:
            last, end = (high, low) if anchors[low].empty else (low, high)
            return self._narrowed(last, end, anchors[last], work)
        slices: Dict[int, Found] = {}
        for k in range(low + 1, high):
            if work.stopped():
                return None
            try:
                slices[k] = self._filler.between(k, (low, anchors[low]), (high, anchors[high]))
            except InputError:  # nothing is to be seen on it
                continue
            work.done()
        return Gap(slices)

    def _narrowed(self, last: int, end: int, anchor: Anchor, work: Work) -> Optional[Gap]:
        """The slices between an anchor and a marked end."""
        slices: Dict[int, Found] = {}
        before, step = anchor.mask, 1 if end > last else -1
        for k in range(last + step, end, step):
            if work.stopped():
                return None
            try:
                followed = self._follow(k, (last, anchor), before)
                slices[k] = self._filler.ending(k, (last, anchor), end, followed)
            except InputError:  # nothing is to be seen on it
                continue
            before = NOTHING if followed is None else followed.map_mask
            work.done()
        return Gap(slices)

    def _follow(self, index: int, last: Tuple[int, Anchor], before: Patch) -> Optional[Found]:
        """One slice further, whatever presence says; None where the structure was lost before, or is not looked for.

        Raises:
            InputError: nothing is to be seen on it.
        """
        if not self._seeing or not before.values.any():
            return None
        return self._filler.beyond(index, last, before)

    def _followed(self, last: int, step: int, anchors: Dict[int, Anchor], work: Work) -> Optional[Gap]:
        slices: Dict[int, Found] = {}
        before, blank, presence = anchors[last].mask, 0, 1.0
        for k in range(last + step, last + step * (LONGEST + 1), step):
            if work.stopped():
                return None
            try:
                slices[k] = self._filler.beyond(k, (last, anchors[last]), before)
            except InputError:  # nothing is to be seen on it, or the volume ends
                blank += 1
                if blank <= BLANK:
                    continue
                # Up to the volume's end the structure may be there, or have ended unnoticed.
                return Gap(slices, open=presence < SURE_PRESENCE)
            blank, presence = 0, slices[k].presence
            work.expect(1)
            work.done()
            before = slices[k].mask
            if not before.values.any():
                return self._towards(last, k, anchors[last], slices, work)
        return Gap(slices, open=True)

    def _towards(self, last: int, end: int, anchor: Anchor, found: Dict[int, Found], work: Work) -> Optional[Gap]:
        """Slices that were followed to where the structure seems to end, as they are if it does."""
        slices = dict(found)
        followed = (k for k in found if k != end) if self._seeing else ()
        for k in followed:
            if work.stopped():
                return None
            one = found[k]
            patch = self._filler.ending(k, (last, anchor), end, one).patch
            if (patch.values > 0.5).any():
                slices[k] = replace(one, patch=patch)
        return Gap(slices, open=True)


def gaps_of(marks: List[int], anchors: Dict[int, Anchor]) -> List[Tuple[int, int]]:
    """Neighbouring marks with slices to compute between them; beyond the outermost, the other one is no mark."""
    found = [(low, high) for low, high in zip(marks, marks[1:]) if not (anchors[low].empty and anchors[high].empty)]
    if not anchors[marks[0]].empty:
        found.insert(0, (marks[0] - LONGEST - 1, marks[0]))
    if not anchors[marks[-1]].empty:
        found.append((marks[-1], marks[-1] + LONGEST + 1))
    return found
