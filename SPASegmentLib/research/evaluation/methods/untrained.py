"""Methods that learn nothing from the user: what every method has to beat."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import Iterator, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.research.evaluation.cases import Case
from SPASegmentLib.research.evaluation.methods.method import Screen
from SPASegmentLib.research.evaluation.methods.spa import converse, frame_of
from SPASegmentLib.research.evaluation.users import User


@dataclass(frozen=True)
class ResampleMethod:
    """SPA's first round again and again, each time with fresh samples; the user keeps the best mask seen.

    Look at `dice_best_seen`: the choice teaches nothing, so the recommended mask stays what it was.
    """

    network: Network
    settings: SessionSettings
    users: Tuple[str, ...] = ("choice",)

    def screens(self, case: Case, user: User, rounds: int) -> Iterator[Screen]:
        """See `Method`."""
        settings, frame = replace(self.settings, rounds=1), frame_of(case)
        for j in range(rounds):
            session = Session(self.network, frame, replace(settings, seed=case.id.seed + j))
            proposal = session.start(case.click)
            predictions = session.predictions() > 0.5 if j == 0 else None
            yield Screen(proposal.masks, proposal.recommended, proposal.expected_dice, predictions)
            if not settings.looks:
                # The one region is found once; looks are at several, which a given one would put an end to.
                settings = replace(settings, region_mm=session.region.width * frame.spacing[0])


@dataclass(frozen=True)
class SeedMaskMethod:
    """No network: the bright or dark spot under the click (`grown_mask`), varied by the seed-mask family."""

    settings: SessionSettings
    users: Tuple[str, ...] = ("choice", "candidate", "choice+point", "choice+oracle-point", "clicks")

    def screens(self, case: Case, user: User, rounds: int) -> Iterator[Screen]:
        """See `Method`."""
        settings = replace(self.settings, rounds=rounds, seed=case.id.seed)
        session = Session(None, frame_of(case), settings)
        yield from converse(session, case, user, rounds, grown_mask(case.image, case.id.x, case.id.y))


@dataclass(frozen=True)
class ConsensusMethod:
    """An oracle: the best mask that does not depend on the user, drawn by the raters themselves.

    Of "at least so many raters" the number with the highest mean Dice over the targets that the protocol might ask
    for is taken: every single rater, or the majority of every combination.
    """

    targets: str
    users: Tuple[str, ...] = ("choice", "candidate", "choice+point", "choice+oracle-point", "clicks")

    def screens(self, case: Case, user: User, rounds: int) -> Iterator[Screen]:
        """See `Method`."""
        raters = case.raters
        sizes = range(1, len(raters) + 1) if self.targets == "combination" else (1,)
        subsets = [list(s) for n in sizes for s in itertools.combinations(range(len(raters)), n)]
        targets = np.stack([2 * raters[s].sum(0) >= len(s) for s in subsets])
        votes = np.stack([raters.sum(0) >= n for n in range(1, len(raters) + 1)])
        best = votes[int(pairwise_dice(votes, targets).mean(1).argmax())]
        yield Screen(best[None], best.astype(np.float32))


def grown_mask(image: np.ndarray, x: int, y: int, side: int = 48) -> np.ndarray:
    """A first mask without any learning: the connected spot under a click on one side of Otsu's threshold.

    Args:
        image: (h, w), any unit.
        x: column of the click.
        y: row of the click.
        side: of the window around the click that the threshold is found in, in pixels.

    Returns:
        (h, w) bool, not empty; a disk of 4 pixels around the click where the window shows no spot.
    """
    frame_rows, frame_columns = np.mgrid[: image.shape[0], : image.shape[1]]
    near = (abs(frame_rows - y) <= side // 2) & (abs(frame_columns - x) <= side // 2)
    smooth = ndimage.gaussian_filter(image.astype(np.float64), 1.0)
    threshold = _otsu(smooth[near])
    same = (smooth > threshold) == (smooth[y, x] > threshold)
    labels, _ = ndimage.label(same & near)
    spot = np.asarray(ndimage.binary_fill_holes(labels == labels[y, x]))
    if spot.sum() < 4 or spot.sum() > near.sum() / 2:
        spot = np.hypot(frame_rows - y, frame_columns - x) <= 4
    return spot


def _otsu(values: np.ndarray, bins: int = 128) -> float:
    """The threshold that splits values into the two most different classes (Otsu 1979)."""
    counts, edges = np.histogram(values, bins)
    centres = (edges[1:] + edges[:-1]) / 2
    below, weighted = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    between = (weighted[-1] * below - weighted * below[-1]) ** 2 / np.maximum(below * above, 1e-12)
    return float(edges[1:][int(np.where(above > 0, between, -1).argmax())])
