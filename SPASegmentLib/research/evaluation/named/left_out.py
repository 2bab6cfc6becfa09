"""People whom training has not seen (paper, Table 6): the same images, with weights that do not know them."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from SPASegmentLib.research.evaluation.named.figures import ROUNDS_TO, mean_with_bounds, there
from SPASegmentLib.research.evaluation.named.folded import FoldedSpec
from SPASegmentLib.research.evaluation.named.people import People
from SPASegmentLib.research.evaluation.named.sequences import PersonJob, Sessions, Way, Ways, run_cold
from SPASegmentLib.research.evaluation.parallel import Progress, run_all
from SPASegmentLib.research.evaluation.statistics import rounds_needed, with_interval

_Row = Tuple[str, Way, Way]


def compare_left_out(
    people: People, known: Sequence[Ways], spec: FoldedSpec, start: str, rounds: int, processes: int, progress: Progress
) -> Dict[str, Any]:
    """Let people work with weights that have not learned from their masks; whose weights are missing is left out.

    Args:
        people: with their cases.
        known: of each person, the ways through all images without a profile, by weights that know the person.
        spec: of those weights.
        start: "click" or "box".
        rounds: per image.
        processes: to work in.
        progress: called with (done, in all).

    Returns:
        Of all people and, under `people`, of each (`_figures`); empty where nobody's weights are there.

    Raises:
        WeightsError: weights are damaged.
    """
    who = [k for k, own in enumerate(people.cases) if any(own) and spec.leaving_out(k).exists()]
    rows: Dict[int, List[_Row]] = {}
    for place, k in enumerate(who):
        drawn = [(i, case) for i, case in enumerate(people.cases[k]) if case is not None]

        def report(done: int, total: int, place: int = place) -> None:
            if progress is not None:
                progress(place * total + done, len(who) * total)

        jobs = [PersonJob((case,), start, rounds) for _, case in drawn]
        ways = run_all(_cold, jobs, spec.leaving_out(k), processes, report)
        rows[k] = [(people.patient(i), there(known[k][i]), way) for (i, _), way in zip(drawn, ways)]
    if not rows:
        return {}
    together = [row for some in rows.values() for row in some]
    return {**_figures(together), "people": {people.names[k]: _figures(some) for k, some in rows.items()}}


def _cold(method: Sessions, job: PersonJob) -> Way:
    (way,) = run_cold(method, job)
    return there(way)


def _figures(rows: Sequence[_Row]) -> Dict[str, Any]:
    """Included: the weights know the person; excluded: they do not.

    Returns:
        `n`; `included` and `excluded`, the recommended mask's Dice by round; `lost`, the first minus the second;
        `rounds_to`, for each Dice, of both, and how many `more` it takes for an excluded person.
    """
    groups = [group for group, _, _ in rows]
    out: Dict[str, Any] = {"n": len(rows)}
    found = {}
    for name, place in (("included", 1), ("excluded", 2)):
        ways = [row[place] for row in rows]
        found[name] = {key: np.array([getattr(way, key) for way in ways]) for key in ("recommended", "on_screen")}
        out.update(with_interval(name, found[name]["recommended"], groups))
    lost = found["included"]["recommended"] - found["excluded"]["recommended"]
    out.update(with_interval("lost", lost, groups))
    out["rounds_to"] = {str(level): _rounds_to(found, level, groups) for level in ROUNDS_TO}
    return out


def _rounds_to(found: Dict[str, Dict[str, np.ndarray]], level: float, groups: Sequence[str]) -> Dict[str, Any]:
    needed = {name: rounds_needed(values["on_screen"], level)[0].astype(float) for name, values in found.items()}
    more = with_interval("more", needed["excluded"] - needed["included"], groups)
    return {**{name: mean_with_bounds(values, groups) for name, values in needed.items()}, **more}
