"""The log of a training run as a CSV file that survives interruptions."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Dict, List

from SPASegmentLib.output import whole_file


class TrainingLog:
    """Appends rows to a CSV file; the column ``step`` orders them.

    Args:
        path: of the file.
        step: what the file says of later steps is dropped: they were lost with the run that made them.
    """

    def __init__(self, path: Path, step: int) -> None:
        self.path = path
        self.columns: List[str] = []
        if path.exists():
            with path.open(newline="") as file:
                reader = csv.DictReader(file)
                self.columns = list(reader.fieldnames or ())
                # A line that was cut off lacks columns.
                rows = [row for row in reader if None not in row.values() and int(row["step"]) <= step]
            self._rewrite(rows)

    def append(self, row: Dict[str, Any]) -> None:
        """Add a row; columns that the file lacks are added to it, and those missing in the row stay empty."""
        new = [name for name in row if name not in self.columns]
        if new:
            rows: List[Dict[str, Any]] = []
            if self.columns:
                with self.path.open(newline="") as file:
                    rows = list(csv.DictReader(file))
            self.columns += new
            self._rewrite(rows)
        with self.path.open("a", newline="") as file:
            csv.DictWriter(file, self.columns).writerow(row)

    def _rewrite(self, rows: List[Dict[str, Any]]) -> None:
        with whole_file(self.path) as partial, partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(rows)
