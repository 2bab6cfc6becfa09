"""Evaluation on multi-rater slices in the shared npz format."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.evaluation.case_lists import find_cases, read_cases
from SPASegmentLib.research.evaluation.cases import RATERS, Case, CaseId, of_split, open_case, showing, thinned
from SPASegmentLib.research.evaluation.methods.method import Method
from SPASegmentLib.research.evaluation.parallel import Progress, cores, run_all
from SPASegmentLib.research.evaluation.policy import make_jobs, policy_summary, run_sequence
from SPASegmentLib.research.evaluation.record import figures, made_by
from SPASegmentLib.research.evaluation.rounds import CaseRounds, run_case
from SPASegmentLib.research.evaluation.slices import EvaluationFile, open_files
from SPASegmentLib.research.evaluation.task import Task
from SPASegmentLib.research.evaluation.users import ORACLES, User


def evaluate(
    task: Task,
    paths: Sequence[Path],
    progress: Progress = None,
    complain: Callable[[str], None] = lambda text: None,
) -> Dict[str, Any]:
    """Let a simulated user work through every case.

    Args:
        task: what to measure.
        paths: npz files with `images`, `masks` and, where known, `patients` and `spacing` (see `slices`).
        progress: called with (done, in all).
        complain: called with a sentence for each slice that is left out, since its image has one value everywhere.

    Returns:
        A record: the figures by round with their intervals (see `rounds.summary`, `policy.policy_summary`), all that
        is needed to repeat them, and under `cases` the values of every case.

    Raises:
        InputError: the files, the protocol, the method and the user do not fit together.
        WeightsError: weights are missing or damaged.
    """
    spec, user = task.spec(), task.simulated_user()
    if task.protocol == "policy" and task.method != "spa":
        raise InputError("The policy protocol is about SPA's profile; it works with the method 'spa' only.")
    files = open_files(paths)
    if task.cases is not None:
        raters, seed = task.raters if task.raters != RATERS else None, task.seed or None
        ids, listed = read_cases(task.cases, task.protocol, raters, seed), str(task.cases.name)
    else:
        ids, listed = find_cases(files, task.protocol, task.seed, raters=task.raters)
    ids = showing(of_split(ids, files, task.split), files, task.protocol, complain)
    ids = thinned(ids, task.protocol, task.limit)
    allowed = spec().users
    if user.name not in allowed:
        raise InputError(
            f"The method {spec.name!r} does not work with the user {user.name!r}, but with {', '.join(allowed)}."
        )
    started, processes = time.perf_counter(), task.jobs or cores()
    run = _run_policy if task.protocol == "policy" else _run_cases
    values, per_case = run(task, ids, files, processes, progress)
    return {
        "protocol": task.protocol,
        "method": task.method,
        "user": task.user,
        "start": task.start,
        "oracle": task.user in ORACLES or task.method == "consensus",
        "noise": task.noise,
        "rounds": task.rounds,
        **values,
        "files": [Path(path).name for path in paths],
        "case_list": listed,
        **made_by(task, spec, task.command(paths), started, processes),
        "cases": per_case,
    }


def _run_cases(
    task: Task, ids: List[CaseId], files: List[EvaluationFile], processes: int, progress: Progress
) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    jobs = [(open_case(case, files), task.simulated_user(), task.rounds) for case in ids]
    results = run_all(run_one, jobs, task.spec(), processes, progress)
    return figures(results, [job[0] for job in jobs])


def run_one(method: Method, job: Tuple[Case, User, int]) -> CaseRounds:
    """A user's way through a case; in a worker."""
    case, user, rounds = job
    return run_case(method, case, user, rounds)


def _run_policy(
    task: Task, ids: List[CaseId], files: List[EvaluationFile], processes: int, progress: Progress
) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    jobs = make_jobs(ids, files, task.simulated_user(), task.rounds)
    results = run_all(run_sequence, jobs, task.spec(), processes, progress)
    rounds = [r for result in results for r in result.profile]
    values, per_case = figures(rounds, [case for job in jobs for case in job.cases])
    per_case["user"] = [job.name for job in jobs for _ in job.cases]
    return {**values, "policy": policy_summary(results)}, per_case
