"""The session: from a click, box or mask to an accepted mask, by choices (paper 3.2).

A state machine without threads, timers, VTK or Qt; how a round is computed is `round`'s. Every round is an immutable
record, so that taking a round back is dropping a record and is exact; a call that fails leaves the records as they
were.
"""

from __future__ import annotations

from enum import Enum
from typing import List, Optional

import numpy as np

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.candidates import THRESHOLD
from SPASegmentLib.interaction.opening import Opener
from SPASegmentLib.interaction.preference import Choice, Correction
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.round import Round, RoundMaker, equivalent_radius
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import RECOMMENDED, Box, Click, FrameImage, Prompts, Proposal, Result
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.translation import texts

_ = texts(__name__)


class SessionState(Enum):
    """Where a session stands."""

    IDLE = "idle"
    CHOOSING = "choosing"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


class Session:
    """One structure on one frame.

    Args:
        network: whatever runs it; None to work with the family of masks around a given mask.
        frame: the image.
        settings: see `SessionSettings`.
        profile: what is known of this user's preference from earlier frames.
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
        self._maker: Optional[RoundMaker] = None
        self._records: List[Round] = []
        self._result: Optional[Result] = None
        self._actions = 0

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
            StateError: the session has not been started.
        """
        return self._current().proposal

    @property
    def region(self) -> Region:
        """The region of interest.

        Raises:
            StateError: the session has not been started.
        """
        return self._rounds().region

    def start(
        self, click: Optional[Click] = None, *, box: Optional[Box] = None, mask: Optional[np.ndarray] = None
    ) -> Proposal:
        """First round, from exactly one of a click, a box or an existing mask.

        Args:
            click: a point on the structure, in frame pixels.
            box: around the structure, in frame pixels; it counts as the ellipse that it encloses.
            mask: (height, width) bool, e.g. a threshold, another tool's result or the neighbouring slice's mask.

        Raises:
            StateError: the session has been started before.
            InputError: not exactly one start is given, it lies outside the image, the mask is empty, or there
                is no network and no mask.
        """
        if self._state is not SessionState.IDLE:
            raise StateError(_("This session has been started already; begin a new one for another structure."))
        if sum(given is not None for given in (click, box, mask)) != 1:
            raise InputError(_("Start with a click, a box or a mask, and with one of them only."))
        opener = Opener(self._network, self._frame, self._settings, self._profile)
        if mask is not None:
            opening = opener.from_mask(mask)
        elif click is not None:
            opening = opener.from_click(click)
        else:
            assert box is not None
            opening = opener.from_box(box)
        calibration = (0.0, 1.0) if self._network is None else self._network.expected_dice
        maker = RoundMaker(
            opening.region, opening.predictor, self._settings, self._profile, calibration, enclosed=box is not None
        )
        first = maker.make(opening.prompts, (), None, 1)
        self._maker = maker
        return self._show(first)

    def choose(self, candidate: int) -> Proposal:
        """Pick a candidate (1, 2, ...): the preference moves, and the next round comes back.

        Raises:
            StateError: nothing is on screen, or the last round is reached.
            InputError: there is no such candidate.
        """
        current = self._current()
        k = len(current.candidates.maps)
        if not 1 <= candidate <= k:
            raise InputError(_("There is no candidate {number}; there are {count}.").format(number=candidate, count=k))
        if current.proposal.round >= self._settings.rounds:
            raise StateError(
                _("This is the last of {rounds} rounds; accept a mask, correct it or go back.").format(
                    rounds=self._settings.rounds
                )
            )
        maps = current.candidates.maps
        answers = (*current.answers, Choice(maps > THRESHOLD, candidate - 1))
        prompts = current.prompts
        if self._settings.feedback_prompts:
            point = current.candidates.points[candidate - 1]
            x, y = self.region.from_map(point.x, point.y, maps.shape[1:])
            prompts = Prompts((*prompts.clicks, Click(x, y, point.positive)), maps[candidate - 1])
        return self._show(self._rounds().make(prompts, answers, current.mixture, current.proposal.round + 1))

    def add_click(self, click: Click) -> Proposal:
        """A correction where no candidate fits: this point belongs to the object, or does not.

        Corrections do not use up rounds.

        Raises:
            StateError: nothing is on screen.
            InputError: the point lies outside the region of interest.
        """
        current = self._current()
        x, y = self.region.to_region(click.x, click.y)
        size = self.region.size
        if not (-0.5 <= x < size - 0.5 and -0.5 <= y < size - 0.5):
            raise InputError(_("This point lies outside the region of interest; start over with a click there."))
        h, w = current.candidates.recommended.shape
        pixel = Correction(int((x + 0.5) * w / size), int((y + 0.5) * h / size), click.positive)
        prompts = Prompts((*current.prompts.clicks, Click(x, y, click.positive)), current.candidates.recommended)
        answers = (*current.answers, pixel)
        return self._show(self._rounds().make(prompts, answers, current.mixture, current.proposal.round))

    def predictions(self) -> np.ndarray:
        """(N, height, width) float32 probabilities at frame size: what the masks on screen were made from.

        They are computed again, exactly, instead of being kept for every round.

        Raises:
            StateError: nothing is on screen.
        """
        current = self._current()
        before = self._records[-2].mixture if len(self._records) > 1 else None
        return self._rounds().predictions(current, before)

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
        probability = proposal.recommended if mask == RECOMMENDED else proposal.candidates[mask - 1]
        self._actions += 1
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
        """What the accepted mask teaches, see `Profile.updated`; None where it is empty.

        Raises:
            StateError: no mask has been accepted.
        """
        neutral_radius = None if self._maker is None else self._maker.neutral_radius
        if self._result is None or neutral_radius is None:
            raise StateError(_("A preference is learned from an accepted mask; accept one first."))
        if not self._result.mask.any():
            return None
        return equivalent_radius(self._result.mask, self._frame.pixel_area) - neutral_radius

    def profile(self) -> Profile:
        """What is now known of the user's preference, the accepted mask included.

        Raises:
            StateError: no mask has been accepted.
        """
        offset = self.offset_mm
        base = self._profile or Profile.new("default")
        return base if offset is None else base.updated(offset)

    def _current(self) -> Round:
        if self._state is not SessionState.CHOOSING:
            raise StateError(_("This session shows no masks; begin a new one with a click."))
        return self._records[-1]

    def _rounds(self) -> RoundMaker:
        if self._maker is None:
            raise StateError(_("The session has no region of interest yet; click on the structure first."))
        return self._maker

    def _show(self, record: Round) -> Proposal:
        self._records.append(record)
        self._state = SessionState.CHOOSING
        self._actions += 1
        return record.proposal
