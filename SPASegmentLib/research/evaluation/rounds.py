"""What came of a case, round by round, and the record of many cases."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Optional, Sequence

import numpy as np

from SPASegmentLib.interaction.preference import pairwise_dice
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.research.evaluation import metrics
from SPASegmentLib.research.evaluation.cases import Case
from SPASegmentLib.research.evaluation.methods.method import Method, Screen
from SPASegmentLib.research.evaluation.statistics import area_under_rounds, reaching, rounded, with_interval
from SPASegmentLib.research.evaluation.users import User

#: Numbers of samples that the energy distance is computed with.
GED_SAMPLES = (16, 48)
#: Bins of the reliability diagram of the expected Dice.
EXPECTED_BINS = 20


@dataclass(frozen=True)
class CaseRounds:
    """The values of one case.

    Attributes:
        rounds: name -> (rounds,) values; the last round is repeated where nothing can change any more.
        once: name -> a value of the first round.
        similarity: (rounds, pairs) Dice between every two candidates; NaN where there are fewer candidates.
        pixels: (3, bins) reliability of the first round's probabilities (see `metrics.reliability`).
    """

    rounds: Dict[str, np.ndarray]
    once: Dict[str, float]
    similarity: np.ndarray
    pixels: np.ndarray


def run_case(method: Method, case: Case, user: User, rounds: int) -> CaseRounds:
    """A user's way through all rounds; a real one would stop as soon as a mask is good enough."""
    return measure(method.screens(case, user, rounds), case, rounds)


def measure(screens: Iterable[Screen], case: Case, rounds: int) -> CaseRounds:
    """The values of what was on screen, for a user who wants the case's target."""
    rows: List[Dict[str, float]] = []
    once: Dict[str, float] = {}
    similarity, pixels = [], np.zeros((3, metrics.PIXEL_BINS))
    best_seen = 0.0
    for screen in screens:
        scores = [dice(mask, case.target) for mask in screen.masks]
        best_seen = max(best_seen, *scores)
        row = {
            "dice_recommended": scores[0],
            "iou_recommended": scores[0] / (2 - scores[0]),
            "dice_best_on_screen": max(scores),
            "dice_best_seen": best_seen,
            "expected_dice": screen.expected_dice,
        }
        for name, group in (("included", case.included), ("excluded", ~case.included)):
            fits = [dice(screen.masks[0], mask) for mask in case.raters[group]]
            row[f"dice_{name}_raters"] = float(np.mean(fits)) if fits else float("nan")
        if case.spacing is not None:
            row["hd95_recommended_mm"] = metrics.hausdorff95(screen.masks[0], case.target, case.spacing)
        if not rows:
            once, pixels = _first_round(screen, case)
        rows.append(row)
        similarity.append(_similarity(screen.masks[1:]))
    rows += [rows[-1]] * (rounds - len(rows))
    similarity += [similarity[-1]] * (rounds - len(similarity))
    width = max(map(len, similarity))
    padded = np.full((rounds, width), np.nan)
    for j, pairs in enumerate(similarity):
        padded[j, : len(pairs)] = pairs
    return CaseRounds({name: np.array([row[name] for row in rows]) for name in rows[0]}, once, padded, pixels)


def _similarity(candidates: np.ndarray) -> List[float]:
    scores = pairwise_dice(candidates, candidates) if len(candidates) > 1 else np.zeros((0, 0))
    return [float(scores[a, b]) for a, b in itertools.combinations(range(len(candidates)), 2)]


def _first_round(screen: Screen, case: Case) -> tuple[Dict[str, float], np.ndarray]:
    """How the set of predictions, the candidates and the uncertainty fit all the raters, before any answer."""
    once: Dict[str, float] = {}
    if screen.predictions is not None:
        samples = screen.predictions
        order = np.random.default_rng(case.id.seed).permutation(len(samples))
        for n in GED_SAMPLES:
            if n <= len(samples):
                once[f"ged_{n}"] = metrics.ged_squared(samples[order[:n]], case.raters)
        if len(samples) < min(GED_SAMPLES):
            once["ged_all"] = metrics.ged_squared(samples, case.raters)
        once["dice_max"], once["dice_max_of_predictions"] = metrics.dice_max(samples, case.raters)
        once["dice_match"] = metrics.dice_match(samples, case.raters)
    if len(screen.masks) > 1:
        once["dice_match_candidates"] = metrics.dice_match(screen.masks[1:], case.raters)
        once["dice_max_candidates"] = metrics.dice_max(screen.masks[1:], case.raters)[0]
    area = metrics.window(case.raters, screen.probability)
    share, p = case.raters.mean(0)[area], screen.probability[area].astype(np.float64)
    once["uncertainty_correlation"] = metrics.correlation(_entropy(p), share * (1 - share))
    return once, metrics.reliability(p, share)


def _entropy(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)))


def summary(results: Sequence[CaseRounds], patients: Optional[Sequence[str]] = None) -> Dict[str, Any]:
    """Means by round with intervals, and everything that is read off many cases together.

    Args:
        results: of the cases.
        patients: of each case, to resample whole patients; None resamples cases.

    Returns:
        Per round lists `<name>` and `<name>_ci95`; `failure_rate` (share of cases that never reach a threshold) and
        `noc` (mean number of rounds until they do, failures counting 10) by threshold for the recommended mask's
        Dice, `..._best_seen` for any mask seen, `..._iou` for the recommended mask's IoU; `auc_recommended`;
        `first_round` (sets of predictions and candidates against all raters); `candidate_similarity`; `calibration`.
    """
    out: Dict[str, Any] = {"n_cases": len(results)}
    # Not every case has every value: distances in mm, for one, need the size of a pixel.
    unknown = np.full_like(results[0].rounds["dice_recommended"], np.nan)
    names = dict.fromkeys(name for r in results for name in r.rounds)
    stacked = {name: np.stack([r.rounds.get(name, unknown) for r in results]) for name in names}
    for name, values in stacked.items():
        if np.isfinite(values).any():
            out.update(with_interval(name, values, patients))
    change = np.diff(stacked["dice_recommended"], axis=1)
    if change.shape[1]:
        out.update(with_interval("change_recommended", change, patients))
    out.update(with_interval("auc_recommended", area_under_rounds(stacked["dice_recommended"]), patients))
    for name, suffix in (("dice_recommended", ""), ("dice_best_seen", "_best_seen"), ("iou_recommended", "_iou")):
        out.update(reaching(stacked[name], patients, suffix))
    out["first_round"] = {}
    for name in sorted({name for r in results for name in r.once}):
        values = np.array([r.once.get(name, np.nan) for r in results])
        if np.isfinite(values).any():
            out["first_round"].update(with_interval(name, values, patients))
    out["candidate_similarity"] = _quartiles([r.similarity for r in results])
    out["calibration"] = _calibration(results, stacked)
    return out


def _quartiles(similarity: Sequence[np.ndarray]) -> Dict[str, List[Optional[float]]]:
    """Quartiles of the Dice between candidates over all pairs and cases, by round (paper, Fig. 5)."""
    out: Dict[str, List[Optional[float]]] = {"lower_quartile": [], "median": [], "upper_quartile": []}
    for j in range(len(similarity[0])):
        values = np.concatenate([pairs[j] for pairs in similarity])
        values = values[np.isfinite(values)]
        quartiles = np.percentile(values, [25, 50, 75]) if len(values) else np.full(3, np.nan)
        for name, value in zip(out, quartiles):
            out[name].append(rounded(value))
    return out


def _calibration(results: Sequence[CaseRounds], stacked: Dict[str, np.ndarray]) -> Dict[str, Any]:
    """How far expected Dice and probabilities can be believed."""
    pixels = np.sum([r.pixels for r in results], axis=0)
    out: Dict[str, Any] = {"pixel_ece": rounded(metrics.calibration_error(pixels)), "pixels": _diagram(pixels)}
    expected, reached = stacked["expected_dice"], stacked["dice_recommended"]
    if np.isfinite(expected).all():
        table = metrics.reliability(expected, reached, EXPECTED_BINS)
        out["expected_dice_ece"] = rounded(metrics.calibration_error(table))
        out["expected_dice_bias"] = rounded((expected - reached).mean(0))
        out["expected_dice_correlation"] = rounded([metrics.correlation(e, d) for e, d in zip(expected.T, reached.T)])
        out["expected_dice"] = _diagram(table)
    return out


def _diagram(table: np.ndarray) -> List[List[float]]:
    """[count, mean predicted, mean observed] of every bin that is not empty."""
    return [[int(n), round(float(p / n), 4), round(float(y / n), 4)] for n, p, y in table.T if n]
