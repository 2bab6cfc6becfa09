"""How far network, masks and image are believed: the sums behind the few numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from SPASegmentLib.errors import WeightsError
from SPASegmentLib.interaction.appearance import Appearance
from SPASegmentLib.interaction.belief import SIGNS, SMALL, Belief, Signs
from SPASegmentLib.interaction.patch import Patch

ZEROS = tuple([0.0] * SIGNS)


def test_the_logit_is_the_weighted_sum_that_the_numbers_say() -> None:
    belief = Belief(outline=((1.0, 0.5, 0.1, 0.2, 0.3, 0.4),) * 5 + ((1.0, 0.5, 9.0, 0.0, 0.0, 0.0),))
    parts = np.full((1, 1), 3.0), np.full((1, 1), -1.5), np.full((1, 1), 2.0)
    # Uncertainty of the outline: 1 pixel of 0.5 mm and half of a gap of 4 mm, 2.5 mm.
    wanted = 0.1 + 0.2 * -1.5 + 0.3 * (3.0 / 2.5) + 0.4 * 2.0
    assert belief.logit(parts, 4.0, 0.5, "beyond")[0, 0] == pytest.approx(wanted)
    # Small structures beyond have the last row.
    assert belief.logit(parts, 4.0, 0.5, "beyond", largest=SMALL - 1)[0, 0] == pytest.approx(9.0)


@pytest.mark.parametrize("largest", [SMALL - 1, SMALL])
def test_between_masks_the_structure_is_expected_and_beyond_them_doubted(largest: int) -> None:
    """Where neither the masks, nor the network, nor the image speak for or against a pixel."""
    nothing = (np.zeros((1, 1)),) * 3
    told = [Belief().logit(nothing, 4.0, 0.5, kind, largest)[0, 0] for kind in ("between", "ending", "beyond")]
    assert told[0] > 0 > told[1] > told[2]


def test_presence_and_dice_follow_the_signs() -> None:
    belief = Belief(presence=(0.5, -2.0, 0.0, 1.0), dice=(0.7, *ZEROS[1:]))  # the gap, and the images' correlation
    signs = Signs(1.0, 0.9, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, "beyond")
    assert belief.presence_of(signs) == pytest.approx(1 / (1 + np.e))
    assert belief.presence_of(replace(signs, kind="between")) > 0.9
    assert belief.dice_of(signs) == pytest.approx(0.7)


def test_a_card_may_say_others_and_what_else_it_likes() -> None:
    belief = Belief.of_card({"dice": [0.5, *ZEROS[1:]], "measured": {"n_slices": 3}})
    assert belief.dice[0] == 0.5 and belief.outline == Belief().outline


@pytest.mark.parametrize("wrong", [[0.5], "many", [float("nan")] * SIGNS, None])
def test_damaged_numbers_are_told(wrong: object) -> None:
    with pytest.raises(WeightsError, match="damaged"):
        Belief.of_card({"dice": wrong})


def test_what_looks_like_the_inside_is_told_from_the_surroundings() -> None:
    rng = np.random.default_rng(0)
    mask = np.zeros((60, 60), bool)
    mask[20:40, 20:40] = True
    image = (50.0 + 100.0 * mask + 5 * rng.standard_normal(mask.shape)).astype(np.float32)
    appearance = Appearance.of(image, Patch.of(mask))
    assert appearance.inside[0] == pytest.approx(150, abs=3) and appearance.outside[0] == pytest.approx(50, abs=3)
    assert appearance.likeness(np.array([150.0])) == pytest.approx(1, abs=0.05)
    assert appearance.likeness(np.array([50.0])) == pytest.approx(0, abs=0.05)
    assert (appearance.evidence(np.array([[150.0, 50.0]])) > 0).tolist() == [[True, False]]
    half = Appearance.mean([(0.5, appearance), (0.5, Appearance((350.0, 1.0), (50.0, 1.0)))])
    assert half.inside[0] == pytest.approx(250, abs=2)
