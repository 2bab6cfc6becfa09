"""Ctrl-C at a time when it does no harm."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import Iterator, List


@contextmanager
def interruption_at_the_end() -> Iterator[None]:
    """Let the block finish, and interrupt after it.

    For imports of torch and VTK: interrupted halfway they end the process, or come out with another error.
    """
    pressed: List[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
