"""docs/results.md, written whole from the records."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

from SPASegmentLib.output import make_folder, write_text
from SPASegmentLib.research.evaluation.results import plots
from SPASegmentLib.research.evaluation.results.records import Record, pack_records
from SPASegmentLib.research.evaluation.results.sections import SECTIONS
from SPASegmentLib.research.markdown import section


def write_report(records: Dict[str, Record], path: Path) -> None:
    """Write the page, and its plots and all records into the folder ``results`` beside it.

    Args:
        records: of `records.records_of_page`.
        path: of the page, such as docs/results.md.

    Raises:
        InputError: a record lacks its single cases.
        OutputError: something cannot be written.
    """
    page, folder = "\n".join(_lines(records)), path.parent / "results"
    make_folder(folder)
    plots.draw_all(records, folder)
    pack_records(records, path)
    write_text(page, path)


def _lines(records: Dict[str, Record]) -> List[str]:
    lines = _introduction(records)
    for title, text, make in SECTIONS:
        rows = make(records)
        if len(rows) > 3:  # more than the head of a table
            caption, mark, picture = text.partition("![")
            lines += section(title, caption.strip(), mark + picture, rows)
    return lines


def _introduction(records: Dict[str, Record]) -> List[str]:
    one = records.get("combination") or next(iter(records.values()))
    weights = f"weights `{one['weights']}`, SHA-256 `{one['sha256'][:12]}...`; " if "weights" in one else ""
    return [
        "# Results",
        "",
        "Written by `spa report` from the records of `spa results`; do not edit by hand. "
        f"Data: {', '.join(one['files'])}, {one['n_cases']} cases of {one['intervals_over']}; {weights}"
        f"PyTorch {one['torch']}; machine: {one['machine']}. Intervals are 95 % bootstrap intervals over patients. "
        "Every case has its own seed and first click, from the lists in `Resources/Evaluation`. The records, with "
        "the values of single cases, are in `docs/results/records.json.gz`.",
        "",
    ]
