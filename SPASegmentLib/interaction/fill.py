"""Computes slices between and beyond accepted masks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Tuple

import numpy as np
from scipy.special import expit

from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.belief import Belief, Signs
from SPASegmentLib.interaction.between import between
from SPASegmentLib.interaction.guided import GuidedSlice, Seen, mean_mixture
from SPASegmentLib.interaction.patch import Patch, Window, distance_on
from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.model.runtime import Network

#: Encodings that are kept; one takes about half a megabyte.
KEPT = 96
#: Expected Dice below which a slice is doubtful, and presence that is neither clear nor clearly not.
SURE_DICE, SURE_PRESENCE = 0.85, 0.85

#: Expected Dice of masks that no network has seen.
ALONE = 0.8

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
    """

    patch: Patch
    presence: float
    dice: float
    signs: Optional[Signs]

    @property
    def mask(self) -> Patch:
        """Bool; without pixels where the structure is not expected."""
        if self.presence < 0.5:
            return NOTHING
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
        self._taught: Dict[Tuple[int, int], ArrayMixture] = {}

    def between(self, index: int, low: Tuple[int, Anchor], high: Tuple[int, Anchor]) -> Found:
        """A slice between two anchors, of which one may be empty.

        Raises:
            InputError: the slice cannot be used.
        """
        frame = self._frame_at(index)
        (a, before), (b, after) = low, high
        window = Window.around(frame.shape, before.mask, after.mask)
        share = (index - a) / (b - a)
        expected = between(window, before.mask, after.mask, share, frame.spacing)
        known = [(abs(index - k), k, anchor) for k, anchor in (low, high) if not anchor.empty]
        return self._found(index, frame, window, expected, known, len(known) == 2)

    def beyond(self, index: int, last: Tuple[int, Anchor], before: Patch) -> Found:
        """A slice beyond the outermost anchor.

        Args:
            index: of the slice.
            last: the anchor.
            before: bool mask of the neighbouring slice on the anchor's side, not empty.

        Raises:
            InputError: the slice cannot be used.
        """
        frame = self._frame_at(index)
        window = Window.around(frame.shape, before)
        expected = distance_on(window, before, frame.spacing)
        assert expected is not None
        return self._found(index, frame, window, expected, [(abs(index - last[0]), *last)], False)

    def forget(self, index: int) -> None:
        """Drop what is kept of a slice."""
        self._guided.pop(index, None)

    def _found(
        self,
        index: int,
        frame: FrameImage,
        window: Window,
        expected: np.ndarray,
        known: List[Tuple[int, int, Anchor]],
        enclosed: bool,
    ) -> Found:
        steps = min(distance for distance, _, _ in known)
        gap_mm, pixel = steps * self._step_mm, min(frame.spacing)
        prior = Patch(expected > 0, window.top, window.left)
        if not prior.values.any():
            return Found(NOTHING, 0.0, 0.9, None)
        if self._network is None:
            alone = np.asarray(expit(expected / (0.5 * pixel)), dtype=np.float32)
            return Found(Patch(alone, window.top, window.left), 1.0, ALONE, None)
        guided = self._slice(index, frame, prior)
        seen = guided.see(prior, self._preference(known))
        logits = seen.logit(window)
        map_ = Patch(
            expit(self._belief.logit(expected, logits, gap_mm, pixel, enclosed)).astype(np.float32),
            window.top,
            window.left,
        )
        signs = _signs(seen, logits, prior, map_, gap_mm, frame, enclosed)
        return Found(map_, self._belief.presence_of(signs), self._belief.dice_of(signs), signs)

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

    def _preference(self, known: List[Tuple[int, int, Anchor]]) -> ArrayMixture:
        """What the closest accepted masks say of the latents, the closer one more."""
        total = sum(1.0 / distance for distance, _, _ in known)
        return mean_mixture(tuple((1.0 / distance / total, self._learned(k, anchor)) for distance, k, anchor in known))

    def _learned(self, index: int, anchor: Anchor) -> ArrayMixture:
        key = (index, anchor.version)
        if key not in self._taught:
            guided = self._slice(index, self._frame_at(index), anchor.mask)
            self._taught[key] = guided.teach(anchor.mask, anchor.mask)
        return self._taught[key]


def _signs(
    seen: Seen, logits: np.ndarray, prior: Patch, result: Patch, gap_mm: float, frame: FrameImage, enclosed: bool
) -> Signs:
    there, expected = logits > 0, prior.values
    radius = float(np.sqrt(np.count_nonzero(expected) * frame.pixel_area / np.pi))
    mask = Patch(result.values > 0.5, result.top, result.left)
    return Signs(
        gap=gap_mm / max(radius, min(frame.spacing)),
        agreement=float(pairwise_dice(there[None], expected[None])[0, 0]),
        spread=seen.dice(mask),
        strongest=float(seen.maps.mean(axis=0).max()),
        ratio=int(np.count_nonzero(there)) / max(int(np.count_nonzero(expected)), 1),
        enclosed=enclosed,
    )
