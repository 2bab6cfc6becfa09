"""What is made of two maps of one slice."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from SPASegmentLib.interaction.fill import LEAST, blended
from SPASegmentLib.interaction.patch import Patch


def test_blended_maps_have_the_mean_logit_wherever_they_lie() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.uniform(0, 1, (6, 5)).astype(np.float32), rng.uniform(0, 1, (4, 7)).astype(np.float32)
    found = blended(Patch(one, 2, 3), Patch(other, 5, 1))
    whole = [np.zeros((12, 12)), np.zeros((12, 12))]
    whole[0][2:8, 3:8], whole[1][5:9, 1:8] = one, other
    expected = expit(sum(logit(np.clip(each, LEAST, 1 - LEAST)) for each in whole) / 2)
    assert (found.top, found.left, found.values.shape) == (2, 1, (7, 7)) and found.values.dtype == np.float32
    assert np.allclose(found.values, expected[2:9, 1:8], atol=1e-6)
    # What only one of them has ever heard of is not in it, unless that one is all but certain.
    assert found.values[:3].max() < 0.5
    assert np.allclose(blended(Patch(one), Patch(one)).values, np.clip(one, LEAST, 1 - LEAST), atol=1e-5)
