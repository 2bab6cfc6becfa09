"""``spa evaluate named``: people of a data set as users."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Sequence

from rich.console import Console
from rich.table import Table

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.paths import check_paths, weights_files

if TYPE_CHECKING:
    from SPASegmentLib.research.evaluation.named.evaluation import NamedTask


def run_evaluate_named(task: NamedTask, output: Path) -> None:
    """Evaluate, print what is personal, and write the record.

    Raises:
        SPAError: an argument or a file cannot be used.
    """
    with imports():
        from SPASegmentLib.research.evaluation.multi_rater import write_record
        from SPASegmentLib.research.evaluation.named.evaluation import evaluate_named
        from SPASegmentLib.research.evaluation.named.seen import warning

    inputs = [*(("--npz", path) for path in task.files), ("--second", task.second), *weights_files(task.weights)]
    check_paths(inputs, [("--json", output)], make_folders=True)
    console = Console()
    with progress_bar(console, "Evaluating") as progress:
        record = evaluate_named(task, progress)
    write_record(record, output)
    console.print(people_table(record))
    if "two_programs" in record:
        console.print(programs_table(record["two_programs"]))
    text = warning(record["seen_in_training"], record["weights"])
    console.print(text or f"The weights {record['weights']} were not trained on these images.", markup=False)
    console.print(f"Wrote {output}.", markup=False, soft_wrap=True)


def people_table(record: Dict[str, Any]) -> Table:
    """First-round Dice with no profile, the person's own and the others', a row for each person."""
    table = Table(
        title=f"First-round Dice on images {record['images']} of one person, start {record['start']}",
        title_justify="left",
        caption="common: others' profile minus none; personal: own minus others'; changed: after another person's "
        f"images, minus none. 95 % intervals over {record['intervals_over']}",
    )
    table.add_column("person", no_wrap=True)
    for name in (
        "n",
        "none",
        "own",
        "others'",
        "gain",
        "95 %",
        "common",
        "personal",
        "95 %",
        "changed",
        "rounds to 0.9",
    ):
        table.add_column(name, justify="right")
    for name, row in {**record["people"], "all": record}.items():
        if not row["n"]:
            table.add_row(name, "0")
            continue
        first, rounds = row["first_round"], row["rounds_to"]["0.9"]
        changed = row["change"].get("all")
        table.add_row(
            name, str(row["n"]), *(f"{first[p][0]:.3f}" for p in ("without", "own", "others")), f"{row['gain']:+.3f}",
            _interval(row["gain_ci95"]), f"{row['common']:+.3f}", f"{row['personal']:+.3f}",
            _interval(row["personal_ci95"]), "-" if changed is None else f"{changed['gain']:+.3f}",
            f"{rounds['without'][0]:.2f} to {rounds['own'][0]:.2f}",
        )  # fmt: skip
    return table


def programs_table(programs: Dict[str, Any]) -> Table:
    """One hand, two people and SPA, a row for each person."""
    table = Table(title="Dice on the same cases", title_justify="left")
    table.add_column("person", no_wrap=True)
    heads = ("n", "one hand, two programs", "two people", "two people, second", "SPA, last round", "SPA, best seen")
    for name in heads:
        table.add_column(name, justify="right")
    names = ("one_hand", "two_people", "two_people_second", "spa_recommended", "spa_best_seen")
    for name, row in {**programs["people"], "all": programs}.items():
        table.add_row(name, str(row["n"]), *(f"{row[key][0]:.3f}" for key in names if row["n"]))
    return table


def _interval(bounds: Sequence[float]) -> str:
    return f"{bounds[0]:+.3f} to {bounds[1]:+.3f}"
