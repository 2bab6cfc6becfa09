"""Ctrl-C, and a terminal that is closed, at a time when they do no harm."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import Any, Iterator, List

from SPASegmentLib.pytorch import require_torch

#: What ends a program that is told to end, by a key, a closed terminal, or a computer that is shut down.
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def interruption_at_the_end() -> Iterator[None]:
    """Let the block finish, and interrupt after it.

    For imports of torch and VTK, which interrupted halfway end the process or come out with another error; and for
    what is to be whole, such as results.
    """
    pressed: List[int] = []
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    heeded = {number: handler for number, handler in before.items() if callable(handler)}
    for number in heeded:
        signal.signal(number, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        for number, handler in heeded.items():
            signal.signal(number, handler)
    if pressed:
        raise KeyboardInterrupt


@contextmanager
def imports() -> Iterator[None]:
    """For imports that need PyTorch; they are not interrupted.

    Raises:
        DependencyError: it cannot be used here.
    """
    with interruption_at_the_end():
        require_torch()
        yield


@contextmanager
def ends_as_interruptions() -> Iterator[None]:
    """Let whatever tells the program to end be an interruption, so that what was done can be kept."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    # A program that was started to survive the terminal's end (nohup) goes on ignoring it.
    heeded = [number for number in _SIGNALS[1:] if signal.getsignal(number) is signal.SIG_DFL]
    for number in heeded:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)
