"""Some of many, evenly spread."""

from __future__ import annotations

from SPASegmentLib.research.spread import evenly


def test_a_limit_that_is_none_or_large_enough_leaves_all() -> None:
    assert evenly("abc", None) == evenly("abc", 3) == evenly("abc", 9) == ["a", "b", "c"]


def test_the_first_and_the_last_are_kept_and_those_between_lie_evenly() -> None:
    assert evenly(range(9), 3) == evenly(range(9), 3, nearest=True) == [0, 4, 8]
    assert evenly(range(9), 1) == [0]


def test_a_place_between_two_items_is_cut_off_or_rounded() -> None:
    assert evenly(range(9), 4) == [0, 2, 5, 8]
    assert evenly(range(9), 4, nearest=True) == [0, 3, 5, 8]
