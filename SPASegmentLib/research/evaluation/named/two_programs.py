"""How far one hand scatters: the same people's masks of the same cases, drawn with two programs."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Tuple

import numpy as np

from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.research.evaluation.named.figures import Worked, mean_with_bounds
from SPASegmentLib.research.evaluation.named.people import People


def compare_programs(
    people: People, second: Mapping[Tuple[int, int], np.ndarray], worked: Sequence[Worked]
) -> Dict[str, Any]:
    """Dice of a person with themself, of two people, and of SPA with a person, on the same cases.

    Args:
        people: with their masks of the first program.
        second: (person, image) -> (h, w) bool of the second one.
        worked: SPA's ways to the masks of the first.

    Returns:
        Mean, lower and upper bound over all people and, under `people`, of each: `one_hand` (with themself, two
        programs), `two_people` (with each of the others, first program), `two_people_second` (the same in the second),
        `spa_recommended` and `spa_best_seen` (after the last round without a profile), and `spa_minus_one_hand`,
        paired, of the recommended mask.
    """
    rows = {k: _of_person(people, second, worked[k], k) for k in range(len(worked))}
    return {
        **_figures([row for some in rows.values() for row in some]),
        "people": {name: _figures(rows[k]) for k, name in enumerate(people.names)},
    }


_NAMES = ("one_hand", "two_people", "two_people_second", "spa_recommended", "spa_best_seen")
_Row = Tuple[str, Tuple[float, ...]]


def _of_person(people: People, second: Mapping[Tuple[int, int], np.ndarray], worked: Worked, person: int) -> List[_Row]:
    out: List[_Row] = []
    for image, (case, way) in enumerate(zip(people.cases[person], worked.without)):
        again = second.get((person, image))
        if case is None or way is None or again is None:
            continue
        others = [second[k, image] for k in range(len(people.names)) if k != person and (k, image) in second]
        values = (
            dice(case.target, again),
            _mean([dice(case.target, mask) for mask in case.raters[~case.included]]),
            _mean([dice(again, mask) for mask in others]),
            float(way.recommended[-1]),
            float(way.on_screen.max()),
        )
        out.append((people.patient(image), values))
    return out


def _figures(rows: Sequence[_Row]) -> Dict[str, Any]:
    out: Dict[str, Any] = {"n": len(rows)}
    if not rows:
        return out
    groups, values = [group for group, _ in rows], np.array([row for _, row in rows])
    for name, column in zip(_NAMES, values.T):
        out[name] = mean_with_bounds(column, groups)
    # Not the best mask seen, which is picked with the answer: a redraw has nobody who picks.
    gap = values[:, _NAMES.index("spa_recommended")] - values[:, 0]
    return {**out, "spa_minus_one_hand": mean_with_bounds(gap, groups)}


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")
