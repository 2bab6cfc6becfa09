"""Pages of results, each written whole from its records: docs/results.md, and docs/beyond-lungs.md for all others."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

from SPASegmentLib.output import make_folder, write_text
from SPASegmentLib.research.evaluation.results import plots
from SPASegmentLib.research.evaluation.results.records import Record, of_slices, pack_records
from SPASegmentLib.research.evaluation.results.sections import BEYOND, SECTIONS
from SPASegmentLib.research.markdown import section


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
    plots.draw_all(records, folder)
    pack_records(records, path)
    write_text(page, path)


def _lines(records: Dict[str, Record], page: str) -> List[str]:
    lines = _introduction(records, page)
    for title, text, make in SECTIONS if of_slices(records) else BEYOND:
        rows = make(records)
        if len(rows) > 3:  # more than the head of a table
            caption, mark, picture = text.partition("![")
            lines += section(title, caption.strip(), mark + picture, rows)
    return lines


def _introduction(records: Dict[str, Record], page: str) -> List[str]:
    one = records.get("combination") or next(iter(records.values()))
    weights = f"weights `{one['weights']}`, SHA-256 `{one['sha256'][:12]}...`; " if "weights" in one else ""
    machine = f"PyTorch {one['torch']}; machine: {one['machine']}."
    kept = f"The records, with the values of single cases, are in `docs/{page}/records.json.gz`."
    if not of_slices(records):
        text = "Written by `spa report` from the records of the commands at the end; do not edit by hand. "
        return ["# Beyond lungs", "", f"{text}{weights[:1].upper()}{weights[1:]}{machine} {kept}", ""]
    return [
        "# Results",
        "",
        "Written by `spa report` from the records of `spa results`; do not edit by hand. "
        f"Data: {', '.join(one['files'])}, {one['n_cases']} cases of {one['intervals_over']}; {weights}{machine} "
        "Intervals are 95 % bootstrap intervals over patients. "
        f"Every case has its own seed and first click, from the lists in `Resources/Evaluation`. {kept}",
        "",
    ]
