"""Logits of probabilities, and back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from SPASegmentLib.interaction.logits import to_logits, to_probabilities


def test_logits_are_those_of_scipy_and_come_back() -> None:
    wanted = np.random.default_rng(0).uniform(0.01, 0.99, (2, 5, 7)).astype(np.float32)
    found = to_logits(wanted, 1e-3)
    assert found.dtype == np.float32 and found == pytest.approx(special.logit(wanted), abs=1e-5)
    assert to_probabilities(found) == pytest.approx(wanted, abs=1e-6)


def test_certain_probabilities_have_finite_logits_and_logits_without_bound_certain_probabilities() -> None:
    certain = np.array([0.0, 1.0], np.float32)
    assert to_logits(certain, 1e-3) == pytest.approx([-6.9068, 6.9068], abs=1e-3)
    assert certain.tolist() == [0.0, 1.0], "they are left as they were"
    logits = np.array([-200.0, 0.0, 200.0], np.float32)
    assert to_probabilities(logits) is logits and logits.tolist() == [0.0, 0.5, 1.0]
