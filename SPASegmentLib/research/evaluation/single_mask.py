"""Evaluation on image sets with one mask per image: does the first click work beyond what training has seen?"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.innermost import innermost
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.research.data.single_mask import SMALLEST_OBJECT, find_pairs, largest_piece
from SPASegmentLib.research.evaluation.cases import Case, CaseId, blank
from SPASegmentLib.research.evaluation.methods.catalogue import MethodSpec
from SPASegmentLib.research.evaluation.multi_rater import run_one
from SPASegmentLib.research.evaluation.options import named, options
from SPASegmentLib.research.evaluation.parallel import Progress, cores, run_all
from SPASegmentLib.research.evaluation.record import figures, made_by
from SPASegmentLib.research.evaluation.users import User
from SPASegmentLib.research.spread import evenly


@dataclass(frozen=True)
class MaskTask:
    """The options of ``spa evaluate masks``, by the same names.

    Attributes:
        folder: in one of the layouts of `data.single_mask.find_pairs`.
        label: of the structure; None for all labels together.
        patients: to use; empty for all.
        rounds: per case.
        limit: cases at most, evenly spread; None for all.
        weights: of the SPA network; None for the bundled ones.
        seed: of the sessions.
        jobs: processes; None for one per processor core.
        runtime: see `model.use`.
    """

    folder: Path
    label: Optional[int] = None
    patients: Tuple[str, ...] = ()
    rounds: int = 6
    limit: Optional[int] = None
    weights: Optional[Path] = None
    seed: int = 0
    jobs: Optional[int] = None
    runtime: str = "torch"

    def command(self) -> str:
        """The command that repeats this measurement, the folder by its name alone."""
        words = [*options(self, "label"), *(f"--patient {quote(name)}" for name in self.patients)]
        words += options(self, "rounds", "limit", "weights", "runtime", "seed")
        return " ".join(["spa evaluate masks", quote(named(self.folder)), *words])


def evaluate_masks(
    task: MaskTask, progress: Progress = None, complain: Callable[[str], None] = lambda text: None
) -> Dict[str, Any]:
    """Let a simulated user, who answers by choices only, work on every slice that shows the object.

    The user wants the largest piece of the slice's mask and clicks into its middle (the pixel farthest from the
    outline).

    Args:
        task: what to measure.
        progress: called with (done, in all).
        complain: called with a sentence for each slice that is left out, since its image has one value everywhere.

    Returns:
        A record as of `multi_rater.evaluate`, with `diameters_px`: percentiles of the objects' widths in pixels.

    Raises:
        InputError: the folder has none of the layouts, or no slice of these patients shows the object.
        WeightsError: weights are missing or damaged.
    """
    started, processes = time.perf_counter(), task.jobs or cores()
    spec = MethodSpec("spa", SessionSettings(rounds=task.rounds, seed=task.seed), task.weights, runtime=task.runtime)
    spec.network()  # so that missing weights are told before the images are read
    cases = _cases(task, complain)
    results = run_all(run_one, [(case, User(), task.rounds) for case in cases], spec, processes, progress)
    values, per_case = figures(results, cases)
    diameters = 2 * np.sqrt(np.array([case.target.sum() for case in cases]) / np.pi)
    return {
        "protocol": "masks",
        "method": "spa",
        "user": "choice",
        "rounds": task.rounds,
        **values,
        "diameters_px": {str(q): round(float(np.percentile(diameters, q)), 1) for q in (5, 50, 95)},
        "files": [named(task.folder)],
        "label": task.label,
        **made_by(task, spec, task.command(), started, processes),
        "cases": per_case,
    }


def _cases(task: MaskTask, complain: Callable[[str], None]) -> List[Case]:
    pairs = [pair for pair in find_pairs(task.folder) if not task.patients or pair.patient in task.patients]
    absent = sorted(set(task.patients) - {pair.patient for pair in pairs})
    if absent:
        raise InputError(f"{named(task.folder)} has no patient {absent[0]!r}.")
    found: List[Tuple[str, str, np.ndarray, np.ndarray]] = []
    for pair in pairs:
        for image, mask in pair.slices(task.label):
            piece = largest_piece(mask)
            if blank(image) and piece.any():
                complain(f"{pair.image.name}: a slice of it has the same value everywhere.")
            elif piece.sum() >= SMALLEST_OBJECT:
                found.append((pair.patient, pair.image.name.split(".")[0], image, piece))
    if not found:
        raise InputError(f"No slice in {named(task.folder)} shows the object with {SMALLEST_OBJECT} pixels or more.")
    cases = []
    for row, (patient, name, image, piece) in evenly(list(enumerate(found)), task.limit):
        x, y = innermost(piece)
        case = CaseId(name, row, 1, x, y, int(np.random.default_rng([task.seed, row]).integers(2**31)))
        cases.append(Case(case, image, piece[None], np.ones(1, bool), piece, patient, None))
    return cases
