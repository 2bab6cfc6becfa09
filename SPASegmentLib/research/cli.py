"""The commands of research: trainings, evaluations, benchmarks; a group of their own in ``spa --help``."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Iterator, List, Optional

import typer

from SPASegmentLib.commands.plain import Runtime, Weights, plain_errors
from SPASegmentLib.pytorch import require_torch

PANEL = "Research: train, evaluate, measure"

app = typer.Typer()


@contextmanager
def _ready() -> Iterator[None]:
    """Errors in plain words, and PyTorch, which all of research needs, before anything else is looked at."""
    with plain_errors():
        require_torch()
        yield


@app.command(rich_help_panel=PANEL)
def train(
    config: Annotated[Path, typer.Argument(help="YAML file, such as Resources/Training/compact.yaml.")],
    data: Annotated[Path, typer.Option(help="Folder that the paths in the configuration are relative to.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="For checkpoint and weights.")] = Path("runs/train"),
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    sam: Annotated[
        Optional[Path], typer.Option(help="SAM's checkpoint sam_vit_b_01ec64.pth, for the encoder vit_b to start from.")
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
    with _ready():
        from SPASegmentLib.research.commands.training import run_train

        run_train(config, data, output, device, sam, other_sam, changes or [], name)


@app.command(rich_help_panel=PANEL)
def hold_out(
    config: Annotated[Path, typer.Argument(help="YAML file with sources that have hold_out_every.")],
    data: Annotated[Path, typer.Option(help="Folder that the paths in the configuration are relative to.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="An npz file.")] = Path("out/held-out.npz"),
) -> None:
    """Write the patients that a training configuration keeps out, for spa evaluate lidc --npz."""
    with _ready():
        from SPASegmentLib.research.commands.training import run_hold_out

        run_hold_out(config, data, output)


@app.command(rich_help_panel=PANEL)
def calibrate(
    weights: Annotated[Path, typer.Option(help="A .safetensors file; its card is changed.")],
    npz: Annotated[
        Optional[List[Path]], typer.Option(help="Slices of patients that the weights have not learned from.")
    ] = None,
    structures: Annotated[
        Optional[List[Path]], typer.Option(help="Sets of structures that they have not learned from; may be repeated.")
    ] = None,
    limit: Annotated[Optional[int], typer.Option(min=1, help="Cases of slices at most, evenly spread.")] = None,
    per_set: Annotated[Optional[int], typer.Option(min=1, help="Cases of each set at most, evenly spread.")] = None,
    jobs: Annotated[Optional[int], typer.Option(min=1, help="Processes; by default one per processor core.")] = None,
    runtime: Runtime = "torch",
) -> None:
    """Calibrate the expected Dice of weights on held-out patients (spa hold-out) and sets; it goes into their card."""
    with _ready():
        from SPASegmentLib.research.commands.training import run_calibrate

        run_calibrate(weights, npz or [], structures or [], limit, per_set, jobs, runtime)


@app.command("calibrate-volumes", rich_help_panel=PANEL)
def calibrate_volumes(
    folders: Annotated[
        Optional[List[Path]],
        typer.Argument(metavar="[FOLDER]...", help="With volumes and masks, as spa evaluate masks takes them."),
    ] = None,
    weights: Annotated[
        Optional[Path], typer.Option(help="A .safetensors file; its card is changed. By default the bundled one.")
    ] = None,
    npz: Annotated[
        Optional[List[Path]], typer.Option(help="Slices of several raters, whose nodules are stacks; may be repeated.")
    ] = None,
    index: Annotated[
        Optional[Path], typer.Option(help="List of their slices: file, row, patient, nodule, slice.")
    ] = None,
    patient: Annotated[Optional[List[str]], typer.Option(help="Use these patients only; may be repeated.")] = None,
    skip: Annotated[Optional[List[str]], typer.Option(help="Leave these patients out; may be repeated.")] = None,
    limit: Annotated[
        Optional[int], typer.Option(min=1, help="Volumes of a folder, and stacks, at most, evenly spread.")
    ] = None,
) -> None:
    """Fit how far weights are believed through volumes, on volumes that training may use; it goes into their card."""
    with _ready():
        from SPASegmentLib.model.card import bundled
        from SPASegmentLib.research.commands.volumes import run_calibrate_volumes

        run_calibrate_volumes(
            weights or bundled(), folders or [], npz or [], index, patient or [], skip or [], limit
        )


@app.command(rich_help_panel=PANEL)
def export(
    weights: Annotated[Path, typer.Argument(help="A .safetensors file; its graphs go beside it, its card is changed.")],
) -> None:
    """Write the graphs of weights for ONNX Runtime, which runs them without PyTorch; spa train does so at its end."""
    with _ready():
        from SPASegmentLib.research.commands.training import run_export

        run_export(weights)


@app.command(rich_help_panel=PANEL)
def average(
    weights: Annotated[Path, typer.Argument(help="A .safetensors file, whose card the new one follows.")],
    other: Annotated[Path, typer.Argument(help="Weights of the same architecture, such as those it started from.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A .safetensors file.")],
    share: Annotated[float, typer.Option(help="Of the first weights.")] = 0.5,
) -> None:
    """Write the mean of two sets of weights: it forgets less of what the first training learned."""
    with _ready():
        from SPASegmentLib.research.commands.training import run_average

        run_average(weights, other, share, output)


evaluate = typer.Typer(help="Measure with simulated users.", no_args_is_help=True)
app.add_typer(evaluate, name="evaluate", rich_help_panel=PANEL)

Npz = Annotated[List[Path], typer.Option(help="Slices with the masks of several raters; may be repeated.")]
Protocol = Annotated[
    str,
    typer.Option(help="What users want: combination (majority of random raters), rater (each single one), policy."),
]


@evaluate.command("lidc")
def evaluate_lidc(
    npz: Npz,
    more: Annotated[Optional[List[Path]], typer.Argument(metavar="[FILE]...", help="More such files.")] = None,
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
            "baselines train)."
        ),
    ] = "spa",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds per case.")] = 6,
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
    raters: Annotated[
        int, typer.Option(min=0, max=8, help="Masks that a slice must have exactly; 0 for at least one.")
    ] = 4,
    split: Annotated[
        Optional[str],
        typer.Option(
            help="Only slices that training left out by the same split: slices (a fifth, one by one, as in the paper), "
            "patients (of a fifth of them), both (left out by either)."
        ),
    ] = None,
    limit: Annotated[Optional[int], typer.Option(min=1, help="Cases at most, evenly spread.")] = None,
    cases: Annotated[Optional[Path], typer.Option(help="A list of cases; by default the committed one.")] = None,
    weights: Weights = None,
    runtime: Runtime = "torch",
    baselines: Annotated[Path, typer.Option(help="Folder of the trained baselines.")] = Path("runs/baselines"),
    seed: Annotated[int, typer.Option(min=0, help="Of targets, clicks and sessions.")] = 0,
    jobs: Annotated[Optional[int], typer.Option(min=1, help="Processes; by default one per processor core.")] = None,
    output: Annotated[Path, typer.Option("--json", help="Where the record goes.")] = Path("out/evaluation.json"),
) -> None:
    """Measure how fast a simulated user gets the wanted mask on slices with the masks of several raters."""
    with _ready():
        from SPASegmentLib.research.commands.evaluate import run_evaluate
        from SPASegmentLib.research.evaluation.task import Task

        task = Task(
            protocol=protocol, user=user, method=method, rounds=rounds, noise=noise, update=update,
            generator=generator, refine=refine, looks=looks, feedback_prompts=feedback_prompts, predictions=predictions,
            particles=particles, raters=raters, split=split, limit=limit, cases=cases, weights=weights, seed=seed,
            baselines=baselines, jobs=jobs, runtime=runtime,
        )  # fmt: skip
        run_evaluate(task, [*npz, *(more or [])], output)


@evaluate.command("masks")
def evaluate_masks(
    folder: Annotated[Path, typer.Argument(help="images and masks (or labels), or <name>_image and <name>_mask.")],
    label: Annotated[Optional[int], typer.Option(help="Of the structure; by default all labels together.")] = None,
    patient: Annotated[
        Optional[List[str]], typer.Option(help="Use these patients only; may be repeated.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds per case.")] = 6,
    limit: Annotated[Optional[int], typer.Option(min=1, help="Cases at most, evenly spread.")] = None,
    weights: Weights = None,
    runtime: Runtime = "torch",
    seed: Annotated[int, typer.Option(min=0, help="Of sessions.")] = 0,
    jobs: Annotated[Optional[int], typer.Option(min=1, help="Processes; by default one per processor core.")] = None,
    output: Annotated[Path, typer.Option("--json", help="Where the record goes.")] = Path("out/evaluation.json"),
) -> None:
    """Measure choices on images with one mask each: PNG folders, Decathlon sets, or volumes beside their masks."""
    with _ready():
        from SPASegmentLib.research.commands.evaluate import run_evaluate_masks
        from SPASegmentLib.research.evaluation.single_mask import MaskTask

        task = MaskTask(folder, label, tuple(patient or ()), rounds, limit, weights, seed, jobs, runtime)
        run_evaluate_masks(task, output)


@evaluate.command("structures")
def evaluate_structures(
    folder: Annotated[Path, typer.Argument(help="Of npz files, one for each set of structures.")],
    start: Annotated[str, typer.Option(help="click (at the innermost pixel) or box (the tight one).")] = "click",
    user: Annotated[str, typer.Option(help="choice, or clicks (corrective clicks instead of choices).")] = "choice",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds per case.")] = 6,
    limit: Annotated[Optional[int], typer.Option(min=1, help="Cases of a set at most, evenly spread.")] = None,
    weights: Weights = None,
    runtime: Runtime = "torch",
    seed: Annotated[int, typer.Option(min=0, help="Of sessions.")] = 0,
    jobs: Annotated[Optional[int], typer.Option(min=1, help="Processes; by default one per processor core.")] = None,
    output: Annotated[Path, typer.Option("--json", help="Where the record goes.")] = Path("out/structures.json"),
    pictures: Annotated[
        Path, typer.Option(help="Folder for pictures of the worst and the median case of each set.")
    ] = Path("out/structures"),
) -> None:
    """Measure all sets of structures in a folder, means over sets: organs, lesions, cells nobody trained on."""
    with _ready():
        from SPASegmentLib.research.commands.evaluate import run_evaluate_structures
        from SPASegmentLib.research.evaluation.structures import StructuresTask

        task = StructuresTask(folder, start, user, rounds, limit, weights, seed, jobs, runtime)
        run_evaluate_structures(task, output, pictures)


@evaluate.command("named")
def evaluate_named(
    npz: Annotated[List[Path], typer.Option(help="Masks of named people (raters); may be repeated for one group.")],
    second: Annotated[
        Optional[Path], typer.Option(help="The same people and images, drawn with a second program.")
    ] = None,
    start: Annotated[str, typer.Option(help="click (at the innermost pixel) or box (the tight one).")] = "click",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds per image.")] = 6,
    limit: Annotated[Optional[int], typer.Option(min=1, help="Images at most, evenly spread.")] = None,
    weights: Weights = None,
    runtime: Runtime = "torch",
    seed: Annotated[int, typer.Option(min=0, help="Of the images' order and of sessions.")] = 0,
    jobs: Annotated[Optional[int], typer.Option(min=1, help="Processes; by default one per processor core.")] = None,
    output: Annotated[Path, typer.Option("--json", help="Where the record goes.")] = Path("out/named.json"),
) -> None:
    """Measure what the profile learns of named people: first masks with their own profile, none, and the others'."""
    with _ready():
        from SPASegmentLib.research.commands.named import run_evaluate_named
        from SPASegmentLib.research.evaluation.named.evaluation import NamedTask

        run_evaluate_named(NamedTask(tuple(npz), start, rounds, limit, weights, runtime, seed, jobs, second), output)


@evaluate.command("volumes")
def evaluate_volumes(
    folders: Annotated[
        Optional[List[Path]],
        typer.Argument(metavar="[FOLDER]...", help="With volumes and masks, as spa evaluate masks takes them."),
    ] = None,
    npz: Annotated[
        Optional[List[Path]], typer.Option(help="Slices of several raters, whose nodules are stacks; may be repeated.")
    ] = None,
    index: Annotated[
        Optional[Path], typer.Option(help="List of their slices: file, row, patient, nodule, slice.")
    ] = None,
    label: Annotated[Optional[int], typer.Option(help="Of the structure; by default all labels together.")] = None,
    patient: Annotated[
        Optional[List[str]], typer.Option(help="Use these patients only; may be repeated.")
    ] = None,
    actions: Annotated[int, typer.Option(min=2, help="Clicks, choices, acceptances and ends of the reader.")] = 40,
    limit: Annotated[
        Optional[int], typer.Option(min=1, help="Volumes of a folder, and stacks, at most, evenly spread.")
    ] = None,
    without: Annotated[
        Optional[List[str]],
        typer.Option(help='Leave out: "slice by slice", itk, "no learning", "even anchors"; may be repeated.'),
    ] = None,
    weights: Weights = None,
    runtime: Runtime = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Of sessions.")] = 0,
    jobs: Annotated[Optional[int], typer.Option(min=1, help="Processes; by default one per processor core.")] = None,
    output: Annotated[Path, typer.Option("--json", help="Where the record goes.")] = Path("out/volumes.json"),
) -> None:
    """Measure how many actions a reader needs for a whole structure, through the volume and by other ways."""
    with _ready():
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
    seed: Annotated[int, typer.Option(min=0, help="Of targets, clicks and sessions.")] = 0,
    output: Annotated[
        Optional[Path], typer.Option("--output", "-o", help="JSON file; by default where the committed lists are.")
    ] = None,
) -> None:
    """Write the list of a protocol's cases: ids and numbers, no pixels."""
    with _ready():
        from SPASegmentLib.research.commands.evaluate import run_cases

        run_cases(npz, protocol, seed, output)


@app.command(rich_help_panel=PANEL)
def results(
    npz: Npz,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the records.")] = Path("out/results"),
    only: Annotated[
        Optional[List[str]], typer.Option(help="Records whose name begins so; may be repeated. All by default.")
    ] = None,
    weights: Weights = None,
    baselines: Annotated[Path, typer.Option(help="Folder of the trained baselines.")] = Path("runs/baselines"),
    losses: Annotated[Path, typer.Option(help="Folder of what make losses, ablations and embedding train.")] = Path(
        "runs/losses"
    ),
    jobs: Annotated[Optional[int], typer.Option(min=1, help="Processes; by default one per processor core.")] = None,
) -> None:
    """Run every measurement of docs/results.md; what is done is not run again."""
    with _ready():
        from SPASegmentLib.research.commands.results import run_results

        run_results(npz, output, only or [], weights, baselines, losses, jobs)


@app.command(rich_help_panel=PANEL)
def report(
    records: Annotated[Path, typer.Argument(help="Folder that spa results wrote to.")] = Path("out/results"),
    output: Annotated[Path, typer.Option("--output", "-o", help="The page.")] = Path("docs/results.md"),
    npz: Annotated[
        Optional[List[Path]], typer.Option(help="The data, to draw example rounds; may be repeated.")
    ] = None,
    examples: Annotated[Path, typer.Option(help="Folder for example rounds.")] = Path("out/examples"),
    card: Annotated[
        Optional[Path], typer.Option(help="Card of the measured weights, to put its metrics in.")
    ] = None,
) -> None:
    """Write the page of results from its records, and example rounds as pictures."""
    with _ready():
        from SPASegmentLib.research.commands.results import run_report

        run_report(records, output, npz or [], examples, card)


study = typer.Typer(help="Studies with people (spa viewer --study).", no_args_is_help=True)
app.add_typer(study, name="study", rich_help_panel=PANEL)


@study.callback()
def study_group() -> None:
    """Studies with people (spa viewer --study)."""


@study.command("report")
def study_report(
    log: Annotated[Path, typer.Argument(help="The CSV file that the study has written.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for page, figures and plots.")] = Path(
        "out/study"
    ),
) -> None:
    """Compare SPA with one mask and clicks, person by person and together: seconds, iterations, Dice, satisfaction."""
    with _ready():
        from SPASegmentLib.research.commands.study import run_study_report

        run_study_report(log, output)


baselines = typer.Typer(help="Networks that SPA is compared with.", no_args_is_help=True)
app.add_typer(baselines, name="baselines", rich_help_panel=PANEL)


@baselines.command("train")
def train_baselines(
    npz: Npz,
    name: Annotated[Optional[List[str]], typer.Option(help="Which to train; may be repeated. All by default.")] = None,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Optimiser steps of each, at most.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="For checkpoints, weights and cards.")] = Path(
        "runs/baselines"
    ),
    hold_out_every: Annotated[
        int, typer.Option(min=0, help="Keep every n-th patient out, for the validation curve; 0 for no curve.")
    ] = 12,
    patience: Annotated[
        Optional[int],
        typer.Option(min=1, help="Stop when so many points of the curve, one every 100 steps, have brought nothing."),
    ] = None,
) -> None:
    """Train all baselines with one loop, the same slices and the same clicks; a stopped run goes on."""
    with _ready():
        from SPASegmentLib.research.commands.baselines import run_train_baselines

        run_train_baselines(
            npz, name or [], steps, output, hold_out_every=hold_out_every, patience=patience
        )


benchmark = typer.Typer(help="Measure time, memory and what speed costs in accuracy.", invoke_without_command=True)
app.add_typer(benchmark, name="benchmark", rich_help_panel=PANEL)


@benchmark.callback()
def benchmark_run(
    context: typer.Context,
    sizes: Annotated[str, typer.Option(help="Image sizes.")] = "128,256,512,1024",
    n: Annotated[str, typer.Option("--n", help="Predictions a round; memory is measured for the first.")] = "48,24,12",
    backbones: Annotated[str, typer.Option(help="Names of encoders, such as compact, or all.")] = "all",
    fusions: Annotated[str, typer.Option(help="embedding, token.")] = "embedding,token",
    threads: Annotated[str, typer.Option(help="Thread counts.")] = "1,2",
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    half: Annotated[bool, typer.Option(help="Half precision for SPA where the device multiplies it faster.")] = True,
    parts: Annotated[
        str, typer.Option(help="What to measure; the others' records in the folder stay as they are.")
    ] = "rounds,product,cold,imports,soak,throughput",
    weights: Weights = None,
    quick: Annotated[bool, typer.Option("--quick", help="The smallest cases, to see that everything runs.")] = False,
    output: Annotated[
        Path, typer.Option("--json", help="Records of the comparison; the other parts go beside it.")
    ] = Path("out/benchmark/rounds.json"),
) -> None:
    """Measure SPA beside the published procedure, in turns, and its own parts. About 14 minutes on two cores.

    Parts, and cases of the comparison, can be measured again one by one: what is new takes the place of what was
    measured before, and the rest stays.
    """
    if context.invoked_subcommand is not None:
        return
    with _ready():
        from SPASegmentLib.research.benchmark.plan import parse_choice, parse_parts
        from SPASegmentLib.research.commands.benchmark import run_benchmark

        choice = parse_choice(sizes, n, backbones, fusions, threads, device, half, quick)
        run_benchmark(choice, output, parse_parts(parts), weights, _typed())


@benchmark.command("accuracy")
def benchmark_accuracy(
    npz: Annotated[List[Path], typer.Option(help="Slices with the masks of several raters; may be repeated.")],
    weights: Annotated[Optional[List[Path]], typer.Option(help="Weights files instead of the bundled one.")] = None,
    limit: Annotated[int, typer.Option(min=2, help="Cases, evenly spread.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of cases and sessions.")] = 0,
    output: Annotated[Path, typer.Option("--json", help="Where the records go.")] = Path("out/benchmark/accuracy.json"),
) -> None:
    """Dice by round beside the time, one setting changed at a time."""
    with _ready():
        from SPASegmentLib.research.commands.benchmark import run_accuracy

        run_accuracy(npz, weights or [], limit, seed, output, _typed())


@benchmark.command("report")
def benchmark_report(
    folder: Annotated[Path, typer.Argument(help="With the records.")] = Path("out/benchmark"),
    output: Annotated[Path, typer.Option("--output", "-o", help="The page.")] = Path("docs/benchmarks.md"),
) -> None:
    """Write the page from the records."""
    with _ready():
        from SPASegmentLib.research.commands.benchmark import run_report

        run_report(folder, output)


def _typed() -> str:
    """The command as typed; of absolute paths the name alone, for records that others read."""
    return " ".join(["spa", *(Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:])])


def add_commands(parent: typer.Typer) -> None:
    """Give another program these commands."""
    parent.registered_commands += app.registered_commands
    parent.registered_groups += app.registered_groups
