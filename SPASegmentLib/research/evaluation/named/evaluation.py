"""``spa evaluate named``: does SPA learn what one person wants, or only what all people of a set have in common?"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.card import ModelCard
from SPASegmentLib.research.data.folds import FOLDS, weights_of
from SPASegmentLib.research.evaluation.methods.catalogue import MethodSpec
from SPASegmentLib.research.evaluation.named.figures import PROFILES, Worked, summary
from SPASegmentLib.research.evaluation.named.folded import FoldedSpec, check_folds, folds_of
from SPASegmentLib.research.evaluation.named.left_out import compare_left_out
from SPASegmentLib.research.evaluation.named.people import People, open_people, second_parts
from SPASegmentLib.research.evaluation.named.seen import seen_in_training
from SPASegmentLib.research.evaluation.named.sequences import (
    GOOD_ENOUGH,
    LATER,
    PersonJob,
    TaughtJob,
    Ways,
    run_person,
    run_taught,
)
from SPASegmentLib.research.evaluation.named.two_programs import compare_programs
from SPASegmentLib.research.evaluation.options import options
from SPASegmentLib.research.evaluation.parallel import Progress, cores, run_all
from SPASegmentLib.research.evaluation.record import made_by
from SPASegmentLib.research.evaluation.statistics import rounded
from SPASegmentLib.research.spread import evenly


@dataclass(frozen=True)
class NamedTask:
    """The options of ``spa evaluate named``, by the same names.

    Attributes:
        files: npz files of the same people (`people`).
        start: "click" or "box".
        rounds: per image at most.
        limit: images at most, evenly spread; None for all.
        weights: of the SPA network; None for the bundled ones.
        runtime: see `model.use`.
        seed: of the order of the images and of the sessions.
        jobs: processes; None for one per processor core.
        second: the same people and images with a second program; None where there is none.
        folds: folder of weights by fold (`folded`), instead of `weights`; people whom they leave out in turn are
            measured with those, too.
    """

    files: Tuple[Path, ...]
    start: str = "click"
    rounds: int = 6
    limit: Optional[int] = None
    weights: Optional[Path] = None
    runtime: str = "torch"
    seed: int = 0
    jobs: Optional[int] = None
    second: Optional[Path] = None
    folds: Optional[Path] = None

    def __post_init__(self) -> None:
        if self.start not in ("click", "box"):
            raise InputError(f"Unknown start {self.start!r}; there are click, box.")
        if not self.files:
            raise InputError("Give at least one file of named people with --npz.")
        if self.folds is not None and (self.weights is not None or len(self.files) > 1):
            raise InputError("--folds are the weights of one file: give one --npz, and no --weights.")

    def spec(self) -> MethodSpec:
        """SPA as the front ends run it, not yet opened; of several weights the first."""
        first = self.weights if self.folds is None else weights_of(self.folds, 0)
        return MethodSpec("spa", self._settings(), first, runtime=self.runtime)

    def folded(self) -> Optional[FoldedSpec]:
        """The weights of all folds, not yet opened; None where there is one for all images.

        Raises:
            InputError: the file cannot be read, or weights are missing.
        """
        if self.folds is None:
            return None
        found = FoldedSpec(self.folds, folds_of(self.files), self._settings(), self.runtime)
        if not found.exists():
            raise InputError(
                f"{self.folds} does not hold the weights of all {FOLDS} folds; train them with spa train-people."
            )
        return found

    def _settings(self) -> SessionSettings:
        return SessionSettings(rounds=self.rounds, seed=self.seed)

    def command(self) -> str:
        """The command that repeats this measurement, files by their names alone."""
        files = (f"--npz {quote(path.name)}" for path in self.files)
        words = options(self, "second", "start", "rounds", "limit", "weights", "folds", "runtime", "seed")
        return " ".join(["spa evaluate named", *files, *words])


def evaluate_named(task: NamedTask, progress: Progress = None) -> Dict[str, Any]:
    """Let every person of a set work through its images.

    Args:
        task: what to measure.
        progress: called with (done, in all).

    Returns:
        The record: figures of all people and of each (`figures.summary`), `seen_in_training`, all that is needed to
        repeat them, and under `cases` the values of every person on every image.

    Raises:
        InputError: the files cannot be used; the message says what to do.
        WeightsError: weights are missing or damaged.
    """
    started, processes, spec = time.perf_counter(), task.jobs or cores(), task.spec()
    folded = task.folded()
    card = spec.network().card  # so that missing weights are told before the images are read
    everything = open_people(task.files, task.seed)
    people = everything.taken(_order(everything, task))
    cards = [] if folded is None else _all_cards(folded, task.files[0], people)
    if cards:
        # What they had learned before they saw the set.
        card = replace(cards[0], training=cards[0].training.get("initial", {}))
    second = None if task.second is None else second_parts(task.second, task.files, people)
    worked = _work(people, task, folded or spec, processes, progress)
    record = {
        "protocol": "named",
        "method": "spa",
        "user": "choice",
        "start": task.start,
        "rounds": task.rounds,
        "good_enough": GOOD_ENOUGH,
        "n_cases": sum(case is not None for person in people.cases for case in person),
        "n_images": len(people.images),
        "images": f"{LATER + 1} to {len(people.images)}",
        **summary(people, worked),
        "intervals_over": f"{len({people.patient(i) for i in range(len(people.images))})} images or patients",
        "seen_in_training": seen_in_training(task.files, card),
    }
    if second is not None:
        record["two_programs"] = compare_programs(people, second, worked)
    if folded is not None:
        record["folds"] = FOLDS
        record["sha256_of_all"] = [card.sha256 for card in cards]
        known = [one.without for one in worked]
        left_out = compare_left_out(people, known, folded, task.start, task.rounds, processes, progress)
        record.update({"left_out": left_out} if left_out else {})
    return {
        **record,
        "files": [path.name for path in task.files],
        **made_by(task, spec, task.command(), started, processes),
        "cases": _per_case(people, worked),
    }


def _all_cards(folded: FoldedSpec, file: Path, people: People) -> List[ModelCard]:
    """Of the weights of all folds, then of those that leave out a person, as far as there are some.

    Raises:
        InputError: some have seen what they are measured on.
    """
    specs = [folded, *(one for k in range(len(people.names)) if (one := folded.leaving_out(k)).exists())]
    return [card for spec in specs for card in check_folds(spec, file, people.names)]


def _order(people: People, task: NamedTask) -> List[int]:
    """Images in random order, so that windows of one image do not follow one another.

    Raises:
        InputError: too few are left.
    """
    kept = evenly(range(len(people.images)), task.limit)
    if len(kept) <= LATER:
        raise InputError(
            f"A profile is judged on images {LATER + 1} and later, and there are {len(kept)}; give more images"
            f"{'' if task.limit is None else ' or a larger --limit'}."
        )
    order = np.random.default_rng([task.seed, 6]).permutation(len(kept))
    return [kept[int(i)] for i in order]


def _work(
    people: People, task: NamedTask, spec: Callable[[], object], processes: int, progress: Progress
) -> List[Worked]:
    jobs = [PersonJob(cases, task.start, task.rounds) for cases in people.cases]
    count, total = len(jobs), 2 * len(jobs)

    def first(done: int, _of: int) -> None:
        if progress is not None:
            progress(done, total)

    def second(done: int, _of: int) -> None:
        if progress is not None:
            progress(count + done, total)

    alone = run_all(run_person, jobs, spec, processes, first)
    own = [ways for _, ways in alone]
    change = len(people.images) // 2
    taught = [
        TaughtJob(job, _lessons_of_others(own, k), _lessons(own[k - 1][:change]), change) for k, job in enumerate(jobs)
    ]
    with_others = run_all(run_taught, taught, spec, processes, second)
    return [
        Worked(cold, warm, others, changed, people.names[k - 1])
        for k, ((cold, warm), (others, changed)) in enumerate(zip(alone, with_others))
    ]


def _lessons(ways: Ways) -> Tuple[Optional[float], ...]:
    return tuple(None if way is None else way.lesson for way in ways)


def _lessons_of_others(own: Sequence[Ways], person: int) -> Tuple[Optional[float], ...]:
    """What the others taught their own profiles: of every image one other person's lesson, each person's in turn."""
    others = [ways for k, ways in enumerate(own) if k != person]
    found: List[Optional[float]] = []
    for image in range(len(own[person])):
        in_turn = [others[(image + shift) % len(others)][image] for shift in range(len(others))]
        lessons = [way.lesson for way in in_turn if way is not None and way.lesson is not None]
        found.append(lessons[0] if lessons else None)
    return tuple(found)


def _per_case(people: People, worked: Sequence[Worked]) -> Dict[str, Any]:
    out: Dict[str, Any] = {"id": [], "person": [], "place": [], "accepted": []}
    first: Dict[str, List[Optional[float]]] = {profile: [] for profile in (*PROFILES, "changed")}
    for k, one in enumerate(worked):
        for i, cold in enumerate(one.without):
            if cold is None:
                continue
            out["id"].append(people.images[i])
            out["person"].append(k)
            out["place"].append(i + 1)
            out["accepted"].append(round(cold.accepted, 4))
            for profile, values in first.items():
                way = getattr(one, profile)[i]
                values.append(None if way is None else rounded(way.recommended[0]))
    return {**out, "first_round": first}
