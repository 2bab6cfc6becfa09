"""Some sections of an existing page of results written anew, when the records of the others are no longer at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.evaluation.results import plots
from SPASegmentLib.research.evaluation.results.plan import OWN_WEIGHTS
from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.evaluation.results.report import (
    SECTIONS,
    Section,
    introduction,
    main_record,
    measured,
    records_beside,
    section,
    write_page,
)

Records = Dict[str, Record]

#: Written anew wherever their rows change, without being named.
AUTOMATIC = ("Training", "Commands")
#: What two runs of one measurement may differ in.
_NO_FIGURES = ("cases", "machine", "seconds", "torch")
_WHOLE = "write the whole page from all records, without --section"


class _Lean(Dict[str, Any]):
    """A record of the page; the values of its cases are gone, and whoever needs them is told so."""

    def __init__(self, name: str, record: Record) -> None:
        super().__init__(record)
        self.name = name

    def __missing__(self, key: str) -> Any:
        if key != "cases":
            raise KeyError(key)
        raise InputError(
            f"A section needs the single cases of the record {self.name!r}, which no page keeps; measure this record "
            "and the others of that section again."
        )


def update_report(fresh: Records, path: Path, wanted: Sequence[str]) -> Tuple[Records, List[str]]:
    """Put records into an existing page, and write the sections that are named anew; the rest stays as it is.

    A record replaces the page's of that name, or joins them. The introduction, the sections of `AUTOMATIC` and the
    plots in named sections follow where they have to.

    Args:
        fresh: of `records.read_records`, with the values of single cases.
        path: of the page; its records are in the folder ``results`` beside it.
        wanted: titles of sections, or their beginnings.

    Returns:
        All records of the page, and the titles of the sections that were written.

    Raises:
        InputError: the page or its records are not there or cannot be read, there is no such section or no record for
            it, the new records were made with other weights or data than the page, a section needs single cases that
            are gone, or one that is not named would change too. Nothing is written then.
        OutputError: something cannot be written.
    """
    named, parts, old = _named(wanted), _split(_read(path)), _read_records(path)
    _check_same_source(old, fresh)
    records = _joined(old, fresh)
    _check_networks(records)
    _check_complete(old, records, [s for s in SECTIONS if s not in named and s[0] not in AUTOMATIC])
    written = []
    for title, text, make in SECTIONS:
        if (title, text, make) in named or (title in AUTOMATIC and make(old) != make(records)):
            rows = make(records)
            if not measured(rows):
                raise InputError(f"There is no record for the section {title!r}.")
            parts = _with(parts, title, section(title, text, rows))
            written.append(title)
    if introduction(old) != introduction(records):
        parts[""] = introduction(records)
    pictures = [name for name in plots.PLOTS if any(f"(results/{name})" in text for _, text, _ in named)]
    plots.draw_all(records, records_beside(path).parent, pictures)
    write_page([line for lines in parts.values() for line in lines], records, path)
    return records, written


def _named(wanted: Sequence[str]) -> List[Section]:
    for beginning in wanted:
        if not any(title.startswith(beginning) for title, _, _ in SECTIONS):
            titles = "; ".join(title for title, _, _ in SECTIONS)
            raise InputError(f"No section's title begins with {beginning!r}; there are {titles}.")
    return [s for s in SECTIONS if s[0].startswith(tuple(wanted))]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path} cannot be updated ({reason}); {_WHOLE}.") from error


def _read_records(path: Path) -> Records:
    file = records_beside(path)
    text = _read(file)
    try:
        found = json.loads(text)
        if not found or not all("command" in record for record in found.values()):
            raise ValueError("no records")
        return {name: _Lean(name, record) for name, record in found.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{file} does not hold the records of a page; {_WHOLE}.") from error


def _split(page: str) -> Dict[str, List[str]]:
    """Title -> lines of the section; the introduction's title is empty."""
    parts: Dict[str, List[str]] = {"": []}
    title = ""
    for line in page.split("\n"):
        if line.startswith("## "):
            title = line[3:]
            parts[title] = []
        parts[title].append(line)
    return parts


def _with(parts: Dict[str, List[str]], title: str, lines: List[str]) -> Dict[str, List[str]]:
    """The parts with a section replaced, or put before the first one that comes after it in `SECTIONS`."""
    if title in parts:
        return {**parts, title: lines}
    titles = [name for name, _, _ in SECTIONS]
    later = titles[titles.index(title) + 1 :]
    entries = list(parts.items())
    entries.insert(next((i for i, name in enumerate(parts) if name in later), len(parts)), (title, lines))
    return dict(entries)


def _joined(old: Records, fresh: Records) -> Records:
    """All records in the order of their files; a new one with the figures of the page's only brings their cases."""
    found = dict(old)
    for name, record in fresh.items():
        before = old.get(name)
        same = before is not None and _figures(before) == _figures(record)
        found[name] = {**before, "cases": record["cases"]} if before is not None and same else record
    return {name: found[name] for name in sorted(found, key=lambda name: f"{name}.json")}


def _figures(record: Record) -> Record:
    return {key: value for key, value in record.items() if key not in _NO_FIGURES}


def _check_same_source(old: Records, fresh: Records) -> None:
    """The new records were made with the bundled weights and the data of the page's own."""
    page = main_record(old)
    for name, record in fresh.items():
        ours, theirs = record.get("sha256"), page.get("sha256")
        if ours and theirs and ours != theirs and not name.startswith(OWN_WEIGHTS):
            raise InputError(
                f"The record {name!r} was made with other weights (SHA-256 {ours[:12]}...) than the page "
                f"({theirs[:12]}...); measure it with those, or {_WHOLE}."
            )
        files = old[name]["files"] if name in old else page["files"]
        if record["files"] != files and (name in old or record["protocol"] != "masks"):
            raise InputError(
                f"The record {name!r} was made with other data ({', '.join(record['files'])}) than the page "
                f"({', '.join(files)}); measure it with those, or {_WHOLE}."
            )


def _check_networks(records: Records) -> None:
    """No two networks of one name: what was measured with an earlier one has to be measured again."""
    known: Dict[str, Tuple[Any, str]] = {}
    for name, record in records.items():
        for network, identity in _networks(record):
            before, first = known.setdefault(network, (identity, name))
            if before != identity:
                raise InputError(
                    f"The records {first!r} and {name!r} were made with two different networks called {network!r}; "
                    "measure both with the same one."
                )


def _networks(record: Record) -> Iterator[Tuple[str, Any]]:
    if record.get("sha256"):
        yield record["weights"], record["sha256"]
    for card in record.get("trained", ()):
        yield card["name"], card


def _check_complete(old: Records, records: Records, others: Sequence[Section]) -> None:
    """Sections that are not named would say the same with the new records."""
    before, after = ({name: _one_case(r) for name, r in some.items()} for some in (old, records))
    stale = [title for title, _, make in others if make(before) != make(after)]
    if stale:
        raise InputError(f"The new records change other sections too; name them as well: {'; '.join(stale)}.")


def _one_case(record: Record) -> Record:
    """The record with its means as its only case, so that every section can be made of it and compared."""
    values = ("dice_recommended", "dice_best_on_screen", "dice_best_seen")
    return {**record, "cases": {"id": ["mean"], "patient": None, **{name: [record[name]] for name in values}}}
