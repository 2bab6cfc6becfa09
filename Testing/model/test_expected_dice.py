"""The curves of a card's expected Dice: what is read, what is refused, and what they say."""

from __future__ import annotations

from typing import Any

import pytest

from SPASegmentLib.errors import WeightsError
from SPASegmentLib.model.expected_dice import UNCALIBRATED, calibrated, curves


def test_a_curve_is_straight_between_knots_and_level_beyond() -> None:
    curve = ((0.4, 0.2), (0.8, 0.9))
    said = [calibrated(agreement, curve) for agreement in (0.0, 0.4, 0.5, 0.8, 1.0)]
    assert said == pytest.approx([0.2, 0.2, 0.375, 0.9, 0.9])
    assert calibrated(0.37, UNCALIBRATED) == pytest.approx(0.37)


def test_nothing_beyond_0_and_1_is_expected() -> None:
    (line,) = curves([-0.5, 2.0])
    assert [calibrated(agreement, line) for agreement in (0.1, 0.5, 0.9)] == pytest.approx([0.0, 0.5, 1.0])


def test_a_curve_for_each_round_lines_of_older_versions_and_one_line() -> None:
    assert curves([[[0.0, 0.1], [1.0, 0.9]], [[0.5, 0.6]]]) == (((0.0, 0.1), (1.0, 0.9)), ((0.5, 0.6),))
    assert curves([[0.25, 0.5], [0.0, 1.0]]) == (((0.0, 0.25), (1.0, 0.75)), ((0.0, 0.0), (1.0, 1.0)))
    assert curves([0.25, 0.5]) == (((0.0, 0.25), (1.0, 0.75)),)
    assert curves((UNCALIBRATED,)) == (UNCALIBRATED,)


@pytest.mark.parametrize(
    "numbers",
    [[], [[]], "no", None, [1.0], [[0.0, 1.0], [1.0]], [[[0.0, 1.0], [1.0]]], [[[0.5, 0.1], [0.5, 0.2]]],
     [[[0.5, 0.1], [0.4, 0.2]]], [0.0, float("nan")], [[[0.0, float("inf")]]]],
)  # fmt: skip
def test_anything_else_is_refused(numbers: Any) -> None:
    with pytest.raises(WeightsError, match="calibration"):
        curves(numbers)
