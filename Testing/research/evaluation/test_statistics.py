"""Intervals and counts of rounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import sem

from SPASegmentLib.research.evaluation import statistics
from SPASegmentLib.research.evaluation.results.records import pack_records, packed, records_of_page
from SPASegmentLib.research.evaluation.statistics import (
    area_under_rounds,
    bootstrap_interval,
    difference,
    mean,
    reaching,
    rounds_needed,
)
from SPASegmentLib.research.markdown import between, number, percent


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


def test_interval_over_patients_is_that_of_drawn_patients() -> None:
    rng = np.random.default_rng(2)
    patients = np.repeat(np.arange(12), rng.integers(1, 9, 12))
    values = rng.random(len(patients)) + 0.1 * patients
    drawn = []
    for _ in range(4000):
        pick = rng.integers(12, size=12)
        drawn.append(np.concatenate([values[patients == p] for p in pick]).mean())
    assert bootstrap_interval(values, patients) == pytest.approx(np.percentile(drawn, [2.5, 97.5]), abs=0.02)


def test_missing_values_are_left_out() -> None:
    values = np.array([[1.0, np.nan], [0.5, np.nan], [np.nan, np.nan]])
    assert mean(values)[0] == 0.75
    assert np.isnan(mean(values)[1])
    low, high = bootstrap_interval(values)
    assert 0.5 <= low[0] <= high[0] <= 1
    assert np.isnan([low[1], high[1]]).all()


def test_rounds_and_failures_are_counted_as_in_the_paper() -> None:
    scores = np.array([[0.5, 0.72, 0.8], [0.65, 0.66, 0.67], [0.9, 0.9, 0.9]])
    needed, failed = rounds_needed(scores, 0.7)
    assert needed.tolist() == [2, 10, 1]
    assert failed.tolist() == [False, True, False]
    record = reaching(scores, None)
    assert record["noc"]["0.7"] == pytest.approx(13 / 3, abs=1e-3)
    assert record["failure_rate"]["0.7"] == pytest.approx(1 / 3, abs=1e-3)
    assert record["failure_rate_ci95"]["0.6"] == [0, 0]


def test_area_under_the_rounds() -> None:
    assert area_under_rounds(np.array([[0.5, 0.7, 0.9], [1.0, 1.0, 1.0]])) == pytest.approx([0.7, 1.0])
    assert area_under_rounds(np.array([[0.5, 0.9, 0.9]])) == pytest.approx([(0.7 + 0.9) / 2])


def test_difference_is_paired() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(200)
    gap, (low, high) = difference(hard + 0.01, hard)
    assert gap == pytest.approx(0.01)
    assert high - low < 1e-9


def test_there_is_no_interval_over_a_handful_of_patients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "LEAST_GROUPS", 8)
    values = np.random.default_rng(0).normal(0.5, 0.1, 40)
    few, enough = [f"p{i % 7}" for i in range(40)], [f"p{i % 8}" for i in range(40)]
    assert np.isnan(bootstrap_interval(values, few)).all() and np.isfinite(bootstrap_interval(values, enough)).all()
    found = statistics.with_interval("dice", values, few)
    assert found["dice"] == pytest.approx(values.mean(), abs=1e-4) and found["dice_ci95"] == [None, None]
    assert percent(found["dice"], found["dice_ci95"]) == f"{100 * values.mean():.1f}"
    assert number(0.5, [None, None]) == "0.50" and between([None, None]) == "-"


def test_a_record_of_few_patients_has_no_intervals_on_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier versions have written some."""
    monkeypatch.setattr(statistics, "LEAST_GROUPS", 8)
    old = {"command": "c", "protocol": "masks", "files": ["a.npz"], "machine": "m", "seconds": 1.0}
    old.update(dice_ci95=[[0.1, 0.2]], sets={"a": {"dice_ci95": [0.1, 0.2]}})
    page = tmp_path / "page.md"
    packed(page).parent.mkdir(parents=True)
    pack_records({"six": {**old, "intervals_over": "6 patients"}, "nine": {**old, "intervals_over": "9 images"}}, page)
    found = records_of_page({}, page)
    assert found["six"]["dice_ci95"] == [[None, None]] and found["six"]["sets"]["a"]["dice_ci95"] == [None, None]
    assert found["nine"]["dice_ci95"] == [[0.1, 0.2]] and found["six"]["command"] == "c"
