"""``spa train`` and ``spa evaluate``: what researchers run."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Optional, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from SPASegmentLib.commands.interruption import interruption_at_the_end


@contextmanager
def progress_bar(console: Console, text: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress in the terminal; yields what to call with (done, in all)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(text, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def run_train(config: Path, data: Path, output: Path) -> None:
    """Train by a configuration file; an interrupted run goes on where its last checkpoint was.

    Raises:
        SPAError: the configuration, the data or the folder cannot be used.
    """
    with interruption_at_the_end():
        from SPASegmentLib.training.run import train

    console = Console()
    with progress_bar(console, f"Training {config.stem}") as progress:
        weights = train(config, data, output, progress)
    console.print(f"Wrote {weights} and its card {weights.with_suffix('.json').name}.", markup=False, soft_wrap=True)


def run_evaluate(
    files: Sequence[Path],
    protocol: str,
    weights: Optional[Path],
    rounds: int,
    update: str,
    noise: float,
    limit: Optional[int],
    seed: int,
    output: Path,
) -> None:
    """Evaluate on multi-rater slices with a user who only chooses, print the rounds and write the record.

    Raises:
        SPAError: an argument or a file cannot be used.
    """
    with interruption_at_the_end():
        from SPASegmentLib.evaluation.lidc import evaluate, write_record
        from SPASegmentLib.interaction.settings import SessionSettings
        from SPASegmentLib.model.weights import load, load_default

    console = Console()
    loaded = load(weights) if weights is not None else load_default()
    settings = SessionSettings(rounds=rounds, preference_update=update, seed=seed)
    with progress_bar(console, "Evaluating") as progress:
        record = evaluate(loaded, files, protocol, settings, noise, limit, progress)
    write_record(record, output)
    table = Table(
        title=f"{record['n_cases']} cases, protocol {protocol}, weights {loaded.card.name}", title_justify="left"
    )
    for name in ("round", "recommended", "95 % interval", "best on screen"):
        table.add_column(name, justify="right")
    for j in range(rounds):
        low, high = record["dice_recommended_ci95"][j]
        table.add_row(
            str(j + 1),
            f"{record['dice_recommended'][j]:.3f}",
            f"{low:.3f} to {high:.3f}",
            f"{record['dice_best_on_screen'][j]:.3f}",
        )
    console.print(table)
    console.print(f"Wrote {output}.", markup=False, soft_wrap=True)
