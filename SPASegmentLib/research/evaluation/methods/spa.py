"""SPA's session with a simulated user."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Iterator, Optional, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.candidates import representative_points
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import choose, corrective_click
from SPASegmentLib.interaction.types import Box, Click, FrameImage, Proposal
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.research.evaluation.boxes import first_box
from SPASegmentLib.research.evaluation.cases import Case
from SPASegmentLib.research.evaluation.methods.method import Screen
from SPASegmentLib.research.evaluation.users import USERS, User


@dataclass(frozen=True)
class SPAMethod:
    """The session as the front ends run it.

    Attributes:
        network: in evaluation mode.
        settings: of the sessions; each case has a seed of its own.
        start: of `boxes.STARTS`; a box as a hand draws it is the one that the rivals who need a box are shown.
    """

    network: Network
    settings: SessionSettings
    start: str = "click"
    users: Tuple[str, ...] = USERS

    def session(self, case: Case, rounds: int, profile: Optional[Profile] = None) -> Session:
        """A session on a case that allows so many rounds."""
        settings = replace(self.settings, rounds=rounds, seed=case.id.seed)
        return Session(self.network, frame_of(case), settings, profile)

    def screens(self, case: Case, user: User, rounds: int) -> Iterator[Screen]:
        """See `Method`."""
        box = first_box(self.start, case.target, np.random.default_rng(case.id.seed))
        yield from converse(self.session(case, rounds), case, user, rounds, box=box)


def frame_of(case: Case) -> FrameImage:
    """The case's image with its pixel size; 1 mm where that is unknown.

    Raises:
        InputError: no session can start on it; the message says which it is.
    """
    try:
        return FrameImage(case.image.astype(np.float32), case.spacing or (1.0, 1.0))
    except InputError as error:
        raise InputError(f"{case.id.file}, row {case.id.row} (counted from 0): {error}") from error


def converse(
    session: Session,
    case: Case,
    user: User,
    rounds: int,
    mask: Optional[np.ndarray] = None,
    box: Optional[Box] = None,
) -> Iterator[Screen]:
    """A user in a fresh session, round by round.

    Args:
        session: not yet started.
        case: what the user wants.
        user: how the user answers.
        rounds: at most.
        mask: (h, w) bool to start from; None to start from the box or, without one, the case's click.
        box: to start from.
    """
    rng = np.random.default_rng([case.id.seed, case.id.row])
    click = case.click if mask is None and box is None else None
    proposal = session.start(click, box=box, mask=mask)
    yield _screen(proposal, session.predictions() > 0.5)
    for _ in range(rounds - 1):
        answered = _answer(session, proposal, case, user, rng)
        if answered is None:
            return
        proposal = answered
        yield _screen(proposal)


def _screen(proposal: Proposal, predictions: Optional[np.ndarray] = None) -> Screen:
    return Screen(proposal.masks, proposal.recommended, proposal.expected_dice, predictions)


def _answer(
    session: Session, proposal: Proposal, case: Case, user: User, rng: np.random.Generator
) -> Optional[Proposal]:
    """The masks after the user's answer; None where there is nothing to answer."""
    if user.name == "clicks":
        return _correct(session, corrective_click(proposal.masks[0], case.target))
    if len(proposal.masks) < 2:
        return None
    pick = choose(proposal.masks, case.target, rng, user.noise, user.any_mask)
    chosen = session.choose(pick)
    if user.name in ("choice", "candidate"):
        return chosen
    point = representative_points(proposal.candidates, proposal.recommended)[pick - 1]
    if user.name == "choice+oracle-point":
        point = replace(point, positive=bool(case.target[int(point.y), int(point.x)]))
    return _correct(session, point) or chosen


def _correct(session: Session, click: Optional[Click]) -> Optional[Proposal]:
    try:
        return None if click is None else session.add_click(click)
    except InputError:  # outside the region of interest, where a session takes no click
        return None
