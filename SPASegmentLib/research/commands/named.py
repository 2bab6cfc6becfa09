"""``spa evaluate named``: people of a data set as users."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Tuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.paths import check_paths, weights_files
from SPASegmentLib.research.markdown import percent

if TYPE_CHECKING:
    from SPASegmentLib.research.evaluation.named.evaluation import NamedTask


def run_evaluate_named(task: NamedTask, output: Path) -> None:
    """Evaluate, print what is personal, and write the record.

    Raises:
        SPAError: an argument or a file cannot be used.
    """
    with imports():
        from SPASegmentLib.research.evaluation.named.evaluation import evaluate_named
        from SPASegmentLib.research.evaluation.named.seen import warning
        from SPASegmentLib.research.evaluation.record import write_record

    files = [*(("--npz", path) for path in task.files), ("--second", task.second)]
    inputs = [*files, *weights_files(task.weights), ("--folds", task.folds)]
    check_paths(inputs, [("--json", output)], make_folders=True)
    console = Console()
    with progress_bar(console, "Evaluating") as progress:
        record = evaluate_named(task, progress)
    write_record(record, output)
    console.print(people_table(record))
    for line in summary_lines(record):
        console.print(line, markup=False, highlight=False)
    if "two_programs" in record:
        console.print(programs_table(record["two_programs"]))
    if "left_out" in record:
        console.print(left_out_table(record["left_out"]))
    text = warning(record["seen_in_training"], record["weights"])
    console.print(text or f"The weights {record['weights']} were not trained on these images.", markup=False)
    console.print(f"Wrote {output}.", markup=False, soft_wrap=True)


def people_table(record: Dict[str, Any]) -> Table:
    """First-round Dice in percent with no profile, the person's own and the others', a row for each person."""
    table = Table(
        title=f"First-round Dice in percent on images {record['images']} of one person, start {record['start']}",
        title_justify="left",
        caption="gain: own minus none; personal: own minus others'; changed: with the profile of the person before, "
        "minus none",
    )
    table.add_column("person", no_wrap=True)
    for name in ("n", "none", "own", "others'", "gain", "personal", "changed"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, row in _rows(record):
        if not row["n"]:
            table.add_row(name, "0")
            continue
        first, changed = row["first_round"], row["change"].get("all")
        table.add_row(
            name, str(row["n"]), *(f"{100 * first[p][0]:.1f}" for p in ("without", "own", "others")),
            _points(row["gain"]), _points(row["personal"]), "-" if changed is None else _points(changed["gain"]),
        )  # fmt: skip
    return table


def summary_lines(record: Dict[str, Any]) -> List[str]:
    """What holds of all people together, with 95 % intervals in points of Dice."""
    rounds = record["rounds_to"]["0.9"]
    found = (("gain", "Own minus none"), ("common", "others' minus none"), ("personal", "own minus others'"))
    parts = [f"{words} {percent(record[k], record[f'{k}_ci95'], sign=True)}" for k, words in found]
    return [
        f"{', '.join(parts)}; 95 % intervals over {record['intervals_over']}.",
        f"Rounds until a mask on screen has 0.9: {rounds['without'][0]:.2f} with none, {rounds['own'][0]:.2f} with the "
        "own profile; never counts 10.",
    ]


def programs_table(programs: Dict[str, Any]) -> Table:
    """One hand, two people and SPA, a row for each person."""
    table = Table(title="Dice in percent on the same cases", title_justify="left")
    table.add_column("person", no_wrap=True)
    heads = ("n", "one hand", "two people", "in the second", "SPA, last", "SPA, best")
    for name in heads:
        table.add_column(name, justify="right")
    names = ("one_hand", "two_people", "two_people_second", "spa_recommended", "spa_best_seen")
    for name, row in _rows(programs):
        table.add_row(name, str(row["n"]), *(percent(row[key][0]) for key in names if row["n"]))
    return table


def left_out_table(left_out: Dict[str, Any]) -> Table:
    """Weights that know a person, and weights that do not, a row for each person."""
    table = Table(
        title="Without a profile, by weights that know the person or do not", title_justify="left",
        caption="Dice of the recommended mask in percent; lost: known minus not",
    )  # fmt: skip
    table.add_column("person", no_wrap=True)
    last = len(left_out["lost"])
    for name in ("n", "round 1, known", "not", "lost", f"round {last}, lost", "rounds to 0.84, known", "not"):
        table.add_column(name, justify="right")
    for name, row in _rows(left_out):
        needed = row["rounds_to"]["0.84"]
        table.add_row(
            name, str(row["n"]), *(f"{100 * row[key][0]:.1f}" for key in ("included", "excluded")),
            _points(row["lost"][0]), _points(row["lost"][-1]),
            *(f"{needed[key][0]:.2f}" for key in ("included", "excluded")),
        )  # fmt: skip
    return table


def _rows(record: Dict[str, Any]) -> List[Tuple[str, Dict[str, Any]]]:
    """Every person, and all together; names as they are, whatever Rich makes of brackets."""
    return [*((escape(name), row) for name, row in record["people"].items()), ("all", record)]


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"
