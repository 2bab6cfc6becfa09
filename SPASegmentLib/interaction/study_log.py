"""The log of a study with people: a line for every image that somebody has finished; no image data and no names.

A CSV file with the columns of `Entry`. Lines are only ever added, each of them whole and on the disk before the next
image is shown. What a program that was ended in the middle of a line has left is set aside beside the log.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.interaction.diary import Deeds
from SPASegmentLib.output import held, make_folder, reporting_write_errors, whole_file
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: How an image is worked on: choices among SPA's masks, or one mask and corrective clicks.
METHODS = ("spa", "clicks")
#: Practice does not count.
PHASES = ("trial", "main")
#: Levels of satisfaction, from 1.
SATISFIED = 5
#: Seconds to wait for another program that writes into the same folder.
_PATIENCE = 10.0


@dataclass(frozen=True)
class Entry:
    """One image that somebody has finished.

    Attributes:
        study: of which study, see `viewer.study`.
        participant: pseudonym.
        phase: of `PHASES`.
        place: of the image in this person's sequence, from 1.
        image: its name in the study.
        method: of `METHODS`.
        seconds ... lesson_mm: see `Deeds`; `accepted` is empty where the person gave up.
        dice: of what was accepted with the reference on that slice; None where there is no reference or no mask.
        satisfaction: 1 to 5, as the person said; 0 where the person gave up.
    """

    study: str
    participant: str
    phase: str
    place: int
    image: str
    method: str
    seconds: float
    rounds: int
    clicks: int
    boxes: int
    choices: int
    corrections: int
    undone: int
    given_up: int
    accepted: Optional[int]
    lesson_mm: Optional[float]
    dice: Optional[float]
    satisfaction: int

    @classmethod
    def of(
        cls, study: str, participant: str, phase: str, place: int, image: str, method: str, deeds: Deeds,
        dice: Optional[float], satisfaction: int,
    ) -> Entry:  # fmt: skip
        """From what was done."""
        return cls(study, participant, phase, place, image, method, **vars(deeds), dice=dice, satisfaction=satisfaction)

    @property
    def iterations(self) -> int:
        """How often the person said something: clicks, boxes, choices and corrections (paper, section 12)."""
        return self.clicks + self.boxes + self.choices + self.corrections


COLUMNS = tuple(field.name for field in fields(Entry))
_WHOLE = ("place", "rounds", "clicks", "boxes", "choices", "corrections", "undone", "given_up", "satisfaction")


def check_pseudonym(name: str) -> str:
    """A pseudonym as it is written.

    Raises:
        InputError: it is empty, long, or holds what a list of pseudonyms has no need of.
    """
    name = name.strip()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,19}", name):
        raise InputError(
            _("A pseudonym has 1 to 20 letters, digits, - and _, such as p07; it must not be anybody's name.")
        )
    return name


class StudyLog:
    """The log of one study.

    Args:
        path: CSV file; made with the first entry.
        study: whose entries it takes; empty for any one.
    """

    def __init__(self, path: Path, study: str = "") -> None:
        self.path, self._study = Path(path), study

    def entries(self) -> List[Entry]:
        """All whole entries, in their order; none where there is no file yet.

        Raises:
            InputError: it cannot be read, is no such log, a line in its middle is damaged, or it belongs to another
                study.
        """
        return self._read()[0]

    def cut_off(self) -> str:
        """What is left of a line that was not finished; empty where there is none.

        Raises:
            InputError: see `entries`.
        """
        return self._read()[1]

    def mend(self) -> str:
        """Set a line that was not finished aside, into the file of the same name with `.cut-off`.

        Returns:
            A sentence about it; empty where nothing had to be done.

        Raises:
            InputError: see `entries`.
            OutputError: it cannot be written, or another program is at it all the time.
        """
        if not self._read()[1]:
            return ""
        with self._alone():
            return self._mended()

    def _mended(self) -> str:
        entries, fragment = self._read()
        if not fragment:
            return ""
        aside = self.path.with_name(f"{self.path.name}.cut-off")
        with reporting_write_errors(aside), aside.open("a", encoding="utf-8") as file:
            file.write(fragment + "\n")
        with whole_file(self.path) as partial:
            partial.write_bytes(_lines([COLUMNS, *map(_cells, entries)]).encode("utf-8"))
        return _("The last line of {log} was cut off; it is kept in {aside}, and its image comes once more.").format(
            log=self.path.name, aside=aside.name
        )

    def add(self, entry: Entry) -> None:
        """Write an entry, through to the disk.

        Raises:
            InputError: the log belongs to another study, or is damaged.
            OutputError: it cannot be written, or another program is at it all the time.
        """
        self.add_next(lambda _before: entry)

    def add_next(self, make: Callable[[Sequence[Entry]], Entry]) -> List[Entry]:
        """Write an entry that depends on those before it, while no other program writes.

        Args:
            make: called with all entries; nothing is written where it raises an error.

        Returns:
            All entries, the new one at the end.

        Raises:
            InputError: the log belongs to another study, or is damaged.
            OutputError: it cannot be written, or another program is at it all the time.
        """
        make_folder(self.path.parent)
        with self._alone():
            self._mended()
            entries = self.entries()
            entry = make(entries)
            empty = not self.path.exists() or not self.path.stat().st_size
            text = _lines([*([COLUMNS] if empty else []), _cells(entry)])
            with reporting_write_errors(self.path), self.path.open("a", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        return [*entries, entry]

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with held(Path(os.path.realpath(self.path)).parent, _PATIENCE) as mine:
            if not mine:
                raise OutputError(_("{log} is in use by another program; try again.").format(log=self.path.name))
            yield

    def _read(self) -> Tuple[List[Entry], str]:
        name = self.path.name or str(self.path)
        try:
            text = _decoded(self.path.read_bytes()) if self.path.exists() else ""
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                _("{log} cannot be read as the log of a study ({reason}); give another file.").format(
                    log=name, reason=getattr(error, "strerror", None) or "its letters are not UTF-8"
                )
            ) from error
        lines = text.splitlines()
        ended = text.endswith(("\n", "\r"))
        if not lines:
            return [], ""
        if lines[0] != ",".join(COLUMNS):
            if len(lines) == 1 and not ended and ",".join(COLUMNS).startswith(lines[0]):
                return [], lines[0]
            raise InputError(
                _(
                    "{log} is no log of a study by this version of SPA: its first line is another one. Give a new name "
                    "for the log."
                ).format(log=name)
            )
        entries: List[Entry] = []
        for number, line in enumerate(lines[1:], start=2):
            entry = _entry(line)
            if entry is None or (number == len(lines) and not ended):
                if number == len(lines):
                    return entries, line
                raise InputError(
                    _(
                        "Line {number} of {log} is damaged; mend it from a copy, or take it out and keep it elsewhere."
                    ).format(number=number, log=name)
                )
            self._check_study(entry, entries)
            entries.append(entry)
        return entries, ""

    def _check_study(self, entry: Entry, before: Sequence[Entry]) -> None:
        wanted = self._study or (before[0].study if before else entry.study)
        if entry.study != wanted:
            raise InputError(
                _(
                    "{log} holds entries of the study {other}, and this is {study}; a log is of one study: give this "
                    "one a log of its own (log: in the study's file), or the study's file as it was."
                ).format(log=self.path.name, other=entry.study, study=wanted)
            )


def _decoded(content: bytes) -> str:
    """The text of a log; what follows its last line end may have been cut off in the middle of a letter.

    Raises:
        UnicodeDecodeError: letters of a whole line are not UTF-8.
    """
    end = max(content.rfind(b"\n"), content.rfind(b"\r")) + 1
    return content[:end].decode("utf-8-sig") + content[end:].decode("utf-8" if end else "utf-8-sig", errors="replace")


def _cells(entry: Entry) -> List[str]:
    row: Dict[str, object] = dict(vars(entry))
    row["seconds"] = f"{entry.seconds:.2f}"
    for name in ("lesson_mm", "dice"):
        row[name] = "" if row[name] is None else f"{row[name]:.4f}"
    return ["" if row[name] is None else str(row[name]) for name in COLUMNS]


def _lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _entry(line: str) -> Optional[Entry]:
    """Of a line; None where it is none."""
    try:
        cells = next(csv.reader([line]), [])
    except csv.Error:  # zeros that a computer left where it went down while it wrote, or other such filling
        return None
    if len(cells) != len(COLUMNS):
        return None
    row: Dict[str, object] = dict(zip(COLUMNS, cells))
    try:
        row.update({name: int(str(row[name])) for name in _WHOLE})
        row["seconds"] = float(str(row["seconds"]))
        row["accepted"] = int(str(row["accepted"])) if row["accepted"] else None
        for name in ("lesson_mm", "dice"):
            row[name] = float(str(row[name])) if row[name] else None
    except ValueError:
        return None
    measured = (row[name] for name in ("seconds", "lesson_mm", "dice"))
    if not all(value is None or math.isfinite(float(str(value))) for value in measured):
        return None
    if (
        row["method"] not in METHODS
        or row["phase"] not in PHASES
        or not 0 <= int(str(row["satisfaction"])) <= SATISFIED
    ):
        return None
    return Entry(**row)  # type: ignore[arg-type]
