"""``spa evaluate volumes`` and ``spa calibrate-volumes``: whole structures, slice by slice and through the volume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

from rich.console import Console
from rich.table import Table

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import Named, check_paths, weights_files

if TYPE_CHECKING:
    from SPASegmentLib.research.evaluation.volumes.evaluation import VolumesTask

#: Numbers of actions that the table shows.
SHOWN = (2, 4, 6, 10, 20, 30, 40)


def run_evaluate_volumes(task: VolumesTask, output: Path) -> None:
    """Evaluate, print the Dice by actions and write the record; what cannot be used is named and left out.

    Raises:
        SPAError: an argument cannot be used, or no volume can.
    """
    with imports():
        from SPASegmentLib.research.evaluation.record import write_record
        from SPASegmentLib.research.evaluation.volumes.evaluation import evaluate_volumes

    check_paths(_inputs(task.folders, task.npz, task.index, task.weights), [("--json", output)], make_folders=True)
    console = Console()
    with progress_bar(console, "Evaluating") as progress:
        record = evaluate_volumes(task, progress, lambda text: console.print(f"Left out: {text}", markup=False))
    write_record(record, output)
    console.print(actions_table(record))
    console.print(f"Wrote {output}.", markup=False, soft_wrap=True)


def actions_table(record: Dict[str, Any]) -> Table:
    """Dice of the volume after some numbers of actions, a row for SPA and for each baseline."""
    title = f"Through {record['n_volumes']} volumes of {record['intervals_over']}"
    table = Table(title=title, title_justify="left", caption="mean Dice of the volume by actions of the reader")
    shown = [count for count in SHOWN if count <= record["actions"]]
    table.add_column("way", no_wrap=True)
    for name in ("one mask", *map(str, shown), "ends within one"):
        table.add_column(name, justify="right")
    for name, row in {"spa": record, **record["baselines"]}.items():
        values = [f"{value:.3f}" for value in (row["dice_one_anchor"], *(row["dice_by_action"][n - 1] for n in shown))]
        table.add_row(name, *values, f"{row['ends_within_one']:.0%}" if "ends_within_one" in row else "-")
    return table


def run_calibrate_volumes(
    weights: Path,
    folders: Sequence[Path],
    npz: Sequence[Path],
    index: Optional[Path],
    patients: Sequence[str],
    skip: Sequence[str],
    limit: Optional[int],
) -> None:
    """Fit how far the network is believed through volumes, and write it into the card of the weights.

    Raises:
        SPAError: the weights or the volumes cannot be used, or the card cannot be written.
    """
    with imports():
        from SPASegmentLib.model.card import card_file
        from SPASegmentLib.research.evaluation.volumes.calibration import calibrate_volumes

    if not folders and not npz:
        raise InputError("Calibration needs volumes: folders, shards (--npz and --index), or both.")
    card = card_file(weights)
    check_paths(_inputs(folders, npz, index, None), [("the card of --weights", card)])
    console = Console()
    with progress_bar(console, "Calibrating") as progress:
        facts = calibrate_volumes(
            weights, folders, npz, index, patients, skip, limit, progress,
            lambda text: console.print(f"Left out: {text}", markup=False),
        )  # fmt: skip
    for name, value in facts.items():
        console.print(f"{name}: {value}", highlight=False)
    console.print(f"Wrote {card}.", markup=False, soft_wrap=True)


def _inputs(
    folders: Sequence[Path], npz: Sequence[Path], index: Optional[Path], weights: Optional[Path]
) -> List[Named]:
    """What may not be overwritten."""
    from SPASegmentLib.research.data.single_mask import find_pairs

    found: List[Tuple[str, Optional[Path]]] = [("--npz", path) for path in npz]
    found += [("--index", index)] if index is not None else []
    for folder in folders:
        try:
            pairs = find_pairs(folder)
        except InputError:  # said when it is read
            continue
        found += [("an image or a mask", path) for pair in pairs for path in (pair.image, pair.mask) if path.exists()]
    return [*found, *weights_files(weights)]
