"""Results and their pages, studies with people, and the networks that SPA is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, List, Optional

import typer

from SPASegmentLib.commands.plain import Weights, path_argument, path_option
from SPASegmentLib.research.cli.options import PANEL, Baselines, Jobs, Npz, ready

app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def results(
    npz: Npz,
    output: Annotated[Path, path_option("--output", "-o", help="Folder for the records.")] = Path("out/results"),
    only: Annotated[
        Optional[List[str]], typer.Option(help="Records whose name begins so; may be repeated. All by default.")
    ] = None,
    weights: Weights = None,
    baselines: Baselines = Path("runs/baselines"),
    losses: Annotated[Path, path_option(help="Folder of what make losses, ablations and embedding train.")] = Path(
        "runs/losses"
    ),
    jobs: Jobs = None,
) -> None:
    """Run every measurement of docs/results.md; what is done is not run again."""
    with ready():
        from SPASegmentLib.research.commands.results import run_results

        run_results(npz, output, only or [], weights, baselines, losses, jobs)


@app.command(rich_help_panel=PANEL)
def report(
    records: Annotated[Path, path_argument(help="Folder that spa results wrote to.")] = Path("out/results"),
    output: Annotated[Path, path_option("--output", "-o", help="The page.")] = Path("docs/results.md"),
    npz: Annotated[
        Optional[List[Path]], path_option(help="The data, to draw example rounds; may be repeated.")
    ] = None,
    examples: Annotated[Path, path_option(help="Folder for example rounds.")] = Path("out/examples"),
    card: Annotated[
        Optional[Path], path_option(help="Card of the measured weights, to put its metrics in.")
    ] = None,
) -> None:
    """Write the page of results from its records, and example rounds as pictures."""
    with ready():
        from SPASegmentLib.research.commands.results import run_report

        run_report(records, output, npz or [], examples, card)


study = typer.Typer(help="Studies with people (spa viewer --study).", no_args_is_help=True)
app.add_typer(study, name="study", rich_help_panel=PANEL)


@study.callback()
def study_group() -> None:
    """Studies with people (spa viewer --study)."""


@study.command("report")
def study_report(
    log: Annotated[Path, path_argument(help="The CSV file that the study has written.")],
    output: Annotated[Path, path_option("--output", "-o", help="Folder for page, figures and plots.")] = Path(
        "out/study"
    ),
) -> None:
    """Compare SPA with one mask and clicks, person by person and together: seconds, iterations, Dice, satisfaction."""
    with ready():
        from SPASegmentLib.research.commands.study import run_study_report

        run_study_report(log, output)


baselines = typer.Typer(help="Networks that SPA is compared with.", no_args_is_help=True)
app.add_typer(baselines, name="baselines", rich_help_panel=PANEL)


@baselines.command("train")
def train_baselines(
    npz: Npz,
    name: Annotated[Optional[List[str]], typer.Option(help="Which to train; may be repeated. All by default.")] = None,
    steps: Annotated[Optional[int], typer.Option(min=1, help="Optimiser steps of each, at most.")] = None,
    output: Annotated[Path, path_option("--output", "-o", help="For checkpoints, weights and cards.")] = Path(
        "runs/baselines"
    ),
    hold_out_every: Annotated[
        int, typer.Option(min=0, help="Keep every n-th patient out, for the validation curve; 0 for no curve.")
    ] = 12,
    patience: Annotated[
        Optional[int],
        typer.Option(min=1, help="End when so many points of the curve, one every 100 steps, have brought nothing."),
    ] = None,
) -> None:
    """Train all baselines with one loop, the same slices and the same clicks; a stopped run goes on."""
    with ready():
        from SPASegmentLib.research.commands.baselines import run_train_baselines

        run_train_baselines(
            npz, name or [], steps, output, hold_out_every=hold_out_every, patience=patience
        )
