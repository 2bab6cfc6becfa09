"""The table of image sets with one mask per image."""

from __future__ import annotations

from typing import Dict, List

from SPASegmentLib.evaluation.results.records import Record
from SPASegmentLib.evaluation.results.tables import at, table


def other_images(records: Dict[str, Record]) -> List[str]:
    """Dice by round on the sets of ``spa evaluate masks``."""
    rows = []
    for _, record in sorted(records.items()):
        if record["protocol"] != "masks":
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
