"""Through the volume: from accepted masks on some slices to masks on all of them.

    volume = ThroughVolume(network, frames, spacing_mm=3.0)
    volume.set_anchor(12, mask)                  # what the user has accepted on slice 12
    result = volume.run()                        # both directions, to where the structure ends
    index = volume.next_doubtful()               # where an answer helps most
    session = volume.session(index, profile)     # five masks there; the recommended one is what was found
    volume.set_anchor(index, session.accept().mask)
    volume.set_end(20)                           # "ends here": not on slice 20
    result = volume.run()                        # only what these two touch

No thread, timer, VTK or Qt: `run` may be called in a worker, `result` read anywhere.
"""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.belief import Belief
from SPASegmentLib.interaction.doubt import most_doubtful
from SPASegmentLib.interaction.fill import NOTHING, SURE_DICE, SURE_PRESENCE, Anchor, Filler, Found
from SPASegmentLib.interaction.gaps import Gap, GapFiller, Progress, Work, gaps_of
from SPASegmentLib.interaction.patch import Patch
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.slices import Frames, Slices
from SPASegmentLib.interaction.types import FrameImage, Proposal
from SPASegmentLib.interaction.volume_result import SliceRange, SliceResult, SliceState, VolumeResult
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.translation import texts

_ = texts(__name__)


class ThroughVolume:
    """One structure on the slices of a volume.

    Anchors may be changed in one thread while `run` works in another: it stops, and is to be called again.

    Args:
        network: whatever runs it; None to work with the accepted masks alone.
        frames: the slices, all of one size and spacing. A callable takes an index, which may then be negative, and
            raises InputError (or IndexError) where the volume ends or nothing is to be seen; it is called in the
            thread of `run`, for the slices of the structure and a few more on either side, and for the same slice again
            only when many others were asked for since.
        spacing_mm: distance between slices.
        settings: of the sessions.

    Raises:
        InputError: there are no slices, or the distance is not positive.
    """

    def __init__(
        self,
        network: Optional[Network],
        frames: Frames,
        spacing_mm: float = 1.0,
        settings: Optional[SessionSettings] = None,
    ) -> None:
        if not (np.isfinite(spacing_mm) and spacing_mm > 0):
            raise InputError(_("The distance between slices must be a positive number of mm."))
        self._network, self._slices, self._spacing_mm = network, Slices(frames), float(spacing_mm)
        self._settings = settings or SessionSettings()
        belief = Belief() if network is None else Belief.of_card(network.volume_numbers)
        self._filler = GapFiller(Filler(network, self._slices, self._spacing_mm, belief), network is not None)
        self._lock = RLock()
        self._anchors: Dict[int, Anchor] = {}
        self._version = 0
        self._gaps: Dict[Tuple[int, int], Gap] = {}
        self._result = VolumeResult()
        #: Of a pixel in mm2.
        self._pixel_area = 1.0

    @property
    def anchors(self) -> Tuple[int, ...]:
        """Slices with an accepted mask, in order."""
        return tuple(sorted(k for k, anchor in self._anchors.items() if not anchor.empty))

    @property
    def ends(self) -> Tuple[int, ...]:
        """Slices that the user has said the structure is not on, in order."""
        return tuple(sorted(k for k, anchor in self._anchors.items() if anchor.empty))

    @property
    def result(self) -> VolumeResult:
        """What the last `run` found; empty before it."""
        return self._result

    def frame(self, index: int) -> FrameImage:
        """A slice.

        Raises:
            InputError: the volume ends before it, nothing is to be seen there, or it differs in size from others.
        """
        return self._slices(index)

    def set_anchor(self, index: int, mask: np.ndarray) -> None:
        """A mask was accepted on a slice; it takes the place of what was known of the slice.

        Args:
            index: of the slice.
            mask: (height, width) bool. An empty one says what `set_end` says.

        Raises:
            InputError: there is no such slice, or the mask is not of its size.
        """
        frame, mask = self.frame(index), np.asarray(mask, dtype=bool)
        frame.check_size(mask)
        self._slices.shape, self._pixel_area = frame.shape, frame.pixel_area
        self._put(index, Patch.of(mask))

    def set_end(self, index: int) -> None:
        """The structure is not on this slice: "ends here"; it takes the place of what was known of the slice."""
        self._put(index, NOTHING)

    def remove(self, index: int) -> None:
        """Forget the anchor or the end on a slice, such as one that the user has undone; others stay.

        Raises:
            StateError: there is none.
        """
        with self._lock:
            if index not in self._anchors:
                raise StateError(_("No mask was accepted on slice {index}.").format(index=index))
            del self._anchors[index]
            self._version += 1

    def run(self, progress: Optional[Progress] = None, cancelled: Optional[Callable[[], bool]] = None) -> VolumeResult:
        """Compute the slices that changed anchors touch; the others stay as they are.

        Args:
            progress: called after every slice with (done, to do); beyond the outermost anchors the second grows.
            cancelled: asked before every slice; where it says True, the work ends. What was finished between two
                anchors, and what was encoded, is kept for the next run; the result shown before stays, without
                `complete`.

        Returns:
            The result, which `result` gives from then on.

        Raises:
            StateError: no mask has been accepted.
        """
        with self._lock:
            anchors, version = dict(self._anchors), self._version
        marks = sorted(anchors)
        known = [k for k in marks if not anchors[k].empty]
        if not known:
            raise StateError(_("Accept a mask on a slice first; going through the volume starts from it."))

        def stopped() -> bool:
            return (cancelled is not None and bool(cancelled())) or version != self._version

        work = Work(progress, stopped)
        found: Dict[int, Found] = {}
        gaps: Dict[Tuple[int, int], Gap] = {}
        for low, high in gaps_of(marks, anchors):
            versions = tuple(anchors[k].version if k in anchors else 0 for k in (low, high))
            gap = self._gaps.get((low, high))
            if gap is None or gap.versions != versions:
                gap = self._filler.fill(low, high, anchors, work)
                if gap is None:
                    self._gaps.update(gaps)
                    self._result = replace(self._result, complete=False)
                    return self._result
                gap = replace(gap, versions=versions)
            gaps[low, high] = gap
            found.update(gap.slices)
        self._gaps = gaps
        self._result = self._assemble(anchors, found)
        return self._result

    def next_doubtful(self, skip: Sequence[int] = ()) -> Optional[int]:
        """The slice where an answer is expected to help the whole volume most.

        First where the structure seems to end, as long as nobody has said where it does (`asks_for_end`); then the
        slices whose outlines are least sure, for as many slices around.

        Args:
            skip: slices that are not to be proposed.

        Returns:
            Its index; None where there is nothing left to ask about, or nothing was computed.
        """
        for index in self._open_ends():
            if index not in skip and self.asks_for_end(index):
                return index
        return most_doubtful(self._result, self.anchors, self.ends, skip)

    def asks_for_end(self, index: int) -> bool:
        """Whether the question about a slice is where the structure ends: on its side nobody has said it yet.

        `set_end` on the first slice without the structure, wherever it lies, is the answer.
        """
        marks = sorted(self._anchors)
        if not marks or marks[0] <= index <= marks[-1]:
            return False
        outermost = marks[0] if index < marks[0] else marks[-1]
        return not self._anchors[outermost].empty

    def start(self, index: int, session: Session) -> Proposal:
        """Start a session on a slice from what was found there, which it recommends in its first round.

        Args:
            index: of the slice.
            session: not started yet, on this slice's frame.

        Raises:
            InputError: nothing was found there; begin with a click.
            StateError: the session was started before.
        """
        one = self._result.slices.get(index)
        if one is None or not one.mask.any():
            raise InputError(_("SPA found nothing on this slice; click on the structure, or say that it ends here."))
        return session.start(mask=one.mask, recommended=one.probability)

    def session(self, index: int, profile: Optional[Profile] = None) -> Session:
        """A new session on a slice, started as by `start`.

        Args:
            index: of the slice.
            profile: of the user.

        Raises:
            InputError: there is no such slice, or nothing was found there; begin with a click.
        """
        session = Session(self._network, self.frame(index), self._settings, profile)
        self.start(index, session)
        return session

    def _put(self, index: int, mask: Patch) -> None:
        with self._lock:
            self._version += 1
            self._anchors[index] = Anchor(mask, self._version)

    def _open_ends(self) -> List[int]:
        """Last slices that were followed beyond the outermost anchors, where nobody has said that it ends."""
        found: List[int] = []
        for (low, high), gap in self._gaps.items():
            if gap.open and gap.slices and (low in self._anchors) != (high in self._anchors):
                outwards = 1 if low in self._anchors else -1
                found.append(max(gap.slices, key=lambda k: k * outwards))
        return found

    def _assemble(self, anchors: Dict[int, Anchor], found: Dict[int, Found]) -> VolumeResult:
        area = self._pixel_area
        slices: Dict[int, SliceResult] = {}
        for k in sorted({*anchors, *found}):
            slices[k] = self._known(anchors[k]) if k in anchors else self._computed(found[k])
        weights = {
            k: one.area if one.area else found[k].presence * area if k in found else 0.0 for k, one in slices.items()
        }
        total = sum(weights.values())
        dice = sum(weights[k] * one.expected_dice for k, one in slices.items()) / total if total else 0.0
        there = [k for k, one in slices.items() if one.area > 0]
        extent = SliceRange(there[0], there[-1], (there[-1] - there[0] + 1) * self._spacing_mm) if there else None
        return VolumeResult(slices, float(dice), extent, True, _contradictions(anchors))

    def _known(self, anchor: Anchor) -> SliceResult:
        state = SliceState.ABSENT if anchor.empty else SliceState.ANCHOR
        return self._result_of(anchor.mask, anchor.mask, state, 1.0, 0.0 if anchor.empty else 1.0)

    def _computed(self, one: Found) -> SliceResult:
        there = bool(one.mask.values.any())
        sure = one.dice >= SURE_DICE if there else True
        sure = sure and (one.presence >= SURE_PRESENCE if there else one.presence <= 1 - SURE_PRESENCE)
        state = SliceState.DOUBTFUL if not sure else SliceState.SURE if there else SliceState.ABSENT
        dice = one.dice * one.presence if there else 1.0 - one.presence
        return self._result_of(one.mask, one.patch if there else NOTHING, state, dice, one.presence, one.seen)

    def _result_of(
        self, mask: Patch, map_: Patch, state: SliceState, dice: float, presence: float, seen: bool = True
    ) -> SliceResult:
        assert self._slices.shape is not None
        area = np.count_nonzero(mask.values) * self._pixel_area
        patch = Patch(map_.values.astype(np.float16), map_.top, map_.left)
        return SliceResult(self._slices.shape, area, state, dice, presence, patch, seen)


def _contradictions(anchors: Dict[int, Anchor]) -> Tuple[str, ...]:
    """Sentences on neighbouring accepted masks that lie apart."""
    known = [k for k in sorted(anchors) if not anchors[k].empty]
    remarks = []
    for low, high in zip(known, known[1:]):
        one, other = anchors[low].mask.extent, anchors[high].mask.extent
        if any(one[axis] >= other[axis + 2] or other[axis] >= one[axis + 2] for axis in (0, 1)):
            remarks.append(
                _(
                    "The masks accepted on slices {low} and {high} lie apart; look whether both are of one structure."
                ).format(low=low, high=high)
            )
    return tuple(remarks)
