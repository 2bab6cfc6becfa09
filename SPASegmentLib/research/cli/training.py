"""Trainings, and what is done with weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, List, Optional

import typer

from SPASegmentLib.commands.plain import Runtime, path_argument, path_below, path_option
from SPASegmentLib.research.cli.options import (
    PANEL,
    DataFolder,
    Jobs,
    NoduleIndex,
    Nodules,
    Patients,
    Raters,
    VolumeFolders,
    VolumeLimit,
    ready,
)

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def train(
    config: Annotated[Path, path_argument(help="YAML file, such as Resources/Training/compact.yaml.")],
    data: DataFolder,
    output: Annotated[Path, path_option("--output", "-o", help="For checkpoint and weights.")] = Path("runs/train"),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    sam: Annotated[
        Optional[Path], path_option(help="SAM's checkpoint sam_vit_b_01ec64.pth, for the encoder vit_b to start from.")
    ] = None,
    other_sam: Annotated[
        bool, typer.Option("--other-sam", help="The file given as --sam need not be Meta's (MedSAM's, for example).")
    ] = False,
    changes: Annotated[
        Optional[List[str]],
        typer.Option("--set", help="Change a value of the configuration: train.steps=100. May be repeated."),
    ] = None,
    name: Annotated[str, typer.Option(help="Of the weights; by default the configuration's.")] = "",
) -> None:
    """Train weights on multi-rater data; an interrupted run goes on where it stopped.

    torchrun starts it in several processes, on one machine or many: torchrun --nproc-per-node 4 --no-python spa train.
    """
    with ready():
        from SPASegmentLib.research.commands.training import run_train

        run_train(config, data, output, device, sam, other_sam, changes or [], name)


@app.command(rich_help_panel=PANEL)
def train_people(
    config: Annotated[Path, path_argument(help="YAML file, such as Resources/Training/person.yaml.")],
    file: Annotated[str, typer.Option(parser=path_below, help="The set of named people, below --data.")],
    data: DataFolder,
    output: Annotated[Path, path_option("--output", "-o", help="For all weights.")] = Path("runs/people"),
    each_person: Annotated[
        bool, typer.Option("--each-person", help="Also without each of the people in turn (paper, Table 6).")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    changes: Annotated[
        Optional[List[str]], typer.Option("--set", help="Change a value of the configuration. May be repeated.")
    ] = None,
) -> None:
    """Train on named people without each fifth of their images in turn, for spa evaluate named --folds."""
    with ready():
        from SPASegmentLib.research.commands.training import run_train_people

        run_train_people(config, file, data, output, each_person, device, changes or [])


@app.command(rich_help_panel=PANEL)
def hold_out(
    config: Annotated[Path, path_argument(help="YAML file with sources that have hold_out_every.")],
    data: DataFolder,
    output: Annotated[Path, path_option("--output", "-o", help="An npz file.")] = Path("out/held-out.npz"),
    changes: Annotated[
        Optional[List[str]],
        typer.Option("--set", help="Change a value of the configuration, as for spa train. May be repeated."),
    ] = None,
) -> None:
    """Write the patients that a training configuration keeps out, for spa evaluate lidc --npz."""
    with ready():
        from SPASegmentLib.research.commands.training import run_hold_out

        run_hold_out(config, data, output, changes or [])


@app.command(rich_help_panel=PANEL)
def calibrate(
    weights: Annotated[Path, path_option(help="A .safetensors file; its card is changed.")],
    npz: Annotated[
        Optional[List[Path]], path_option(help="Slices of patients that the weights have not learned from.")
    ] = None,
    structures: Annotated[
        Optional[List[Path]], path_option(help="Sets of structures that they have not learned from; may be repeated.")
    ] = None,
    limit: Annotated[Optional[int], typer.Option(min=1, help="Cases of slices at most, evenly spread.")] = None,
    per_set: Annotated[Optional[int], typer.Option(min=1, help="Cases of each set at most, evenly spread.")] = None,
    jobs: Jobs = None,
    runtime: Runtime = "torch",
    raters: Raters = 4,
) -> None:
    """Calibrate the expected Dice of weights on held-out patients (spa hold-out) and sets; it goes into their card."""
    with ready():
        from SPASegmentLib.research.commands.training import run_calibrate

        run_calibrate(weights, npz or [], structures or [], limit, per_set, jobs, runtime, raters)


@app.command("calibrate-volumes", rich_help_panel=PANEL)
def calibrate_volumes(
    folders: VolumeFolders = None,
    weights: Annotated[
        Optional[Path], path_option(help="A .safetensors file; its card is changed. By default the bundled one.")
    ] = None,
    npz: Nodules = None,
    index: NoduleIndex = None,
    patient: Patients = None,
    skip: Annotated[Optional[List[str]], typer.Option(help="Leave these patients out; may be repeated.")] = None,
    limit: VolumeLimit = None,
) -> None:
    """Fit how far weights are believed through volumes, on volumes that training may use; it goes into their card."""
    with ready():
        from SPASegmentLib.model.card import bundled
        from SPASegmentLib.research.commands.volumes import run_calibrate_volumes

        run_calibrate_volumes(
            weights or bundled(), folders or [], npz or [], index, patient or [], skip or [], limit
        )


@app.command(rich_help_panel=PANEL)
def export(
    weights: Annotated[Path, path_argument(help="A .safetensors file; its graphs go beside it, its card is changed.")],
) -> None:
    """Write the graphs of weights for ONNX Runtime, which runs them without PyTorch; spa train does so at its end."""
    with ready():
        from SPASegmentLib.research.commands.training import run_export

        run_export(weights)


@app.command(rich_help_panel=PANEL)
def average(
    weights: Annotated[Path, path_argument(help="A .safetensors file, whose card the new one follows.")],
    other: Annotated[Path, path_argument(help="Weights of the same architecture, such as those it started from.")],
    output: Annotated[Path, path_option("--output", "-o", help="A .safetensors file.")],
    share: Annotated[float, typer.Option(help="Of the first weights.")] = 0.5,
    name: Annotated[str, typer.Option(help="Of the new weights; by default that of the file.")] = "",
) -> None:
    """Write the mean of two sets of weights: it forgets less of what the first training learned."""
    with ready():
        from SPASegmentLib.research.commands.training import run_average

        run_average(weights, other, share, output, name)
