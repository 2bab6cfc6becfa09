"""How far the network and the accepted masks are each believed on the slices between and beyond them.

A few numbers, fitted on volumes that training may use: ``spa calibrate-volumes`` fits them for weights and writes them
into their card; those here are what it gave for the bundled ones.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Mapping, Tuple

import numpy as np
from scipy.special import expit

from SPASegmentLib.errors import WeightsError
from SPASegmentLib.interaction.guided import SURE
from SPASegmentLib.translation import texts

_ = texts(__name__)


@dataclass(frozen=True)
class Signs:
    """What is seen on one slice of how well it is known.

    Attributes:
        gap: distance in mm to the closest accepted mask, in radii of what is expected here.
        agreement: Dice of what the network sees with what is expected.
        spread: mean Dice of the result with the network's predictions.
        strongest: largest mean probability that the network gives a pixel, 0..1.
        ratio: area that the network sees, per area that is expected.
        enclosed: whether accepted masks lie on both sides.
    """

    gap: float
    agreement: float
    spread: float
    strongest: float
    ratio: float
    enclosed: bool

    def vector(self) -> np.ndarray:
        """(7,) float64, a constant first."""
        ratio = float(np.clip(np.log(max(self.ratio, 1e-3)), -3.0, 1.0))
        gap = min(self.gap, 4.0)
        return np.array([1.0, gap, self.agreement, self.spread, self.strongest, ratio, float(self.enclosed)])


@dataclass(frozen=True)
class Belief:
    """The fitted numbers.

    Attributes:
        outline: of the slices (between, beyond) accepted masks: uncertainty of the expected outline in pixels and per
            mm of gap, then weights of a constant, of the network's logit and of the expected outline's.
        presence: weights of `Signs.vector` for the logit of the structure being on the slice.
        dice: weights of `Signs.vector` for the Dice of the result.
    """

    outline: Tuple[Tuple[float, ...], Tuple[float, ...]] = ((0.5, 0.15, 0.0, 0.4, 0.8), (0.5, 0.25, 0.0, 0.6, 0.6))
    presence: Tuple[float, ...] = (-3.0, -0.3, 3.0, 0.0, 4.0, 1.0, 3.0)
    dice: Tuple[float, ...] = (0.2, -0.05, 0.3, 0.4, 0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        sizes = {"outline": (2, 5), "presence": (7,), "dice": (7,)}
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

    def logit(self, expected: np.ndarray, seen: np.ndarray, gap_mm: float, pixel: float, enclosed: bool) -> np.ndarray:
        """Logit that a pixel belongs to the structure.

        Args:
            expected: (h, w) signed distance in mm, positive inside, by the accepted masks.
            seen: (h, w) logits of the network.
            gap_mm: to the closest accepted mask.
            pixel: side of a pixel in mm.
            enclosed: whether accepted masks lie on both sides.
        """
        own, per_mm, constant, network, outline = self.outline[0 if enclosed else 1]
        sigma = own * pixel + per_mm * gap_mm
        return np.asarray(constant + network * seen + outline * np.clip(expected / sigma, -SURE, SURE))

    def presence_of(self, signs: Signs) -> float:
        """Probability that the structure is on the slice."""
        return float(expit(signs.vector() @ np.array(self.presence)))

    def dice_of(self, signs: Signs) -> float:
        """Dice that the result of the slice is expected to have, if the structure is there."""
        return float(np.clip(signs.vector() @ np.array(self.dice), 0.05, 0.99))


def _tuples(value: Any) -> Any:
    """Lists of JSON as tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, (list, tuple)) else value
