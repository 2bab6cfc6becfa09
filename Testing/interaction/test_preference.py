"""The posterior over choices against hand-made cases and float64 sums."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.interaction.preference import (
    Choice,
    Correction,
    log_likelihood,
    normalised,
    pairwise_dice,
    systematic_resample,
)
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import dice


def disks(radii: list[float], size: int = 32) -> np.ndarray:
    yy, xx = np.mgrid[:size, :size] - (size - 1) / 2
    return np.stack([np.hypot(yy, xx) <= r for r in radii])


def test_pairwise_dice_is_dice() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random((5, 9, 7)) < 0.4, rng.random((3, 9, 7)) < 0.6
    expected = [[dice(x, y) for y in b] for x in a]
    np.testing.assert_allclose(pairwise_dice(a, b), expected, rtol=1e-6)
    empty = np.zeros((1, 9, 7), bool)
    assert pairwise_dice(empty, empty)[0, 0] == 1.0
    assert pairwise_dice(empty, b)[0, 0] == 0.0


def test_likelihood_is_the_softmax_of_dice_in_float64() -> None:
    masks, offered = disks([4, 6, 8, 10, 12]), disks([5, 9, 13])
    settings = SessionSettings(choice_sharpness=25.0, choice_lapse=0.1)
    found = log_likelihood(masks, [Choice(offered, 1)], settings)
    for i, mask in enumerate(masks):
        score = np.exp(25.0 * np.array([dice(mask, c) for c in offered]))
        expected = np.log(0.9 * score[1] / score.sum() + 0.1 / 3)
        assert found[i] == pytest.approx(expected, abs=1e-5)


def test_answers_multiply_and_taking_one_back_leaves_its_factor_out() -> None:
    masks = disks([4, 6, 8, 10])
    settings = SessionSettings()
    first, second = Choice(disks([5, 11]), 0), Choice(disks([3, 7]), 1)
    one, two = (log_likelihood(masks, [a], settings) for a in (first, second))
    np.testing.assert_allclose(log_likelihood(masks, [first, second], settings), one + two)
    np.testing.assert_array_equal(log_likelihood(masks, [], settings), np.zeros(4))


def test_posterior_finds_the_mask_behind_the_choices_despite_a_wrong_one() -> None:
    radii = [4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]
    masks, wanted = disks(radii), 4
    answers = []
    for offered in ([4.0, 6.0, 9.0], [7.0, 8.0, 10.0], [5.0, 7.0, 8.0], [6.5, 8.0, 9.5]):
        candidates = disks(offered)
        answers.append(Choice(candidates, int(np.argmax(pairwise_dice(masks[wanted : wanted + 1], candidates)[0]))))
    clean = normalised(log_likelihood(masks, answers, SessionSettings()))
    assert int(clean.argmax()) == wanted
    slip = Choice(disks([4.0, 8.0]), 0)
    noisy = normalised(log_likelihood(masks, [*answers, slip], SessionSettings(choice_lapse=0.1)))
    assert int(noisy.argmax()) == wanted
    stubborn = normalised(log_likelihood(masks, [*answers, slip], SessionSettings(choice_lapse=0.0)))
    assert stubborn[wanted] < noisy[wanted]


def test_correction_favours_masks_that_agree() -> None:
    masks = disks([4, 12])
    inside_large = Correction(x=25, y=16, positive=True)
    weights = normalised(log_likelihood(masks, [inside_large], SessionSettings()))
    assert weights[1] == pytest.approx(0.98)
    outside = Correction(x=25, y=16, positive=False)
    assert normalised(log_likelihood(masks, [outside], SessionSettings()))[0] == pytest.approx(0.98)


def test_correction_takes_x_as_the_column() -> None:
    masks = np.zeros((2, 8, 8), bool)
    masks[0, 1, 6] = True  # row 1, column 6
    masks[1, 6, 1] = True
    weights = normalised(log_likelihood(masks, [Correction(x=6, y=1, positive=True)], SessionSettings()))
    assert weights[0] > 0.9


def test_impossible_answers_do_not_break_the_weights() -> None:
    masks = disks([2, 3])
    answers = [Choice(disks([2, 14]), 1)] * 50
    weights = normalised(log_likelihood(masks, answers, SessionSettings(choice_lapse=0.0, choice_sharpness=1e4)))
    assert np.isfinite(weights).all()
    assert weights.sum() == pytest.approx(1.0)


def test_resampling_draws_each_particle_its_share() -> None:
    weights = np.array([0.5, 0.25, 0.0, 0.25])
    for seed in range(10):
        counts = np.bincount(systematic_resample(weights, 40, np.random.default_rng(seed)), minlength=4)
        assert counts.tolist() == [20, 10, 0, 10]
