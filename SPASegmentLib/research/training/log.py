"""The log of a training run as a CSV file that survives interruptions."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Dict, List, Tuple

from SPASegmentLib.errors import InputError, reason
from SPASegmentLib.output import make_folder, reporting_write_errors, whole_file


class TrainingLog:
    """Appends rows to a CSV file; the column ``step`` orders them.

    Args:
        path: of the file.
        step: what the file says of later steps is dropped: they were lost with the run that made them.

    Raises:
        InputError: the file is no such log, or cannot be read.
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, step: int) -> None:
        self.path = path
        self.columns: List[str] = []
        if path.exists():
            columns, rows = self._read()
            if columns and "step" not in columns:
                raise InputError(f"{path} is no log of a training; move it away, or give another --output.")
            self.columns = columns
            # A line that was cut off lacks columns, or ends within a number.
            whole = [row for row in rows if None not in row.values() and row["step"].isdigit()]
            self._rewrite([row for row in whole if int(row["step"]) <= step])

    def append(self, row: Dict[str, Any]) -> None:
        """Add a row; columns that the file lacks are added to it, and those missing in the row stay empty.

        A file that somebody has removed begins anew.

        Raises:
            InputError, OutputError: it cannot be read or written.
        """
        new = [name for name in row if name not in self.columns]
        if new or not self.path.exists():
            rows = self._read()[1] if self.path.exists() else []
            self.columns += new
            self._rewrite(rows)
        with reporting_write_errors(self.path), self.path.open("a", newline="") as file:
            csv.DictWriter(file, self.columns).writerow(row)

    def _read(self) -> Tuple[List[str], List[Dict[str, Any]]]:
        try:
            with self.path.open(newline="") as file:
                reader = csv.DictReader(file)
                return list(reader.fieldnames or ()), list(reader)
        except (OSError, ValueError, csv.Error) as error:
            raise InputError(f"{self.path} cannot be read: {reason(error)}.") from error

    def _rewrite(self, rows: List[Dict[str, Any]]) -> None:
        make_folder(self.path.parent)
        with whole_file(self.path) as partial, partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            writer.writerows(rows)
