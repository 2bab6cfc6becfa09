"""Cells of the tables: figures of a record, each with its interval."""

from __future__ import annotations

from functools import partial
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Union

from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.markdown import number, percent

Records = Dict[str, Record]

ROUNDS = tuple(f"round {j + 1}" for j in range(6))
signed, precise = partial(percent, sign=True), partial(number, digits=3)


def bare(value: Optional[float], interval: object = None) -> str:
    """A share as percent, without its interval."""
    return percent(value)


def cell(record: Record, name: str, *way: Union[int, str], show: Callable[..., str] = percent) -> str:
    """A figure of a record with the interval that is kept beside it under `<name>_ci95`; "-" where there is none.

    Args:
        record: or a part of one.
        name: of the figure.
        way: into what stands under the name, and into its interval: the number of a round from 0, or a key.
        show: makes words of figure and interval.
    """
    value, interval = record.get(name), record.get(f"{name}_ci95")
    if value is None:
        return "-"
    for step in way:
        value, interval = value[step], interval and interval[step]
    return show(value, interval)


def at(record: Record, name: str, *rounds: int, show: Callable[..., str] = percent) -> List[str]:
    """A figure in some rounds (all six by default); they count from 1. "-" in rounds that there are none of."""
    last = len(record.get(name, ()))
    return [cell(record, name, j - 1, show=show) if j <= last else "-" for j in rounds or range(1, 7)]


def of(record: Record, name: str, keys: Iterable[str], show: Callable[..., str] = number) -> List[str]:
    """A figure that the record has for several keys, such as the Dice to reach."""
    return [cell(record, name, key, show=show) for key in keys]


def change(values: Sequence[float]) -> str:
    """From the first round to the last, in percent of the first."""
    return f"{100 * (values[-1] / values[0] - 1):+.1f} %" if values[0] else "-"


def of_protocol(records: Records, protocol: str) -> List[Record]:
    """The records of one of the commands `spa evaluate ...`, by their names."""
    return [record for _, record in sorted(records.items()) if record.get("protocol") == protocol]
