"""Running a simulated user through a session, and what came of it round by round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from SPASegmentLib.evaluation.cases import Case
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import best_on_screen, choose, dice
from SPASegmentLib.interaction.types import FrameImage
from SPASegmentLib.model.network import SPANetwork

#: Dice at which the paper counts rounds and failures on LIDC, and higher.
THRESHOLDS = (0.6, 0.7, 0.75, 0.8, 0.85, 0.9)
#: Rounds that a case counts for that never reaches a threshold.
FAILED_ROUNDS = 10


@dataclass(frozen=True)
class CaseRounds:
    """(rounds,) values of one case; the last round is repeated where a session has no candidates left."""

    dice_recommended: np.ndarray
    iou_recommended: np.ndarray
    dice_best_on_screen: np.ndarray
    expected_dice: np.ndarray


def run_case(network: Optional[SPANetwork], case: Case, settings: SessionSettings, noise: float = 0.0) -> CaseRounds:
    """A user who only chooses, always for all rounds."""
    session = Session(network, FrameImage(case.image.astype(np.float32)), settings)
    rng = np.random.default_rng([settings.seed, case.row])
    proposal = session.start(case.click)
    rows = []
    for j in range(settings.rounds):
        score = dice(proposal.masks[0], case.target)
        best = best_on_screen(proposal.masks, case.target)[1]
        rows.append((score, score / (2 - score), best, proposal.expected_dice))
        if j + 1 == settings.rounds or len(proposal.masks) < 2:
            break
        proposal = session.choose(choose(proposal.masks, case.target, rng, noise))
    rows += [rows[-1]] * (settings.rounds - len(rows))
    return CaseRounds(*np.array(rows).T)


def bootstrap_interval(
    values: np.ndarray, groups: Optional[Sequence[str]] = None, draws: int = 2000, seed: int = 0
) -> np.ndarray:
    """95 % interval of the mean over (n, ...) cases, resampling whole groups (patients) where they are known.

    Returns:
        (2, ...) lower and upper bound.
    """
    rng = np.random.default_rng(seed)
    names = np.arange(len(values)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    count = int(names.max()) + 1
    sums = np.stack([values[names == g].sum(0) for g in range(count)])
    sizes = np.bincount(names, minlength=count)
    means = []
    for _ in range(draws):
        pick = rng.integers(count, size=count)
        means.append(sums[pick].sum(0) / sizes[pick].sum())
    return np.percentile(means, [2.5, 97.5], axis=0)


def summary(results: List[CaseRounds], patients: Optional[Sequence[str]] = None) -> Dict[str, Any]:
    """Means by round with intervals, and what it takes to reach a Dice.

    `failure_rate` is the share of cases that never reach a threshold, `noc` the mean number of rounds until they
    do (paper, Fig. 4: failures count 10).
    """
    out: Dict[str, Any] = {"n_cases": len(results)}
    for name in ("dice_recommended", "iou_recommended", "dice_best_on_screen", "expected_dice"):
        values = np.stack([getattr(r, name) for r in results])
        low, high = bootstrap_interval(values, patients)
        out[name] = [round(float(v), 4) for v in values.mean(0)]
        out[f"{name}_ci95"] = [[round(float(a), 4), round(float(b), 4)] for a, b in zip(low, high)]
    reached = np.stack([r.dice_recommended for r in results])
    out["failure_rate"], out["noc"] = {}, {}
    for threshold in THRESHOLDS:
        hit = reached >= threshold
        needed = np.where(hit.any(1), hit.argmax(1) + 1, FAILED_ROUNDS)
        out["failure_rate"][str(threshold)] = round(float((~hit.any(1)).mean()), 4)
        out["noc"][str(threshold)] = round(float(needed.mean()), 3)
    return out
