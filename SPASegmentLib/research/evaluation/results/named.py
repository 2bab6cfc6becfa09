"""Tables on named people as users (`spa evaluate named`); each takes all records and leaves out what is missing."""

from __future__ import annotations

from typing import Iterator, Tuple

from SPASegmentLib.research.evaluation.results import paper
from SPASegmentLib.research.evaluation.results.cells import ROUNDS, Records, at, cell, change, of_protocol, signed
from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.markdown import Lines, number, percent, table

#: Dice that rounds are counted to, as records name them.
LEVELS = ("0.75", "0.84", "0.9")


def profiles(records: Records) -> Lines:
    """First-round Dice with no profile, the person's own, and one that the others taught."""
    rows = []
    for which, who, r in _people(records):
        first, changed = r["first_round"], r["change"].get("all", {})
        rows.append([
            which, who, r["n"], *(percent(first[p][0]) for p in ("without", "own", "others")),
            *(cell(r, key, show=signed) for key in ("gain", "common", "personal")), cell(changed, "gain", show=signed),
        ])  # fmt: skip
    head = ["set", "person", "n", "no profile", "own", "others'", "own minus none", "others' minus none"]
    return table([*head, "own minus others'", "another person's before, minus none"], rows, words=2)


def differences(records: Records) -> Lines:
    """How the people's masks differ, whatever SPA makes of it."""
    rows = [
        [
            which, who, r["drawn"], f"{r['offset_from_others_mm']:+.2f}", number(r["scatter_mm"]),
            percent(r["dice_with_others"]), cell(r, "personal", show=signed),
        ]
        for which, who, r in _people(records)
        if "scatter_mm" in r
    ]  # fmt: skip
    head = ["set", "person", "images", "radius against the others'", "scatter of that", "Dice with the others"]
    return table([*head, "own profile minus others'"], rows, words=2)


def rounds(records: Records) -> Lines:
    """Rounds until a mask on screen has a Dice, without a profile and with the person's own."""
    rows = []
    for which, who, r in _people(records):
        found = [r["rounds_to"][key] for key in LEVELS]
        rows.append([which, who, r["n"], *(f"{f['without'][0]:.2f}, {f['own'][0]:.2f}" for f in found)])
    theirs = ["paper (REFUGE2)", "SPA, a clinician left out of training", "-", *map(number, (*paper.TABLE_6, None))]
    return table(["set", "person", "n", *(f"to {key}" for key in LEVELS)], [*rows, theirs] if rows else [], words=2)


def left_out(records: Records) -> Lines:
    """Weights that know a person, and weights that do not, without a profile (paper, Table 6)."""
    rows = []
    for which, r in _records(records):
        for who, one in [*r.get("left_out", {}).get("people", {}).items(), ("all", r.get("left_out"))]:
            if one:
                found = [one["rounds_to"][key] for key in LEVELS]
                lost = [signed(one["lost"][k], one["lost_ci95"][k]) for k in (0, len(one["lost"]) - 1)]
                needed = [f"{f['included'][0]:.2f}, {f['excluded'][0]:.2f}" for f in found]
                first = f"{percent(one['included'][0])}, {percent(one['excluded'][0])}"
                rows.append([which, who, one["n"], first, lost[0], lost[1], *needed])
    theirs = ["paper (REFUGE2)", "left out", "-", "-", "-", "-", *map(number, (*paper.TABLE_6, None))]
    head = ["set", "person", "n", "round 1: known, left out", "known minus left out", "last round, the same"]
    return table([*head, *(f"rounds to {key}" for key in LEVELS)], [*rows, theirs] if rows else [], words=2)


def alignment(records: Records) -> Lines:
    """Dice of the recommended mask with the person at work and with the others, by round."""
    rows = []
    for which, who, r in _people(records):
        if who == "all":
            for name, words in (("included", "the person at work"), ("excluded", "the others")):
                rows.append([which, words, *at(r["by_round"], name), change(r["by_round"][name])])
    return table(["set", "Dice with", *ROUNDS, "change"], rows, words=2)


def programs(records: Records) -> Lines:
    """A person against themself, two people, SPA against a person, on the same cases."""
    rows = []
    names = ("one_hand", "two_people", "two_people_second", "spa_recommended", "spa_best_seen")
    for which, r in _records(records):
        if "two_programs" in r:
            for who, one in [*r["two_programs"]["people"].items(), ("all", r["two_programs"])]:
                if one["n"]:
                    cells = [percent(one[name][0], one[name][1:]) for name in (*names, "spa_minus_one_hand")]
                    rows.append([which, who, one["n"], *cells])
    head = ["set", "person", "n", "one hand, two programs", "two people", "two people, second program"]
    return table([*head, "SPA, last round", "SPA, best seen", "last round minus one hand"], rows, words=2)


def _records(records: Records) -> Iterator[Tuple[str, Record]]:
    """The records of named people by set and start; a set that the weights have seen is marked."""
    for r in of_protocol(records, "named"):
        files = ", ".join(file.rsplit(".", 1)[0] for file in r["files"])
        seen = "" if set(r["seen_in_training"].values()) == {"no"} else " (**seen in training**)"
        folds = f", {r['folds']} folds" if "folds" in r else ""
        yield f"{files}, {r['start']}{folds}{seen}", r


def _people(records: Records) -> Iterator[Tuple[str, str, Record]]:
    for which, r in _records(records):
        for who, one in [*r["people"].items(), ("all", r)]:
            if one["n"]:
                yield which, who, one
