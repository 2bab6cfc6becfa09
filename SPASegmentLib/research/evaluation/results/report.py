"""Pages of results, each written whole from its records: docs/results.md, docs/protocol.md, docs/beyond-lungs.md."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, TypeVar

from SPASegmentLib.errors import InputError
from SPASegmentLib.output import make_folder, write_text
from SPASegmentLib.research.evaluation.results import plots
from SPASegmentLib.research.evaluation.results.plan import OWN_WEIGHTS
from SPASegmentLib.research.evaluation.results.records import AGAIN, Record, of_slices, pack_records
from SPASegmentLib.research.evaluation.results.sections import read_page
from SPASegmentLib.research.markdown import Lines, section

Made = TypeVar("Made")
#: What looking for something that a record has not ends in.
_INCOMPLETE = (LookupError, TypeError, ValueError, AttributeError)


def write_report(records: Dict[str, Record], path: Path) -> None:
    """Write the page, and its plots and all records into the folder of its name beside it.

    Args:
        records: of `records.records_of_page`.
        path: of the page, such as docs/results.md.

    Raises:
        InputError: a record lacks its single cases.
        OutputError: something cannot be written.
    """
    page, folder = "\n".join(_lines(records, path.stem)), path.parent / path.stem
    make_folder(folder)
    _made("The plots", lambda some: plots.draw_all(some, folder), records)
    pack_records(records, path)
    write_text(page, path)


def _lines(records: Dict[str, Record], page: str) -> Lines:
    (title, introduction), sections = read_page(_words(records))
    lines = [title, "", introduction.format(**_facts(records, page)), ""]
    for heading, (text, table) in sections.items():
        rows = _made(f"The table {heading!r}", table, records)
        if len(rows) > 3:  # more than the head of a table
            lines += section(heading, *text, rows)
    return lines


def _made(what: str, make: Callable[[Dict[str, Record]], Made], records: Dict[str, Record]) -> Made:
    """What is made of all records.

    Raises:
        InputError: one has not what is needed, such as one of another version; the message names it.
    """
    try:
        return make(records)
    except _INCOMPLETE as error:
        others = ({one: r for one, r in records.items() if one != name} for name in records)
        found = next((name for name, some in zip(records, others) if _can_be_made(make, some)), "")
        named = f"the record {found!r} has" if found else "some records have"
        raise InputError(f"{what} cannot be made: {named} not what it needs ({error!r}); {AGAIN}.") from error


def _can_be_made(make: Callable[[Dict[str, Record]], object], records: Dict[str, Record]) -> bool:
    try:
        make(records)
    except (*_INCOMPLETE, InputError):
        return False
    return True


def _words(records: Dict[str, Record]) -> str:
    """Which of `pages/` has the words for these records."""
    if all(name.startswith("protocol-") for name in records):
        return "protocol"
    return "results" if of_slices(records) else "beyond-lungs"


def _facts(records: Dict[str, Record], page: str) -> Dict[str, str]:
    """What the introduction of a page says of its records."""
    own = [record for name, record in records.items() if not name.startswith(OWN_WEIGHTS)]
    # A record without weights (of a method without any) says less than one with them.
    with_weights = [record for record in own if "weights" in record]
    one = records.get("combination") or next(iter([*with_weights, *own, *records.values()]))
    weights = f"weights `{one['weights']}`, SHA-256 `{one['sha256'][:12]}...`; " if "weights" in one else ""
    torch = f"PyTorch {one['torch']}; " if "torch" in one else ""
    made_with = f"{weights}{torch}machine: {one['machine']}."
    return {
        "files": ", ".join(one["files"]), "cases": f"{one.get('n_cases')} cases of {one['intervals_over']}",
        "made_with": made_with, "Made_with": made_with[0].upper() + made_with[1:],
        "torch": one.get("torch", "-"), "machine": one["machine"], "records": f"docs/{page}/records.json.gz",
    }  # fmt: skip
