"""The parts of a mask."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from SPASegmentLib.mrml.parts import Parts, count_parts, left_of, part_at


def test_specks_are_no_parts() -> None:
    mask = np.zeros((40, 40), dtype=bool)
    assert count_parts(mask) == 0
    mask[2:12, 2:12] = True
    assert count_parts(mask) == 1
    mask[20:22, 20:22] = True
    assert count_parts(mask) == 1
    mask[30:36, 30:36] = True
    assert count_parts(mask) == 2
    # Corners that touch make one part.
    mask[12:22, 12:22] = True
    assert count_parts(mask) == 2


def test_the_part_under_a_point() -> None:
    mask = np.zeros((30, 40), dtype=bool)
    mask[2:6, 10:20], mask[15:20, 3:7] = True, True
    part = part_at(mask, 18.6, 4.4)
    assert part.sum() == 40 and part[2:6, 10:20].all()
    assert part_at(mask, 3.0, 15.0).sum() == 20
    assert not part_at(mask, 30.0, 25.0).any()


def test_what_is_left_of_masks_is_told_by_the_parts_that_they_touch() -> None:
    rng = np.random.default_rng(0)
    for share in (0.0, 0.1, 0.3, 0.6):
        held = np.zeros((30, 40), dtype=bool)
        held[5:25, 8:31] = rng.random((20, 23)) < share
        labels, count = ndimage.label(held, np.ones((3, 3)))
        parts = Parts(held)
        for _ in range(5):
            mask = rng.random(held.shape) < 0.02
            each = [labels == n for n in range(1, count + 1) if (mask & (labels == n)).any()]
            wanted = np.logical_or.reduce([np.zeros_like(held), *each])
            assert np.array_equal(parts.touching(mask), wanted) and np.array_equal(left_of(mask, held), wanted)
