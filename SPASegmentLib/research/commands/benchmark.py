"""``spa benchmark``: measure, and write the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from rich.console import Console

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.errors import InputError
from SPASegmentLib.output import write_json
from SPASegmentLib.paths import check_paths, listed, weights_files
from SPASegmentLib.research.benchmark.plan import Choice, cases

#: What has to be equal for records of several runs to stand on one page.
_SAME = ("processor", "cores", "instructions", "gpu", "system", "python", "spa", "packages")
#: What tells cases of the comparison apart.
_CASE = ("backbone", "fusion", "size", "n", "device", "threads")


def run_benchmark(
    choice: Choice, output: Path, parts: Sequence[str], weights: Optional[Path], command: str
) -> None:
    """Measure everything, each case in a process of its own; records appear as they are done.

    Args:
        choice: of the comparison.
        output: the list of records of the comparison; the other parts go beside it.
        parts: of `plan.PARTS`.
        weights: for the product's parts; None for the bundled ones.
        command: as typed, for the record.

    Raises:
        SPAError: something cannot be measured or written.
    """
    with imports():
        from SPASegmentLib.model.weights import load

    beside = [(f"{name}.json", output.with_name(f"{name}.json")) for name in ("machine", *_MEASURED)]
    check_paths(weights_files(weights), [("--json", output), *beside], make_folders=True)
    console = Console()
    if weights is not None:
        load(weights)  # so that a wrong file ends the run now and not in an hour
    plan = cases(choice) if "rounds" in parts else []
    run = begin_run(command, output.parent)
    _compare(plan, output, run, console)
    for part, (measure, in_words) in _MEASURED.items():
        if part in parts:
            with console.status(part):
                found = measure(choice, None if weights is None else str(weights.resolve()))
            write_json(found, output.with_name(f"{part}.json"))
            note_runs(part, [run], output.parent)
            for record in found if isinstance(found, list) else [found]:
                console.print(in_words(record), markup=False, soft_wrap=True)
    console.print(f"The records are in {output.parent}.", markup=False, soft_wrap=True)


def _compare(plan: Sequence[Dict[str, Any]], output: Path, run: Dict[str, Any], console: Console) -> None:
    """A round and a session of SPA beside the published procedure's, case by case."""
    from SPASegmentLib.research.benchmark.worker import in_process

    for n, spec in enumerate(plan, 1):
        what = f"{spec['backbone']}, {spec['fusion']} fusion, {spec['size']} pixels"
        with console.status(f"[{n}/{len(plan)}] {what}"):
            found = in_process("rounds", spec)
        records = _merged(_stored(output, []), [{**record, "run": run} for record in found])
        write_json(records, output)
        note_runs("rounds", [record["run"] for record in records if "run" in record], output.parent)
        console.print(
            f"[{n}/{len(plan)}] {what}: a round takes {found[0]['reference_cpu_s']:.3f} s as published,"
            f" {found[0]['ours_cpu_s']:.4f} s here: {found[0]['ratio']:.1f} times",
            markup=False, soft_wrap=True,
        )  # fmt: skip


def _product(choice: Choice, weights: Optional[str]) -> List[Dict[str, Any]]:
    from SPASegmentLib.research.benchmark.worker import in_process

    spec = {"weights": weights, "slices": 2 if choice.quick else 8, **(_SMALL if choice.quick else {})}
    return [in_process("product", {"threads": threads, **spec}, threads) for threads in choice.threads]


def _cold(choice: Choice, weights: Optional[str]) -> List[Dict[str, Any]]:
    from SPASegmentLib.research.benchmark.worker import in_process

    return list(in_process("cold", {"repeats": 1} if choice.quick else {}, 1))


def _imports(choice: Choice, weights: Optional[str]) -> List[Dict[str, Any]]:
    from SPASegmentLib.research.benchmark.worker import in_process

    return list(in_process("imports", {"repeats": 1} if choice.quick else {}))


def _soak(choice: Choice, weights: Optional[str]) -> Dict[str, Any]:
    from SPASegmentLib.research.benchmark.worker import in_process

    short = {"sessions": 8, "seconds": 5.0, **_SMALL}
    return dict(in_process("soak", {"weights": weights, **(short if choice.quick else {})}, 1))


def _throughput(choice: Choice, weights: Optional[str]) -> List[Dict[str, Any]]:
    from SPASegmentLib.research.benchmark.throughput import measure_throughput

    return measure_throughput(choice.quick, weights)


def _product_in_words(record: Dict[str, Any]) -> str:
    click, further = (record["times"][name]["wall_s"]["median"] for name in ("click to five masks", "further round"))
    return f"product, {record['threads']} threads: click to five masks {click:.3f} s, further round {further:.3f} s"


#: The volume of a quick run.
_SMALL: Dict[str, Any] = {"shape": [40, 128, 128]}
#: Part -> what measures it, and what is said of each of its records.
_MEASURED: Dict[str, Tuple[Callable[[Choice, Optional[str]], Any], Callable[[Dict[str, Any]], str]]] = {
    "product": (_product, _product_in_words),
    "cold": (
        _cold,
        lambda r: f"first click with {r['runtime']}: {r['click']['wall_s']['median']:.2f} s, {r['peak_mib']:.0f} MiB",
    ),
    "imports": (_imports, lambda r: f"import {r['module']}: {r['wall_s']['median']:.3f} s"),
    "soak": (
        _soak, lambda r: f"soak: {r['sessions']} sessions, {r['mib_per_session_second_half']:.3f} MiB a session"
    ),
    "throughput": (
        _throughput, lambda r: f"{r['work']}, {r['processes']} processes: {r['frames_per_s']} frames/s"
    ),
}  # fmt: skip


def begin_run(command: str, folder: Path) -> Dict[str, Any]:
    """Write down the machine; what comes back is for `note_runs`.

    Raises:
        InputError: the folder holds records of another machine or of other versions.
        OutputError: it cannot be written.
    """
    from SPASegmentLib.research.benchmark.machine import describe_machine

    path = folder / "machine.json"
    before, machine = _stored(path, {}), describe_machine(command)
    different = [name for name in _SAME if before and before.get(name) != machine[name]]
    if different:
        raise InputError(
            f"{path} is of another machine or other versions ({', '.join(different)}), and records of both would not"
            " compare; choose another folder, or remove this one."
        )
    write_json({**machine, "runs": before.get("runs", {})}, path)
    return {"command": command, "load_at_start": machine["load_at_start"]}


def note_runs(part: str, runs: Sequence[Dict[str, Any]], folder: Path) -> None:
    """Write down which runs measured a part."""
    path = folder / "machine.json"
    machine, different = _stored(path, {}), [run for n, run in enumerate(runs) if run not in runs[:n]]
    write_json({**machine, "runs": {**machine.get("runs", {}), part: different}}, path)


def _merged(before: List[Dict[str, Any]], found: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Records with those of the same case replaced; by backbone, size and fusion, N downwards."""
    by_case = {tuple(record[name] for name in _CASE): record for record in (*before, *found)}
    return sorted(
        by_case.values(),
        key=lambda r: (r["device"], r["backbone"], r["size"], r["fusion"], r["threads"], -r["n"]),
    )


def _stored(path: Path, default: Any) -> Any:
    if not path.exists():
        return default
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path.name} is no JSON; remove it and measure again.") from error


def run_accuracy(
    files: Sequence[Path], weights: Sequence[Path], limit: int, seed: int, output: Path, command: str
) -> None:
    """Dice by round and time for each setting; see `benchmark.accuracy`.

    Raises:
        SPAError: a file cannot be used.
    """
    with imports():
        from SPASegmentLib.research.benchmark.accuracy import measure_accuracy
        from SPASegmentLib.research.evaluation.slices import open_files

    inputs = [("--npz", file) for file in files] + [named for file in weights for named in weights_files(file)]
    check_paths(inputs, [("--json", output), ("machine.json", output.with_name("machine.json"))], make_folders=True)
    console = Console()
    with progress_bar(console, "Settings") as progress:
        open_files(files)  # what cannot be read leaves no trace among the records
        run = begin_run(command, output.parent)
        records = measure_accuracy(files, weights, limit, seed, progress=progress)
    write_json(records, output)
    note_runs("accuracy", [run], output.parent)
    for record in records:
        dice = " ".join(f"{value:.3f}" for value in record["dice_recommended"])
        console.print(
            f"{record['weights']}, {record['setting']}: {dice}, {record['session_cpu_s']:.3f} s", markup=False,
            soft_wrap=True,
        )  # fmt: skip
    console.print(f"Wrote {output}.", markup=False, soft_wrap=True)


def run_report(folder: Path, output: Path) -> None:
    """Write the page from the records in a folder.

    Raises:
        SPAError: there are none, or the page cannot be written.
    """
    from SPASegmentLib.research.benchmark.report import write_report

    check_paths([("a record", path) for path in listed(folder, "*.json")], [("--output", output)], make_folders=True)
    write_report(folder, output)
    Console().print(f"Wrote {output}.", markup=False, soft_wrap=True)
