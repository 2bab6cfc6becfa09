"""``spa train`` and ``spa hold-out``: training from a configuration."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional, Sequence

from rich.console import Console

from SPASegmentLib.commands.bar import progress_bar
from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import card_beside, check_paths, weights_files


def _console() -> Console:
    """Of several processes the first one speaks."""
    return Console(quiet=os.environ.get("RANK", "0") != "0")


def _check_data(folder: Path) -> None:
    """Say that the folder of all data is not there, before the first of its files is missed.

    Raises:
        InputError: it is not.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder, or not there; give the one that the data lie in as --data.")


def run_train(
    config: Path,
    data: Path,
    output: Path,
    device: str,
    sam: Optional[Path],
    other_sam: bool,
    changes: Sequence[str] = (),
    name: str = "",
) -> None:
    """Train by a configuration file; an interrupted run goes on where its last checkpoint was.

    Raises:
        SPAError: the configuration, the data or the folder cannot be used.
    """
    with imports():
        from SPASegmentLib.research.training.run import train

    _check_data(data)
    if other_sam and sam is None:
        raise InputError("--other-sam says that the file given as --sam need not be Meta's; give --sam, too.")
    console = _console()
    with progress_bar(console, f"Training {name or config.stem}") as progress:
        weights = train(config, data, output, progress, device, sam, other_sam, changes, name)
    if weights is not None:
        text = f"Wrote {weights} and its card {card_beside(weights).name}."
        console.print(text, markup=False, soft_wrap=True)


def run_train_people(
    config: Path, file: str, data: Path, output: Path, each_person: bool, device: str, changes: Sequence[str] = ()
) -> None:
    """Train the weights that named people are measured with.

    Raises:
        SPAError: the configuration, the data or the folder cannot be used.
    """
    with imports():
        from SPASegmentLib.research.training.people import train_people

    _check_data(data)
    console = _console()
    with progress_bar(console, f"Training on {Path(file).stem}") as progress:
        made = train_people(config, file, data, output, each_person, progress, device, changes)
    console.print(f"{len(made)} sets of weights are in {output}.", markup=False, soft_wrap=True)


def run_hold_out(config: Path, data: Path, output: Path, changes: Sequence[str] = ()) -> None:
    """Write the slices of the patients that a configuration keeps out of training, for `run_evaluate`.

    Raises:
        SPAError: the configuration, the data or the file cannot be used.
    """
    with imports():
        from SPASegmentLib.research.training.run import write_held_out

    _check_data(data)
    count = write_held_out(config, data, output, changes)
    Console().print(f"Wrote {count} slices to {output}.", markup=False, soft_wrap=True)


def run_export(weights: Path) -> None:
    """Write the graphs of weights for ONNX Runtime, and their checksums into the card.

    Raises:
        SPAError: the weights cannot be used, or a file cannot be written.
    """
    with imports():
        from SPASegmentLib.model.onnx_graphs import GRAPHS, graph_file
        from SPASegmentLib.research.training.export import export

    console = Console()
    with console.status("Exporting ..."):
        export(weights)
    names = ", ".join(graph_file(weights, name).name for name in GRAPHS)
    console.print(f"Wrote {names} and {card_beside(weights).name}.", markup=False, soft_wrap=True)


def run_average(weights: Path, other: Path, share: float, output: Path, name: str = "") -> None:
    """Write the mean of two sets of weights, with its card and graphs, under a name (by default the file's).

    Raises:
        SPAError: weights cannot be used, or a file cannot be written.
    """
    with imports():
        from SPASegmentLib.output import make_folder
        from SPASegmentLib.research.training.average import average

    if output.suffix != ".safetensors":
        raise InputError(f"--output must end in .safetensors, as {output.name} does not; the card goes beside it.")
    check_paths(
        [*weights_files(weights, "the first weights"), *weights_files(other, "the other weights")],
        [("--output", output), ("the card of --output", card_beside(output))],
        make_folders=True,
    )
    console = Console()
    with console.status("Averaging ..."):
        make_folder(output.parent)
        average(weights, other, share, output, name)
    console.print(f"Wrote {output.name} and its card; calibrate it next (spa calibrate).", markup=False, soft_wrap=True)


def run_calibrate(
    weights: Path,
    files: Sequence[Path],
    structures: Sequence[Path],
    limit: Optional[int],
    per_set: Optional[int],
    jobs: Optional[int],
    runtime: str = "torch",
    raters: int = 4,
) -> None:
    """Calibrate the expected Dice of weights.

    Raises:
        SPAError: the weights or the files cannot be used, or the card cannot be written.
    """
    with imports():
        from SPASegmentLib.model.card import card_file
        from SPASegmentLib.model.expected_dice import calibrated
        from SPASegmentLib.research.evaluation.calibration import calibrate

    if not files and not structures:
        raise InputError("Calibration needs files: slices (--npz), structures (--structures), or both.")
    inputs = [("--npz", Path(file)) for file in files] + [("--structures", Path(file)) for file in structures]
    check_paths(inputs, [("the card of --weights", card_file(weights))])
    console = Console()
    with progress_bar(console, "Calibrating") as progress:
        record = calibrate(
            weights, files, limit, jobs, progress, structures, per_set, runtime, raters,
            lambda text: console.print(f"Left out: {text}", markup=False, highlight=False, soft_wrap=True),
        )  # fmt: skip
    told = ", ".join(f"{calibrated(0.9, curve):.2f}" for curve in record["expected_dice"])
    console.print(
        f"Where the predictions agree to 0.90, a Dice of {told} is expected by round; from {record['n_cases']} cases, "
        f"mean error {record['mean_error_before']} before, {record['mean_error_after']} after.",
        highlight=False,
    )
