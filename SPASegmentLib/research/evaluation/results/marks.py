"""What the project wants to reach beside what was reached, and SPA minus every other method on equal cases."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.results.plan import UNTRAINED
from SPASegmentLib.research.evaluation.results.records import Record, cases_of, paired
from SPASegmentLib.research.evaluation.results.tables import NAMES, ROUNDS, Lines, Records, at
from SPASegmentLib.research.evaluation.statistics import difference
from SPASegmentLib.research.markdown import percent, table

#: Round -> Dice of the recommended mask, majority of a rater combination.
WANTED = {1: 0.85, 3: 0.88, 6: 0.90}
#: Methods with one mask on screen; of the others the user may keep any mask seen.
SINGLE_MASK = ("unet", "click-network", "sam-u", "consensus")
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
    return table(["figure", "wanted", "reached", ""], [*rows, *_policy(records)])


def _combination(records: Records) -> List[List[str]]:
    if "combination" not in records:
        return []
    record, rows = records["combination"], []
    for round_, wanted in WANTED.items():
        cells = [f">= {100 * wanted:.0f}", *at(record, "dice_recommended", round_)]
        reached = record["dice_recommended"][round_ - 1] >= wanted
        rows.append([f"combination, recommended Dice in round {round_}", *cells, _verdict(reached)])
    gap, interval = _own(record, lambda v: v["dice_best_on_screen"] - v["dice_recommended"])
    j = int(gap.argmin())
    rows.append(
        [f"combination, best of the five masks minus the recommended one, smallest (round {j + 1})", "> 0",
         percent(gap[j], interval[:, j].tolist(), sign=True), _verdict(gap[j] > 0)]
    )  # fmt: skip
    value, bounds = record["failure_rate"]["0.7"], record["failure_rate_ci95"]["0.7"]
    rows.append(["combination, failures at Dice 0.70", "< 5", percent(value, bounds), _verdict(value < 0.05)])
    return rows


def _rater(records: Records) -> List[List[str]]:
    if "rater" not in records:
        return []
    rows = []
    gain, interval = _own(records["rater"], lambda v: v["dice_recommended"][:, -1] - v["dice_recommended"][:, 0])
    shown = percent(gain, interval.tolist(), sign=True)
    rows.append(["rater, gain from round 1 to 6", ">= +4", shown, _verdict(gain >= 0.04)])
    for ours, words in OURS.items():
        found = _leads(records, "rater", ours, ("resample",))
        rows += _smallest_lead(f"rater, {words} from round 2 on against resample and keep", found, first=2)
    return rows


def _policy(records: Records) -> List[List[str]]:
    if "policy" not in records:
        return []
    policy = records["policy"]["policy"]
    gain, harm = policy["all_users"], policy["user_changes"]["all"]
    return [
        ["policy, first round with the profile against without, images 7 to 12", ">= +5",
         percent(gain["gain"], gain["gain_ci95"], sign=True), _verdict(gain["gain"] >= 0.05)],
        ["policy, the same after the user has changed to the opposite", ">= -1",
         percent(harm["gain"], harm["gain_ci95"], sign=True), _verdict(harm["gain"] >= -0.01)],
    ]  # fmt: skip


def _own(record: Record, values: Any) -> Tuple[Any, np.ndarray]:
    """Mean and interval of what `values` makes of the cases' (n, rounds) Dice."""
    cases = cases_of(record)
    found = values({name: np.array(cases[name]) for name in ("dice_recommended", "dice_best_on_screen")})
    return difference(found, np.zeros_like(found), cases["patient"])


def _smallest_lead(what: str, found: Iterator[Tuple[str, Dict[str, Any]]], first: int = 1) -> List[List[str]]:
    """A row about the weakest of all comparisons: the one whose interval begins lowest."""
    worst: Optional[Tuple[float, str, str]] = None
    compared = list(found)
    for method, gap in compared:
        for j in range(first - 1, len(gap["difference"])):
            cell = percent(gap["difference"][j], gap["ci95"][j], sign=True)
            where = f"{NAMES[method]}, round {j + 1}" if len(compared) > 1 else f"round {j + 1}"
            entry = (gap["ci95"][j][0], where, cell)
            worst = entry if worst is None else min(worst, entry)
    if worst is None:
        return []
    low, where, cell = worst
    return [[f"{what}, smallest lead ({where})", "> 0, interval too", cell, _verdict(low > 0)]]


def _verdict(reached: bool) -> str:
    return "reached" if reached else "**missed**"


def leads(records: Records, protocol: str, ours: str) -> Lines:
    """SPA minus every other method on the same cases, in every round.

    Args:
        records: all of them.
        protocol: "combination" or "rater".
        ours: which of SPA's masks counts, of `OURS`. Of the others the best mask seen so far counts where they show
            several, and their only one where they do not.
    """
    rows = [
        [NAMES[method], str(gap["n"]), *(percent(d, i, sign=True) for d, i in zip(gap["difference"], gap["ci95"]))]
        for method, gap in _leads(records, protocol, ours, (*TRAINED, *UNTRAINED))
    ]
    return table(["SPA minus", "n", *ROUNDS], rows)


def _leads(
    records: Records, protocol: str, ours: str, methods: Sequence[str]
) -> Iterator[Tuple[str, Dict[str, Any]]]:
    for method in methods:
        other = records.get(f"{method}-{protocol}")
        if other is not None and protocol in records:
            theirs = "dice_recommended" if method in SINGLE_MASK else "dice_best_seen"
            yield method, paired(records[protocol], other, ours, theirs)
