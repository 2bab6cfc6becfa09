"""The options of a measurement as they are typed, so that its record can say how to repeat it."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from shlex import quote
from typing import Any, List


def named(path: Path) -> str:
    """The name of a file or folder alone, "." included."""
    return Path(os.path.abspath(path)).name


def options(task: Any, *names: str) -> List[str]:
    """Words of a command line for fields of a dataclass that differ from their default.

    Args:
        task: a dataclass whose fields are called as the options are, with underscores.
        names: of the fields, in the order in which they are typed; paths are given by their names alone.
    """
    words: List[str] = []
    defaults = {field.name: field.default for field in fields(task)}
    for name in names:
        value, option = getattr(task, name), name.replace("_", "-")
        if value == defaults[name]:
            continue
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        else:
            words.append(f"--{option} {quote(named(value) if isinstance(value, Path) else str(value))}")
    return words
