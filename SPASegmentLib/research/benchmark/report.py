"""docs/benchmarks.md, written from the measured records and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Sequence

from SPASegmentLib.errors import InputError
from SPASegmentLib.output import write_text
from SPASegmentLib.research.markdown import table

#: Names of the parts of a run, each a JSON file in its folder.
PARTS = ("machine", "rounds", "product", "cold", "imports", "soak", "throughput", "accuracy")

#: What a round and a session are to reach: (backbone, fusion) to (round, session); None where it names none.
TARGETS = {
    ("vit_b", "embedding"): (6.0, 8.0),
    ("vit_b", "token"): (50.0, 25.0),
    ("compact", "embedding"): (4.0, None),
    ("compact", "token"): (20.0, None),
}
#: What a user may wait for at most, in seconds on the wall; with all cores that were measured.
WAITING = {"click to five masks": 0.4, "further round": 0.15}
AROUND, IMPORT, MEMORY_MIB = 0.03, 0.3, 1536
#: With ONNX Runtime: the first click beside PyTorch's, and by how much its process is smaller.
COLD, SMALLER_MIB = 0.5, 200


def read_parts(folder: Path) -> Dict[str, Any]:
    """Whatever parts are there.

    Raises:
        InputError: there is none, or a file is damaged.
    """
    found = {}
    for part in PARTS:
        path = folder / f"{part}.json"
        if path.exists():
            try:
                found[part] = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise InputError(f"{path.name} is no JSON; measure again.") from error
    if not found:
        raise InputError(f"There are no measurements in {folder}; run spa benchmark first.")
    return found


def write_report(folder: Path, output: Path) -> None:
    """Read the parts in a folder and write the page.

    Raises:
        SPAError: there is nothing to report, or the page cannot be written.
    """
    write_text(render(read_parts(folder)), output)


def render(parts: Dict[str, Any]) -> str:
    """The page as Markdown; the same parts give the same text."""
    writers: Sequence[tuple[str, Callable[[Any], List[str]]]] = (
        ("machine", _machine),
        ("rounds", _rounds),
        ("product", _product),
        ("cold", _cold),
        ("imports", _imports),
        ("accuracy", _accuracy),
        ("throughput", _throughput),
        ("soak", _soak),
    )
    lines = [
        "# Benchmarks",
        "",
        "Written by `spa benchmark report` from measured records; do not edit it by hand. Run the commands below on"
        " a machine that does nothing else.",
    ]
    for name, write in writers:
        if name in parts:
            lines += ["", *write(parts[name])]
    if not any(str(r["device"]) != "cpu" for r in parts.get("rounds", [])):
        lines += [
            "",
            "## GPU",
            "",
            "CUDA is not measured. SPA runs on it, and goes on with the processor where the card fails.",
        ]
    return "\n".join(lines) + "\n"


def _machine(m: Dict[str, Any]) -> List[str]:
    packages = ", ".join(f"{name} {version}" for name, version in m["packages"].items())
    return [
        "## Machine",
        "",
        f"* {m['processor']}, {m['cores']} cores, {m['memory_gib']} GiB, {m['instructions']}, bfloat16 instructions:"
        f" {_yes(m['bfloat16_on_cpu'])}; GPU: {m['gpu'] or 'none'};"
        f" {m['system']}",
        f"* SPA {m['spa']}, Python {m['python']}, {packages}",
        *_runs(m),
    ]


def _yes(has: bool) -> str:
    return "yes" if has else "no"


def _runs(m: Dict[str, Any]) -> List[str]:
    """Commands, each with the parts that it measured last; cases of the comparison can be of several."""
    runs: Dict[tuple[str, str], List[str]] = {}
    for part, of_part in (m.get("runs") or {"": [m]}).items():
        for run in of_part:
            runs.setdefault((run["command"], str(run["load_at_start"])), []).append(part)
    return [
        f"* {', '.join(parts) or 'command'}: `{command}`; load at the start {load}"
        for (command, load), parts in runs.items()
    ]


def _rounds(records: List[Dict[str, Any]]) -> List[str]:
    lines = [
        "## A round of the published procedure beside a round of SPA",
        "",
        "Like with like: the paper's amortised procedure at equal N, same weights, image, prompts and latents, in turns"
        " in one process. The reference (`SPASegmentLib/research/benchmark/reference.py`) encodes the image every "
        "round, decodes one prediction at a time through segment-anything's own code, and runs scikit-learn's "
        "K-means at image size;"
        " all in single precision. SPA encodes once, and decodes in chunks. Rounds are those after the first; a"
        " session is six rounds, the first with the encoder. Seconds are processor time of all threads: median, and"
        " from smallest to largest; the last seconds are on the wall. Rounds measured: of the reference fewer where one"
        " takes long, down to one at 1024. Memory is the peak of a process that holds one side only.",
        "",
        *_table(
            ("backbone", "fusion", "size", "N", "threads", "reference", "SPA", "ratio", "SPA first round",
             "session ratio", "wall: reference", "SPA", "wall ratio", "rounds measured", "peak MiB reference", "SPA",
             "weights", "precision"),
            (
                (
                    r["backbone"], r["fusion"], r["size"], r["n"], r["threads"],
                    _ranged(r["spread"]["reference_cpu_s"]), _ranged(r["spread"]["ours_cpu_s"]),
                    f"**{r['ratio']:.1f}**", _s(r["ours_first_cpu_s"]), f"**{r['session_ratio']:.1f}**",
                    _s(r["reference_wall_s"]), _s(r["ours_wall_s"]), f"{r['wall_ratio']:.1f}",
                    f"{r['spread']['reference_cpu_s']['n']}, {r['spread']['ours_cpu_s']['n']}",
                    _or_dash(r, "reference_peak_mib"), _or_dash(r, "ours_peak_mib"), r["weights"], r["precision"],
                )
                for r in records
            ),
        ),
        "",
        "Do the masks agree? Smallest over all rounds of a case; largest for the difference. Single predictions and the"
        " recommended mask are compared one by one. Candidates are paired; they depend on where K-means starts"
        " (the reference from one start, SPA from the best of eight), so they differ even where all predictions are"
        " the same.",
        "",
        *_table(
            ("backbone", "fusion", "size", "N", "threads", "Dice of predictions", "smallest",
             "mean difference of probability", "Dice of recommended", "Dice of candidates"),
            (
                (
                    r["backbone"], r["fusion"], r["size"], r["n"], r["threads"],
                    *(f"{r['agreement'][name]:.4f}" for name in (
                        "prediction_dice_mean", "prediction_dice_min", "probability_difference_mean_max",
                        "recommended_dice", "candidates_dice_mean",
                    )),
                )
                for r in records
            ),
        ),
    ]  # fmt: skip
    goals = _goals(records)
    if not goals:
        return lines
    return [
        *lines,
        "",
        "Against the goals (N = 48, one thread). A session cannot get beyond the ratio in the last column without a"
        " faster encoder: it is what would be left if SPA did nothing but encode the image once.",
        "",
        *goals,
    ]


def _goals(records: List[Dict[str, Any]]) -> List[str]:
    rows = []
    for r in records:
        goal = TARGETS.get((r["backbone"], r["fusion"]))
        if goal is None or r["n"] != 48 or r["threads"] != 1:
            continue
        for what, reached, wanted in (("round", r["ratio"], goal[0]), ("session", r["session_ratio"], goal[1])):
            if wanted is not None:
                most = _encoding_alone(r) if what == "session" else ""
                rows.append(
                    (r["backbone"], r["fusion"], r["size"], what, f"{wanted:.0f}", f"{reached:.1f}",
                     _verdict(reached >= wanted), most)
                )  # fmt: skip
    return _table(("backbone", "fusion", "size", "of a", "goal", "ratio", "", "at most"), rows) if rows else []


def _encoding_alone(r: Dict[str, Any]) -> str:
    """The reference's session beside one encoding: the first round of SPA less a further one."""
    encoding = r["ours_first_cpu_s"] - r["ours_cpu_s"]
    return f"{r['session_reference_cpu_s'] / encoding:.1f}" if encoding > 0 else ""


def _verdict(reached: bool) -> str:
    return "reached" if reached else "missed"


def _product(records: List[Dict[str, Any]]) -> List[str]:
    lines = [
        "## What a user waits for",
        "",
        "Default settings: a search for the region over several sizes, exact Bayes over 512 particles, shape refinement"
        " (the paper's procedure has none of these), five masks as preview segments. Compact weights, axial"
        f" frames of {_by(records[0]['frame'])} pixels from a volume of {_by(records[0]['volume'])} in memory. Each"
        " click is on a new slice.",
    ]
    for r in records:
        memory = r["memory_mib"]
        lines += [
            "",
            f"{_threads(r)}; memory {memory['peak']:.0f} MiB at most,"
            f" {memory['with network and volume']:.0f} with network and volume,"
            f" {memory['interpreter and libraries']:.0f} without.",
            "",
            *_times(r["times"]),
            "",
            "Around the network:",
            "",
            *_times(r["surroundings"]),
            "",
            "What SPA adds to the published procedure, left out step by step (sessions alone, without the scene):",
            "",
            *_times(r["extras"]),
        ]
    rows = [(f"{what}, {_threads(r)}", limit, got) for r in records for what, limit, got in _waiting(r)]
    return [
        *lines,
        "",
        "Against the goals (seconds on the wall, memory in MiB):",
        "",
        *_table(
            ("", "goal", "measured", ""), ((w, limit, f"{got:.4g}", _verdict(got <= limit)) for w, limit, got in rows)
        ),
    ]


def _threads(r: Dict[str, Any]) -> str:
    return f"{r['threads']} {'thread' if r['threads'] == 1 else 'threads'}"


def _waiting(r: Dict[str, Any]) -> Iterable[tuple[str, float, float]]:
    """What is measured, the goal, and what was found."""
    for name, limit in WAITING.items():
        if name in r["times"]:
            yield name, limit, r["times"][name]["wall_s"]["median"]
    yield "around the network", AROUND, r["surroundings"]["sum"]["wall_s"]["median"]
    yield "peak memory", MEMORY_MIB, r["memory_mib"]["peak"]


def _cold(records: List[Dict[str, Any]]) -> List[str]:
    onnx, torch = ({r["runtime"]: r for r in records}[name] for name in ("onnx", "torch"))

    def share(part: str, time: str) -> float:
        return float(onnx[part][time]["median"] / torch[part][time]["median"])

    goals = (
        ("first click, share of PyTorch's", COLD, share("click", "wall_s")),
        ("further round, share of PyTorch's", 1.0, share("round", "cpu_s")),
        ("peak memory, MiB beside PyTorch's", -SMALLER_MIB, onnx["peak_mib"] - torch["peak_mib"]),
    )
    return [
        "## The first click of a process, with either runtime",
        "",
        "From nothing to five masks on a frame of 512 x 512 pixels: imports, reading the bundled weights, the search"
        " for the region and the first round; then a further round, and the peak memory of the process. One thread,"
        " default settings, a new process each time, in turns, the files in the system's cache.",
        "",
        *_table(
            ("runtime", "first click, s on the wall", "from, to", "s of processor", "further round, s on the wall",
             "from, to", "s of processor", "peak MiB"),
            (
                (r["runtime"], *_time_cells(r["click"]), *_time_cells(r["round"]), f"{r['peak_mib']:.0f}")
                for r in records
            ),
        ),
        "",
        *_table(
            ("", "goal at most", "measured", ""),
            ((what, f"{goal:g}", f"{got:.3g}", _verdict(got <= goal)) for what, goal, got in goals),
        ),
    ]  # fmt: skip


def _imports(records: List[Dict[str, Any]]) -> List[str]:
    own = next(r for r in records if r["module"] == "SPASegmentLib")
    return [
        "## Importing",
        "",
        "Each time in a new process, the files in the system's cache. A Slicer module imports the package when Slicer"
        f" starts; the goal for that is {IMPORT} s: {_verdict(own['wall_s']['median'] <= IMPORT)}. Sessions follow with"
        " the first click.",
        "",
        *_table(
            ("import", "s on the wall", "from, to", "s of processor", "PyTorch with it"),
            ((f"`{r['module']}`", *_time_cells(r), "yes" if r["with_torch"] else "no") for r in records),
        ),
    ]


def _times(times: Dict[str, Any]) -> List[str]:
    rows = ((name, *_time_cells(part)) for name, part in times.items())
    return _table(("", "s on the wall", "from, to", "s of processor"), rows)


def _time_cells(part: Dict[str, Any]) -> Sequence[str]:
    wall, cpu = part["wall_s"], part["cpu_s"]
    some = f"{_s(wall['min'])} to {_s(wall['max'])}" if "min" in wall else ""
    return _s(wall["median"]), some, _s(cpu["median"])


def _ranged(found: Dict[str, float]) -> str:
    """Median, and the range where there is more than one."""
    if found["n"] == 1:
        return _s(found["median"])
    return f"{_s(found['median'])} ({_s(found['min'])} to {_s(found['max'])})"


def _accuracy(records: List[Dict[str, Any]]) -> List[str]:
    first = records[0]
    rounds = len(first["dice_recommended"])
    return [
        "## What speed costs in accuracy",
        "",
        f"`{', '.join(first['files'])}`, {first['n_cases']} cases evenly spread, a user who only chooses, seed"
        f" {first['seed']}. Dice of the recommended mask by round, and processor seconds of a whole session. One"
        " setting is changed at a time; the default is in bold.",
        "",
        *_table(
            ("weights", "setting", *(f"round {n + 1}" for n in range(rounds)), "95 % interval, last", "s a session"),
            (
                (
                    r["weights"],
                    f"**{r['setting']}**" if r["default"] else r["setting"],
                    *(f"{v:.3f}" for v in r["dice_recommended"]),
                    " to ".join(f"{v:.3f}" for v in r["dice_recommended_ci95"][-1]),
                    _s(r["session_cpu_s"]),
                )
                for r in records
            ),
        ),
    ]


def _throughput(records: List[Dict[str, Any]]) -> List[str]:
    lines = [
        "## Throughput for research",
        "",
        "Evaluation: simulated sessions of six rounds with default settings. Training: the compact network, three"
        " rounds unrolled. One thread in each process; two processes run at the same time.",
        "",
        *_table(
            ("", "processes", "frames/s", "frames per processor second"),
            ((r["work"], r["processes"], r["frames_per_s"], r["frames_per_cpu_s"]) for r in records),
        ),
    ]
    split = next((r for r in records if "split_cpu_s" in r), None)
    if split is None:
        return lines
    total = sum(split["split_cpu_s"].values())
    return [
        *lines,
        "",
        f"A training step of {split['batch']} images, one process:",
        "",
        *_table(
            ("part", "s of processor", "share"),
            ((name, _s(value), f"{100 * value / total:.0f} %") for name, value in split["split_cpu_s"].items()),
        ),
    ]


def _soak(r: Dict[str, Any]) -> List[str]:
    memory = r["memory_mib"]
    marks = sorted({round(q * (len(memory) - 1) / 4) for q in range(5)})
    return [
        "## Does anything grow?",
        "",
        f"{r['sessions']} sessions on the slices of one volume, {r['rounds']} rounds, every tenth cancelled. The same"
        " slices come again and again, so that the segment itself is full early.",
        "",
        *_table(
            ("after session", "memory MiB", "scene nodes"),
            ((m + 1, f"{memory[m]:.1f}", r["scene_nodes"][m]) for m in marks),
        ),
        "",
        f"In the second half a session adds {r['mib_per_session_second_half']:.3f} MiB (straight line), all of them"
        f" together {r['nodes_added_second_half']} scene nodes; the last quarter takes"
        f" {r['cpu_ratio_last_to_first_quarter']:.2f} times the processor time of the first.",
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> List[str]:
    return table(head, rows)[:-1]


def _s(seconds: float) -> str:
    return f"{seconds:.4f}" if seconds < 0.1 else f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}"


def _or_dash(record: Dict[str, Any], name: str) -> str:
    return f"{record[name]:.0f}" if name in record else ""


def _by(sizes: Sequence[int]) -> str:
    return " x ".join(map(str, sizes))
