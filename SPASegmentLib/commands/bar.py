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
    """A bar, as a function of (done, in all); it is not seen before that is called for the first time.

    So what is refused before any work begins is said alone, without a bar of nothing above it.

    Args:
        console: where it is shown.
        text: before the bar.
        transient: it goes when the block ends.
        hidden: it is not shown.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=transient, disable=hidden)
    task, begun = bar.add_task(text, total=None), False

    def tell(done: int, total: int) -> None:
        nonlocal begun
        bar.update(task, completed=done, total=total)
        if not begun:
            begun = True
            bar.start()

    try:
        yield tell
    finally:
        if begun:
            bar.stop()
