"""From how far the predictions agree to the Dice that users reach: curves that a model card holds."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Tuple

import numpy as np

from SPASegmentLib.errors import WeightsError
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Knots (agreement, Dice) of a curve, agreement rising, straight between them and level beyond the ends.
Curve = Tuple[Tuple[float, float], ...]
#: Of an expected Dice that nobody has calibrated.
UNCALIBRATED: Curve = ((0.0, 0.0), (1.0, 1.0))


class ExpectedDice(NamedTuple):
    """Curves for the rounds of a session; the last one serves all later rounds.

    Attributes:
        after_click: for each round after a click.
        of_extent: for each round after a box or a mask, which says how large the structure is.
        corrected: after one corrective click, after two, and so on; empty where those of the round serve.
    """

    after_click: Tuple[Curve, ...] = (UNCALIBRATED,)
    of_extent: Tuple[Curve, ...] = (UNCALIBRATED,)
    corrected: Tuple[Curve, ...] = ()

    def curve(self, number: int, corrections: int, extent_given: bool) -> Curve:
        """The curve for a round.

        Args:
            number: of the round; 1, 2, ...
            corrections: clicks that corrected masks so far.
            extent_given: whether the session began with a box or a mask.
        """
        if corrections and self.corrected:
            return self.corrected[min(corrections, len(self.corrected)) - 1]
        by_round = self.of_extent if extent_given else self.after_click
        return by_round[min(number, len(by_round)) - 1]


#: Of weights that nobody has calibrated.
NOT_CALIBRATED = ExpectedDice()


def calibrated(agreement: float, curve: Curve) -> float:
    """The Dice that users reach, 0..1.

    Args:
        agreement: mean Dice of the recommended prediction with the masks of the posterior.
        curve: of `curves`.
    """
    knots, dice = np.array(curve).T
    return float(np.clip(np.interp(agreement, knots, dice), 0.0, 1.0))


def curves(numbers: Any) -> Tuple[Curve, ...]:
    """What a card says of each round, the last for all later ones: a list of curves, which are lists of knots.

    Cards of older versions hold an offset and a slope instead of a curve, and the oldest only one of these.

    Raises:
        WeightsError: `numbers` is something else.
    """
    several = isinstance(numbers, (list, tuple)) and len(numbers) > 0 and all(map(_is_list, numbers))
    return tuple(map(_curve, numbers)) if several else (_curve(numbers),)


def _is_list(numbers: Any) -> bool:
    return isinstance(numbers, (list, tuple))


def _curve(numbers: Any) -> Curve:
    if _is_list(numbers) and len(numbers) > 0 and all(map(_is_list, numbers)):
        knots = tuple(_two(knot) for knot in numbers)
        if any(after <= before for (before, _a), (after, _b) in zip(knots, knots[1:])):
            raise WeightsError(_("The model card's calibration needs knots that rise."))
        return knots
    offset, slope = _two(numbers)
    return (0.0, offset), (1.0, offset + slope)


def _two(numbers: Any) -> Tuple[float, float]:
    try:
        first, second = (float(value) for value in numbers)
    except (TypeError, ValueError):
        raise WeightsError(_("The model card's calibration needs two numbers for expected_dice.")) from None
    if not (math.isfinite(first) and math.isfinite(second)):
        raise WeightsError(_("The model card's calibration holds numbers that are not finite."))
    return first, second
