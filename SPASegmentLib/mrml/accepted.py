"""What was accepted, what of it the user has undone since, and what the profile has learned from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Protocol, Set, Tuple

import numpy as np

from SPASegmentLib.mrml.entries import Entry, Lesson, Looked, Masks, Pass, Segmented, still_shows

if TYPE_CHECKING:
    from SPASegmentLib.interaction.patch import Patch
    from SPASegmentLib.interaction.profile import Profile
    from SPASegmentLib.mrml.added import Added
    from SPASegmentLib.mrml.filled import Filled
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.plane import SliceKey
    from SPASegmentLib.mrml.writer import Written


class Profiles(Protocol):
    """Where profiles are kept, by name."""

    def taught(self) -> str:
        """Name of the profile that learns from what is accepted now."""

    def update(self, name: str, change: Callable[[Profile], Profile]) -> Optional[Tuple[Profile, Profile]]:
        """Change the profile of this name, whatever else changes it meanwhile.

        Returns:
            What it was and what it is; None if there is none any more.
        """


#: So many masks can be undone; Slicer keeps 10 states.
KEPT = 20
#: So many more are known of, for the way through a volume, without their pixels: a mask of 512 x 512 takes 0.3 MB.
KNOWN = 200


class Flipped(NamedTuple):
    """Masks that are in their segments again, and that are not any more."""

    back: int
    gone: int


class Accepted:
    """The masks accepted so far, in their order.

    Undo and redo are Slicer's, and tell nobody what they have changed, so that the voxels are looked at: a mask is
    undone where its segment holds what it held before.

    Args:
        profiles: what learns from them.
    """

    def __init__(self, profiles: Profiles) -> None:
        self._profiles = profiles
        self._entries: List[Entry] = []
        #: Slices of masks too old to be undone.
        self._settled: Set[SliceKey] = set()
        #: These masks themselves, which stand.
        self._old: List[Entry] = []

    @property
    def slices(self) -> int:
        """On how many slices masks were accepted, and not undone, since `count_anew`."""
        standing = (entry.keys for entry in self._entries if entry.stands and entry.counted)
        return len(self._settled.union(*standing))

    def count_anew(self) -> None:
        """Count slices from here."""
        self._settled = set()
        for entry in self._entries:
            entry.counted = False

    def add_slices(
        self,
        masks: Masks,
        written: Written,
        offsets_mm: Tuple[float, ...],
        keys: FrozenSet[SliceKey],
        filled: Optional[Filled] = None,
    ) -> None:
        """Keep what was written on several slices at once in mind, and teach it.

        Args:
            masks: the slices on which masks were accepted, the last one last.
            written: by one write.
            offsets_mm: what these masks teach.
            keys: of all slices that were written.
            filled: what was written on all slices of a volume, and its ends.

        Raises:
            SPAError: the profile could not be read or kept; the masks are kept in mind all the same.
        """
        # What was undone may come back by undoing what was done after it, unless the same was written once more.
        self._entries = [entry for entry in self._entries if entry.stands or not entry.written.stands()]
        gone = frozenset(id(entry) for entry in self._entries if not entry.stands)
        masks = tuple((self._known_frame(frame), mask) for frame, mask in masks)
        entry = Entry(masks, written, offsets_mm, keys, filled=filled, added=(written.added,), without=gone)
        self._entries.append(entry)
        while len(self._entries) > KEPT:
            oldest = self._entries.pop(0)
            if oldest.stands:
                self._settle(oldest)
        if not offsets_mm:
            return
        name = self._profiles.taught()
        changed = self._profiles.update(name, entry.taught)
        if changed is None:
            return
        before, after = changed
        lesson = next((each.lesson for each in reversed(self._entries) if self._goes_on(each, name, before)), None)
        entry.lesson = lesson or Lesson(name, before, before)
        entry.lesson.now = after

    def _known_frame(self, frame: Frame) -> Frame:
        """The frame that stands for this slice already, or this one: its pixels are kept once, those before put away.

        A radiograph has 30 MB, of which twenty accepted structures kept one each.
        """
        known = {id(each): each for entry in (*self._old, *self._entries) for each, _mask in entry.masks}
        for each in known.values():
            each.put_pixels_away()
        same = (each for each in known.values() if each.volume is frame.volume and each.key == frame.key)
        return next((each for each in same if still_shows(each)), frame)

    def _settle(self, entry: Entry) -> None:
        """What cannot be undone any more stands, and needs nothing in memory that only an undo asks for."""
        if entry.counted:
            self._settled |= entry.keys
        if entry.lesson is not None:
            entry.lesson.start = entry.taught(entry.lesson.start)
        nothing = np.zeros((0, 0, 0), dtype=bool)
        written, masks = replace(entry.written, before=nothing, others=nothing, taken=None), entry.masks
        # Of one image: masks of two time points of a sequence are about different things.
        looked, beside = Looked(), [old for old in self._old if entry.shares_its_slice(old)]
        together = [old for old in beside if looked.is_current(entry) and looked.is_current(old)]
        others = [old for old in self._old if all(old is not each for each in together)]
        if together:
            # One mask of a slice; what of it is left in the segment is looked up.
            ((frame, mask),) = masks
            masks = ((frame, np.logical_or.reduce([mask, *(old.masks[0][1] for old in together)])),)
            written = replace(written, after=nothing)
        added = (*(each for old in together for each in old.added), *entry.added)
        old = replace(entry, masks=masks, written=written, lesson=None, added=added, without=frozenset())
        self._old = [*others, old][-KNOWN:]

    @staticmethod
    def _goes_on(entry: Entry, name: str, before: Profile) -> bool:
        return entry.lesson is not None and entry.lesson.name == name and entry.lesson.now == before

    def latest(self, segmented: Segmented) -> Optional[Tuple[Frame, np.ndarray]]:
        """The last of `standing`, what the next slice starts from; None without one.

        Looked for from the end, slice by slice: after a hundred accepted slices, all would take half a second.
        """
        entries, looked, seen = self._written_into(segmented), Looked(), set()
        for entry in reversed(entries):
            if not looked.is_current(entry):
                continue
            for key in (frame.key for frame, _mask in reversed(entry.masks)):
                if key not in seen:
                    seen.add(key)
                    about = [each for each in entries if each.is_about(key) and looked.is_current(each)]
                    left = self._left(about, segmented, key)
                    if left:
                        return left[-1]
        return None

    def _written_into(self, segmented: Segmented) -> List[Entry]:
        """What was written into a segment on this volume, and not undone, the latest last."""
        return [entry for entry in (*self._old, *self._entries) if entry.stands and entry.is_in(segmented)]

    def _known(self, segmented: Segmented) -> List[Entry]:
        """The same, as far as the volume still shows what was segmented."""
        looked = Looked()
        return [entry for entry in self._written_into(segmented) if looked.is_current(entry)]

    def known(self, segmented: Segmented) -> Tuple[List[Tuple[Frame, np.ndarray]], Tuple[Pass, ...]]:
        """What stands of accepted masks and of passes through the volume, see `standing`.

        Of passes what they have written and what was not undone, the latest last.
        """
        known = self._known(segmented)
        passes = tuple(
            Pass(entry.filled, entry.written, tuple(later.written for later in known[n + 1 :]))
            for n, entry in enumerate(known)
            if entry.filled is not None
        )
        return self._left(known, segmented), passes

    def standing(self, segmented: Segmented) -> List[Tuple[Frame, np.ndarray]]:
        """What was accepted, by whichever controller, and what of it is still there, the one accepted last last.

        A mask that another tool has changed counts as the parts that are left of it, and as they are now. What
        masking has kept out of the segment belongs to its mask all the same. Several masks on one slice count together,
        as far as they are there, and with what a pass through the volume had filled on it before. What was accepted on
        another image is left out, such as before the volume was moved, or at another time point.
        """
        return self._left(self._known(segmented), segmented)

    @staticmethod
    def _left(
        known: List[Entry], segmented: Segmented, only: Optional[SliceKey] = None
    ) -> List[Tuple[Frame, np.ndarray]]:
        """See `standing`; of one slice only, if wanted."""
        if not known:
            return []
        # Not before: it needs SciPy, and 3D Slicer installs with the first click what is missing.
        from SPASegmentLib.mrml.parts import Parts

        found: Dict[SliceKey, Tuple[Frame, np.ndarray]] = {}
        filled: Dict[SliceKey, Patch] = {}
        held_on: Dict[SliceKey, Parts] = {}
        for entry in known:
            held = entry.written.held()
            untouched = held is not None and np.array_equal(held, entry.written.after)
            for frame, mask in entry.masks:
                key = frame.key
                if only is not None and key != only:
                    continue
                if untouched and key not in found and key not in filled:
                    # Nothing to look up in the segment.
                    if mask.any():
                        found[key] = (frame, mask)
                    continue
                if key not in held_on:
                    held_on[key] = Parts(frame.segment_mask(segmented.segmentation, segmented.segment_id))
                there = held_on[key]
                now = mask if untouched else there.touching(mask)
                if key in found:
                    now = now | there.touching(found.pop(key)[1])
                if key in filled:
                    now = now | there.touching(filled[key].whole(mask.shape))
                if now.any():
                    found[key] = (frame, now)
            if entry.filled is not None:
                filled.update(entry.filled.by_slice())
        return list(found.values())

    def added(self, segmented: Segmented) -> Tuple[Added, ...]:
        """What SPA has put into a segment; what else is in there is the user's."""
        return tuple(each for entry in self._written_into(segmented) for each in entry.added)

    def look(self) -> Flipped:
        """See what was undone or done again, and teach the profile accordingly.

        Returns:
            How many masks are in their segments again, and how many are not any more.

        Raises:
            SPAError: the profile could not be read or kept.
        """
        flipped = self._flip()
        for lesson in {id(entry.lesson): entry.lesson for entry in flipped}.values():
            if lesson is not None:
                self._learn_again(lesson)
        back = sum(entry.stands for entry in flipped)
        return Flipped(back, len(flipped) - back)

    def _flip(self) -> List[Entry]:
        stands, unclear = [entry.stands for entry in self._entries], set()
        for n, entry in enumerate(self._entries):
            now = entry.written.stands()
            if now is None or (now != entry.stands and not entry.current):
                # Another image is on screen, or the segments of another time point: that is no undo.
                unclear.add(n)
            else:
                stands[n] = now
        for n in range(len(stands)):
            stands[n] = stands[n] or self._covered(n, stands, unclear)
        self._clear_up(stands, unclear)
        flipped = [entry for entry, now in zip(self._entries, stands) if now != entry.stands]
        for entry, now in zip(self._entries, stands):
            entry.stands = now
        return flipped

    def _covered(self, n: int, stands: List[bool], unclear: Set[int]) -> bool:
        """Whether a later change lies over a mask and is seen to stand: then that change took it out, and no undo."""
        entries = self._entries
        later = (m for m in range(n + 1, len(entries)) if stands[m] and m not in unclear)
        over = (m for m in later if entries[n].overlaps(entries[m]) and entries[n].came_before(entries[m]))
        return any(entries[m].written.changed for m in over)

    def _clear_up(self, stands: List[bool], unclear: Set[int]) -> None:
        """Where another mask lies over it, a mask goes and comes with that one: history has an order."""
        entries, count = self._entries, len(self._entries)
        was = [entry.stands for entry in entries]
        for n in range(count):
            gone = [m for m in range(n) if was[m] and not stands[m] and entries[m].came_before(entries[n])]
            if gone and n in unclear:
                stands[n] = False
        for n in reversed(range(count)):
            if n in unclear and any(
                not was[m] and stands[m] and entries[n].came_before(entries[m]) for m in range(n + 1, count)
            ):
                stands[n] = True

    def _learn_again(self, lesson: Lesson) -> None:
        """Replay what stands; a profile that somebody else has changed meanwhile stays as it is."""
        known, profile = lesson.now, lesson.start
        for entry in self._entries:
            if entry.lesson is lesson and entry.stands:
                profile = entry.taught(profile)
        changed = self._profiles.update(lesson.name, lambda now: profile if now == known else now)
        if changed is not None and changed[0] == known:
            lesson.now = profile

    def forget_what_is_gone(self) -> None:
        """Forget what was accepted into segmentations that are in no scene any more."""
        for entries in (self._old, self._entries):
            entries[:] = [entry for entry in entries if entry.written.segmentation.GetScene() is not None]
