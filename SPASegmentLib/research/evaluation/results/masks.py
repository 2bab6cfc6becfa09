"""The tables of image sets with one mask per image."""

from __future__ import annotations

from typing import Dict, List

from SPASegmentLib.research.evaluation.results.records import Record, paired
from SPASegmentLib.research.evaluation.results.tables import at, percent, table


def other_images(records: Dict[str, Record]) -> List[str]:
    """Dice by round on the sets of ``spa evaluate masks``."""
    rows = []
    for name, record in sorted(records.items()):
        if not name.startswith("masks-"):
            continue
        widths = record["diameters_px"]
        last = record["rounds"]
        rows.append(
            [
                record["files"][0],
                f"{record['n_cases']}, {record['intervals_over']}",
                f"{widths['5']:.0f}, {widths['50']:.0f}, {widths['95']:.0f}",
                *(at(record, "dice_recommended", round_) for round_ in (1, min(3, last), last)),
                at(record, "dice_best_on_screen", last),
            ]
        )
    if not rows:
        return []
    head = ["set", "cases", "width in pixels (5 %, median, 95 %)", "round 1", "round 3", "round 6", "best on screen, 6"]
    return table(head, rows)


def widening(records: Dict[str, Record]) -> List[str]:
    """LIDC-IDRI alone against the whole mixture of sources, at equal steps: ``make widening``."""
    pairs = {"lidc": (records.get("loss-full"), records.get("widening-lidc-widened"))}
    for name in ("volumes", "hippocampus", "sarcoma"):
        pairs[name] = (records.get(f"widening-{name}-alone"), records.get(f"widening-{name}-widened"))
    rows = []
    for name, (alone, widened) in pairs.items():
        if alone is None or widened is None:
            continue
        gap = paired(widened, alone, "dice_recommended", "dice_recommended")
        for j in (0, -1):
            cells = [percent(record["dice_recommended"][j]) for record in (alone, widened)]
            difference = percent(gap["difference"][j], gap["ci95"][j], sign=True)
            rows.append([name, str(gap["n"]), "1" if j == 0 else str(alone["rounds"]), *cells, difference])
    head = ["set", "cases", "round", "LIDC-IDRI alone", "all sources", "difference, paired"]
    return table(head, rows) if rows else []
