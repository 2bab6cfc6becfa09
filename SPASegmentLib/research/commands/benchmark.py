"""``spa benchmark``: measure, and write the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from rich.console import Console

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.errors import InputError
from SPASegmentLib.output import write_json
from SPASegmentLib.paths import Named, check_paths, weights_files
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
        from SPASegmentLib.research.benchmark.throughput import measure_throughput
        from SPASegmentLib.research.benchmark.worker import in_process

    check_paths(weights_files(weights), _results(output), make_folders=True)
    console = Console()
    name = str(weights.resolve()) if weights is not None else None
    if weights is not None:
        load(weights)  # so that a wrong file ends the run now and not in an hour
    plan = cases(choice) if "rounds" in parts else []
    run = begin_run(command, output.parent)
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
    small: dict[str, Any] = {"shape": [40, 128, 128]} if choice.quick else {}
    if "product" in parts:
        product = []
        for threads in choice.threads:
            with console.status(f"product, {threads} threads"):
                spec = {"threads": threads, "weights": name, "slices": 2 if choice.quick else 8, **small}
                product.append(in_process("product", spec, threads))
            console.print(
                f"product, {threads} threads: click to five masks"
                f" {product[-1]['times']['click to five masks']['wall_s']['median']:.3f} s,"
                f" further round {product[-1]['times']['further round']['wall_s']['median']:.3f} s",
                markup=False, soft_wrap=True,
            )  # fmt: skip
        write_json(product, output.with_name("product.json"))
        note_runs("product", [run], output.parent)
    if "cold" in parts:
        with console.status("cold clicks"):
            cold = in_process("cold", {"repeats": 1} if choice.quick else {}, 1)
        write_json(cold, output.with_name("cold.json"))
        note_runs("cold", [run], output.parent)
        for record in cold:
            console.print(
                f"first click with {record['runtime']}: {record['click']['wall_s']['median']:.2f} s,"
                f" {record['peak_mib']:.0f} MiB",
                markup=False,
            )
    if "imports" in parts:
        with console.status("imports"):
            imported = in_process("imports", {"repeats": 1} if choice.quick else {})
        write_json(imported, output.with_name("imports.json"))
        note_runs("imports", [run], output.parent)
        for record in imported:
            console.print(f"import {record['module']}: {record['wall_s']['median']:.3f} s", markup=False)
    if "soak" in parts:
        with console.status("soak"):
            spec = {"weights": name, **({"sessions": 8, "seconds": 5.0, **small} if choice.quick else {})}
            soak = in_process("soak", spec, 1)
        write_json(soak, output.with_name("soak.json"))
        note_runs("soak", [run], output.parent)
        console.print(
            f"soak: {soak['sessions']} sessions, {soak['mib_per_session_second_half']:.3f} MiB a session", markup=False
        )
    if "throughput" in parts:
        with console.status("throughput"):
            throughput = measure_throughput(choice.quick, name)
        write_json(throughput, output.with_name("throughput.json"))
        note_runs("throughput", [run], output.parent)
        for record in throughput:
            console.print(
                f"{record['work']}, {record['processes']} processes: {record['frames_per_s']} frames/s", markup=False
            )
    console.print(f"The records are in {output.parent}.", markup=False, soft_wrap=True)


def _results(output: Path) -> List[Named]:
    beside = ("machine", "product", "imports", "soak", "throughput")
    return [("--json", output), *((f"{name}.json", output.with_name(f"{name}.json")) for name in beside)]


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

    check_paths([("a record", path) for path in folder.glob("*.json")], [("--output", output)], make_folders=True)
    write_report(folder, output)
    Console().print(f"Wrote {output}.", markup=False, soft_wrap=True)
