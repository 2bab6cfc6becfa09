"""``spa study report``: the paper's comparison, from the log of a study."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from SPASegmentLib.commands.interruption import imports
from SPASegmentLib.errors import InputError
from SPASegmentLib.paths import check_paths


def run_study_report(log: Path, folder: Path) -> None:
    """Compare, print seconds and iterations, and write the page.

    Raises:
        SPAError: the log cannot be used or something cannot be written.
    """
    with imports():
        from SPASegmentLib.interaction.study_log import StudyLog
        from SPASegmentLib.research.study.comparison import MEASURES
        from SPASegmentLib.research.study.report import DRAWN, gap_text, write_study_report

    outputs = [(name, folder / name) for name in ("study.md", "study.json", *(f"{key}.png" for key in DRAWN))]
    check_paths([("the log", log)], outputs, make_folders=True)
    if not log.exists():
        raise InputError(f"There is no log {log}; give the CSV file that spa viewer --study writes.")
    opened = StudyLog(log)
    entries = opened.entries()
    if not entries:
        raise InputError(f"{log.name} holds no finished image yet; let somebody take part first.")
    cut = "The last line of the log was cut off and is left out." if opened.cut_off() else ""
    found = write_study_report(entries, folder, cut)
    console = Console()
    table = Table(title=f"Study {entries[0].study.rsplit('#', 1)[0]}", title_justify="left", caption=cut or None)
    table.add_column("person", no_wrap=True)
    for head in ("images", *(f"{MEASURES[key]}, {what}" for key in DRAWN for what in ("SPA", "clicks", "gap"))):
        table.add_column(head, justify="right")
    for one in found:
        cells = []
        for key in DRAWN:
            if (m := one.measures.get(key)) is None:
                cells += ["-"] * 3
            else:
                cells += [f"{m.spa:.2f}", f"{m.clicks:.2f}", gap_text(m)]
        table.add_row(one.name, str(one.pairs), *cells)
    console.print(table)
    console.print(f"Wrote {folder / 'study.md'}.", markup=False, soft_wrap=True)
