"""docs/benchmarks.md, written from the measured records and from nothing else.

To add a section: a name in `PARTS`, under which the measurement keeps its JSON file, and a function in `SECTIONS` at
the end of this file, which makes the section of what the file holds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Sequence, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.output import write_text
from SPASegmentLib.research.markdown import Lines, between, section, table

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
            except (OSError, ValueError) as error:
                raise InputError(f"{path.name} is no JSON; measure again.") from error
            if not found[part]:
                raise InputError(f"{path.name} holds no measurement; measure again, or take it out of the folder.")
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
    """The page as Markdown; the same parts give the same text.

    Raises:
        InputError: a part is none of this version.
    """
    lines = [
        "# Benchmarks", "",
        "Written by `spa benchmark report` from measured records; do not edit it by hand. Run the commands below on"
        " a machine that does nothing else.", "",
    ]  # fmt: skip
    for name, write in SECTIONS.items():
        try:
            lines += write(parts[name]) if name in parts else []
        except (ArithmeticError, AttributeError, LookupError, StopIteration, TypeError, ValueError) as error:
            raise InputError(
                f"{name}.json has not what the page needs ({error!r}); measure it again with this version, or take it "
                "out of the folder."
            ) from error
    if not any(str(r["device"]) != "cpu" for r in parts.get("rounds", [])):
        lines += section(
            "GPU", "CUDA is not measured. SPA runs on it, and goes on with the processor where the card fails."
        )
    return "\n".join(lines)


def _machine(m: Dict[str, Any]) -> Lines:
    packages = ", ".join(f"{name} {version}" for name, version in m["packages"].items())
    bfloat16 = "yes" if m["bfloat16_on_cpu"] else "no"
    about = [
        f"* {m['processor']}, {m['cores']} cores, {m['memory_gib']} GiB, {m['instructions']}, bfloat16 instructions:"
        f" {bfloat16}; GPU: {m['gpu'] or 'none'}; {m['system']}",
        f"* SPA {m['spa']}, Python {m['python']}, {packages}",
    ]
    # Commands, each with the parts that it measured last; cases of the comparison can be of several.
    runs: Dict[Tuple[str, str], List[str]] = {}
    for part, of_part in (m.get("runs") or {"": [m]}).items():
        for run in of_part:
            runs.setdefault((run["command"], str(run["load_at_start"])), []).append(part)
    for (command, load), found in runs.items():
        about.append(f"* {', '.join(found) or 'command'}: `{command}`; load at the start {load}")
    return section("Machine", about)


#: What a case of the comparison is known by: head of the column -> key of the record.
_CASE = {"backbone": "backbone", "fusion": "fusion", "size": "size", "N": "n", "threads": "threads"}
_AGREEMENT = {
    "Dice of predictions": "prediction_dice_mean", "smallest": "prediction_dice_min",
    "mean difference of probability": "probability_difference_mean_max", "Dice of recommended": "recommended_dice",
    "Dice of candidates": "candidates_dice_mean",
}  # fmt: skip


def _rounds(records: List[Dict[str, Any]]) -> Lines:
    head = (
        *_CASE, "reference", "SPA", "ratio", "SPA first round", "session ratio", "wall: reference", "SPA", "wall ratio",
        "rounds measured", "peak MiB reference", "SPA", "weights", "precision",
    )  # fmt: skip
    goals = _goals(records)
    return section(
        "A round of the published procedure beside a round of SPA",
        "Like with like: the paper's amortised procedure at equal N, same weights, image, prompts and latents, in turns"
        " in one process. The reference (`SPASegmentLib/research/benchmark/reference.py`) encodes the image every "
        "round, decodes one prediction at a time through segment-anything's own code, and runs scikit-learn's "
        "K-means at image size;"
        " all in single precision. SPA encodes once, and decodes in chunks. Rounds are those after the first; a"
        " session is six rounds, the first with the encoder. Seconds are processor time of all threads: median, and"
        " from smallest to largest; the last seconds are on the wall. Rounds measured: of the reference fewer where one"
        " takes long, down to one at 1024. Memory is the peak of a process that holds one side only.",
        table(head, map(_round, records)),
        "Do the masks agree? Smallest over all rounds of a case; largest for the difference. Single predictions and the"
        " recommended mask are compared one by one. Candidates are paired; they depend on where K-means starts"
        " (the reference from one start, SPA from the best of eight), so they differ even where all predictions are"
        " the same.",
        table(
            (*_CASE, *_AGREEMENT),
            ((*_case(r), *(f"{r['agreement'][key]:.4f}" for key in _AGREEMENT.values())) for r in records),
        ),
        goals
        and "Against the goals (N = 48, one thread). A session cannot get beyond the ratio in the last column"
        " without a faster encoder: it is what would be left if SPA did nothing but encode the image once.",
        goals,
    )


def _case(r: Dict[str, Any]) -> List[Any]:
    return [r[key] for key in _CASE.values()]


def _round(r: Dict[str, Any]) -> List[Any]:
    reference, ours = r["spread"]["reference_cpu_s"], r["spread"]["ours_cpu_s"]
    peaks = (f"{r[key]:.0f}" if key in r else "" for key in ("reference_peak_mib", "ours_peak_mib"))
    return [
        *_case(r), _ranged(reference), _ranged(ours), f"**{r['ratio']:.1f}**", _s(r["ours_first_cpu_s"]),
        f"**{r['session_ratio']:.1f}**", _s(r["reference_wall_s"]), _s(r["ours_wall_s"]), f"{r['wall_ratio']:.1f}",
        f"{reference['n']}, {ours['n']}", *peaks, r["weights"], r["precision"],
    ]  # fmt: skip


def _goals(records: List[Dict[str, Any]]) -> Lines:
    rows = []
    for r in records:
        if r["n"] != 48 or r["threads"] != 1:
            continue
        goals = TARGETS.get((r["backbone"], r["fusion"]), (None, None))
        for what, reached, wanted in (("round", r["ratio"], goals[0]), ("session", r["session_ratio"], goals[1])):
            if wanted is not None:
                case = (r["backbone"], r["fusion"], r["size"], what, f"{wanted:.0f}", f"{reached:.1f}")
                rows.append((*case, _verdict(reached >= wanted), _encoding_alone(r) if what == "session" else ""))
    return table(("backbone", "fusion", "size", "of a", "goal", "ratio", "", "at most"), rows) if rows else []


def _encoding_alone(r: Dict[str, Any]) -> str:
    """The reference's session beside one encoding: the first round of SPA less a further one."""
    encoding = r["ours_first_cpu_s"] - r["ours_cpu_s"]
    return f"{r['session_reference_cpu_s'] / encoding:.1f}" if encoding > 0 else ""


def _verdict(reached: bool) -> str:
    return "reached" if reached else "missed"


def _product(records: List[Dict[str, Any]]) -> Lines:
    frame, volume = (" x ".join(map(str, records[0][key])) for key in ("frame", "volume"))
    blocks: List[Any] = []
    for r in records:
        memory = r["memory_mib"]
        blocks += [
            f"{_threads(r)}; memory {memory['peak']:.0f} MiB at most,"
            f" {memory['with network and volume']:.0f} with network and volume,"
            f" {memory['interpreter and libraries']:.0f} without.",
            _times(r["times"]),
            "Around the network:",
            _times(r["surroundings"]),
            "What SPA adds to the published procedure, left out step by step (sessions alone, without the scene):",
            _times(r["extras"]),
        ]
    goals = (
        (f"{what}, {_threads(r)}", limit, f"{got:.4g}", _verdict(got <= limit))
        for r in records
        for what, limit, got in _waiting(r)
    )
    return section(
        "What a user waits for",
        "Default settings: a search for the region over several sizes, exact Bayes over 512 particles, shape refinement"
        " (the paper's procedure has none of these), five masks as preview segments. Compact weights, axial"
        f" frames of {frame} pixels from a volume of {volume} in memory. Each click is on a new slice.",
        *blocks,
        "Against the goals (seconds on the wall, memory in MiB):",
        table(("", "goal", "measured", ""), goals),
    )


def _threads(r: Dict[str, Any]) -> str:
    return f"{r['threads']} {'thread' if r['threads'] == 1 else 'threads'}"


def _waiting(r: Dict[str, Any]) -> Iterable[Tuple[str, float, float]]:
    """What is measured, the goal, and what was found."""
    for name, limit in WAITING.items():
        if name in r["times"]:
            yield name, limit, r["times"][name]["wall_s"]["median"]
    yield "around the network", AROUND, r["surroundings"]["sum"]["wall_s"]["median"]
    yield "peak memory", MEMORY_MIB, r["memory_mib"]["peak"]


def _cold(records: List[Dict[str, Any]]) -> Lines:
    one_thread = {r["runtime"]: r for r in records if r["threads"] == "1"}
    onnx, torch = one_thread["onnx"], one_thread["torch"]

    def share(part: str, time: str) -> float:
        return float(onnx[part][time]["median"] / torch[part][time]["median"])

    goals = (
        ("first click, share of PyTorch's", COLD, share("click", "wall_s")),
        ("further round, share of PyTorch's", 1.0, share("round", "cpu_s")),
        ("peak memory, MiB beside PyTorch's", -SMALLER_MIB, onnx["peak_mib"] - torch["peak_mib"]),
    )
    head = ("first click, s on the wall", *_TIMES[1:], "further round, s on the wall", *_TIMES[1:])
    later = ("later clicks, s on the wall", "s of processor")
    return section(
        "The first click of a process, with either runtime",
        "From nothing to five masks on a frame of 512 x 512 pixels: imports, reading the bundled weights, the search"
        " for the region and the first round; then a further round, later clicks, and the peak memory of the process."
        " Default settings, a new process each time, in turns, the files in the system's cache; one thread, or as many"
        " as libraries take where nobody tells them, as in Slicer. Against the goals: one thread.",
        table(
            ("runtime", "threads", *head, *later, "peak MiB"),
            (
                (
                    r["runtime"], r["threads"], *_cells(r["click"]), *_cells(r["round"]), *_cells(r["again"])[::2],
                    f"{r['peak_mib']:.0f}",
                )
                for r in records
            ),
        ),
        table(
            ("", "goal at most", "measured", ""),
            ((what, f"{goal:g}", f"{got:.3g}", _verdict(got <= goal)) for what, goal, got in goals),
        ),
    )


def _imports(records: List[Dict[str, Any]]) -> Lines:
    own = next(r for r in records if r["module"] == "SPASegmentLib")
    return section(
        "Importing",
        "Each time in a new process, the files in the system's cache. A Slicer module imports the package when Slicer"
        f" starts; the goal for that is {IMPORT} s: {_verdict(own['wall_s']['median'] <= IMPORT)}. Sessions follow with"
        " the first click.",
        table(
            ("import", *_TIMES, "PyTorch with it"),
            ((f"`{r['module']}`", *_cells(r), "yes" if r["with_torch"] else "no") for r in records),
        ),
    )


def _accuracy(records: List[Dict[str, Any]]) -> Lines:
    first = records[0]
    rows = (
        (r["weights"], f"**{r['setting']}**" if r["default"] else r["setting"],
         *(f"{v:.3f}" for v in r["dice_recommended"]),
         between(r["dice_recommended_ci95"][-1]), _s(r["session_cpu_s"]))
        for r in records
    )  # fmt: skip
    rounds = (f"round {n + 1}" for n in range(len(first["dice_recommended"])))
    return section(
        "What speed costs in accuracy",
        f"`{', '.join(first['files'])}`, {first['n_cases']} cases evenly spread, a user who only chooses, seed"
        f" {first['seed']}. Dice of the recommended mask by round, and processor seconds of a whole session. One"
        " setting is changed at a time; the default is in bold.",
        table(("weights", "setting", *rounds, "95 % interval, last", "s a session"), rows),
    )


def _throughput(records: List[Dict[str, Any]]) -> Lines:
    keys = ("work", "processes", "frames_per_s", "frames_per_cpu_s")
    nothing: Dict[str, Any] = {"split_cpu_s": {}, "batch": 0}
    split = next((r for r in records if "split_cpu_s" in r), nothing)
    parts = split["split_cpu_s"]
    rows = ((name, _s(value), f"{100 * value / sum(parts.values()):.0f} %") for name, value in parts.items())
    return section(
        "Throughput for research",
        "Evaluation: simulated sessions of six rounds with default settings. Training: the compact network, three"
        " rounds unrolled. One thread in each process; two processes run at the same time.",
        table(
            ("", "processes", "frames/s", "frames per processor second"), ([r[key] for key in keys] for r in records)
        ),
        f"A training step of {split['batch']} images, one process:" if parts else "",
        table(("part", "s of processor", "share"), rows) if parts else "",
    )


def _soak(r: Dict[str, Any]) -> Lines:
    memory = r["memory_mib"]
    marks = sorted({round(q * (len(memory) - 1) / 4) for q in range(5)})
    return section(
        "Does anything grow?",
        f"{r['sessions']} sessions on the slices of one volume, {r['rounds']} rounds, every tenth cancelled. The same"
        " slices come again and again, so that the segment itself is full early.",
        table(
            ("after session", "memory MiB", "scene nodes"),
            ((m + 1, f"{memory[m]:.1f}", r["scene_nodes"][m]) for m in marks),
        ),
        f"In the second half a session adds {r['mib_per_session_second_half']:.3f} MiB (straight line), all of them"
        f" together {r['nodes_added_second_half']} scene nodes; the last quarter takes"
        f" {r['cpu_ratio_last_to_first_quarter']:.2f} times the processor time of the first.",
    )


#: Heads of what `_cells` gives.
_TIMES = ("s on the wall", "from, to", "s of processor")


def _times(times: Dict[str, Any]) -> Lines:
    return table(("", *_TIMES), ((name, *_cells(part)) for name, part in times.items()))


def _cells(part: Dict[str, Any]) -> Sequence[str]:
    wall, cpu = part["wall_s"], part["cpu_s"]
    some = f"{_s(wall['min'])} to {_s(wall['max'])}" if "min" in wall else ""
    return _s(wall["median"]), some, _s(cpu["median"])


def _ranged(found: Dict[str, float]) -> str:
    """Median, and the range where there is more than one."""
    some = f" ({_s(found['min'])} to {_s(found['max'])})" if found["n"] != 1 else ""
    return f"{_s(found['median'])}{some}"


def _s(seconds: float) -> str:
    return f"{seconds:.4f}" if seconds < 0.1 else f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}"


#: Part -> what makes its section, in the order of the page.
SECTIONS: Dict[str, Callable[[Any], Lines]] = {
    "machine": _machine,
    "rounds": _rounds,
    "product": _product,
    "cold": _cold,
    "imports": _imports,
    "accuracy": _accuracy,
    "throughput": _throughput,
    "soak": _soak,
}
