"""Which slices a split keeps for testing: by names alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from SPASegmentLib.research.data.split import kept_for_testing

PATIENTS = np.array([f"p{k // 10}" for k in range(4000)])


def test_a_fifth_is_kept_and_it_is_always_the_same() -> None:
    by_slice = kept_for_testing("slices", Path("folder/a.npz"), 4000, None)
    by_patient = kept_for_testing("patients", Path("a.npz"), 4000, PATIENTS)
    assert 0.18 < by_slice.mean() < 0.22 and 0.14 < by_patient.mean() < 0.26
    assert np.array_equal(kept_for_testing("slices", Path("a"), 100, None), by_slice[:100])
    assert not np.array_equal(kept_for_testing("slices", Path("b.npz"), 4000, None), by_slice)
    assert np.array_equal(kept_for_testing("patients", Path("b.npz"), 500, PATIENTS[500:1000]), by_patient[500:1000])
    # Written down, so that trained weights and lists of later versions mean the same slices.
    assert np.flatnonzero(by_slice)[:8].tolist() == [2, 7, 11, 13, 16, 20, 24, 27]
    assert np.unique(PATIENTS[by_patient])[:5].tolist() == ["p101", "p104", "p111", "p114", "p115"]


def test_patients_are_on_one_side_and_neighbours_in_a_split_by_slice_on_both() -> None:
    by_slice = kept_for_testing("slices", Path("a.npz"), 4000, None)
    by_patient = kept_for_testing("patients", Path("a.npz"), 4000, PATIENTS)
    of_patient = by_patient.reshape(-1, 10)
    assert (of_patient.all(1) == of_patient.any(1)).all()
    torn = by_slice.reshape(-1, 10)
    assert (torn.any(1) & ~torn.all(1)).mean() > 0.8
    both = kept_for_testing("both", Path("a.npz"), 4000, PATIENTS)
    assert np.array_equal(both, by_slice & by_patient) and 0.02 < both.mean() < 0.06
