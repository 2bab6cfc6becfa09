"""Running the plan, a file per record; finished ones are not run again. The page keeps all records in one file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError, WeightsError, reason
from SPASegmentLib.output import whole_file
from SPASegmentLib.paths import listed
from SPASegmentLib.research.evaluation.baselines.training import read_baseline_card
from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.multi_rater import evaluate
from SPASegmentLib.research.evaluation.record import write_record
from SPASegmentLib.research.evaluation.results.plan import OWN_WEIGHTS, may_be_missing
from SPASegmentLib.research.evaluation.statistics import has_interval, with_interval
from SPASegmentLib.research.evaluation.task import Task

Record = Dict[str, Any]

#: Protocols that share one set of slices.
SLICES = ("combination", "rater", "policy")
#: What every record has that a page is written from.
_NEEDED = ("protocol", "command", "files", "intervals_over", "machine", "seconds")
AGAIN = "measure it again with this version, or take it out of the folder"
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
        SPAError: see `multi_rater.evaluate`.
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
        raise InputError(f"{path.name} cannot be read as a record: {reason(error)}.") from error
    if not isinstance(record, dict) or "command" not in record:
        raise InputError(f"{path.name} is no record of spa evaluate.")
    return record


def read_records(folder: Path) -> Dict[str, Record]:
    """All records of a folder by name.

    Raises:
        InputError: there is none, or one cannot be read.
    """
    records = {path.stem: read_record(path) for path in listed(folder, "*.json")}
    if not records:
        raise InputError(f"There are no records in {folder}; run spa results first.")
    return records


def of_slices(records: Dict[str, Record]) -> bool:
    """Whether some records are of the paper's tables, on slices with several raters."""
    return any(record["protocol"] in SLICES for record in records.values())


def packed(page: Path) -> Path:
    """Where the records of a page are kept."""
    return page.parent / page.stem / "records.json.gz"


def pack_records(records: Dict[str, Record], page: Path) -> None:
    """Write all records of a page into one compressed file beside it; equal records give equal bytes.

    Raises:
        OutputError: it cannot be written.
    """
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(record)}" for name, record in records.items())
    with whole_file(packed(page)) as partial:
        partial.write_bytes(gzip.compress(f"{{\n{rows}\n}}\n".encode(), mtime=0))


def records_of_page(fresh: Dict[str, Record], page: Path) -> Dict[str, Record]:
    """The records of a page that is there, with new ones in place of those of the same name.

    Raises:
        InputError: the page's records cannot be read, or one is not whole; or old and new were made with different
            networks or data.
    """
    old: Dict[str, Record] = {}
    if packed(page).exists():
        try:
            old = json.loads(gzip.decompress(packed(page).read_bytes()))
        except (OSError, EOFError, ValueError) as error:
            raise InputError(
                f"{packed(page)} cannot be read ({reason(error)}); remove it to write a new page."
            ) from error
    records = {name: _with_sure_intervals(record) for name, record in sorted({**old, **fresh}.items())}
    for name, record in records.items():
        absent = [key for key in _NEEDED if key not in record]
        if absent or ("weights" in record) != ("sha256" in record):
            raise InputError(f"The record {name!r} lacks {(absent or ['sha256'])[0]!r}; {AGAIN}.")
    _check_one_source(records, list(fresh))
    return records


def _with_sure_intervals(record: Record) -> Record:
    """Without the intervals over fewer patients than they mean anything for, which earlier versions have written."""
    over = str(record.get("intervals_over", "")).split(" ")[0]
    return dict(_without_intervals(record)) if over.isdigit() and not has_interval(int(over)) else record


def _without_intervals(value: Any, here: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _without_intervals(part, here or key.endswith("_ci95")) for key, part in value.items()}
    if isinstance(value, list) and here:
        return [_without_intervals(part, here) for part in value]
    return None if here else value


def _check_one_source(records: Dict[str, Record], fresh: Sequence[str]) -> None:
    known: Dict[str, Tuple[Any, str]] = {}
    for name, record in records.items():
        for what, identity in _sources(name, record):
            before, first = known.setdefault(what, (identity, name))
            if before != identity:
                raise InputError(
                    f"The records {first!r} and {name!r} were made with two different {what}; measure both with the "
                    f"same (new are {', '.join(fresh)})."
                )


def _sources(name: str, record: Record) -> Iterator[Tuple[str, Any]]:
    """What has to be the same in all records of a page."""
    if record.get("sha256") and record["protocol"] != "named":  # whose weights are called alike, one set for each fold
        yield f"networks called {record['weights']!r}", record["sha256"]
        if not name.startswith(OWN_WEIGHTS):
            yield "bundled weights", record["sha256"]
    for card in record.get("trained", ()):
        yield f"networks called {card['name']!r}", card
    if record["protocol"] in SLICES and not name.startswith(OWN_WEIGHTS):
        yield "sets of data", record["files"]


def cases_of(record: Record) -> Record:
    """The values of single cases.

    Raises:
        InputError: the record was kept without them.
    """
    if "cases" not in record:
        raise InputError(f"The record of `{record['command']}` was kept without its single cases; measure it again.")
    return dict(record["cases"])


def paired(a: Record, b: Record, a_values: str, b_values: str) -> Dict[str, Any]:
    """By round that both have: mean of a's values minus b's over the common cases, and its interval over patients.

    Args:
        a: a record with the values of its cases.
        b: another one.
        a_values: "dice_recommended", "dice_best_on_screen" or "dice_best_seen".
        b_values: the same for b.
    """
    ours, others = cases_of(a), cases_of(b)
    rows = {name: i for i, name in enumerate(others["id"])}
    both = [(i, rows[name]) for i, name in enumerate(ours["id"]) if name in rows]
    if not both:
        raise InputError("These records have no case in common.")
    mine = np.array(ours[a_values])[[i for i, _ in both]]
    theirs = np.array(others[b_values])[[j for _, j in both]]
    rounds = min(mine.shape[1], theirs.shape[1])
    mine, theirs = mine[:, :rounds], theirs[:, :rounds]
    patients = ours["patient"]
    groups = None if patients is None else [patients[i] for i, _ in both]
    return {"n": len(both), **with_interval("difference", mine - theirs, groups)}


def restricted(record: Record, other: Record) -> Record:
    """A record's Dice on the cases of another record, with intervals anew."""
    cases, wanted = cases_of(record), set(cases_of(other)["id"])
    keep = [i for i, name in enumerate(cases["id"]) if name in wanted]
    patients = cases["patient"]
    groups = None if patients is None else [patients[i] for i in keep]
    found: Record = {"n_cases": len(keep)}
    for name in ("dice_recommended", "dice_best_on_screen", "dice_best_seen"):
        found.update(with_interval(name, np.array(cases[name])[keep], groups))  # rounded as in a record
    return found
