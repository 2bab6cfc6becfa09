"""Computes slices between and beyond accepted masks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Callable, Dict, Optional, Tuple

import numpy as np
from scipy.special import expit, logit

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.appearance import Appearance, smoothed
from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.belief import Belief, Kind, Signs
from SPASegmentLib.interaction.between import between, tapered
from SPASegmentLib.interaction.guided import GuidedSlice, Seen, mean_mixture
from SPASegmentLib.interaction.patch import Patch, Window, distance_on
from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.round import equivalent_radius
from SPASegmentLib.interaction.slices import KEPT
from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.model.runtime import Network

#: Expected Dice below which a slice is doubtful, and presence that is neither clear nor clearly not.
SURE_DICE, SURE_PRESENCE = 0.85, 0.85

#: Probabilities are kept this far from 0 and 1 before maps are blended.
LEAST = 1e-4
#: Pixels that a correlation is taken over at least.
LEAST_PIXELS = 6
#: Expected Dice of masks that no network has seen.
ALONE = 0.8
#: Expected Dice of a slice that the structure does not reach by what is expected, and presence between two masks.
EMPTY, UNCLEAR = 0.9, 0.4

NOTHING = Patch(np.zeros((0, 0), dtype=bool))


@dataclass(frozen=True)
class Anchor:
    """An accepted mask.

    Attributes:
        mask: bool; without pixels where the user has said that the structure is not on the slice.
        version: grows with every change, so that what was computed from another mask is known.
    """

    mask: Patch
    version: int

    @property
    def empty(self) -> bool:
        """Whether it says that the structure has ended."""
        return not self.mask.values.any()


@dataclass(frozen=True)
class Found:
    """What was computed for a slice.

    Attributes:
        patch: (h, w) float32 probabilities.
        presence: 0..1.
        dice: 0..1, expected if the structure is there.
        signs: what both were told from; None where nothing could be seen.
        seen: whether the slice shows anything; if not, nobody can be asked about it.
    """

    patch: Patch
    presence: float
    dice: float
    signs: Optional[Signs]
    seen: bool = True

    @property
    def mask(self) -> Patch:
        """Bool; without pixels where the structure is not expected."""
        return self.map_mask if self.presence >= 0.5 else NOTHING

    @property
    def map_mask(self) -> Patch:
        """Bool; the mask if the structure is there."""
        mask = Patch(self.patch.values > 0.5, self.patch.top, self.patch.left)
        return mask if mask.values.any() else NOTHING


class Filler:
    """Computes slices from the anchors around them.

    Args:
        network: whatever runs it; None to work with the accepted masks alone.
        frame_at: the slices; raises InputError where there is none.
        step_mm: between slices.
        belief: how far network and masks are believed.
    """

    def __init__(
        self, network: Optional[Network], frame_at: Callable[[int], FrameImage], step_mm: float, belief: Belief
    ) -> None:
        self._network, self._frame_at = network, frame_at
        self._step_mm, self._belief = step_mm, belief
        self._guided: OrderedDict[int, GuidedSlice] = OrderedDict()
        self._taught: Dict[Tuple[int, int], _Taught] = {}

    def between(self, index: int, low: Tuple[int, Anchor], high: Tuple[int, Anchor]) -> Found:
        """A slice between two anchors, of which one may be empty.

        Raises:
            InputError: the slice cannot be used.
        """
        return self._judged(self.expected_between(index, low, high))

    def beyond(self, index: int, last: Tuple[int, Anchor], before: Patch) -> Found:
        """A slice beyond the outermost anchor.

        Args:
            index: of the slice.
            last: the anchor.
            before: bool mask of the neighbouring slice on the anchor's side, not empty.

        Raises:
            InputError: the slice cannot be used.
        """
        return self._judged(self.expected_beyond(index, last, before))

    def ending(self, index: int, known: Tuple[int, Anchor], end: int, followed: Optional[Found]) -> Found:
        """A slice between an accepted mask and where the structure has ended: narrowed as an ellipsoid, and followed.

        Both are wrong where the other one is not: lesions narrow, tubes do not; so their logits' mean is taken.

        Args:
            index: of the slice.
            known: the accepted mask.
            end: first slice without the structure.
            followed: what `beyond` has found; None where it was lost.

        Raises:
            InputError: the slice cannot be used.
        """
        low, high = sorted((known, (end, Anchor(NOTHING, 0))), key=lambda mark: mark[0])
        narrowed = self.between(index, low, high)
        if self._network is None or followed is None or not followed.patch.values.any():
            return narrowed
        if not narrowed.patch.values.any():
            return narrowed
        return replace(narrowed, patch=blended(narrowed.patch, followed.patch))

    def unseen(self, index: int, low: Tuple[int, Patch], high: Tuple[int, Patch]) -> Found:
        """A slice that shows nothing, as the masks around it say: without it, the structure would have a gap.

        Args:
            index: of the slice.
            low: index and bool mask, not empty, of the closest slice below that shows something.
            high: of the closest one above.
        """
        (a, before), (b, after) = low, high
        frame = self._frame_at(a)
        window = Window.around(frame.shape, before, after)
        distance = between(window, before, after, (index - a) / (b - a), frame.spacing)
        return replace(_alone(window, distance, frame), seen=False)

    def expected_between(self, index: int, low: Tuple[int, Anchor], high: Tuple[int, Anchor]) -> Expected:
        """What the anchors alone say of a slice between them; see `between`."""
        frame = self._frame_at(index)
        (a, before), (b, after) = low, high
        window = Window.around(frame.shape, before.mask, after.mask)
        share = (index - a) / (b - a)
        distance = between(window, before.mask, after.mask, share, frame.spacing)
        known = tuple((abs(index - k), k, anchor) for k, anchor in (low, high) if not anchor.empty)
        return Expected(index, frame, window, distance, known, "between" if len(known) == 2 else "ending")

    def expected_beyond(self, index: int, last: Tuple[int, Anchor], before: Patch) -> Expected:
        """What the anchor and the neighbouring slice say of a slice beyond; see `beyond`."""
        frame = self._frame_at(index)
        window = Window.around(frame.shape, before)
        distance = distance_on(window, before, frame.spacing)
        assert distance is not None
        if self._network is None:
            # Nobody sees where the structure ends: as far as a ball with the accepted mask in its middle.
            window = Window.around(frame.shape, last[1].mask)
            known = distance_on(window, last[1].mask, frame.spacing)
            radius = equivalent_radius(last[1].mask.values, frame.pixel_area)
            assert known is not None
            distance = tapered(known, abs(index - last[0]) * self._step_mm / radius)
        try:
            neighbour = smoothed(self._frame_at(index + (-1 if index > last[0] else 1)).pixels, window)
        except InputError:  # nothing is to be seen on it
            neighbour = None
        return Expected(index, frame, window, distance, ((abs(index - last[0]), *last),), "beyond", neighbour)

    def _judged(self, expected: Expected) -> Found:
        frame, window, distance = expected.frame, expected.window, expected.distance
        if not (distance > 0).any():
            # Between two masks something should be; towards an end it may well be over.
            return Found(NOTHING, UNCLEAR if expected.kind == "between" else 0.0, EMPTY, None)
        if self._network is None:
            return _alone(window, distance, frame)
        return self.judge(self.view(expected))

    def judge(self, view: View) -> Found:
        """What is made of what was seen."""
        map_ = view.map_under(self._belief)
        signs = view.signs(map_)
        return Found(map_, self._belief.presence_of(signs), self._belief.dice_of(signs), signs)

    def view(self, expected: Expected) -> View:
        """A slice as network and image show it where a mask is expected, which is not empty."""
        frame, window, known = expected.frame, expected.window, expected.known
        total = sum(1.0 / distance for distance, _, _ in known)
        taught = [(1.0 / distance / total, self._learned(k, anchor)) for distance, k, anchor in known]
        prior = expected.prior
        latents = mean_mixture([(share, one.latents) for share, one in taught])
        seen = self._slice(expected.index, frame, prior).see(prior, latents)
        appearance = Appearance.mean([(share, one.appearance) for share, one in taught])
        image = smoothed(frame.pixels, window)
        largest = max(np.count_nonzero(anchor.mask.values) for _, _, anchor in known)
        gap_mm = min(distance for distance, _, _ in known) * self._step_mm
        parts = (expected.distance, seen.logit(window), appearance.evidence(image))
        return View(expected, seen, appearance, image, parts, gap_mm, int(largest))

    def _slice(self, index: int, frame: FrameImage, mask: Patch) -> GuidedSlice:
        """The slice encoded in a region that fits the mask."""
        assert self._network is not None
        kept = self._guided.pop(index, None)
        if kept is None or not kept.fits(self._network, mask):
            kept = GuidedSlice(self._network, frame, mask)
        self._guided[index] = kept
        while len(self._guided) > KEPT:
            self._guided.popitem(last=False)
        return kept

    def _learned(self, index: int, anchor: Anchor) -> _Taught:
        key = (index, anchor.version)
        if key not in self._taught:
            frame = self._frame_at(index)
            guided = self._slice(index, frame, anchor.mask)
            self._taught[key] = _Taught(
                guided.teach(anchor.mask, anchor.mask), Appearance.of(frame.pixels, anchor.mask)
            )
        return self._taught[key]


def _alone(window: Window, distance: np.ndarray, frame: FrameImage) -> Found:
    """What accepted masks alone make of a slice; (h, w) signed distance in mm, positive inside, on the window."""
    map_ = np.asarray(expit(distance / (0.5 * min(frame.spacing))), dtype=np.float32)
    return Found(Patch(map_, window.top, window.left), 1.0, ALONE, None)


def blended(one: Patch, other: Patch) -> Patch:
    """The mean of two maps' logits; what a map does not cover it holds for clearly outside."""
    bottoms = [patch.top + patch.values.shape[0] for patch in (one, other)]
    rights = [patch.left + patch.values.shape[1] for patch in (one, other)]
    window = Window(min(one.top, other.top), min(one.left, other.left), max(bottoms), max(rights))
    logits = [logit(np.clip(patch.on(window).astype(np.float32), LEAST, 1 - LEAST)) for patch in (one, other)]
    return Patch(np.asarray(expit(0.5 * (logits[0] + logits[1])), dtype=np.float32), window.top, window.left)


@dataclass(frozen=True)
class _Taught:
    """What an accepted mask says: of the network's latents, and of how the structure looks."""

    latents: ArrayMixture
    appearance: Appearance


@dataclass(frozen=True)
class Expected:
    """What accepted masks alone say of a slice.

    Attributes:
        index: of the slice.
        frame: its image.
        window: part of the frame that is looked at.
        distance: (h, w) float32 signed distance in mm on the window, positive inside.
        known: (slices away, index, anchor) of the accepted masks around.
        kind: "between" accepted masks, "ending" between one and a slice that the structure is not on, or "beyond".
        neighbour: (h, w) smoothed pixels of the slice that it was followed from, on the window; None for none.
    """

    index: int
    frame: FrameImage
    window: Window
    distance: np.ndarray
    known: Tuple[Tuple[int, int, Anchor], ...]
    kind: Kind
    neighbour: Optional[np.ndarray] = None

    @property
    def prior(self) -> Patch:
        """Bool mask that is expected."""
        return Patch(self.distance > 0, self.window.top, self.window.left)


@dataclass(frozen=True)
class View:
    """A slice as it is seen with what is expected on it.

    Attributes:
        expected: by the accepted masks.
        seen: by the network.
        appearance: of the structure.
        image: (h, w) smoothed pixels on the window.
        parts: (h, w) expected signed distance in mm, network's logits and evidence of the image.
        gap_mm: to the closest accepted mask.
        largest: pixels of the largest accepted mask around.
    """

    expected: Expected
    seen: Seen
    appearance: Appearance
    image: np.ndarray
    parts: Tuple[np.ndarray, np.ndarray, np.ndarray]
    gap_mm: float
    largest: int

    def map_under(self, belief: Belief) -> Patch:
        """(h, w) float32 probabilities on the window."""
        kind, window, pixel = self.expected.kind, self.expected.window, min(self.expected.frame.spacing)
        logits = belief.logit(self.parts, self.gap_mm, pixel, kind, self.largest)
        return Patch(np.asarray(expit(logits), dtype=np.float32), window.top, window.left)

    def signs(self, map_: Patch) -> Signs:
        """What tells how good a map of probabilities on the window is."""
        result, prior, frame = map_.values > 0.5, self.parts[0] > 0, self.expected.frame
        radius = max(float(np.sqrt(self.largest * frame.pixel_area / np.pi)), min(frame.spacing))
        return Signs(
            gap=self.gap_mm / radius,
            agreement=float(pairwise_dice((self.parts[1] > 0)[None], prior[None])[0, 0]),
            spread=self.seen.dice(Patch(result, map_.top, map_.left)),
            strongest=float(self.seen.maps.mean(axis=0).max()),
            ratio=int(np.count_nonzero(result)) / max(int(np.count_nonzero(prior)), 1),
            size=float(np.sqrt(np.count_nonzero(result) / self.largest)),
            likeness=self.appearance.likeness(self.image[result]) if result.any() else 0.0,
            other=self.appearance.likeness(self.image[prior]),
            continuity=self._continuity(prior),
            kind=self.expected.kind,
        )

    def _continuity(self, prior: np.ndarray) -> float:
        """See `Signs`."""
        neighbour = self.expected.neighbour
        if neighbour is None or np.count_nonzero(prior) < LEAST_PIXELS:
            return 0.0
        here, there = self.image[prior], neighbour[prior]
        if here.std() == 0 or there.std() == 0:
            return 0.0
        return float(np.corrcoef(here, there)[0, 1])
