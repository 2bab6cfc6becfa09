"""Tables of what was measured beyond LIDC-IDRI; each takes all records and leaves out what has not been measured."""

from __future__ import annotations

from typing import List, Tuple

from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.evaluation.results.tables import Records, at
from SPASegmentLib.research.markdown import Lines, number, percent, table

#: How a session began and went on: names of `spa evaluate structures`, in words.
WAYS = {
    ("click", "choice"): "click, then choices",
    ("box", "choice"): "tight box, then choices",
    ("click", "clicks"): "click, then corrective clicks",
    ("box", "clicks"): "tight box, then corrective clicks",
}
#: Rounds that stand in the tables.
SHOWN = (1, 3, 6)


def structures(records: Records) -> Lines:
    """Means over sets, for each way to begin and to go on."""
    rows = []
    for words, r in _structures(records):
        shown = [cell for j in SHOWN for cell in (at(r, "dice_recommended", j) if j <= r["rounds"] else ["-"])]
        rows.append([
            words, r["files"][0], f"{r['n_cases']} of {r['n_sets']} sets", *shown,
            *at(r, "dice_best_seen", 1), *at(r, "expected_minus_reached", 1), number(r["expected_dice_correlation"][0]),
        ])  # fmt: skip
    head = ["session", "folder", "cases", *(f"round {j}" for j in SHOWN), "best of the first masks"]
    return table([*head, "expected minus reached, round 1", "correlation"], rows, words=3)


def structures_by_set(records: Records) -> Lines:
    """Every set, after a click and choices."""
    rows = []
    for words, r in _structures(records)[:1]:
        assert words
        for name, one in sorted(r["sets"].items(), key=lambda item: float(item[1]["dice_recommended"][-1])):
            shown = [percent(one["dice_recommended"][j - 1] if j <= r["rounds"] else None) for j in SHOWN]
            rest = [percent(one["dice_best_seen"][0]), percent(one["expected_dice"][0])]
            rows.append([name, one["n_cases"], *shown, *rest])
    return table(["set", "cases", *(f"round {j}" for j in SHOWN), "best of the first masks", "expected, round 1"], rows)


def _structures(records: Records) -> List[Tuple[str, Record]]:
    found = {(r["start"], r["user"]): r for r in records.values() if r.get("protocol") == "structures"}
    return [(words, found[way]) for way, words in WAYS.items() if way in found]
