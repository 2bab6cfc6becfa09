"""Consistent users across images: what the profile gains, and what it costs when the user changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.simulated_user import best_on_screen
from SPASegmentLib.research.evaluation.cases import POLICY_USERS, SEQUENCE, Case, CaseId, open_case
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod, converse
from SPASegmentLib.research.evaluation.rounds import CaseRounds, measure
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.statistics import rounds_needed, with_interval
from SPASegmentLib.research.evaluation.users import User

#: The profile is judged on the images from this one on (counted from 0), and the user changes here.
LATER = SEQUENCE // 2
#: Who follows whom when the user changes: the opposite, which harms most.
OPPOSITES = {
    "largest": "smallest",
    "smallest": "largest",
    "union": "intersection",
    "intersection": "union",
    "majority -2 px": "majority +2 px",
    "majority +2 px": "majority -2 px",
}
#: Users whose masks no combination of raters draws, so that no training target was like theirs (paper, Table 6).
UNSEEN = tuple(name for name, (_, offset) in POLICY_USERS.items() if offset)
#: Dice that rounds are counted to for the unseen users, as in the paper's Table 6.
UNSEEN_DICE = (0.75, 0.84)


@dataclass(frozen=True)
class SequenceJob:
    """One user on one sequence.

    Attributes:
        sequence: its number.
        name: of the user, of `POLICY_USERS`.
        cases: what this user wants on the images.
        other: what the following user wants on the images from `LATER` on; empty where nobody follows.
        user: how both answer.
        rounds: per image.
    """

    sequence: int
    name: str
    cases: Tuple[Case, ...]
    other: Tuple[Case, ...]
    user: User
    rounds: int


@dataclass(frozen=True)
class SequenceResult:
    """What came of it: the images with the profile, without one, and with the profile of the user before."""

    sequence: int
    name: str
    groups: Tuple[str, ...]
    profile: List[CaseRounds]
    cold: List[CaseRounds]
    changed: List[CaseRounds]


def make_jobs(ids: Sequence[CaseId], files: Sequence[EvaluationFile], user: User, rounds: int) -> List[SequenceJob]:
    """Every user on every sequence."""
    jobs = []
    for start in range(0, len(ids), SEQUENCE):
        part = ids[start : start + SEQUENCE]
        cases = {name: tuple(open_case(case, files, name) for case in part) for name in POLICY_USERS}
        for name in POLICY_USERS:
            other = cases[OPPOSITES[name]][LATER:] if name in OPPOSITES else ()
            jobs.append(SequenceJob(start // SEQUENCE, name, cases[name], other, user, rounds))
    return jobs


def run_sequence(method: SPAMethod, job: SequenceJob) -> SequenceResult:
    """The user goes through all rounds of every image and accepts the best mask of the last one."""
    cold = [_run(method, case, job, None)[0] for case in job.cases]
    warm, changed, profile = [], [], None
    for i, case in enumerate(job.cases):
        if i == LATER and job.other:
            others = profile
            for other in job.other:
                result, others = _run(method, other, job, others)
                changed.append(result)
        result, profile = _run(method, case, job, profile)
        warm.append(result)
    groups = tuple(case.group for case in job.cases)
    return SequenceResult(job.sequence, job.name, groups, warm, cold, changed)


def _run(method: SPAMethod, case: Case, job: SequenceJob, profile: Optional[Profile]) -> Tuple[CaseRounds, Profile]:
    session = method.session(case, job.rounds, profile)
    result = measure(converse(session, case, job.user, job.rounds), case, job.rounds)
    session.accept(best_on_screen(session.proposal.masks, case.target)[0])
    return result, session.profile()


def policy_summary(results: Sequence[SequenceResult]) -> Dict[str, Any]:
    """First-round Dice with and without the profile, by user, by image and after a change of user.

    Gains are paired: the same image, click and seed with and without the profile.
    """
    users = {name: _gain([r for r in results if r.name == name]) for name in dict.fromkeys(r.name for r in results)}
    return {
        "images": f"{LATER + 1} to {SEQUENCE}",
        "all_users": _gain(results),
        "users": users,
        "by_image": _by_image(results),
        "by_round": _by_round(results),
        "user_changes": _changes(results),
        "unseen_preferences": {name: _unseen(results, name) for name in UNSEEN},
    }


def _first(rounds: Sequence[CaseRounds]) -> np.ndarray:
    return np.array([r.rounds["dice_recommended"][0] for r in rounds])


def _compared(warm: np.ndarray, cold: np.ndarray, groups: Sequence[str]) -> Dict[str, Any]:
    found: Dict[str, Any] = {"n": len(warm)}
    for name, values in (("profile", warm), ("cold", cold), ("gain", warm - cold)):
        found.update(with_interval(name, values, groups))
    return found


def _gain(results: Sequence[SequenceResult]) -> Dict[str, Any]:
    warm = np.concatenate([_first(r.profile[LATER:]) for r in results])
    cold = np.concatenate([_first(r.cold[LATER:]) for r in results])
    return _compared(warm, cold, [g for r in results for g in r.groups[LATER:]])


def _by_image(results: Sequence[SequenceResult]) -> Dict[str, Any]:
    out: Dict[str, Any] = {}
    for name in ("profile", "cold"):
        values = np.stack([_first(getattr(r, name)) for r in results])
        out.update(with_interval(name, values, [r.sequence for r in results]))
    return out


def _by_round(results: Sequence[SequenceResult]) -> Dict[str, Any]:
    groups = [g for r in results for g in r.groups[LATER:]]
    out: Dict[str, Any] = {}
    for name in ("profile", "cold"):
        values = np.stack([c.rounds["dice_recommended"] for r in results for c in getattr(r, name)[LATER:]])
        out.update(with_interval(name, values, groups))
    return out


def _changes(results: Sequence[SequenceResult]) -> Dict[str, Any]:
    """The images after the change: with the profile of the user before, and cold."""
    cold = {(r.sequence, r.name): r.cold[LATER:] for r in results}
    rows: Dict[str, Tuple[List[float], List[float], List[str]]] = {}
    for r in results:
        if r.changed:
            successor = OPPOSITES[r.name]
            warm, without, groups = rows.setdefault(f"{r.name}, then {successor}", ([], [], []))
            warm.extend(_first(r.changed))
            without.extend(_first(cold[r.sequence, successor]))
            groups.extend(r.groups[LATER:])
    out: Dict[str, Any] = {
        name: _compared(np.array(warm), np.array(without), groups)
        for name, (warm, without, groups) in rows.items()
    }
    if rows:
        together = [np.concatenate([row[i] for row in rows.values()]) for i in range(2)]
        groups = [group for row in rows.values() for group in row[2]]
        out["all"] = _compared(together[0], together[1], groups)
        for name, rank in (("image after the change", 0), ("last image", SEQUENCE - LATER - 1)):
            picked = [values[rank :: SEQUENCE - LATER] for values in together]
            out[name] = _compared(picked[0], picked[1], groups[rank :: SEQUENCE - LATER])
    return out


def _unseen(results: Sequence[SequenceResult], name: str) -> Dict[str, Any]:
    """Rounds until a Dice is reached without a profile, failures counting 10."""
    mine = [r for r in results if r.name == name]
    scores = np.stack([c.rounds["dice_recommended"] for r in mine for c in r.cold])
    groups = [group for r in mine for group in r.groups]
    out: Dict[str, Any] = {"n": len(scores)}
    for threshold in UNSEEN_DICE:
        out.update(with_interval(str(threshold), rounds_needed(scores, threshold)[0], groups, digits=3))
    return out
