"""Calibrates the expected Dice of weights: what the model believes, against what simulated users got.

The mean Dice of the recommended mask with the posterior's masks is too optimistic, for no posterior knows all that
users may want. A straight line, fitted on patients and sets that were held out of training, takes that back; it is
believed in part, since sets differ. The curve goes into the model card, and `Proposal.expected_dice` follows it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model import use
from SPASegmentLib.model.card import write_card
from SPASegmentLib.model.expected_dice import Curve, ExpectedDice, calibrated
from SPASegmentLib.model.weights import load
from SPASegmentLib.paths import card_beside
from SPASegmentLib.research.data.structures import open_structures
from SPASegmentLib.research.evaluation.boxes import tight_box
from SPASegmentLib.research.evaluation.cases import (
    RATERS,
    Case,
    draw_ids,
    open_case,
    showing,
    thinned,
    without_blank,
)
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod, converse
from SPASegmentLib.research.evaluation.parallel import cores, run_all
from SPASegmentLib.research.evaluation.rounds import measure
from SPASegmentLib.research.evaluation.slices import open_files
from SPASegmentLib.research.evaluation.structures import structure_cases
from SPASegmentLib.research.evaluation.users import User
from SPASegmentLib.research.spread import evenly

#: Fewer values than this say nothing.
FEWEST = 30
#: How far the fitted line is believed; the rest is how far the predictions agree. A line of a few sets goes too far on
#: others: this was chosen on `structures/unseen` (docs/decisions.md).
BELIEVED = 0.5
#: What is fitted, as the card names it: sessions by choices after a click, after a box, and by corrective clicks.
SESSIONS = ("expected_dice", "expected_dice_of_extent", "expected_dice_corrected")


def fit_line(expected: np.ndarray, reached: np.ndarray) -> Tuple[float, float]:
    """Offset and slope of the least-squares line from expected to reached Dice, any shape, equally many of both.

    Raises:
        InputError: there are too few values, or they do not vary.
    """
    x, y = np.ravel(expected), np.ravel(reached)
    if len(x) < FEWEST or np.ptp(x) < 1e-6:
        raise InputError(f"Calibration needs at least {FEWEST} values that vary; give it more slices.")
    slope, offset = np.polyfit(x, y, 1)
    return round(float(offset), 4), round(float(slope), 4)


def fit_lines(expected: np.ndarray, reached: np.ndarray) -> np.ndarray:
    """(rounds, 2) offset and slope for each round of (cases, rounds) Dice that were expected and reached.

    The predictions agree more with every round, faster than they get better, so that each round has a line of its own
    where there are cases enough for it; otherwise all share one.

    Raises:
        InputError: there are too few values, or they do not vary.
    """
    if len(expected) < FEWEST:
        return np.array([fit_line(expected, reached)] * expected.shape[1])
    return np.array([fit_line(e, r) for e, r in zip(expected.T, reached.T)])


def curve_of(offset: float, slope: float) -> Curve:
    """The line, cut to 0..1 and believed in part, as knots.

    Raises:
        InputError: the line falls.
    """
    if slope <= 0:
        raise InputError(
            "The masks expected to be better were worse here: nothing can be learned from these cases. Give it more."
        )
    ends = [min(max((value - offset) / slope, 0.0), 1.0) for value in (0.0, 1.0)]
    knots = sorted({0.0, *ends, 1.0})
    dice = np.clip(offset + slope * np.array(knots), 0.0, 1.0) * BELIEVED + (1 - BELIEVED) * np.array(knots)
    return tuple((round(knot, 4), round(float(value), 4)) for knot, value in zip(knots, dice))


def calibrate(
    weights: Path,
    files: Sequence[Path],
    limit: Optional[int] = None,
    jobs: Optional[int] = None,
    progress: Optional[Callable[[int, int], None]] = None,
    structures: Sequence[Path] = (),
    per_set: Optional[int] = None,
    runtime: str = "torch",
    raters: int = RATERS,
    complain: Callable[[str], None] = lambda text: None,
) -> Dict[str, Any]:
    """Fit the lines with users who choose, and who click, and write them into the card beside the weights.

    Args:
        weights: a .safetensors file.
        files: npz files of patients that the weights have not learned from (``spa hold-out``).
        limit: cases of `files` at most, evenly spread; None for all.
        jobs: processes; None for one per processor core.
        progress: called with (done, in all).
        structures: npz files of structures (`data.structures`) that the weights have not learned from. On structures
            that training has seen, and on lungs alone, the line is too hopeful.
        per_set: cases of each of them at most, evenly spread; None for all.
        runtime: see `model.use`.
        raters: masks that a slice of `files` must have exactly; 0 for at least one.
        complain: called with a sentence for each image that is left out, since it has one value everywhere.

    Returns:
        What was written: `expected_dice` and, after a box, `expected_dice_of_extent` (a curve by round),
        `expected_dice_corrected` (by corrective clicks), the mean error before and after, and the number of cases.

    Raises:
        InputError: the files cannot be used or hold too little.
        WeightsError: the weights cannot be used.
        OutputError: the card cannot be written.
    """
    card = load(weights).card
    cases = _slice_cases(files, limit, raters, complain) if files or not structures else []
    for path in structures:
        cases += evenly(without_blank(structure_cases(open_structures(path)), complain), per_set)
    _check_enough(len(cases))
    work = [(case, kind) for kind in SESSIONS for case in cases]
    results = run_all(_rounds, work, _Uncalibrated(weights, runtime), jobs or cores(), progress)
    fitted: Dict[str, Any] = {}
    found: List[np.ndarray] = []
    for number, kind in enumerate(SESSIONS):
        part = results[number * len(cases) : (number + 1) * len(cases)]
        first = 1 if kind == "expected_dice_corrected" else 0  # of the corrected masks the first is the second one
        expected, reached = (np.stack([result[i][first:] for result in part]) for i in range(2))
        curves = [curve_of(*line) for line in fit_lines(expected, reached)]
        after = [[calibrated(value, curve) for value, curve in zip(case, curves)] for case in expected]
        fitted[kind] = _as_lists(curves)
        found.append(np.stack([expected.ravel(), np.ravel(after), reached.ravel()]))
    expected, after, reached = np.concatenate(found, axis=1)
    record: Dict[str, Any] = {
        **fitted,
        "bias_before": round(float((expected - reached).mean()), 4),
        "mean_error_before": round(float(np.abs(expected - reached).mean()), 4),
        "mean_error_after": round(float(np.abs(after - reached).mean()), 4),
        "n_cases": len(cases),
        "files": [Path(file).name for file in (*files, *structures)],
    }
    kept = {name: value for name, value in card.calibration.items() if name == "volumes"}
    write_card(replace(card, calibration={**record, **kept}), card_beside(Path(weights)))
    return record


def _check_enough(cases: int) -> None:
    """Refuse too few cases before hours of sessions; those by corrective clicks bring the fewest values.

    Raises:
        InputError: no line can be fitted to so few.
    """
    of_a_case = SessionSettings().rounds - 1
    needed = -(-FEWEST // of_a_case)
    if cases < needed:
        raise InputError(
            f"Calibration needs at least {needed} cases ({FEWEST} values, {of_a_case} of a case), and there are "
            f"{cases}; give it more slices or sets, or a higher --limit or --per-set."
        )


def _as_lists(curves: Sequence[Curve]) -> List[List[List[float]]]:
    """As they come back from a card."""
    return [[list(knot) for knot in curve] for curve in curves]


def _slice_cases(
    files: Sequence[Path], limit: Optional[int], raters: int, complain: Callable[[str], None]
) -> List[Case]:
    opened, protocol = open_files(files), "combination"
    ids = showing(draw_ids(opened, protocol, raters=raters), opened, protocol, complain)
    return [open_case(case, opened) for case in thinned(ids, protocol, limit)]


class _Uncalibrated:
    """Opens the method in whichever process it is used in."""

    def __init__(self, weights: Path, runtime: str) -> None:
        self.weights, self.runtime = weights, runtime

    def __call__(self) -> SPAMethod:
        network = use.load(self.weights, "cpu", self.runtime).network
        network.expected_dice = ExpectedDice()
        return SPAMethod(network, SessionSettings())


def _rounds(method: SPAMethod, work: Tuple[Case, str]) -> Tuple[np.ndarray, np.ndarray]:
    """(rounds,) expected and reached Dice of a session of a kind."""
    (case, kind), rounds = work, method.settings.rounds
    box = tight_box(case.target) if kind == "expected_dice_of_extent" else None
    user = User("clicks") if kind == "expected_dice_corrected" else User()
    found = measure(converse(method.session(case, rounds), case, user, rounds, box=box), case, rounds).rounds
    return found["expected_dice"], found["dice_recommended"]
