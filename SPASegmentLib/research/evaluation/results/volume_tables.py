"""The tables of docs/results.md on whole structures, from the records of ``spa evaluate volumes``."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.markdown import Lines, number, percent, table

Records = Dict[str, Record]

#: Numbers of actions that are shown.
ACTIONS = (4, 10, 20, 30, 40)
#: How the ways through a volume are called.
WAYS = {
    "spa": "SPA, through the volume",
    "itk": "the same answers, Fill between slices (ITK)",
    "no learning": "the same answers, signed distances alone",
    "even anchors": "SPA, anchors placed evenly",
    "slice by slice": "SPA, slice by slice",
}


def by_actions(records: Records) -> Lines:
    """Dice of the volume by actions, of SPA and of every baseline."""
    rows: List[List[Any]] = []
    for record in _volumes(records):
        shown = [count for count in ACTIONS if count <= record["actions"]]
        for name, row in _ways(record):
            cells = [percent(row["dice_one_anchor"], row["dice_one_anchor_ci95"])]
            cells += [percent(row["dice_by_action"][n - 1], row["dice_by_action_ci95"][n - 1]) for n in shown]
            cells += ["-"] * (len(ACTIONS) - len(shown))
            rows.append([", ".join(record["files"]), WAYS[name], record["n_volumes"], *cells])
    head = ["set", "way", "volumes", "one mask accepted", *(f"{count} actions" for count in ACTIONS)]
    return table(head, rows, words=2)


def reaching(records: Records) -> Lines:
    """Actions and seconds to reach a Dice, slices visited, and ends."""
    rows: List[List[Any]] = []
    for record in _volumes(records):
        for name, row in _ways(record):
            cells = [_reach(row, key) for key in ("0.8", "0.85", "0.88", "0.9")]
            ends = percent(row["ends_within_one"]) if "ends_within_one" in row else "-"
            seconds = number(row["seconds_by_action"][-1], digits=0) if name != "itk" and name != "no learning" else "-"
            rows.append([", ".join(record["files"]), WAYS[name], *cells, percent(row["slices_touched"]), ends, seconds])
    head = ["set", "way", *(f"to {dice}" for dice in ("0.80", "0.85", "0.88", "0.90"))]
    return table([*head, "slices visited, %", "ends within one, %", "seconds of computing"], rows, words=2)


def leads(records: Records) -> Lines:
    """How far SPA is ahead of every baseline, paired over the volumes."""
    rows: List[List[Any]] = []
    for record in _volumes(records):
        shown = [count for count in ACTIONS if count <= record["actions"]]
        for name, row in _ways(record)[1:]:
            cells = [percent(row["lead_by_action"][n - 1], row["lead_by_action_ci95"][n - 1], sign=True) for n in shown]
            rows.append([", ".join(record["files"]), WAYS[name], *cells, *["-"] * (len(ACTIONS) - len(shown))])
    return table(["set", "SPA minus", *(f"{count} actions" for count in ACTIONS)], rows, words=2)


def each_volume(records: Records) -> Lines:
    """Every volume by itself, where there are not too many; the weakest first."""
    rows: List[List[Any]] = []
    for record in _volumes(records):
        if record["n_volumes"] > 20:
            continue
        for name, one in sorted(record["volumes"].items(), key=lambda item: item[1]["dice_by_action"][-1]):
            shown = [one["dice_by_action"][n - 1] if n <= record["actions"] else None for n in ACTIONS]
            ends = "-" if one["ends"] is None else f"{one['ends'][0]} to {one['ends'][1]}"
            cells = [percent(one["dice_one_anchor"]), *map(percent, shown)]
            rows.append([name, one["slices"], f"{one['first']} to {one['last']}", ends, *cells])
    head = ["volume", "slices", "from, to", "found after one mask", "one mask", *(f"{n} actions" for n in ACTIONS)]
    return table(head, rows)


def _volumes(records: Records) -> List[Record]:
    return [record for _, record in sorted(records.items()) if record["protocol"] == "volumes"]


def _ways(record: Record) -> List[Tuple[str, Record]]:
    rows = {"spa": record, **record["baselines"]}
    return [(name, rows[name]) for name in WAYS if name in rows]


def _reach(row: Record, key: str) -> str:
    """Mean number of actions of the volumes that get there, and their share where it is not all."""
    actions, share = row["actions_to_reach"][key], row["reached"][key]
    if actions is None:
        return "never"
    return f"{actions:.1f}" if share == 1 else f"{actions:.1f} ({share:.0%})"
