"""Tables of what was measured beyond LIDC-IDRI; each takes all records and leaves out what has not been measured."""

from __future__ import annotations

from typing import List, Tuple

from SPASegmentLib.research.evaluation.results.cells import Records, at, bare, of_protocol
from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.markdown import Lines, number, table

#: How a session began and went on: names of `spa evaluate structures`, in words.
WAYS = {
    ("click", "choice"): "click, then choices",
    ("box", "choice"): "tight box, then choices",
    ("sloppy-box", "choice"): "box as a hand draws it, then choices",
    ("click", "clicks"): "click, then corrective clicks",
    ("box", "clicks"): "tight box, then corrective clicks",
}
#: Rounds that stand in the tables, and what they are called.
SHOWN = (1, 3, 6)
HEAD = (*(f"round {j}" for j in SHOWN), "best of the first masks")


def structures(records: Records) -> Lines:
    """Means over sets, for each way to begin and to go on."""
    rows = [
        [
            words, r["files"][0], f"{r['n_cases']} of {r['n_sets']} sets", *at(r, "dice_recommended", *SHOWN),
            *at(r, "dice_best_seen", 1), *at(r, "expected_minus_reached", 1), number(r["expected_dice_correlation"][0]),
        ]
        for words, r in _structures(records)
    ]  # fmt: skip
    head = ["session", "folder", "cases", *HEAD, "expected minus reached, round 1", "correlation"]
    return table(head, rows, words=3)


def structures_by_set(records: Records) -> Lines:
    """Every set, after a click and choices."""
    rows = [
        [name, one["n_cases"], *at(one, "dice_recommended", *SHOWN, show=bare), bare(one["dice_best_seen"][0]),
         bare(one["expected_dice"][0])]
        for _, r in _structures(records)[:1]
        for name, one in sorted(r["sets"].items(), key=lambda item: float(item[1]["dice_recommended"][-1]))
    ]  # fmt: skip
    return table(["set", "cases", *HEAD, "expected, round 1"], rows)


def _structures(records: Records) -> List[Tuple[str, Record]]:
    found = {(r["start"], r["user"]): r for r in of_protocol(records, "structures")}
    return [(words, found[way]) for way, words in WAYS.items() if way in found]


def other_images(records: Records) -> Lines:
    """Dice by round on the sets of ``spa evaluate masks``."""
    rows = []
    for r in (record for name, record in sorted(records.items()) if name.startswith("masks-")):
        widths, last = ", ".join(f"{r['diameters_px'][k]:.0f}" for k in ("5", "50", "95")), r["rounds"]
        reached = [*at(r, "dice_recommended", 1, min(3, last), last), *at(r, "dice_best_on_screen", last)]
        rows.append([r["files"][0], f"{r['n_cases']}, {r['intervals_over']}", widths, *reached])
    head = ["set", "cases", "width in pixels (5 %, median, 95 %)", "round 1", "round 3", "round 6", "best on screen, 6"]
    return table(head, rows)
