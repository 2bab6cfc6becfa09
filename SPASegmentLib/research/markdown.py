"""Sections, tables and figures with intervals, for the pages that are written from records."""

from __future__ import annotations

import re
from typing import Any, Iterable, List, Optional, Sequence, Union

Lines = List[str]


def section(title: str, *blocks: Union[str, Sequence[str]]) -> Lines:
    """A heading with its paragraphs and tables, an empty line after each; empty ones are left out."""
    lines = [f"## {title}", ""]
    for block in filter(None, blocks):
        lines += [block] if isinstance(block, str) else block
        lines += [""] if lines[-1] else []
    return lines


def table(head: Sequence[str], rows: Iterable[Sequence[Any]], words: int = 1) -> Lines:
    """Lines of a table and an empty one; the first columns, which hold words, left, the others right.

    What is in a cell stays in it, a name of several lines or with a vertical bar, too.
    """
    align = ["---"] * words + ["---:"] * (len(head) - words)
    return ["| " + " | ".join(map(_cell, row)) + " |" for row in (head, align, *rows)] + [""]


def _cell(value: Any) -> str:
    """A bar ends a cell, in code as well, unless a backslash stands before it that is none of a pair."""
    text = " ".join(str(value).splitlines())
    return re.sub(r"(\\*)\|", r"\1\1\\|", text)


def percent(value: Optional[float], interval: Optional[Sequence[Optional[float]]] = None, sign: bool = False) -> str:
    """A share as percent, with its interval in brackets."""
    if value is None:
        return "-"
    plus = "+" if sign else ""
    text = f"{100 * value:{plus}.1f}"
    if interval is None or interval[0] is None or interval[1] is None:
        return text
    return f"{text} [{100 * interval[0]:{plus}.1f}, {100 * interval[1]:{plus}.1f}]"


def between(interval: Sequence[Optional[float]], digits: int = 3, sign: bool = False) -> str:
    """The bounds of an interval in words; "-" where there is none."""
    low, high = interval
    plus = "+" if sign else ""
    return "-" if low is None or high is None else f"{low:{plus}.{digits}f} to {high:{plus}.{digits}f}"


def number(value: Optional[float], interval: Optional[Sequence[Optional[float]]] = None, digits: int = 2) -> str:
    """A number with its interval in brackets."""
    if value is None:
        return "-"
    text = f"{value:.{digits}f}"
    if interval is None or interval[0] is None or interval[1] is None:
        return text
    return f"{text} [{interval[0]:.{digits}f}, {interval[1]:.{digits}f}]"
