"""Sections on named people as users (`spa evaluate named`); tables take all records, and leave out what is missing."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Tuple

from SPASegmentLib.research.evaluation.results import paper
from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.evaluation.results.tables import ROUNDS, Records
from SPASegmentLib.research.markdown import Lines, number, percent, table


def profiles(records: Records) -> Lines:
    """First-round Dice with no profile, the person's own, and one that the others taught."""
    rows = []
    for which, who, r in _people(records):
        first, changed = r["first_round"], r["change"].get("all", {})
        rows.append([
            which, who, r["n"], *(percent(first[p][0]) for p in ("without", "own", "others")),
            *(percent(r[key], r[f"{key}_ci95"], sign=True) for key in ("gain", "common", "personal")),
            percent(changed.get("gain"), changed.get("gain_ci95"), sign=True),
        ])  # fmt: skip
    head = ["set", "person", "n", "no profile", "own", "others'", "own minus none", "others' minus none"]
    return table([*head, "own minus others'", "another person's before, minus none"], rows, words=2)


def differences(records: Records) -> Lines:
    """How the people's masks differ, whatever SPA makes of it."""
    rows = [
        [
            which, who, r["drawn"], f"{r['offset_from_others_mm']:+.2f}", number(r["scatter_mm"]),
            percent(r["dice_with_others"]), percent(r["personal"], r["personal_ci95"], sign=True),
        ]
        for which, who, r in _people(records)
        if "scatter_mm" in r
    ]  # fmt: skip
    head = ["set", "person", "images", "radius against the others'", "scatter of that", "Dice with the others"]
    return table([*head, "own profile minus others'"], rows, words=2)


def rounds(records: Records) -> Lines:
    """Rounds until a mask on screen has a Dice, without a profile and with the person's own."""
    keys = ("0.75", "0.84", "0.9")
    rows = []
    for which, who, r in _people(records):
        found = [r["rounds_to"][key] for key in keys]
        rows.append([which, who, r["n"], *(f"{f['without'][0]:.2f}, {f['own'][0]:.2f}" for f in found)])
    theirs = ["paper (REFUGE2)", "SPA, a clinician left out of training", "-", *map(number, (*paper.TABLE_6, None))]
    return table(["set", "person", "n", *(f"to {key}" for key in keys)], [*rows, theirs] if rows else [], words=2)


def alignment(records: Records) -> Lines:
    """Dice of the recommended mask with the person at work and with the others, by round."""
    rows = []
    for which, who, r in _people(records):
        if who == "all":
            for name, words in (("included", "the person at work"), ("excluded", "the others")):
                values, intervals = r["by_round"][name], r["by_round"][f"{name}_ci95"]
                change = f"{100 * (values[-1] / values[0] - 1):+.1f} %" if values[0] else "-"
                rows.append([which, words, *map(percent, values, intervals), change])
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
    return table([*head, "SPA, last round", "SPA, best seen", "best seen minus one hand"], rows, words=2)


def _records(records: Records) -> List[Tuple[str, Record]]:
    """The records of named people by set and start; a set that the weights have seen is marked."""
    found = []
    for _name, r in sorted(records.items()):
        if r.get("protocol") == "named":
            files = ", ".join(file.rsplit(".", 1)[0] for file in r["files"])
            seen = "" if set(r["seen_in_training"].values()) == {"no"} else " (**seen in training**)"
            found.append((f"{files}, {r['start']}{seen}", r))
    return found


def _people(records: Records) -> Iterator[Tuple[str, str, Dict[str, Any]]]:
    for which, r in _records(records):
        for who, one in [*r["people"].items(), ("all", r)]:
            if one["n"]:
                yield which, who, one


#: Of every page with such records: title, caption, table.
NAMED: Tuple[Tuple[str, str, Callable[[Records], Lines]], ...] = (
    (
        "Named people: whose profile helps",
        "Sets in which every mask has its person. Images in random order; a person answers by choices until a mask has "
        "0.9, and accepts the best on screen. The first recommended mask on images 7 and later: with no profile, with "
        "the person's own, and with one that the others taught, one of them in turn on each image before. Own minus "
        "others' is what is personal; others' minus none is what the set has in common, such as an error of the "
        "network. Last column: after the first half of the images by another person, whose profile goes on learning. "
        "Intervals over images.",
        profiles,
    ),
    (
        "Named people: how they differ",
        "Equivalent radius of a person's masks minus the others' mean, in mm or, where pixels have no size, in pixels, "
        "and its standard deviation over images.",
        differences,
    ),
    (
        "Named people: rounds to a Dice (paper, Table 6)",
        "Until a mask on screen has it: without a profile, with the person's own, on images 7 and later; never counts "
        "10. Nobody of these sets was in training unless it says so, while the paper left one clinician of seven out.",
        rounds,
    ),
    (
        "Named people: the person at work and the others (paper, Table 2)",
        "Without a profile, all images; the recommended mask against the masks of the person who answers, and of those "
        "who do not. In the paper (REFUGE2) five included clinicians change by "
        f"{', '.join(f'{v:+.2f}' for v in paper.TABLE_2_INCLUDED)} % and two excluded ones by "
        f"{', '.join(f'{v:+.2f}' for v in paper.TABLE_2_EXCLUDED)} %.",
        alignment,
    ),
    (
        "Two programs, one hand",
        "The same people drew the same cells with two programs. How far a person is from themself, from the others, "
        "and SPA from a person's masks of the first program after its last round without a profile. The images of the "
        "second program were cut and scaled a little differently and are laid over the first's by their grey values.",
        programs,
    ),
)
