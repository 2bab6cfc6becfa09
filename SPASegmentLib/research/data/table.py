"""Tables as spreadsheet programs write them: CSV with whichever separator, in UTF-8 or UTF-16, with a heading."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Collection, Dict, List, Sequence, Tuple

from SPASegmentLib.errors import InputError

_SEPARATORS = (",", ";", "\t")
#: No list of images or slices is larger.
_LARGEST = 200_000_000


@dataclass(frozen=True)
class Table:
    """What a file lists.

    Attributes:
        name: of the file.
        columns: as the heading has them, in small letters.
        rows: (line of the file, value by column); every column is in each row, perhaps as an empty text.
    """

    name: str
    columns: Tuple[str, ...]
    rows: Tuple[Tuple[int, Dict[str, str]], ...]

    def require(self, columns: Sequence[str]) -> None:
        """Refuse a table without all of these columns.

        Raises:
            InputError: it lacks some; the message says which.
        """
        absent = [column for column in columns if column not in self.columns]
        if absent:
            raise InputError(f"{self.name} needs the columns {', '.join(columns)}; it lacks {', '.join(absent)}.")


def read_table(file: Path, known: Collection[str]) -> Table:
    """Read a table; lines without any value are left out.

    Args:
        file: CSV.
        known: columns of which at least one has to be there, which shows what separates them.

    Raises:
        InputError: it cannot be read, or a line does not fit the heading; the message says what to change.
    """
    name = Path(file).name
    text = _text(Path(file), name)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep="):  # how Excel is told
        text = rest
    heading = text.partition("\n")[0].lower()
    separator = max(_SEPARATORS, key=lambda each: len({c.strip(' "\r') for c in heading.split(each)} & {*known}))
    try:
        lines = [(reader.line_num, cells) for reader in [_reader(text, separator)] for cells in reader]
    except csv.Error as error:
        raise InputError(f"{name} cannot be read as a CSV file: {error}.") from error
    columns = tuple(cell.strip().lower() for cell in lines[0][1]) if lines else ()
    twice = [column for column in columns if column and columns.count(column) > 1]
    if twice:
        raise InputError(f"{name} has two columns {twice[0]!r}; give each its own name.")
    rows = [
        (line, _row(name, line, columns, [unicodedata.normalize("NFC", cell.strip()) for cell in cells]))
        for line, cells in lines[1:]
        if any(cell.strip() for cell in cells)
    ]
    return Table(name, columns, tuple(rows))


def _reader(text: str, separator: str) -> csv._reader:  # type: ignore[name-defined]
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _row(name: str, line: int, columns: Tuple[str, ...], cells: List[str]) -> Dict[str, str]:
    if any(cells[len(columns) :]):
        raise InputError(f"{name}, line {line}: there are more values than columns; put commas in names into quotes.")
    row = dict(zip(columns, [*cells, *[""] * len(columns)]))
    if tuple(cell.lower() for cell in cells[: len(columns)]) == columns:
        raise InputError(f"{name}, line {line}: the heading stands here again; remove this line.")
    return row


def _text(path: Path, name: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}.") from error
    if len(content) > _LARGEST:
        raise InputError(f"{name} is too large for a list; choose another file.")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InputError(
            f"{name}, line {line}: the letters are not encoded as UTF-8; save it as UTF-8 (in Excel: CSV UTF-8)."
        ) from error
