"""Evaluation on files of many kinds of structures: does SPA work on what nobody trained it on?

The case of an image: the largest connected part (`scipy.ndimage.label`'s default) of one class, or of the majority of
the people who drew something, with at least 40 pixels and at most 70 % of the content; the first click lies at its
innermost pixel. Means and intervals are over sets, for a set stands for a kind of structure.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.innermost import innermost
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.paths import listed
from SPASegmentLib.research.data.structures import StructureSet, open_structures
from SPASegmentLib.research.evaluation.boxes import STARTS, first_box
from SPASegmentLib.research.evaluation.cases import Case, CaseId, blank, blank_text, without_blank
from SPASegmentLib.research.evaluation.methods.catalogue import MethodSpec
from SPASegmentLib.research.evaluation.methods.method import Screen
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod, converse
from SPASegmentLib.research.evaluation.metrics import correlation
from SPASegmentLib.research.evaluation.options import named, options
from SPASegmentLib.research.evaluation.parallel import Progress, cores, run_all
from SPASegmentLib.research.evaluation.record import made_by
from SPASegmentLib.research.evaluation.rounds import CaseRounds, measure
from SPASegmentLib.research.evaluation.statistics import rounded, with_interval
from SPASegmentLib.research.evaluation.users import User
from SPASegmentLib.research.spread import evenly

#: Pixels that a part must have, and the share of the content that it may have.
LEAST_PIXELS, LARGEST_SHARE = 40, 0.7
#: Users who take part.
USERS = ("choice", "clicks")
#: What a record says of every round.
VALUES = ("dice_recommended", "dice_best_on_screen", "dice_best_seen", "expected_dice")


@dataclass(frozen=True)
class StructuresTask:
    """The options of ``spa evaluate structures``, by the same names.

    Attributes:
        folder: of npz files (`data.structures`), a set each.
        start: of `boxes.STARTS`.
        user: of `USERS`.
        rounds: per case.
        limit: cases of a set at most, evenly spread; None for all.
        weights: of the SPA network; None for the bundled ones.
        seed: of the sessions.
        jobs: processes; None for one per processor core.
        runtime: see `model.use`.
    """

    folder: Path
    start: str = "click"
    user: str = "choice"
    rounds: int = 6
    limit: Optional[int] = None
    weights: Optional[Path] = None
    seed: int = 0
    jobs: Optional[int] = None
    runtime: str = "torch"

    def __post_init__(self) -> None:
        for name, value, known in (("start", self.start, STARTS), ("user", self.user, USERS)):
            if value not in known:
                raise InputError(f"Unknown {name} {value!r}; there are {', '.join(known)}.")

    def spec(self) -> MethodSpec:
        """SPA as the front ends run it, not yet opened."""
        settings = SessionSettings(rounds=self.rounds, seed=self.seed)
        return MethodSpec("spa", settings, self.weights, runtime=self.runtime)

    def command(self) -> str:
        """The command that repeats this measurement, the folder by its name alone."""
        words = options(self, "start", "user", "rounds", "limit", "weights", "runtime", "seed")
        return " ".join(["spa evaluate structures", quote(named(self.folder)), *words])


@dataclass(frozen=True)
class StructureJob:
    """A case and how it is worked on."""

    case: Case
    user: User
    start: str
    rounds: int

    def screens(self, method: SPAMethod) -> Iterator[Screen]:
        """What is on screen, round by round."""
        rng = np.random.default_rng([self.case.id.seed, self.case.id.row, 1])
        box = first_box(self.start, self.case.target, rng)
        return converse(method.session(self.case, self.rounds), self.case, self.user, self.rounds, box=box)


@dataclass(frozen=True)
class Measured:
    """What came of the cases of a set."""

    name: str
    jobs: List[StructureJob]
    results: List[CaseRounds]
    facts: Dict[str, str]

    def values(self, name: str) -> np.ndarray:
        """(cases, rounds) of `VALUES`."""
        return np.stack([result.rounds[name] for result in self.results])


def evaluate_structures(
    task: StructuresTask, progress: Progress = None, complain: Callable[[str], None] = lambda text: None
) -> Tuple[Dict[str, Any], List[Measured]]:
    """Let a simulated user work on every case of every file in a folder.

    Args:
        task: what to measure.
        progress: called with (done, in all).
        complain: called with a sentence for each file and each image that cannot be used; the others go on.

    Returns:
        The record (`n_sets`, `n_cases`, each of `VALUES` by round as a mean over sets with its interval, and the same
        for each set under `sets`), and the sets with their cases, to draw them.

    Raises:
        InputError: no file can be used; the message says why.
        WeightsError: weights are missing or damaged.
    """
    started, processes, spec = time.perf_counter(), task.jobs or cores(), task.spec()
    spec.network()  # so that missing weights are told before the images are read
    sets, skipped = _open_all(task, complain)
    jobs = [job for _, some in sets for job in some]
    results = iter(run_all(_run, jobs, spec, processes, progress))
    measured = [Measured(one.name, some, [next(results) for _ in some], one.facts) for one, some in sets]
    return {
        "protocol": "structures",
        "method": "spa",
        "user": task.user,
        "start": task.start,
        "rounds": task.rounds,
        **_over_sets(measured),
        "sets": {one.name: _of_set(one) for one in measured},
        "skipped": skipped,
        "files": [named(task.folder)],
        **made_by(task, spec, task.command(), started, processes),
        "cases": _per_case(measured),
    }, measured


def structure_cases(structures: StructureSet, seed: int = 0) -> List[Case]:
    """The case of every image that has one.

    The pixel size is not used: it is known for few sets, and sessions are to be the same for all.
    """
    found = []
    for row in range(len(structures)):
        mask = _target(structures, row)
        if mask is None:
            continue
        x, y = innermost(mask)
        draw = int(np.random.default_rng([seed, row]).integers(2**31))
        case = CaseId(structures.name, row, 1, x, y, draw)
        patient = str(structures.patients[row])
        found.append(Case(case, structures.images[row], mask[None], np.ones(1, bool), mask, patient, None))
    return found


def _target(structures: StructureSet, row: int) -> Optional[np.ndarray]:
    if structures.labels is not None:
        candidates = list(structures.classes(row).values())
    else:
        people = structures.people(row)
        candidates = [2 * people.sum(0) >= len(people)] if len(people) else []
    best, most = None, 0
    for mask in candidates:
        parts, _ = ndimage.label(mask)
        for number, area in enumerate(np.bincount(parts.ravel())[1:], start=1):
            if LEAST_PIXELS <= area <= LARGEST_SHARE * mask.size and area > most:
                best, most = parts == number, int(area)
    return best


def _open_all(
    task: StructuresTask, complain: Callable[[str], None]
) -> Tuple[List[Tuple[StructureSet, List[StructureJob]]], Dict[str, str]]:
    """The sets with their jobs, and why files and images were left out, by name."""
    paths = listed(task.folder, "*.npz")
    if not task.folder.is_dir():
        raise InputError(f"{task.folder} is no folder, or not there; give one with an npz file for each set.")
    if not paths:
        raise InputError(f"{task.folder} holds no npz files; give a folder with a file for each set.")
    sets: List[Tuple[StructureSet, List[StructureJob]]] = []
    skipped: Dict[str, str] = {}
    for path in paths:
        try:
            structures = open_structures(path)
            found = structure_cases(structures, task.seed)
            cases = without_blank(found, complain)
            for case in found:
                if blank(case.image):
                    skipped[f"{path.name}, row {case.id.row}"] = blank_text(case.id.file, case.id.row)
            if not cases:
                raise InputError(
                    f"{path.name} has no case: no part of {LEAST_PIXELS} pixels or more that leaves "
                    f"{1 - LARGEST_SHARE:.0%} of the image."
                )
        except InputError as error:
            skipped[path.name] = str(error)
            complain(str(error))
            continue
        jobs = [StructureJob(case, User(task.user), task.start, task.rounds) for case in evenly(cases, task.limit)]
        sets.append((structures, jobs))
    if not sets:
        raise InputError(f"No file in {task.folder} can be used. {next(iter(skipped.values()))}")
    return sets, skipped


def _run(method: SPAMethod, job: StructureJob) -> CaseRounds:
    """In a worker."""
    return measure(job.screens(method), job.case, job.rounds)


def _over_sets(measured: Sequence[Measured]) -> Dict[str, Any]:
    out: Dict[str, Any] = {"n_sets": len(measured), "n_cases": sum(len(one.jobs) for one in measured)}
    for name in VALUES:
        out.update(with_interval(name, np.stack([one.values(name).mean(0) for one in measured])))
    gap = [(one.values("expected_dice") - one.values("dice_recommended")).mean(0) for one in measured]
    out.update(with_interval("expected_minus_reached", np.stack(gap)))
    both = [np.concatenate([one.values(name) for one in measured]) for name in ("expected_dice", "dice_recommended")]
    out["expected_dice_correlation"] = rounded([correlation(e, d) for e, d in zip(both[0].T, both[1].T)])
    out["intervals_over"] = f"{len(measured)} sets"
    return out


def _of_set(one: Measured) -> Dict[str, Any]:
    out: Dict[str, Any] = {"n_cases": len(one.jobs)}
    patients = [str(job.case.patient) for job in one.jobs]
    for name in VALUES:
        out.update(with_interval(name, one.values(name), patients))
    return {**out, "intervals_over": f"{len(set(patients))} patients", **one.facts}


def _per_case(measured: Sequence[Measured]) -> Dict[str, Any]:
    out: Dict[str, Any] = {"id": [f"{one.name}:{job.case.id.row}" for one in measured for job in one.jobs]}
    for name in VALUES:
        out[name] = [rounded(row) for one in measured for row in one.values(name)]
    return out
