"""``spa evaluate``: simulated users on multi-rater slices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.paths import Named, check_paths, listed, weights_files
from SPASegmentLib.research.markdown import between

if TYPE_CHECKING:
    from SPASegmentLib.research.evaluation.single_mask import MaskTask
    from SPASegmentLib.research.evaluation.structures import StructuresTask
    from SPASegmentLib.research.evaluation.task import Task


def run_evaluate(task: Task, files: Sequence[Path], output: Path) -> None:
    """Evaluate, print the rounds and write the record.

    Raises:
        SPAError: an argument or a file cannot be used.
    """
    with imports():
        from SPASegmentLib.research.evaluation.multi_rater import evaluate
        from SPASegmentLib.research.evaluation.record import write_record

    check_paths(
        [*_npz(files), ("--cases", task.cases), *weights_files(task.weights)], [("--json", output)], make_folders=True
    )
    console = Console()
    with progress_bar(console, "Evaluating") as progress:
        record = evaluate(task, files, progress, _left_out(console))
    write_record(record, output)
    console.print(rounds_table(record))
    if "policy" in record:
        console.print(policy_table(record["policy"]))
    console.print(f"Wrote {output}.", markup=False, soft_wrap=True)


def run_evaluate_masks(task: MaskTask, output: Path) -> None:
    """The same for a set with one mask per image.

    Raises:
        SPAError: an argument or a file cannot be used.
    """
    with imports():
        from SPASegmentLib.research.data.single_mask import find_pairs
        from SPASegmentLib.research.evaluation.record import write_record
        from SPASegmentLib.research.evaluation.single_mask import evaluate_masks

    images = [("an image or a mask", path) for pair in find_pairs(task.folder) for path in (pair.image, pair.mask)]
    check_paths([*images, *weights_files(task.weights)], [("--json", output)], make_folders=True)
    console = Console()
    with progress_bar(console, "Evaluating") as progress:
        record = evaluate_masks(task, progress, _left_out(console))
    write_record(record, output)
    console.print(rounds_table(record))
    console.print(f"Wrote {output}.", markup=False, soft_wrap=True)


def _left_out(console: Console) -> Callable[[str], None]:
    """Says what is left out."""
    return lambda text: console.print(f"Left out: {text}", markup=False, highlight=False, soft_wrap=True)


def _npz(files: Sequence[Path]) -> List[Named]:
    """Files with slices, and the lists of patients beside them."""
    return [
        named for file in map(Path, files) for named in (("--npz", file), ("index.csv", file.with_name("index.csv")))
    ]


def run_evaluate_structures(task: StructuresTask, output: Path, pictures: Path) -> None:
    """The same for a folder of sets; what cannot be used is named and left out.

    Raises:
        SPAError: an argument cannot be used, or no file can.
    """
    with imports():
        from SPASegmentLib.research.evaluation.pictures import draw_structures
        from SPASegmentLib.research.evaluation.record import write_record
        from SPASegmentLib.research.evaluation.structures import evaluate_structures

    sets = [("a set", path) for path in listed(task.folder, "*.npz")]
    check_paths(
        [*sets, *weights_files(task.weights)],
        [("--json", output), ("a picture", pictures / "set-worst.png")],
        make_folders=True,
    )
    console = Console()
    with progress_bar(console, "Evaluating") as progress:
        record, measured = evaluate_structures(task, progress, _left_out(console))
    write_record(record, output)
    console.print(sets_table(record))
    drawn = draw_structures(task, measured, pictures)
    console.print(f"Wrote {output} and {len(drawn)} pictures in {pictures}.", markup=False, soft_wrap=True)


def sets_table(record: Dict[str, Any]) -> Table:
    """Recommended Dice in some rounds and what the first one offers and expects, a row for each set."""
    title = f"spa, user {record['user']}, start {record['start']}: {record['n_cases']} cases of {record['n_sets']} sets"
    table = Table(title=title, title_justify="left", caption="recommended Dice by round; best and expected Dice in 1")
    shown = sorted({1, (record["rounds"] + 1) // 2, record["rounds"]})
    table.add_column("set", no_wrap=True)
    for name in ("cases", *map(str, shown), "best", "expected"):
        table.add_column(name, justify="right")
    for name, row in {**record["sets"], "mean of sets": record}.items():
        values = [*(row["dice_recommended"][j - 1] for j in shown), row["dice_best_seen"][0], row["expected_dice"][0]]
        table.add_row(escape(name), str(row["n_cases"]), *(f"{value:.3f}" for value in values))
    return table


def rounds_table(record: Dict[str, Any]) -> Table:
    """Dice by round."""
    title = f"{record['method']}, user {record['user']}, protocol {record['protocol']}: {record['n_cases']} cases"
    table = Table(title=title, title_justify="left", caption=f"Dice, 95 % intervals over {record['intervals_over']}")
    for name in ("round", "recommended", "95 % interval", "best on screen", "best seen"):
        table.add_column(name, justify="right")
    for j in range(record["rounds"]):
        table.add_row(
            str(j + 1),
            f"{record['dice_recommended'][j]:.3f}",
            between(record["dice_recommended_ci95"][j]),
            f"{record['dice_best_on_screen'][j]:.3f}",
            f"{record['dice_best_seen'][j]:.3f}",
        )
    return table


def policy_table(policy: Dict[str, Any]) -> Table:
    """What the profile gains in the first round."""
    table = Table(
        title=f"First-round Dice on images {policy['images']} of one user", title_justify="left",
        caption="changes: the user before had the opposite preference",
    )  # fmt: skip
    for name in ("user", "with profile", "without", "gain", "95 % interval"):
        table.add_column(name, justify="left" if name == "user" else "right")
    rows = {**policy["users"], "all users": policy["all_users"]}
    if "all" in policy["user_changes"]:
        rows["user changes"] = policy["user_changes"]["all"]
    for name, row in rows.items():
        gain = between(row["gain_ci95"], sign=True)
        table.add_row(name, f"{row['profile']:.3f}", f"{row['cold']:.3f}", f"{row['gain']:+.3f}", gain)
    return table


def run_cases(files: Sequence[Path], protocol: str, seed: int, output: Optional[Path], raters: int = 4) -> None:
    """Draw the cases of a protocol and write their list.

    Args:
        files: npz files.
        protocol: of `cases.PROTOCOLS`.
        seed: of the draw.
        output: JSON; None for the folder of committed lists, named after the first file.
        raters: masks that a slice must have exactly; 0 for at least one.

    Raises:
        SPAError: the files cannot be used or the list cannot be written.
    """
    with imports():
        from SPASegmentLib.research.evaluation.case_lists import lists_folder, write_cases
        from SPASegmentLib.research.evaluation.cases import draw_ids
        from SPASegmentLib.research.evaluation.slices import open_files

    output = output or lists_folder() / f"{Path(files[0]).stem}-{protocol}.json"
    check_paths(_npz(files), [("--output", output)], make_folders=True)
    opened = open_files(files)
    ids = draw_ids(opened, protocol, seed, raters)
    write_cases(ids, protocol, seed, opened, output, raters)
    Console().print(f"Wrote {len(ids)} cases to {output}.", markup=False, soft_wrap=True)
