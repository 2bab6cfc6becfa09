"""Measurements with simulated users."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, List, Optional

import typer

from SPASegmentLib.commands.plain import Runtime, Weights, path_argument, path_option
from SPASegmentLib.research.cli.options import (
    PANEL,
    AnyStart,
    Baselines,
    CaseLimit,
    CaseSeed,
    Jobs,
    Label,
    NoduleIndex,
    Nodules,
    Npz,
    Patients,
    Raters,
    RecordFile,
    Rounds,
    SessionSeed,
    Start,
    VolumeFolders,
    VolumeLimit,
    ready,
)

app = typer.Typer()

evaluate = typer.Typer(help="Measure with simulated users.", no_args_is_help=True)
app.add_typer(evaluate, name="evaluate", rich_help_panel=PANEL)

Protocol = Annotated[
    str,
    typer.Option(help="What users want: combination (majority of random raters), rater (each single one), policy."),
]


@evaluate.command("lidc")
def evaluate_lidc(
    npz: Npz,
    more: Annotated[Optional[List[Path]], path_argument(metavar="[FILE]...", help="More such files.")] = None,
    protocol: Protocol = "combination",
    user: Annotated[
        str,
        typer.Option(
            help="choice, candidate (never the recommended mask), choice+point, choice+oracle-point (an oracle, as the "
            "paper's code), clicks."
        ),
    ] = "choice",
    method: Annotated[
        str,
        typer.Option(
            help="spa; resample, seed-mask, consensus (learn nothing); unet, transunet, swinunet, ensemble, "
            "label-sampling, multi-head, probabilistic, mrnet, click-network, medsam, msa, sam-u, sam-u-v2 (spa "
            "baselines train). An option that changes nothing with a method is refused."
        ),
    ] = "spa",
    start: Annotated[
        str,
        typer.Option(
            help="What SPA starts from: click (a random pixel of what all raters share), box (the tight one) or "
            "sloppy-box (as a hand draws it)."
        ),
    ] = "click",
    rounds: Rounds = 6,
    noise: Annotated[float, typer.Option(help="Share of choices that fall on another mask at random.")] = 0.0,
    update: Annotated[str, typer.Option(help="bayesian or amortised.")] = "bayesian",
    generator: Annotated[
        str, typer.Option(help="What the preference generator may move: all, gaussians, weights or none.")
    ] = "all",
    refine: Annotated[bool, typer.Option(help="Vary the network's predictions in shape.")] = True,
    looks: Annotated[bool, typer.Option(help="Look at a click from several sizes.")] = True,
    feedback_prompts: Annotated[bool, typer.Option(help="Give the chosen mask and its point to the network.")] = True,
    predictions: Annotated[int, typer.Option(help="Predictions per round, which candidates come from.")] = 48,
    particles: Annotated[int, typer.Option(help="Latents that carry the preference.")] = 512,
    raters: Raters = 4,
    split: Annotated[
        Optional[str],
        typer.Option(
            help="Only slices that training left out by the same split: slices (a fifth, one by one, as in the paper), "
            "patients (of a fifth of them), both (left out by either)."
        ),
    ] = None,
    limit: Annotated[
        Optional[int],
        typer.Option(
            min=1,
            help="Cases at most, evenly spread; with the protocol policy the first whole sequences, one at least: nine "
            "users on twelve images, 108 cases.",
        ),
    ] = None,
    cases: Annotated[Optional[Path], path_option(help="A list of cases; by default the committed one.")] = None,
    weights: Weights = None,
    runtime: Runtime = "torch",
    baselines: Baselines = Path("runs/baselines"),
    seed: CaseSeed = 0,
    jobs: Jobs = None,
    output: RecordFile = Path("out/evaluation.json"),
) -> None:
    """Measure how fast a simulated user gets the wanted mask on slices with the masks of several raters."""
    with ready():
        from SPASegmentLib.research.commands.evaluate import run_evaluate
        from SPASegmentLib.research.evaluation.task import Task

        task = Task(
            protocol=protocol, user=user, method=method, start=start, rounds=rounds, noise=noise, update=update,
            generator=generator, refine=refine, looks=looks, feedback_prompts=feedback_prompts, predictions=predictions,
            particles=particles, raters=raters, split=split, limit=limit, cases=cases, weights=weights, seed=seed,
            baselines=baselines, jobs=jobs, runtime=runtime,
        )  # fmt: skip
        run_evaluate(task, [*npz, *(more or [])], output)


@evaluate.command("masks")
def evaluate_masks(
    folder: Annotated[Path, path_argument(help="images and masks (or labels), or <name>_image and <name>_mask.")],
    label: Label = None,
    patient: Patients = None,
    rounds: Rounds = 6,
    limit: CaseLimit = None,
    weights: Weights = None,
    runtime: Runtime = "torch",
    seed: SessionSeed = 0,
    jobs: Jobs = None,
    output: RecordFile = Path("out/evaluation.json"),
) -> None:
    """Measure choices on images with one mask each: PNG folders, Decathlon sets, or volumes beside their masks."""
    with ready():
        from SPASegmentLib.research.commands.evaluate import run_evaluate_masks
        from SPASegmentLib.research.evaluation.single_mask import MaskTask

        task = MaskTask(folder, label, tuple(patient or ()), rounds, limit, weights, seed, jobs, runtime)
        run_evaluate_masks(task, output)


@evaluate.command("structures")
def evaluate_structures(
    folder: Annotated[Path, path_argument(help="Of npz files, one for each set of structures.")],
    start: AnyStart = "click",
    user: Annotated[str, typer.Option(help="choice, or clicks (corrective clicks instead of choices).")] = "choice",
    rounds: Rounds = 6,
    limit: Annotated[Optional[int], typer.Option(min=1, help="Cases of a set at most, evenly spread.")] = None,
    weights: Weights = None,
    runtime: Runtime = "torch",
    seed: SessionSeed = 0,
    jobs: Jobs = None,
    output: RecordFile = Path("out/structures.json"),
    pictures: Annotated[
        Path, path_option(help="Folder for pictures of the worst and the median case of each set.")
    ] = Path("out/structures"),
) -> None:
    """Measure all sets of structures in a folder, means over sets: organs, lesions, cells nobody trained on."""
    with ready():
        from SPASegmentLib.research.commands.evaluate import run_evaluate_structures
        from SPASegmentLib.research.evaluation.structures import StructuresTask

        task = StructuresTask(folder, start, user, rounds, limit, weights, seed, jobs, runtime)
        run_evaluate_structures(task, output, pictures)


@evaluate.command("named")
def evaluate_named(
    npz: Annotated[List[Path], path_option(help="Masks of named people (raters); may be repeated for one group.")],
    second: Annotated[
        Optional[Path], path_option(help="The same people and images, drawn with a second program.")
    ] = None,
    start: Start = "click",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds per image.")] = 6,
    limit: Annotated[Optional[int], typer.Option(min=1, help="Images at most, evenly spread.")] = None,
    weights: Weights = None,
    folds: Annotated[
        Optional[Path],
        path_option(help="Weights of spa train-people, so that no image is measured by those that have seen it."),
    ] = None,
    runtime: Runtime = "torch",
    seed: Annotated[int, typer.Option(min=0, help="Of the images' order and of sessions.")] = 0,
    jobs: Jobs = None,
    output: RecordFile = Path("out/named.json"),
) -> None:
    """Measure what the profile learns of named people: first masks with their own profile, none, and the others'."""
    with ready():
        from SPASegmentLib.research.commands.named import run_evaluate_named
        from SPASegmentLib.research.evaluation.named.evaluation import NamedTask

        task = NamedTask(tuple(npz), start, rounds, limit, weights, runtime, seed, jobs, second, folds)
        run_evaluate_named(task, output)


@evaluate.command("volumes")
def evaluate_volumes(
    folders: VolumeFolders = None,
    npz: Nodules = None,
    index: NoduleIndex = None,
    label: Label = None,
    patient: Patients = None,
    actions: Annotated[int, typer.Option(min=2, help="Clicks, choices, acceptances and ends of the reader.")] = 40,
    limit: VolumeLimit = None,
    without: Annotated[
        Optional[List[str]],
        typer.Option(
            help='Leave out: "slice by slice", itk (both ways), "no learning", "even anchors", "itk own slices"; '
            "may be repeated."
        ),
    ] = None,
    weights: Weights = None,
    runtime: Runtime = "auto",
    seed: SessionSeed = 0,
    jobs: Jobs = None,
    output: RecordFile = Path("out/volumes.json"),
) -> None:
    """Measure how many actions a reader needs for a whole structure, through the volume and by other ways."""
    with ready():
        from SPASegmentLib.research.commands.volumes import run_evaluate_volumes
        from SPASegmentLib.research.evaluation.volumes.evaluation import VolumesTask

        task = VolumesTask(
            tuple(folders or ()), tuple(npz or ()), index, label, tuple(patient or ()), actions, limit,
            tuple(without or ()), weights, runtime, seed, jobs,
        )  # fmt: skip
        run_evaluate_volumes(task, output)


@evaluate.command("cases")
def evaluate_cases(
    npz: Npz,
    protocol: Protocol = "combination",
    seed: CaseSeed = 0,
    raters: Raters = 4,
    output: Annotated[
        Optional[Path], path_option("--output", "-o", help="JSON file; by default where the committed lists are.")
    ] = None,
) -> None:
    """Write the list of a protocol's cases: ids and numbers, no pixels."""
    with ready():
        from SPASegmentLib.research.commands.evaluate import run_cases

        run_cases(npz, protocol, seed, output, raters)
