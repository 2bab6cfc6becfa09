"""What the project wants to reach beside what was reached, and SPA minus every other method on equal cases."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence, Tuple

import numpy as np

from SPASegmentLib.research.evaluation.cases import POLICY_USERS
from SPASegmentLib.research.evaluation.methods.trained import CLICKED, TRAINED
from SPASegmentLib.research.evaluation.results.cells import ROUNDS, Records, at, cell, signed
from SPASegmentLib.research.evaluation.results.plan import BOXED, UNTRAINED
from SPASegmentLib.research.evaluation.results.records import Record, cases_of, paired
from SPASegmentLib.research.evaluation.results.tables import NAMES, methods, spa
from SPASegmentLib.research.evaluation.statistics import difference
from SPASegmentLib.research.markdown import Lines, table

#: Round -> Dice of the recommended mask, majority of a rater combination.
WANTED = {1: 0.85, 3: 0.88, 6: 0.90}
MISSED = "**missed**"
#: Methods with one mask on screen; of the others the user may keep any mask seen.
SINGLE_MASK = ("unet", "transunet", "swinunet", *CLICKED, "consensus")
#: Methods whose first prompt is a box.
BOX_FIRST = tuple(name for name, (_, box) in CLICKED.items() if box)
#: How SPA's user answers, of `plan.BOXED`.
ANSWERS = {"choice": "choices", "clicks": "corrective clicks"}
#: What of SPA is compared, and how it is called.
OURS = {"dice_recommended": "recommended mask", "dice_best_seen": "best mask seen"}


def marks(records: Records) -> Lines:
    """What the project wants to reach, and what was reached."""
    rows = [*_combination(records), *_rater(records)]
    for protocol in ("combination", "rater"):
        for ours, words in OURS.items():
            rows += _smallest_lead(
                f"{protocol}, {words} against the trained baselines", _leads(records, protocol, ours, tuple(TRAINED))
            )
        for name, user in BOXED.items():
            found = _leads_from_a_box(records, protocol, name)
            rows += _smallest_lead(f"{protocol}, all from the same box, {ANSWERS[user]}", found)
    return table(["figure", "wanted", "reached", ""], [*rows, *_policy(records)])


def _row(what: str, wanted: str, figure: str, reached: bool) -> List[str]:
    return [what, wanted, figure, "reached" if reached else MISSED]


def _combination(records: Records) -> Iterator[List[str]]:
    for r in spa(records):
        for j, wanted in WANTED.items():
            if j > len(r["dice_recommended"]):
                continue
            (figure,), dice = at(r, "dice_recommended", j), r["dice_recommended"][j - 1]
            yield _row(f"combination, recommended Dice in round {j}", f">= {100 * wanted:.0f}", figure, dice >= wanted)
        gap, interval = _own(r, lambda v: v["dice_best_on_screen"] - v["dice_recommended"])
        j = int(gap.argmin())
        what = f"combination, best of the five masks (one is the recommended) minus it, smallest (round {j + 1})"
        yield _row(what, "> 0", signed(gap[j], interval[:, j].tolist()), gap[j] > 0)
        figure = cell(r, "failure_rate", "0.7")
        yield _row("combination, failures at Dice 0.70", "< 5", figure, r["failure_rate"]["0.7"] < 0.05)


def _rater(records: Records) -> Iterator[List[str]]:
    if "rater" in records:
        gain, interval = _own(records["rater"], lambda v: v["dice_recommended"][:, -1] - v["dice_recommended"][:, 0])
        last = len(records["rater"]["dice_recommended"])
        yield _row(f"rater, gain from round 1 to {last}", ">= +4", signed(gain, interval.tolist()), gain >= 0.04)
        for ours, words in OURS.items():
            found = _leads(records, "rater", ours, ("resample",))
            yield from _smallest_lead(f"rater, {words} from round 2 on against resample and keep", found, first=2)


def _policy(records: Records) -> Iterator[List[str]]:
    if "policy" in records:
        policy = records["policy"]["policy"]
        changes = policy["user_changes"]
        for what, least, found in (
            ("first round with the profile against without, images 7 to 12", 0.05, policy["all_users"]),
            ("the same, users who want what raters drew, not moved by pixels", 0.05, _as_drawn(policy["users"])),
            ("the same after the user has changed to the opposite, images 7 to 12", -0.01, changes["all"]),
            ("the same, the first image after the change", -0.01, changes.get("image after the change", {})),
        ):
            if found:
                wanted = f">= {100 * least:+.0f}"
                yield _row(f"policy, {what}", wanted, cell(found, "gain", show=signed), found["gain"] >= least)


def _as_drawn(users: Dict[str, Any]) -> Dict[str, Any]:
    """The mean over users whose outline is not moved; with others, what a profile holds is just what they differ in."""
    gains = [one["gain"] for name, one in users.items() if not POLICY_USERS[name][1]]
    return {"gain": float(np.mean(gains))} if gains else {}


def _own(record: Record, values: Any) -> Tuple[Any, np.ndarray]:
    """Mean and interval of what `values` makes of the cases' (n, rounds) Dice; None for bounds that there are not."""
    cases = cases_of(record)
    found = values({name: np.array(cases[name]) for name in ("dice_recommended", "dice_best_on_screen")})
    means, interval = difference(found, np.zeros_like(found), cases["patient"])
    bounds = interval.astype(object)
    bounds[~np.isfinite(interval)] = None
    return means, bounds


def _smallest_lead(what: str, found: Iterator[Tuple[str, Dict[str, Any]]], first: int = 1) -> Iterator[List[str]]:
    """A row about the weakest of all comparisons: the one whose interval begins lowest.

    Where there is no interval, for want of patients, it is the one with the smallest lead, and the mark is not reached.
    """
    compared = list(found)
    every = [
        (interval, lead, f"{NAMES[method]}, round {j}" if len(compared) > 1 else f"round {j}")
        for method, gap in compared
        for j, (lead, interval) in enumerate(zip(gap["difference"], gap["difference_ci95"]), 1)
        if j >= first
    ]
    if every:
        known = all(interval[0] is not None for interval, _, _ in every)
        interval, lead, where = min(every, key=lambda one: (one[0][0] if known else one[1], one[2]))
        row = _row(f"{what}, smallest lead ({where})", "> 0, interval too", signed(lead, interval), lead > 0)
        if lead > 0 and (interval[0] is None or interval[0] <= 0):
            row[-1] = "no interval" if interval[0] is None else MISSED
        yield row


def leads(records: Records, protocol: str, ours: str) -> Lines:
    """SPA minus every other method on the same cases, in every round.

    Args:
        records: all of them.
        protocol: "combination" or "rater".
        ours: which of SPA's masks counts, of `OURS`. Of the others the best mask seen so far counts where they show
            several, and their only one where they do not.
    """
    rows = [
        [NAMES[method], gap["n"], *at(gap, "difference", show=signed)]
        for method, gap in _leads(records, protocol, ours, (*TRAINED, *UNTRAINED))
    ]
    return table(["SPA minus", "n", *ROUNDS], rows)


def from_a_box(records: Records, protocol: str) -> Lines:
    """SPA and those that cannot do without a box, from the same one: Dice by round, and SPA minus the others.

    Args:
        records: all of them.
        protocol: "combination" or "rater".
    """
    ours = methods(records, protocol, tuple(BOXED))
    rows = [
        [name, r["n_cases"], *at(r, "dice_recommended")]
        for name, r in [*ours, *(methods(records, protocol, BOX_FIRST) if ours else [])]
    ]
    for ours_name in BOXED:
        rows += [
            [f"{ANSWERS[BOXED[ours_name]]}: SPA minus {NAMES[theirs]}", gap["n"], *at(gap, "difference", show=signed)]
            for theirs, gap in _leads_from_a_box(records, protocol, ours_name)
        ]
    return table(["recommended mask", "n", *ROUNDS], rows)


def _leads_from_a_box(records: Records, protocol: str, ours: str) -> Iterator[Tuple[str, Dict[str, Any]]]:
    record = records.get(f"{ours}-{protocol}")
    for method in BOX_FIRST:
        other = records.get(f"{method}-{protocol}")
        if record is not None and other is not None:
            yield method, paired(record, other, "dice_recommended", "dice_recommended")


def _leads(records: Records, protocol: str, ours: str, methods: Sequence[str]) -> Iterator[Tuple[str, Dict[str, Any]]]:
    for method in methods:
        other = records.get(f"{method}-{protocol}")
        if other is not None and protocol in records:
            theirs = "dice_recommended" if method in SINGLE_MASK else "dice_best_seen"
            yield method, paired(records[protocol], other, ours, theirs)
