"""The words of an interaction: frame image, click, box, proposal.

Conventions used in the whole project: frame coordinates are ``(x, y)`` in pixels, ``x`` is the column,
``y`` the row, pixel centres lie on integers; arrays are indexed ``[y, x]``; spacing is in millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Protocol, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.areas import area_text
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: What ``Session.accept`` takes to accept the recommended prediction (candidates are 1, 2, ...).
RECOMMENDED = 0


@dataclass(frozen=True)
class FrameImage:
    """A 2D image that the session works on.

    Attributes:
        pixels: (height, width) float32, finite, any intensity unit.
        spacing: (x, y) size of a pixel in mm; (1, 1) where it is unknown.
        in_mm: whether it is known. Where it is not, areas are counted in pixels.
    """

    pixels: np.ndarray
    spacing: Tuple[float, float] = (1.0, 1.0)
    in_mm: bool = True

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels)
        if pixels.ndim != 2 or pixels.size == 0:
            raise InputError(
                _("A frame is a non-empty 2D image; this one has the shape {shape}.").format(shape=pixels.shape)
            )
        pixels = pixels.astype(np.float32)
        if not np.isfinite(pixels).all():
            raise InputError(_("The image contains NaN or infinite pixels; replace them before segmenting."))
        if pixels.min() == pixels.max():
            raise InputError(_("The image has the same value everywhere; choose a slice that shows something."))
        if len(self.spacing) != 2 or not all(np.isfinite(s) and s > 0 for s in self.spacing):
            raise InputError(
                _("Pixel spacing must be two positive numbers in mm, not {spacing}.").format(spacing=self.spacing)
            )
        object.__setattr__(self, "pixels", pixels)

    @property
    def shape(self) -> Tuple[int, int]:
        """(height, width) in pixels."""
        return (int(self.pixels.shape[0]), int(self.pixels.shape[1]))

    @property
    def pixel_area(self) -> float:
        """Area of a pixel in mm2; 1 where it is unknown."""
        return float(self.spacing[0] * self.spacing[1])

    def check_size(self, mask: np.ndarray) -> None:
        """Refuse a mask that is not of this image's size.

        Raises:
            InputError: it is not.
        """
        if mask.shape != self.shape:
            raise InputError(
                _("The mask has the size {mask}, the image {image}; they must agree.").format(
                    mask=mask.shape, image=self.shape
                )
            )

    def area_text(self, mask: np.ndarray) -> str:
        """The area of a (height, width) bool mask in words, such as "42 mm2" or "17 pixels"."""
        return area_text(int(np.count_nonzero(mask)) * self.pixel_area, self.in_mm)


@dataclass(frozen=True)
class Click:
    """A point on a frame, ``x`` column and ``y`` row in pixels; positive points belong to the object."""

    x: float
    y: float
    positive: bool = True


@dataclass(frozen=True)
class Box:
    """A rectangle on a frame in pixels, corners included, ``x0 < x1`` and ``y0 < y1``."""

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (self.x0 < self.x1 and self.y0 < self.y1):
            raise InputError(_("A box needs two different corners; drag from one corner to the opposite one."))


@dataclass(frozen=True)
class Difference:
    """How a candidate differs from the recommended prediction.

    Attributes:
        candidate, recommended: (height, width) bool, the two masks.
        added_mm2, removed_mm2: their areas, in pixels where the size of these is unknown.
        description: a short text, e.g. "larger: +18 % (+42 mm2), mostly upper left".
        in_mm: whether the size of pixels is known.
    """

    candidate: np.ndarray
    recommended: np.ndarray
    added_mm2: float
    removed_mm2: float
    description: str
    in_mm: bool = True

    @property
    def added(self) -> np.ndarray:
        """(height, width) bool, pixels that only the candidate has."""
        return self.candidate & ~self.recommended

    @property
    def removed(self) -> np.ndarray:
        """(height, width) bool, pixels that only the recommended prediction has."""
        return self.recommended & ~self.candidate


class Maps(Protocol):
    """Probabilities of the masks on screen, at frame size, made when they are asked for."""

    def probability(self, mask: int) -> np.ndarray:
        """(height, width) float32 of a mask: 0 the recommended one, 1, 2, ... a candidate."""

    def uncertainty(self) -> np.ndarray:
        """(height, width) float32 in 0..1, the entropy in bits of the foreground probability."""


@dataclass(frozen=True)
class Proposal:
    """What the user sees in one round.

    Attributes:
        masks: (1 + k, height, width) bool, ``k <= K``, no two alike; row 0 is the recommended prediction, row i
            candidate i.
        maps: the probabilities that the masks come from.
        differences: one per candidate, against the recommended prediction.
        round: 1, 2, ...; as many as the settings allow.
        expected_dice: Dice that the recommended prediction is expected to reach under the current preference.
        extent_open: whether the masks may be of things of different size: nothing but a click has said which is meant.
    """

    masks: np.ndarray
    maps: Maps
    differences: Tuple[Difference, ...]
    round: int
    expected_dice: float
    extent_open: bool = False

    @property
    def recommended(self) -> np.ndarray:
        """(height, width) float32 probabilities of the recommended prediction."""
        return self.maps.probability(RECOMMENDED)

    @property
    def candidates(self) -> np.ndarray:
        """(k, height, width) float32 probabilities of the candidates."""
        shape = (len(self.masks) - 1, *self.masks.shape[1:])
        found = [self.maps.probability(mask) for mask in range(1, len(self.masks))]
        return np.array(found, dtype=np.float32).reshape(shape)

    @property
    def uncertainty(self) -> np.ndarray:
        """(height, width) float32 in 0..1, the entropy in bits of the foreground probability."""
        return self.maps.uncertainty()


@dataclass(frozen=True)
class Result:
    """An accepted mask.

    Attributes:
        mask: (height, width) bool at frame size.
        probability: (height, width) float32.
        accepted: 0 for the recommended prediction, i for candidate i.
        round: the round in which it was accepted.
        actions: number of user actions spent (start, choices, clicks, the acceptance).
    """

    mask: np.ndarray
    probability: np.ndarray
    accepted: int
    round: int
    actions: int


@dataclass(frozen=True)
class Prompts:
    """What the user has said about one region, in region coordinates (see ``region.Region``).

    Attributes:
        clicks: points, first the starting click.
        mask: (h, w) float32 probabilities at the predictor's map size: the chosen candidate or the starting mask.
    """

    clicks: Tuple[Click, ...] = ()
    mask: Optional[np.ndarray] = None
