"""Fixed evaluation cases: an image, the mask a simulated user wants, and where that user clicks first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional

import numpy as np

from SPASegmentLib.data.shards import RaterSlices
from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.types import Click
from SPASegmentLib.training.batches import combinations, combine

PROTOCOLS = ("combination", "rater")


@dataclass(frozen=True)
class Case:
    """One image with one target.

    Attributes:
        row: of the slice in its file, the case id.
        image: (h, w) uint8.
        raters: (r, h, w) bool, all present raters.
        target: (h, w) bool, what the user wants.
        click: the first click, in the area all raters agree on.
        patient: for intervals over patients, or None.
    """

    row: int
    image: np.ndarray
    raters: np.ndarray
    target: np.ndarray
    click: Click
    patient: Optional[str]


def make_cases(
    slices: RaterSlices, protocol: str, seed: int = 0, raters: int = 4, limit: Optional[int] = None
) -> List[Case]:
    """Cases from all slices that `raters` raters have drawn on and that have an area they all agree on.

    Args:
        slices: the data.
        protocol: "combination": majority of a uniformly drawn combination of raters (the paper's); "rater":
            a uniformly drawn single rater.
        seed: of combinations and clicks; drawn per slice, so that a case does not depend on which others there are.
        raters: masks a slice must have.
        limit: keep this many slices, evenly spread over the file; None for all.

    Raises:
        InputError: unknown protocol, or no slice fits.
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"Unknown protocol {protocol!r}; there are {', '.join(PROTOCOLS)}.")
    rows = np.nonzero(slices.rater_counts() == raters)[0]
    rows = np.array([row for row in rows if slices.raters(int(row)).all(0).any()])
    if not len(rows):
        raise InputError(f"No slice in these files has {raters} rater masks with a common area.")
    if limit is not None and limit < len(rows):
        rows = rows[np.linspace(0, len(rows) - 1, limit).astype(int)]
    cases = []
    for row in rows:
        rng = np.random.default_rng([seed, int(row)])
        masks = slices.raters(int(row))
        subsets = combinations(len(masks)) if protocol == "combination" else [(k,) for k in range(len(masks))]
        target = combine(masks, subsets[rng.integers(len(subsets))])
        ys, xs = np.nonzero(masks.all(0))
        pick = rng.integers(len(ys))
        patient = None if slices.patients is None else str(slices.patients[row])
        cases.append(
            Case(int(row), slices.images[row], masks, target, Click(float(xs[pick]), float(ys[pick])), patient)
        )
    return cases
