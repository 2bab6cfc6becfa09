"""Running the plan, a file per record; finished ones are not run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence

import numpy as np

from SPASegmentLib.errors import InputError, WeightsError
from SPASegmentLib.research.evaluation.baselines.training import read_baseline_card
from SPASegmentLib.research.evaluation.lidc import evaluate, write_record
from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.results.plan import may_be_missing
from SPASegmentLib.research.evaluation.statistics import difference
from SPASegmentLib.research.evaluation.task import Task

Record = Dict[str, Any]

#: First word of a record's name -> how its network is trained.
_TRAINED_BY = {
    "loss": " make losses trains it.",
    "generator": " make ablations trains it.",
    "fusion": " make embedding trains it.",
}


def run_plan(
    tasks: Dict[str, Task],
    paths: Sequence[Path],
    folder: Path,
    say: Callable[[str], None],
    progress: Optional[Callable[[int, int], None]] = None,
) -> List[str]:
    """Measure what has not been measured with these weights yet.

    Args:
        tasks: of `plan.plan`, or some of them.
        paths: npz files.
        folder: for the records.
        say: called with a line for every record.
        progress: called with (done, in all) of the running one.

    Returns:
        Names of records left out, since their network has not been trained.

    Raises:
        SPAError: see `lidc.evaluate`.
    """
    missing = []
    for name, task in tasks.items():
        path = folder / f"{name}.json"
        try:
            expected = _identity(task, paths)
        except WeightsError as error:
            if not may_be_missing(name, task):
                raise
            missing.append(name)
            hint = _TRAINED_BY.get(name.split("-")[0], "")
            say(f"{name}: left out. {error}{hint}")
            continue
        if path.exists():
            record = read_record(path)
            if all(record.get(key) == value for key, value in expected.items()):
                say(f"{name}: done before")
                continue
        record = evaluate(task, paths, progress)
        write_record(record, path)
        say(f"{name}: {record['n_cases']} cases in {record['seconds']:.0f} s")
    return missing


def _identity(task: Task, paths: Sequence[Path]) -> Record:
    """What a record must say to be that of this task with these weights."""
    identity: Record = {"command": task.command(paths)}
    spec = task.spec()
    if spec.uses_network:
        identity["sha256"] = spec.network().card.sha256
    if task.method in TRAINED:
        identity["trained"] = [read_baseline_card(task.baselines / name) for name in TRAINED[task.method]]
    return identity


def read_record(path: Path) -> Record:
    """One record.

    Raises:
        InputError: it cannot be read.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read as a record: {error}") from error
    if not isinstance(record, dict) or "command" not in record:
        raise InputError(f"{path.name} is no record of spa evaluate.")
    return record


def read_records(folder: Path) -> Dict[str, Record]:
    """All records of a folder by name.

    Raises:
        InputError: there is none, or one cannot be read.
    """
    records = {path.stem: read_record(path) for path in sorted(folder.glob("*.json"))}
    if not records:
        raise InputError(f"There are no records in {folder}; run spa results first.")
    return records


def paired(a: Record, b: Record, a_values: str, b_values: str) -> Dict[str, Any]:
    """By round: mean of a's values minus b's over the cases that both have, and its interval over patients.

    Args:
        a: a record with the values of its cases.
        b: another one.
        a_values: "dice_recommended", "dice_best_on_screen" or "dice_best_seen".
        b_values: the same for b.
    """
    rows = {name: i for i, name in enumerate(b["cases"]["id"])}
    both = [(i, rows[name]) for i, name in enumerate(a["cases"]["id"]) if name in rows]
    if not both:
        raise InputError("These records have no case in common.")
    mine = np.array(a["cases"][a_values])[[i for i, _ in both]]
    theirs = np.array(b["cases"][b_values])[[j for _, j in both]]
    patients = a["cases"]["patient"]
    groups = None if patients is None else [patients[i] for i, _ in both]
    gap, (low, high) = difference(mine, theirs, groups)
    return {
        "n": len(both),
        "difference": [round(float(v), 4) for v in gap],
        "ci95": [[round(float(x), 4), round(float(y), 4)] for x, y in zip(low, high)],
    }
