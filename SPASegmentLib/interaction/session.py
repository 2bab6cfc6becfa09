"""The session: from a click, box or mask to an accepted mask, by choices (paper 3.2).

A state machine without threads, timers, VTK or Qt; how a round is computed is `round`'s. Every round is an immutable
record, so that taking a round back is dropping a record and is exact; a call that fails leaves the records as they
were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import List, Optional

import numpy as np

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.opening import Opener
from SPASegmentLib.interaction.profile import DEFAULT, Profile
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.round import Round, equivalent_radius
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import RECOMMENDED, Box, Click, FrameImage, Proposal, Result
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.translation import texts

_ = texts(__name__)


class SessionState(Enum):
    """Where a session stands."""

    IDLE = "idle"
    CHOOSING = "choosing"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Tally:
    """What a user has done in a session, whatever was taken back of it.

    Attributes:
        start: how it began: "click", "box", "mask", or "" before that.
        choices, corrections, extents: masks gone on from, corrective clicks, asking for the larger or smaller thing.
        undone: answers taken back.
    """

    start: str = ""
    choices: int = 0
    corrections: int = 0
    extents: int = 0
    undone: int = 0


class Session:
    """One structure on one frame.

    Args:
        network: whatever runs it; None to work with the family of masks around a given mask.
        frame: the image.
        settings: see `SessionSettings`.
        profile: what is known of this user's preference from earlier frames, in mm; without effect on an image whose
            pixels have no known size.
    """

    def __init__(
        self,
        network: Optional[Network],
        frame: FrameImage,
        settings: Optional[SessionSettings] = None,
        profile: Optional[Profile] = None,
    ) -> None:
        self._network, self._frame = network, frame
        self._settings = settings or SessionSettings()
        self._profile = profile
        self._state = SessionState.IDLE
        self._records: List[Round] = []
        self._result: Optional[Result] = None
        self._actions = 0
        self._tally = Tally()

    @property
    def tally(self) -> Tally:
        """What the user has done so far."""
        return self._tally

    @property
    def result(self) -> Optional[Result]:
        """The accepted mask; None before."""
        return self._result

    @property
    def state(self) -> SessionState:
        """Where the session stands."""
        return self._state

    @property
    def settings(self) -> SessionSettings:
        """As given."""
        return self._settings

    @property
    def proposal(self) -> Proposal:
        """What is on screen.

        Raises:
            StateError: nothing is: the session has not been started, or has ended.
        """
        return self._current().proposal

    @property
    def region(self) -> Region:
        """The region of interest.

        Raises:
            StateError: the session has not been started.
        """
        return self._records[-1].region if self._records else self._current().region

    def start(
        self,
        click: Optional[Click] = None,
        *,
        box: Optional[Box] = None,
        mask: Optional[np.ndarray] = None,
        recommended: Optional[np.ndarray] = None,
    ) -> Proposal:
        """First round, from exactly one of a click, a box or an existing mask.

        Args:
            click: a point on the structure, in frame pixels.
            box: around the structure, in frame pixels; it counts as the ellipse that it encloses.
            mask: (height, width) bool, e.g. a threshold, another tool's result or the neighbouring slice's mask.
            recommended: with a mask: (height, width) float32 probabilities of which it is known that they are better
                than what is predicted here alone, as those of `through.ThroughVolume`; the first round recommends them.

        Raises:
            StateError: the session has been started before.
            InputError: not exactly one start is given, it lies outside the image, the mask is empty, or there
                is no network and no mask.
        """
        if self._state is not SessionState.IDLE:
            raise StateError(_("This session has been started already; begin a new one for another structure."))
        if sum(given is not None for given in (click, box, mask)) != 1:
            raise InputError(_("Start with a click, a box or a mask, and with one of them only."))
        known = self._profile if self._frame.in_mm else None
        opener = Opener(self._network, self._frame, self._settings, known)
        if mask is not None:
            return self._show(opener.from_mask(mask, recommended), Tally("mask"))
        if click is not None:
            return self._show(opener.from_click(click), Tally("click"))
        assert box is not None
        return self._show(opener.from_box(box), Tally("box"))

    def choose(self, mask: int) -> Proposal:
        """Go on from a mask on screen (1, 2, ... for a candidate, 0 for the recommended one).

        The preference moves, and the next round comes back.

        Raises:
            StateError: nothing is on screen, or the last round is reached.
            InputError: there is no such mask, or it is empty.
        """
        current = self._current()
        count = len(current.proposal.masks) - 1
        if not 0 <= mask <= count:
            raise InputError(_("There is no candidate {number}; there are {count}.").format(number=mask, count=count))
        self._check_that_a_round_is_left()
        return self._show(current.after_choice(mask), replace(self._tally, choices=self._tally.choices + 1))

    def larger(self) -> Proposal:
        """The larger thing is meant: the next round shows masks of what is larger than the recommended one.

        Raises:
            StateError: nothing is on screen, or the last round is reached.
            InputError: nothing larger is to be seen.
        """
        return self._of_another_extent(larger=True)

    def smaller(self) -> Proposal:
        """The smaller thing is meant: the next round shows masks of what is smaller than the recommended one.

        Raises:
            StateError: nothing is on screen, or the last round is reached.
            InputError: nothing smaller is to be seen.
        """
        return self._of_another_extent(larger=False)

    def add_click(self, click: Click) -> Proposal:
        """A correction where no candidate fits: this point belongs to the object, or does not.

        Corrections do not use up rounds.

        Raises:
            StateError: nothing is on screen.
            InputError: the point lies outside the image, or far from the masks on screen.
        """
        current, (height, width) = self._current(), self._frame.shape
        if not (-0.5 <= click.x <= width - 0.5 and -0.5 <= click.y <= height - 0.5):
            raise InputError(_("This point lies outside the region of interest; start over with a click there."))
        tally = replace(self._tally, corrections=self._tally.corrections + 1)
        return self._show(current.after_click(click), tally)

    def predictions(self) -> np.ndarray:
        """(N, height, width) float32 probabilities at frame size: what the masks on screen were made from.

        They are computed again, exactly, instead of being kept for every round.

        Raises:
            StateError: nothing is on screen.
        """
        return self._current().predictions()

    def back(self) -> Proposal:
        """Take the last answer back; the masks before it return exactly.

        Raises:
            StateError: nothing is on screen, or this is the first round.
        """
        self._current()
        if len(self._records) < 2:
            raise StateError(_("This is the first round; there is nothing to take back."))
        self._records.pop()
        self._actions += 1
        self._tally = replace(self._tally, undone=self._tally.undone + 1)
        return self._records[-1].proposal

    def accept(self, mask: int = RECOMMENDED) -> Result:
        """Take a mask on screen as the result: 0 for the recommended one, 1, 2, ... for a candidate.

        Raises:
            StateError: nothing is on screen.
            InputError: there is no such mask.
        """
        proposal = self._current().proposal
        if not 0 <= mask < len(proposal.masks):
            raise InputError(
                _("There is no mask {mask}; accept 0 to {last}.").format(mask=mask, last=len(proposal.masks) - 1)
            )
        self._actions += 1
        probability = proposal.maps.probability(mask)
        self._result = Result(proposal.masks[mask], probability, mask, proposal.round, self._actions)
        self._state = SessionState.ACCEPTED
        return self._result

    def cancel(self) -> None:
        """End without a result.

        Raises:
            StateError: a mask has been accepted.
        """
        if self._state is SessionState.ACCEPTED:
            raise StateError(_("The mask has been accepted; undo it in the segmentation."))
        self._state = SessionState.CANCELLED

    @property
    def offset_mm(self) -> Optional[float]:
        """What the accepted mask teaches, see `Profile.updated`; None where it is empty, or where nobody knows mm.

        Raises:
            StateError: no mask has been accepted.
        """
        if self._result is None:
            raise StateError(_("A preference is learned from an accepted mask; accept one first."))
        if not self._result.mask.any() or not self._frame.in_mm:
            return None
        neutral_radius = self._records[-1].neutral_radius(self._result.accepted)
        return equivalent_radius(self._result.mask, self._frame.pixel_area) - neutral_radius

    def profile(self) -> Profile:
        """What is now known of the user's preference, the accepted mask included.

        Raises:
            StateError: no mask has been accepted.
        """
        offset = self.offset_mm
        base = self._profile or Profile.new(DEFAULT)
        return base if offset is None else base.updated(offset)

    def _current(self) -> Round:
        if self._state is not SessionState.CHOOSING:
            raise StateError(_("This session shows no masks; begin a new one with a click."))
        return self._records[-1]

    def _of_another_extent(self, larger: bool) -> Proposal:
        current = self._current()
        self._check_that_a_round_is_left()
        return self._show(current.after_extent(larger), replace(self._tally, extents=self._tally.extents + 1))

    def _check_that_a_round_is_left(self) -> None:
        if self._current().proposal.round >= self._settings.rounds:
            raise StateError(
                _("This is the last of {rounds} rounds; accept a mask, correct it or go back.").format(
                    rounds=self._settings.rounds
                )
            )

    def _show(self, record: Round, tally: Tally) -> Proposal:
        self._tally = tally
        self._records.append(record)
        self._state = SessionState.CHOOSING
        self._actions += 1
        return record.proposal
