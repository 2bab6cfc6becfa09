"""Evaluation: fixed cases, intervals, counts of rounds, and a whole run with the bundled weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import sem

from SPASegmentLib.data.shards import RaterSlices, load_slices, pack
from SPASegmentLib.errors import InputError
from SPASegmentLib.evaluation.cases import make_cases
from SPASegmentLib.evaluation.lidc import evaluate
from SPASegmentLib.evaluation.rounds import CaseRounds, bootstrap_interval, summary
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.weights import load_default


@pytest.fixture(scope="module")
def slices() -> RaterSlices:
    """Four slices with a bright disk that four readers draw with radii 6 to 9."""
    rng = np.random.default_rng(0)
    yy, xx = np.mgrid[:96, :96]
    images, masks = [], []
    for i in range(4):
        cx, cy = 44 + i, 50 - i
        distance = 7.5 - np.hypot(yy - cy, xx - cx)
        images.append(np.clip(60 + 120 / (1 + np.exp(-distance)) + 6 * rng.standard_normal((96, 96)), 0, 255))
        masks.append(pack(np.stack([np.hypot(yy - cy, xx - cx) < r for r in (6, 7, 8, 9)])))
    patients = np.array([f"p{i // 2}" for i in range(4)])
    return RaterSlices(np.stack(images).astype(np.uint8), np.stack(masks), patients)


def test_cases_are_fixed_and_do_not_depend_on_their_neighbours(slices: RaterSlices) -> None:
    first, second = make_cases(slices, "combination", 3), make_cases(slices, "combination", 3)
    few = make_cases(slices, "combination", 3, limit=2)
    assert [c.row for c in few] == [0, 3]
    for a, b in zip(first, second):
        assert a.click == b.click
        assert np.array_equal(a.target, b.target)
    assert few[1].click == first[3].click
    for case in first:
        assert case.raters.all(0)[int(case.click.y), int(case.click.x)]
    assert {c.click for c in make_cases(slices, "combination", 4)} != {c.click for c in first}


def test_rater_protocol_wants_one_raters_mask(slices: RaterSlices) -> None:
    for case in make_cases(slices, "rater"):
        assert any(np.array_equal(case.target, mask) for mask in case.raters)


def test_slices_with_missing_raters_are_left_out(slices: RaterSlices) -> None:
    masks = slices.masks.copy()
    masks[0] &= 0b0111
    assert [c.row for c in make_cases(RaterSlices(slices.images, masks), "combination")] == list(range(1, 4))
    with pytest.raises(InputError, match="No slice"):
        make_cases(RaterSlices(slices.images, masks & 1), "combination")
    with pytest.raises(InputError, match="Unknown protocol"):
        make_cases(slices, "guess")


def test_interval_over_independent_cases_is_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(0.8, 0.1, 400)
    low, high = bootstrap_interval(values)
    assert low == pytest.approx(values.mean() - 1.96 * sem(values), abs=0.002)
    assert high == pytest.approx(values.mean() + 1.96 * sem(values), abs=0.002)


def test_interval_over_patients_is_wider_where_their_slices_are_alike() -> None:
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(0.8, 0.1, 40), 10)
    patients = [f"p{i}" for i in np.repeat(np.arange(40), 10)]
    over_cases, over_patients = bootstrap_interval(values), bootstrap_interval(values, patients)
    assert np.diff(over_patients)[0] > 2.5 * np.diff(over_cases)[0]


def test_rounds_and_failures_are_counted_as_in_the_paper() -> None:
    def case(*dice: float) -> CaseRounds:
        array = np.array(dice)
        return CaseRounds(array, array / (2 - array), array, array)

    record = summary([case(0.5, 0.72, 0.8), case(0.65, 0.66, 0.67), case(0.9, 0.9, 0.9)])
    assert record["noc"]["0.7"] == pytest.approx((2 + 10 + 1) / 3, abs=1e-3)
    assert record["failure_rate"]["0.7"] == pytest.approx(1 / 3, abs=1e-3)
    assert record["dice_recommended"] == pytest.approx([np.mean([0.5, 0.65, 0.9]), 0.76, 0.79], abs=1e-4)


def test_a_run_repeats_and_choices_help(slices: RaterSlices, tmp_path: Path) -> None:
    path = tmp_path / "cases.npz"
    np.savez(path, images=slices.images, masks=slices.masks, patients=slices.patients)
    loaded, settings = load_default(), SessionSettings(rounds=3)
    first = evaluate(loaded, [path], "rater", settings)
    again = evaluate(loaded, [path], "rater", settings)
    assert first["dice_recommended"] == again["dice_recommended"]
    assert first["intervals_over"] == "patients"
    assert first["n_cases"] == len(load_slices([path]))
    assert first["dice_recommended"][2] > first["dice_recommended"][0]
    assert all(b >= r for b, r in zip(first["dice_best_on_screen"], first["dice_recommended"]))
    with pytest.raises(InputError, match="between 0 and 1"):
        evaluate(loaded, [path], "rater", settings, noise=1.0)
