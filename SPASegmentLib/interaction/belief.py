"""How far the network, the accepted masks and the image are each believed on the slices between and beyond them.

A few numbers, fitted on volumes that training may use: ``spa calibrate-volumes`` fits them for weights and writes them
into their card, but for presence and the outlines of slices beyond. Those here were fitted for earlier bundled weights,
and are what counts where a card has none.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, Mapping, Tuple

import numpy as np
from scipy.special import expit

from SPASegmentLib.errors import WeightsError
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Where a slice lies: between accepted masks, between one and a slice that the structure is not on, beyond all.
Kind = Literal["between", "ending", "beyond"]
KINDS: Tuple[Kind, ...] = ("between", "ending", "beyond")

#: Logits of the network and of the expected outline are not taken more seriously than this.
LARGEST_LOGIT = 6.0
#: Structures of fewer pixels are small: the network sees them at more than the resolution of the image.
SMALL = 150
#: Presence on a slice between accepted masks, or between one and where the structure has ended.
INSIDE = 0.98
#: How many signs there are, a constant included; weights of an outline: see `Belief`.
SIGNS, OUTLINE = 11, 6


@dataclass(frozen=True)
class Signs:
    """What is seen on one slice of how well it is known.

    Attributes:
        gap: distance in mm to the closest accepted mask, in radii of the largest accepted mask.
        agreement: Dice of what the network sees with what is expected.
        spread: mean Dice of the result with the network's predictions.
        strongest: largest mean probability that the network gives a pixel, 0..1.
        ratio: area of the result, per area that is expected.
        size: radius of the result, in radii of the largest accepted mask.
        likeness: whether the result looks like the structure (1) or like its surroundings (0).
        other: the same for what was expected.
        continuity: correlation of the image with that of the neighbouring slice that it was followed from, where the
            structure is expected; -1..1, and 0 where there is none such.
        kind: where the slice lies.
    """

    gap: float
    agreement: float
    spread: float
    strongest: float
    ratio: float
    size: float
    likeness: float
    other: float
    continuity: float
    kind: Kind

    def vector(self) -> np.ndarray:
        """(SIGNS,) float64, a constant first: what the expected Dice is told from."""
        ratio = float(np.clip(np.log(max(self.ratio, 1e-3)), -2.0, 1.0))
        signs = (self.agreement, self.spread, self.strongest, ratio, min(self.size, 1.5), self.likeness, self.other)
        where = (float(self.kind == "between"), float(self.kind == "ending"))
        return np.array([1.0, min(self.gap, 4.0), *signs, *where])

    def of_presence(self) -> np.ndarray:
        """(4,) float64, a constant first: what presence is told from, beyond the accepted masks."""
        return np.array([1.0, min(self.gap, 4.0), min(self.size, 1.5), self.continuity])


@dataclass(frozen=True)
class Belief:
    """The fitted numbers.

    Attributes:
        outline: for each of `KINDS`, of large structures and of small ones: uncertainty of the expected outline in
            pixels and per mm of gap, then weights of a constant, of the network's logit, of the expected outline's, and
            of the image.
        presence: weights of `Signs.of_presence` for the logit of the structure being on a slice beyond.
        dice: weights of `Signs.vector` for the Dice of the result.
    """

    outline: Tuple[Tuple[float, ...], ...] = (
        (0.5, 0.2, 1.4002, 0.0848, 1.0116, 0.1688),
        (0.5, 0.2, 1.2795, 0.549, 0.439, 0.472),
        (0.5, 0.4, -0.6577, 0.2036, 0.9606, 0.1555),  # of all sizes together, here and below
        (0.5, 0.4, -0.6577, 0.2036, 0.9606, 0.1555),
        (0.5, 0.4, -1.0696, 0.3889, 0.3203, 0.2384),
        (0.5, 0.4, -1.0696, 0.3889, 0.3203, 0.2384),
    )
    presence: Tuple[float, ...] = (-0.3027, -1.3713, 5.7145, 1.7456)
    dice: Tuple[float, ...] = (
        0.4522, -0.0918, -0.0503, 0.2203, 0.1845, 0.0639, 0.0803, 0.1254, -0.1244, 0.0382, -0.0928,
    )  # fmt: skip

    def __post_init__(self) -> None:
        sizes = {"outline": (2 * len(KINDS), OUTLINE), "presence": (4,), "dice": (SIGNS,)}
        for field in fields(self):
            try:
                values = np.array(getattr(self, field.name), dtype=np.float64)
            except (TypeError, ValueError):
                values = np.array(np.nan)
            if values.shape != sizes[field.name] or not np.isfinite(values).all():
                raise WeightsError(_("The model card's numbers for volumes are damaged; copy the weights again."))

    @classmethod
    def of_card(cls, values: Mapping[str, Any]) -> Belief:
        """From what a model card's calibration holds under ``volumes``; an empty mapping gives the bundled ones.

        Raises:
            WeightsError: it holds something else there.
        """
        names = {field.name for field in fields(cls)}
        return cls(**{name: _tuples(value) for name, value in values.items() if name in names})

    def logit(
        self,
        parts: Tuple[np.ndarray, np.ndarray, np.ndarray],
        gap_mm: float,
        pixel: float,
        kind: Kind,
        largest: int = SMALL,
    ) -> np.ndarray:
        """Logit that a pixel belongs to the structure.

        Args:
            parts: each (h, w): signed distance in mm, positive inside, by the accepted masks; logits of the network;
                `Appearance.evidence`.
            gap_mm: to the closest accepted mask.
            pixel: side of a pixel in mm.
            kind: where the slice lies.
            largest: pixels of the largest accepted mask around.
        """
        own, per_mm, *weights = self.outline[outline_row(kind, largest)]
        terms = outline_terms(parts, own * pixel + per_mm * gap_mm)
        return np.asarray(np.tensordot(np.array(weights, dtype=np.float32), terms, 1))

    def presence_of(self, signs: Signs) -> float:
        """Probability that the structure is on the slice."""
        if signs.kind != "beyond":
            return INSIDE  # the user has said where it is
        return float(expit(signs.of_presence() @ np.array(self.presence)))

    def dice_of(self, signs: Signs) -> float:
        """Dice that the result of the slice is expected to have, if the structure is there."""
        return float(np.clip(signs.vector() @ np.array(self.dice), 0.05, 0.99))


def outline_row(kind: Kind, largest: int) -> int:
    """Row of `Belief.outline` for slices of a kind, next to a largest accepted mask of so many pixels."""
    return 2 * KINDS.index(kind) + int(largest < SMALL)


def outline_terms(parts: Tuple[np.ndarray, np.ndarray, np.ndarray], sigma: float) -> np.ndarray:
    """(4, ...) float32: what `Belief.logit` is the weighted sum of; `sigma` in mm."""
    expected, seen, evidence = parts
    outline = np.clip(expected / sigma, -LARGEST_LOGIT, LARGEST_LOGIT)
    return np.stack([np.ones_like(seen), seen, outline, evidence]).astype(np.float32)


def _tuples(value: Any) -> Any:
    """Lists of JSON as tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value
