"""Tables on whole structures, from the records of ``spa evaluate volumes``."""

from __future__ import annotations

from typing import Iterator, Tuple

from SPASegmentLib.research.evaluation.results.cells import Records, at, cell, of_protocol, signed
from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.markdown import Lines, number, percent, table

#: Numbers of actions that are shown, and what they are called.
ACTIONS = (4, 10, 20, 30)
HEAD = tuple(f"{count} actions" for count in ACTIONS)
#: Dice to reach.
REACHED = ("0.8", "0.85", "0.88", "0.9")
#: How the ways through a volume are called.
WAYS = {
    "spa": "SPA, through the volume",
    "itk": "the same answers, Fill between slices (ITK)",
    "itk own slices": "first, last and middle slices by SPA, Fill between slices (ITK)",
    "no learning": "the same answers, signed distances alone",
    "even anchors": "SPA, anchors placed evenly",
    "slice by slice": "SPA, slice by slice",
}
#: Ways that compute nothing of their own but the filling.
REPLAYED = ("itk", "no learning")


def by_actions(records: Records) -> Lines:
    """Dice of the volume by actions, of SPA and of every baseline."""
    rows = [
        [files, WAYS[name], r["n_volumes"], cell(way, "dice_one_anchor"), *at(way, "dice_by_action", *ACTIONS)]
        for files, name, way, r in _ways(records)
    ]
    return table(["set", "way", "volumes", "one mask accepted", *HEAD], rows, words=2)


def reaching(records: Records) -> Lines:
    """Actions and seconds to reach a Dice, slices visited, and ends."""
    rows = [
        [
            files, WAYS[name], *(_reach(way, key) for key in REACHED), cell(way, "slices_touched"),
            cell(way, "ends_within_one"), "-" if name in REPLAYED else number(way["seconds_by_action"][-1], digits=0),
        ]
        for files, name, way, _ in _ways(records)
    ]  # fmt: skip
    head = ["set", "way", *(f"to {float(dice):.2f}" for dice in REACHED)]
    return table([*head, "slices visited, %", "ends within one, %", "seconds of computing"], rows, words=2)


def leads(records: Records) -> Lines:
    """How far SPA is ahead of every baseline, paired over the volumes."""
    rows = [
        [files, WAYS[name], *at(way, "lead_by_action", *ACTIONS, show=signed)]
        for files, name, way, _ in _ways(records)
        if name != "spa"
    ]
    return table(["set", "SPA minus", *HEAD], rows, words=2)


def each_volume(records: Records) -> Lines:
    """Every volume by itself, where there are not too many; the weakest first."""
    rows = []
    for record in of_protocol(records, "volumes"):
        if record["n_volumes"] > 20:
            continue
        for name, one in sorted(record["volumes"].items(), key=lambda item: float(item[1]["dice_by_action"][-1])):
            ends = "-" if one["ends"] is None else f"{one['ends'][0]} to {one['ends'][1]}"
            cells = [percent(one["dice_one_anchor"]), *at(one, "dice_by_action", *ACTIONS)]
            rows.append([name, one["slices"], f"{one['first']} to {one['last']}", ends, *cells])
    return table(["volume", "slices", "from, to", "found after one mask", "one mask", *HEAD], rows)


def _ways(records: Records) -> Iterator[Tuple[str, str, Record, Record]]:
    """Files, name of the way, its figures, and the record that they are of."""
    for record in of_protocol(records, "volumes"):
        found = {"spa": record, **record["baselines"]}
        yield from ((", ".join(record["files"]), name, found[name], record) for name in WAYS if name in found)


def _reach(way: Record, key: str) -> str:
    """Mean number of actions of the volumes that get there, and their share where it is not all."""
    actions, share = way["actions_to_reach"][key], way["reached"][key]
    if actions is None:
        return "never"
    return f"{actions:.1f}" if share == 1 else f"{actions:.1f} ({share:.0%})"
