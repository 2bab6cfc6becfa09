"""Whom the slices of npz files are of: a CSV file with the columns file (name without suffix), row and patient."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.table import read_table

COLUMNS = ("file", "row", "patient")


@dataclass(frozen=True)
class Index:
    """What an index says.

    Attributes:
        name: of its file.
        rows: patient by (name of the npz file without its suffix, row).
    """

    name: str
    rows: Dict[Tuple[str, int], str]

    def patients(self, file: Path, count: int) -> np.ndarray:
        """(count,) texts: of each slice of an npz file.

        Raises:
            InputError: the index does not list every slice of it, or more.
        """
        name = Path(file).stem
        listed = {row for other, row in self.rows if other == name}
        if listed != set(range(count)):
            raise InputError(
                f"{self.name} lists {len(listed & set(range(count)))} of the {count} slices of {name}, and "
                f"{len(listed - set(range(count)))} that it has not; mend the list, or take it away."
            )
        return np.array([self.rows[name, row] for row in range(count)])


def read_index(file: Path) -> Index:
    """Read an index.

    Raises:
        InputError: it cannot be read, lacks columns, or a line makes no sense; the message says which.
    """
    table = read_table(file, COLUMNS)
    table.require(COLUMNS)
    rows: Dict[Tuple[str, int], str] = {}
    for line, cells in table.rows:
        name, row, patient = cells["file"], cells["row"], cells["patient"]
        if not row.isdecimal() or not name or not patient:
            raise InputError(f"{table.name}, line {line}: a file, a number of a row and a patient are needed.")
        key = (name[: -len(".npz")] if name.endswith(".npz") else name, int(row))
        if rows.setdefault(key, patient) != patient:
            raise InputError(f"{table.name}, line {line}: row {row} of {name} is of {rows[key]!r} already.")
    return Index(table.name, rows)
