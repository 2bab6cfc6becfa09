"""The bars that show how far a command has come."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_bar(
    console: Console, text: str, transient: bool = False, hidden: bool = False
) -> Iterator[Callable[[int, int], None]]:
    """A bar, as a function of (done, in all).

    Args:
        console: where it is shown.
        text: before the bar.
        transient: it goes when the block ends.
        hidden: it is not shown.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=transient, disable=hidden) as bar:
        task = bar.add_task(text, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
