"""``spa train``: training from a configuration."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from SPASegmentLib.commands.interruption import interruption_at_the_end


@contextmanager
def progress_bar(console: Console, text: str) -> Iterator[Callable[[int, int], None]]:
    """A bar, as a function of (done, in all)."""
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
