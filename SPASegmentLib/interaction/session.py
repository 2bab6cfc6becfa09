"""The session: from a click, box or mask to an accepted mask, by choices (paper 3.2).

A state machine without threads, timers, VTK or Qt. Every round is an immutable record, so that taking a round
back is dropping a record and is exact; a call that fails leaves the records as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, List, Optional, Tuple

import numpy as np

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.candidates import THRESHOLD, CandidateSet, select_candidates
from SPASegmentLib.interaction.correction import follow
from SPASegmentLib.interaction.differences import compare_all
from SPASegmentLib.interaction.opening import Opener
from SPASegmentLib.interaction.predictor import Predictor, PreferenceDistribution
from SPASegmentLib.interaction.preference import (
    Answer,
    Choice,
    Correction,
    log_likelihood,
    normalised,
    pairwise_dice,
    systematic_resample,
)
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.region import Region, resample
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import RECOMMENDED, Box, Click, FrameImage, Prompts, Proposal, Result
from SPASegmentLib.translation import texts

if TYPE_CHECKING:
    from SPASegmentLib.model.network import SPANetwork

_ = texts(__name__)


class SessionState(Enum):
    """Where a session stands. BUSY belongs to front ends that run it in a worker."""

    IDLE = "idle"
    CHOOSING = "choosing"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class _Record:
    """Everything about one set of masks on screen."""

    prompts: Prompts
    answers: Tuple[Answer, ...]
    mixture: PreferenceDistribution
    candidates: CandidateSet
    proposal: Proposal


@dataclass(frozen=True)
class _Drawn:
    """Predictions of a round and what the answers make of them.

    Attributes:
        mixture: the preference distribution after the answers.
        predictions: (N, h, w) float32, drawn from it; the candidates come from these.
        recommended: (h, w) float32, the mean of all predictions under the answers.
        masks: (n, h, w) bool, all predictions.
        weights: (n,) what the answers make of each; they sum to 1.
    """

    mixture: PreferenceDistribution
    predictions: np.ndarray
    recommended: np.ndarray
    masks: np.ndarray
    weights: np.ndarray


class Session:
    """One structure on one frame.

    Args:
        network: in evaluation mode; None to work with the family of masks around a given mask.
        frame: the image.
        settings: see `SessionSettings`.
        profile: what is known of this user's preference from earlier frames.
    """

    def __init__(
        self,
        network: Optional[SPANetwork],
        frame: FrameImage,
        settings: Optional[SessionSettings] = None,
        profile: Optional[Profile] = None,
    ) -> None:
        self._network, self._frame = network, frame
        self._settings = settings or SessionSettings()
        self._profile = profile
        self._state = SessionState.IDLE
        self._records: List[_Record] = []
        self._region: Optional[Region] = None
        self._predictor: Optional[Predictor] = None
        self._neutral_radius: Optional[float] = None
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
        if self._region is None:
            raise StateError(_("The session has no region of interest yet; click on the structure first."))
        return self._region

    @property
    def preference(self) -> PreferenceDistribution:
        """The preference distribution that the masks on screen were drawn from."""
        return self._current().mixture

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
        self._region, self._predictor = opening.region, opening.predictor
        try:
            record = self._round(opening.prompts, (), None, 1)
        except BaseException:
            self._region = self._predictor = self._neutral_radius = None
            raise
        return self._show(record)

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
        return self._show(self._round(prompts, answers, current.mixture, current.proposal.round + 1))

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
        return self._show(self._round(prompts, (*current.answers, pixel), current.mixture, current.proposal.round))

    def predictions(self) -> np.ndarray:
        """(N, height, width) float32 probabilities at frame size: what the masks on screen were made from.

        They are computed again, exactly, instead of being kept for every round.

        Raises:
            StateError: nothing is on screen.
        """
        current = self._current()
        before = self._records[-2].mixture if len(self._records) > 1 else None
        drawn = self._predict(current.prompts, current.answers, before, current.proposal.round)
        return self.region.maps_to_frame(drawn.predictions)

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

    def profile(self) -> Profile:
        """What is now known of the user's preference, the accepted mask included.

        Raises:
            StateError: no mask has been accepted.
        """
        if self._result is None or self._neutral_radius is None:
            raise StateError(_("A preference is learned from an accepted mask; accept one first."))
        base = self._profile or Profile.new("default", "structure")
        if not self._result.mask.any():
            return base
        return base.updated(self._radius(self._result.mask, self._frame.pixel_area) - self._neutral_radius)

    def _current(self) -> _Record:
        if self._state is not SessionState.CHOOSING:
            raise StateError(_("This session shows no masks; begin a new one with a click."))
        return self._records[-1]

    def _show(self, record: _Record) -> Proposal:
        self._records.append(record)
        self._state = SessionState.CHOOSING
        self._actions += 1
        return record.proposal

    def _round(
        self, prompts: Prompts, answers: Tuple[Answer, ...], previous: Optional[PreferenceDistribution], number: int
    ) -> _Record:
        drawn = self._predict(prompts, answers, previous, number)
        # Two masks count as one if they look alike at the resolution of the image.
        native = self.region.native_size
        candidates = select_candidates(
            drawn.predictions,
            self._settings.candidates,
            recommended=drawn.recommended,
            on_screen=lambda m: resample(m, native),
            seed=self._settings.seed,
        )
        return _Record(prompts, answers, drawn.mixture, candidates, self._propose(candidates, drawn, number))

    def _predict(
        self, prompts: Prompts, answers: Tuple[Answer, ...], previous: Optional[PreferenceDistribution], number: int
    ) -> _Drawn:
        """What the answers and the profile make of predictions drawn under these prompts."""
        settings, predictor = self._settings, self._predictor
        assert predictor is not None
        mixture = predictor.preference(prompts, previous)
        # Where predictions cost next to nothing, many of them carry the mean, which few leave to chance.
        count = max(settings.particles, settings.predictions) if predictor.one_pass else settings.predictions
        latents = mixture.draw(count, settings.seed + 7919 * (len(answers) + 1))
        maps = np.asarray(predictor.predict(latents, settings.chunk))
        if self._neutral_radius is None:
            self._neutral_radius = self._map_radius(predictor.neutral())
        corrections = [answer for answer in answers if isinstance(answer, Correction)]
        choices = [answer for answer in answers if isinstance(answer, Choice)]
        exact, log_weights = settings.preference_update == "bayesian", np.zeros(len(maps))
        if corrections:
            # Which predictions the clicks speak for shows before they follow them.
            log_weights += log_likelihood(maps > THRESHOLD, corrections if exact else (), settings)
            maps = follow(maps, corrections)
        masks = maps > THRESHOLD
        log_weights += log_likelihood(masks, choices if exact else (), settings)
        if self._profile is not None and self._profile.accepted > 0 and number == 1:
            radii = np.array([self._map_radius(mask) for mask in masks])
            log_weights = log_weights + self._profile.log_weight(radii - self._neutral_radius)
        weights = normalised(log_weights)
        rng = np.random.default_rng([settings.seed, len(answers)])
        return _Drawn(
            mixture.updated(latents, weights) if np.ptp(log_weights) > 0 else mixture,
            maps[systematic_resample(weights, settings.predictions, rng)],
            np.tensordot(weights.astype(np.float32), maps, 1),
            masks,
            weights,
        )

    def _propose(self, candidates: CandidateSet, drawn: _Drawn, number: int) -> Proposal:
        region, recommended = self.region, candidates.recommended
        p = np.clip(recommended, 1e-6, 1 - 1e-6)
        entropy = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
        full = region.maps_to_frame(np.concatenate([recommended[None], entropy[None], candidates.maps]))
        masks = np.concatenate([full[:1], full[2:]]) > THRESHOLD
        expected = float(drawn.weights @ pairwise_dice(recommended[None] > THRESHOLD, drawn.masks)[0])
        if self._network is not None:
            offset, slope = self._network.expected_dice
            expected = min(max(offset + slope * expected, 0.0), 1.0)
        return Proposal(
            recommended=full[0],
            candidates=full[2:],
            masks=masks,
            uncertainty=np.clip(full[1], 0.0, 1.0),
            differences=compare_all(masks, self._frame.spacing),
            round=number,
            expected_dice=expected,
        )

    def _map_radius(self, map_: np.ndarray) -> float:
        sx, sy = self.region.map_spacing(map_.shape)
        return self._radius(map_ > THRESHOLD, sx * sy)

    @staticmethod
    def _radius(mask: np.ndarray, pixel_area: float) -> float:
        """Radius in mm of the disk with the mask's area."""
        return float(np.sqrt(np.count_nonzero(mask) * pixel_area / np.pi))
