"""Simulated readers: what they click, choose and accept."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.simulated_user import (
    POLICIES,
    best_on_screen,
    choose,
    corrective_click,
    dice,
    offset_mask,
    user_mask,
    wants_to_accept,
)


def _box(x0: int, y0: int, x1: int, y1: int, shape: tuple = (20, 30)) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[y0:y1, x0:x1] = True
    return mask


def test_dice_by_hand() -> None:
    assert dice(_box(0, 0, 4, 5), _box(2, 0, 6, 5)) == pytest.approx(2 * 10 / 40)
    assert dice(_box(0, 0, 4, 5), _box(0, 0, 4, 5)) == 1.0
    assert dice(_box(0, 0, 4, 5), _box(10, 0, 12, 5)) == 0.0


def test_dice_of_empty_masks() -> None:
    empty = _box(0, 0, 0, 0)
    assert dice(empty, empty) == 1.0
    assert dice(empty, _box(0, 0, 1, 1)) == 0.0


def test_dice_refuses_different_shapes() -> None:
    with pytest.raises(ValueError, match="one shape"):
        dice(np.ones((1, 4), dtype=bool), np.ones((4, 4), dtype=bool))


RATERS = np.stack([_box(5, 5, 9, 9), _box(0, 0, 0, 0), _box(5, 5, 15, 15), _box(7, 5, 15, 9)])


def test_policies_leave_missing_raters_out() -> None:
    """Row 1 is a missing reader: with it, the intersection and the smallest mask would be empty."""
    one, three, four = RATERS[0], RATERS[2], RATERS[3]
    assert np.array_equal(user_mask(RATERS, "largest"), three)
    assert np.array_equal(user_mask(RATERS, "smallest"), one)
    assert np.array_equal(user_mask(RATERS, "union"), one | three | four)
    assert np.array_equal(user_mask(RATERS, "intersection"), _box(7, 5, 9, 9))
    votes = one.astype(int) + three + four
    assert np.array_equal(user_mask(RATERS, "majority"), votes >= 2)


def test_a_present_rater_may_have_drawn_nothing() -> None:
    present = np.array([True, True, True, False])
    assert not user_mask(RATERS, "smallest", present=present).any()
    assert np.array_equal(user_mask(RATERS, "majority", present=present), RATERS[0] & RATERS[2])


def test_half_of_two_raters_is_a_majority() -> None:
    pair = RATERS[[0, 3]]
    assert np.array_equal(user_mask(pair, "majority"), pair[0] | pair[1])


@pytest.mark.parametrize("policy", POLICIES)
def test_policies_do_not_hand_out_the_raters_own_memory(policy: str) -> None:
    raters = RATERS.copy()
    user_mask(raters, policy)[:] = True
    assert np.array_equal(raters, RATERS)


def test_no_rater_and_no_such_policy() -> None:
    with pytest.raises(InputError, match="no rater's mask"):
        user_mask(np.zeros((4, 5, 5), dtype=bool), "union")
    with pytest.raises(InputError, match="policy is one of"):
        user_mask(RATERS, "loudest")


@pytest.mark.parametrize("offset", [1.0, 2.0, 2.5, -1.0, -2.0])
def test_offset_by_brute_force(offset: float) -> None:
    mask = _box(8, 6, 18, 14) | _box(16, 4, 20, 8)
    ys, xs = np.nonzero(~mask if offset < 0 else mask)
    rows, columns = np.mgrid[:20, :30]
    nearest = np.hypot(rows[..., None] - ys, columns[..., None] - xs).min(axis=-1)
    expected = nearest <= offset if offset > 0 else nearest > -offset
    assert np.array_equal(offset_mask(mask, offset), expected)
    assert np.array_equal(user_mask(mask[None], "union", offset_px=offset), expected)


def test_an_inward_offset_spares_the_frame_edge() -> None:
    eroded = offset_mask(_box(0, 5, 10, 15), -2.0)
    assert np.array_equal(eroded, _box(0, 7, 8, 13))
    assert offset_mask(np.ones((5, 5), dtype=bool), -2.0).all()


TARGET = _box(5, 5, 15, 15)
ON_SCREEN = np.stack([TARGET, _box(5, 5, 10, 15), _box(5, 5, 14, 15), _box(0, 0, 3, 3), _box(5, 5, 15, 10)])


def test_the_best_mask_is_gone_on_from_and_without_the_recommended_one_the_best_candidate() -> None:
    scores = [2 * (m & TARGET).sum() / (m.sum() + TARGET.sum()) for m in ON_SCREEN]
    assert choose(ON_SCREEN, TARGET, np.random.default_rng(0)) == int(np.argmax(scores)) == 0
    assert choose(ON_SCREEN[[3, 1, 2]], TARGET, np.random.default_rng(0)) == 2
    assert choose(ON_SCREEN, TARGET, np.random.default_rng(0), any_mask=False) == 2


@pytest.mark.parametrize(("any_mask", "best", "others"), [(True, 0, [1, 2, 3, 4]), (False, 2, [1, 3, 4])])
def test_a_noisy_user_picks_each_of_the_others_equally_often(any_mask: bool, best: int, others: list[int]) -> None:
    rng = np.random.default_rng(1)
    picks = [choose(ON_SCREEN, TARGET, rng, noise=0.3, any_mask=any_mask) for _ in range(3000)]
    shares = np.bincount(picks, minlength=5) / 3000
    assert shares[best] == pytest.approx(0.7, abs=0.04)
    np.testing.assert_allclose(shares[others], 0.3 / len(others), atol=0.03)
    assert shares[[best, *others]].sum() == pytest.approx(1.0)


def test_a_single_candidate_is_chosen_whatever_the_noise() -> None:
    assert choose(ON_SCREEN[:2], TARGET, np.random.default_rng(0), noise=1.0, any_mask=False) == 1
    with pytest.raises(InputError, match="No candidate"):
        choose(ON_SCREEN[:1], TARGET, np.random.default_rng(0))


def test_stop_rule() -> None:
    assert best_on_screen(ON_SCREEN, TARGET) == (0, 1.0)
    others = ON_SCREEN[[3, 1, 2]]
    row, score = best_on_screen(others, TARGET)
    assert row == 2 and score == pytest.approx(2 * 90 / 190)
    assert wants_to_accept(others, TARGET, good_enough=0.94) == 2
    assert wants_to_accept(others, TARGET, good_enough=0.95) is None
    assert wants_to_accept(others, TARGET, good_enough=0.95, last_round=True) == 2


def test_corrective_click_in_the_middle_of_the_largest_error() -> None:
    target = _box(2, 2, 9, 9) | _box(20, 10, 25, 15)
    on_screen = _box(2, 2, 9, 9) | _box(12, 0, 15, 3)
    click = corrective_click(on_screen, target)
    assert click is not None and (click.x, click.y, click.positive) == (22.0, 12.0, True)
    on_screen = target | _box(11, 1, 18, 8)
    click = corrective_click(on_screen, target)
    assert click is not None and (click.x, click.y, click.positive) == (14.0, 4.0, False)


def test_corrective_click_counts_the_frame_edge_as_an_edge() -> None:
    click = corrective_click(np.zeros((20, 30), dtype=bool), _box(0, 0, 7, 7))
    assert click is not None and (click.x, click.y) == (3.0, 3.0)


def test_an_error_of_two_kinds_side_by_side_is_two_errors() -> None:
    """Missing and superfluous pixels that touch must not be clicked as one component."""
    target, on_screen = _box(10, 5, 16, 11), _box(5, 5, 10, 10)
    click = corrective_click(on_screen, target)
    assert click is not None and click.positive and 10 < click.x < 15


def test_no_correction_where_the_masks_agree() -> None:
    assert corrective_click(TARGET, TARGET) is None
