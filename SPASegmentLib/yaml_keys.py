"""Keys that stand twice in YAML: its readers take the last one, and what was said first is gone without a word."""

from __future__ import annotations

from typing import Any, List, Set

from SPASegmentLib.errors import InputError


def check_keys(root: Any, name: str) -> None:
    """Refuse a key that stands twice in one place.

    Args:
        root: of a file, as ``yaml.compose`` gives it; None for an empty one.
        name: of the file.

    Raises:
        InputError: there is one; the message names the second line.
    """
    open_: List[Any] = [] if root is None else [root]
    # A file may refer to its own parts.
    seen: Set[int] = set()
    while open_:
        node = open_.pop()
        if id(node) in seen or node.id == "scalar":
            continue
        seen.add(id(node))
        if node.id == "sequence":
            open_ += reversed(node.value)
            continue
        keys: Set[str] = set()
        for key, _value in node.value:
            if key.id == "scalar" and key.value in keys:
                again = f"again in line {key.start_mark.line + 1}"
                raise InputError(f"{name} has the key {key.value!r:.60} twice, {again}; remove one of them.")
            if key.id == "scalar" and key.value != "<<":
                keys.add(key.value)
        open_ += [part for pair in reversed(node.value) for part in reversed(pair)]
