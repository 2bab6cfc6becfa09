"""One person at work on image after image: without a profile, with their own, with the others', after a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Protocol, Sequence, Tuple

import numpy as np

from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.simulated_user import choose, dice, wants_to_accept
from SPASegmentLib.interaction.types import Proposal
from SPASegmentLib.research.evaluation.boxes import tight_box
from SPASegmentLib.research.evaluation.cases import Case

#: From this Dice on, a person accepts a mask on screen.
GOOD_ENOUGH = 0.9
#: The profile is judged on the images from this one on (counted from 0).
LATER = 6


class Sessions(Protocol):
    """What opens a session on a case: `SPAMethod`, or the one of the weights that have not seen it."""

    def session(self, case: Case, rounds: int, profile: Optional[Profile] = None) -> Session:
        """A session on a case that allows so many rounds."""


@dataclass(frozen=True)
class Way:
    """A person's way through one image.

    Attributes:
        recommended: (rounds,) Dice of the recommended mask with what the person wants; the last one is repeated where
            the person has accepted before.
        on_screen: (rounds,) the same of the best mask on screen.
        others: (rounds,) mean Dice of the recommended mask with what each of the others wants; NaN where nobody else
            drew it.
        accepted: Dice of the accepted mask.
        lesson: what the accepted mask teaches a profile; None where it teaches nothing.
    """

    recommended: np.ndarray
    on_screen: np.ndarray
    others: np.ndarray
    accepted: float
    lesson: Optional[float]


@dataclass(frozen=True)
class PersonJob:
    """One person and what the person wants on every image; None where there is nothing.

    Attributes:
        cases: on the images, in order.
        start: "click" (at the innermost pixel of what the person wants) or "box" (tight, around the majority's mask).
        rounds: per image at most.
    """

    cases: Tuple[Optional[Case], ...]
    start: str
    rounds: int


@dataclass(frozen=True)
class TaughtJob:
    """A person whose sessions begin with profiles that others have taught.

    Attributes:
        person: at work.
        lessons: of the others, one for every image, from which the profile of image i has learned those before i.
        previous: of the person before, on the images before the change.
        change: the first image after the change.
    """

    person: PersonJob
    lessons: Tuple[Optional[float], ...]
    previous: Tuple[Optional[float], ...]
    change: int


Ways = List[Optional[Way]]


def run_person(method: Sessions, job: PersonJob) -> Tuple[Ways, Ways]:
    """All images without a profile, through all rounds; and with the person's own, until a mask is good enough."""
    return run_cold(method, job), _own(method, job, Profile.new("own"))


def run_cold(method: Sessions, job: PersonJob) -> Ways:
    """All images without a profile, through all rounds."""
    return [None if case is None else _go(method, case, job, None, to_the_end=True) for case in job.cases]


def run_taught(method: Sessions, job: TaughtJob) -> Tuple[Ways, Ways]:
    """The images from `LATER` on with the others' profile; those from the change on with that of the person before.

    The others' profile stays theirs; that of the person before goes on learning from this one.
    """
    profile, person = Profile.new("others"), job.person
    with_others: Ways = []
    for image, (case, lesson) in enumerate(zip(person.cases, job.lessons)):
        with_others.append(None if image < LATER or case is None else _go(method, case, person, profile))
        profile = taught(profile, [lesson])
    before = taught(Profile.new("before"), job.previous)
    rest = PersonJob(person.cases[job.change :], person.start, person.rounds)
    return with_others, [*([None] * job.change), *_own(method, rest, before)]


def taught(profile: Profile, lessons: Sequence[Optional[float]]) -> Profile:
    """A profile after the lessons of accepted masks; None teaches nothing."""
    for lesson in lessons:
        if lesson is not None:
            profile = profile.updated(lesson)
    return profile


def _own(method: Sessions, job: PersonJob, profile: Profile) -> Ways:
    ways: Ways = []
    for case in job.cases:
        way = None if case is None else _go(method, case, job, profile)
        ways.append(way)
        profile = taught(profile, [None if way is None else way.lesson])
    return ways


def _go(method: Sessions, case: Case, job: PersonJob, profile: Optional[Profile], to_the_end: bool = False) -> Way:
    """Answer by choices until a mask is good enough (or through all rounds), and accept the best on screen."""
    session = method.session(case, job.rounds, profile)
    # Around what most people want: a tight box of the person's own mask would tell how large they draw.
    box = tight_box(_majority(case)) if job.start == "box" else None
    rows = [_scores(session.start(None if box else case.click, box=box), case)]
    rng = np.random.default_rng([case.id.seed, case.id.row])
    good = 2.0 if to_the_end else GOOD_ENOUGH
    while (mask := _wanted(session, case, good, len(rows) == job.rounds)) is None:
        rows.append(_scores(session.choose(choose(session.proposal.masks, case.target, rng)), case))
    accepted = session.accept(mask)
    rows += [rows[-1]] * (job.rounds - len(rows))
    recommended, on_screen, others = np.array(rows).T
    return Way(recommended, on_screen, others, dice(accepted.mask, case.target), session.offset_mm)


def _majority(case: Case) -> np.ndarray:
    return np.asarray(2 * case.raters.sum(0) >= len(case.raters))


def _wanted(session: Session, case: Case, good: float, last: bool) -> Optional[int]:
    masks = session.proposal.masks
    # There is nothing to go on from where no other mask is shown, or none that touches what is wanted.
    stuck = len(masks) < 2 or not (masks & case.target).any()
    return wants_to_accept(masks, case.target, good_enough=good, last_round=last or stuck)


def _scores(proposal: Proposal, case: Case) -> Tuple[float, float, float]:
    own = [dice(mask, case.target) for mask in proposal.masks]
    others = [dice(proposal.masks[0], mask) for mask in case.raters[~case.included]]
    return own[0], max(own), float(np.mean(others)) if others else float("nan")
