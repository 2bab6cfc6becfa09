"""What the ways of named people come to: gains with their intervals, rounds, changes of person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.research.evaluation.named.people import People
from SPASegmentLib.research.evaluation.named.sequences import LATER, Way, Ways
from SPASegmentLib.research.evaluation.statistics import bootstrap_interval, mean, rounded, rounds_needed, with_interval

#: Dice that rounds are counted to; the first two are the paper's in its Table 6.
ROUNDS_TO = (0.75, 0.84, 0.9)
#: What a profile holds when a person begins an image.
PROFILES = ("without", "own", "others")
#: The differences that are reported: what is gained, what the set has in common, what is the person's.
GAINS = {"gain": ("own", "without"), "common": ("others", "without"), "personal": ("own", "others")}


@dataclass(frozen=True)
class Worked:
    """A person's ways through all images; None where there is no case, or where the profile was not tried."""

    without: Ways
    own: Ways
    others: Ways
    changed: Ways
    before: str

    def ways(self, profile: str) -> Ways:
        """Of one of `PROFILES`."""
        return list(getattr(self, profile))


def summary(people: People, worked: Sequence[Worked]) -> Dict[str, Any]:
    """Figures of every person under `people`, and of all together, each with 95 % intervals over patients."""
    everybody = range(len(worked))
    return {
        **_figures(people, worked, everybody),
        "people": {
            name: {**_differs(people, k), **_figures(people, worked, [k]), "before": worked[k].before}
            for k, name in enumerate(people.names)
        },
        "by_image": _by_image(worked),
    }


def _figures(people: People, worked: Sequence[Worked], who: Sequence[int]) -> Dict[str, Any]:
    later = _Table(people, worked, who, LATER)
    out: Dict[str, Any] = {"n": len(later.groups)}
    if not later.groups:
        return out
    first = {profile: later.values(profile, "recommended")[:, 0] for profile in PROFILES}
    out["first_round"] = {profile: mean_with_bounds(values, later.groups) for profile, values in first.items()}
    for name, (a, b) in GAINS.items():
        out.update(with_interval(name, first[a] - first[b], later.groups))
    out["rounds_to"] = {str(level): _rounds_to(later, level) for level in ROUNDS_TO}
    out["by_round"] = _by_round(_Table(people, worked, who, 0))
    out["change"] = _change(people, worked, who)
    return out


class _Table:
    """The ways of some people on the images from one on, as arrays with a row for each person and image."""

    def __init__(self, people: People, worked: Sequence[Worked], who: Sequence[int], begin: int) -> None:
        self._worked = worked
        self.rows = [(k, i) for k in who for i in range(begin, len(people.images)) if people.cases[k][i] is not None]
        self.groups = [people.patient(i) for _, i in self.rows]

    def values(self, profile: str, name: str) -> np.ndarray:
        """(rows, rounds) of a field of `Way`."""
        return np.array([getattr(there(self._worked[k].ways(profile)[i]), name) for k, i in self.rows])


def there(way: Optional[Way]) -> Way:
    """A way that must have been gone."""
    assert way is not None
    return way


def _rounds_to(table: _Table, level: float) -> Dict[str, Any]:
    """Until a mask on screen has this Dice, failures counting 10, and how many fewer with the own profile."""
    needed = {p: rounds_needed(table.values(p, "on_screen"), level)[0].astype(float) for p in PROFILES}
    out = {profile: mean_with_bounds(values, table.groups) for profile, values in needed.items()}
    return {**out, **with_interval("saved", needed["without"] - needed["own"], table.groups)}


def _by_round(table: _Table) -> Dict[str, Any]:
    """Without a profile, all images: Dice of the recommended mask with the person and with the others."""
    out = {"n": len(table.groups)}
    for name, values in (("included", "recommended"), ("excluded", "others"), ("on_screen", "on_screen")):
        out.update(with_interval(name, table.values("without", values), table.groups))
    best = np.maximum.accumulate(table.values("without", "on_screen"), axis=1)
    return {**out, **with_interval("best_seen", best, table.groups)}


def _change(people: People, worked: Sequence[Worked], who: Sequence[int]) -> Dict[str, Any]:
    """First round with the profile of the person before, which goes on learning, minus without any."""
    parts: List[Tuple[int, float, float, str]] = []
    for k in who:
        for rank, i in enumerate([i for i, way in enumerate(worked[k].changed) if way is not None]):
            warm, cold = (float(there(ways[i]).recommended[0]) for ways in (worked[k].changed, worked[k].without))
            parts.append((rank, warm, cold, people.patient(i)))
    out: Dict[str, Any] = {"n": len(parts)}
    for name, some in (("all", parts), ("first_image", [part for part in parts if part[0] == 0])):
        if some:
            _, kept, none, groups = zip(*some)
            gain = with_interval("gain", np.subtract(kept, none), groups)
            out[name] = {"with": rounded(np.mean(kept)), "without": rounded(np.mean(none)), **gain}
    return out


def _differs(people: People, k: int) -> Dict[str, Any]:
    """How this person's masks differ from the others': in size, and by how much that scatters; Dice with them."""
    offsets, alike = [], []
    for case in people.cases[k]:
        if case is None or len(case.raters) < 2:
            continue
        pixel = float(np.prod(case.spacing or (1.0, 1.0)))
        radii = np.sqrt(case.raters.sum(axis=(1, 2)) * pixel / np.pi)
        offsets.append(float(radii[case.included][0] - radii[~case.included].mean()))
        alike.append(float(np.mean([dice(case.target, mask) for mask in case.raters[~case.included]])))
    drawn = sum(case is not None for case in people.cases[k])
    if len(offsets) < 2:
        return {"drawn": drawn}
    offset, scatter = float(np.mean(offsets)), float(np.std(offsets, ddof=1))
    return {
        "drawn": drawn, "offset_from_others_mm": round(offset, 3), "scatter_mm": round(scatter, 3),
        "differs_more_than_it_scatters": abs(offset) > scatter, "dice_with_others": rounded(np.mean(alike)),
    }  # fmt: skip


def _by_image(worked: Sequence[Worked]) -> Dict[str, List[Optional[float]]]:
    """Mean first-round Dice of all people on each image of the sequence."""
    out: Dict[str, List[Optional[float]]] = {}
    for profile in PROFILES:
        columns = zip(*(one.ways(profile) for one in worked))
        found = [[float(way.recommended[0]) for way in column if way is not None] for column in columns]
        out[profile] = [rounded(np.mean(values)) if values else None for values in found]
    return out


def mean_with_bounds(values: np.ndarray, groups: Sequence[str]) -> List[float]:
    """Mean over the cases, lower and upper bound of its interval."""
    return list(rounded([mean(values), *bootstrap_interval(values, groups)]))
