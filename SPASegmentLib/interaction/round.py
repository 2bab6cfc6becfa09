"""How a round is computed: predictions under the prompts, what the answers make of them, five masks.

Nothing here remembers what the user did; that is the session's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Optional, Protocol, Sequence, Tuple, Union

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.candidates import THRESHOLD, CandidateSet, representative_points, select_candidates
from SPASegmentLib.interaction.correction import follow
from SPASegmentLib.interaction.differences import compare_all
from SPASegmentLib.interaction.frame_maps import FrameMaps, RegionMap
from SPASegmentLib.interaction.islands import without_islands
from SPASegmentLib.interaction.predictor import Predictor
from SPASegmentLib.interaction.preference import (
    Answer,
    Areas,
    Choice,
    Correction,
    OtherSize,
    log_likelihood,
    normalised,
    pairwise_dice,
    systematic_resample,
)
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.region import Region, resample
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import Click, FrameImage, Prompts, Proposal
from SPASegmentLib.model.expected_dice import NOT_CALIBRATED, ExpectedDice, calibrated
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: What the user has said, in the frame's pixels: masks at frame size, a corrective click, a size.
Said = Union[Choice, Click, OtherSize]


class Round(Protocol):
    """One set of masks on screen, and what it takes to answer them."""

    @property
    def proposal(self) -> Proposal:
        """What the user sees."""

    @property
    def region(self) -> Region:
        """Where the recommended mask was made."""

    def neutral_radius(self, mask: int) -> float:
        """In mm, of the mask for a user of whom nothing is known, of the extent of this mask on screen."""

    def predictions(self) -> np.ndarray:
        """(N, height, width) float32 at frame size: what the masks were made from, computed again, exactly."""

    def after_choice(self, mask: int) -> Round:
        """The round after the user has gone on from a mask on screen."""

    def after_click(self, click: Click) -> Round:
        """The same round after a correction.

        Raises:
            InputError: the point cannot be used.
        """

    def after_extent(self, larger: bool) -> Round:
        """The round after the user has asked for the larger, or the smaller, thing than the recommended mask.

        Raises:
            InputError: there is none.
        """


@dataclass(frozen=True)
class RegionRound:
    """A round in one region. Implements `Round`.

    Attributes:
        rounds: what made it.
        prompts: what the masks were drawn under, in region coordinates.
        answers: what they were weighed with, on the predictor's maps.
        said: by the user so far, in frame pixels.
        previous: the preference distribution before the last answer; None at the region's beginning.
        mixture: the preference distribution after the answers.
        candidates: at the predictor's map size.
        proposal: what the user sees.
        beside: (m, h, w) float32, predictions made elsewhere that candidates come from, too; None where there are none.
    """

    rounds: RegionRounds
    prompts: Prompts
    answers: Tuple[Answer, ...]
    said: Tuple[Said, ...]
    previous: Optional[ArrayMixture]
    mixture: ArrayMixture
    candidates: CandidateSet
    proposal: Proposal
    beside: Optional[np.ndarray] = None

    @property
    def region(self) -> Region:
        """See `Round`."""
        return self.rounds.region

    def neutral_radius(self, mask: int) -> float:
        """See `Round`; the same for all masks of a region."""
        return self.rounds.neutral_radius

    def predictions(self) -> np.ndarray:
        """See `Round`."""
        return self.rounds.predictions(self)

    def after_choice(self, mask: int) -> Round:
        """See `Round`."""
        return self.rounds.after_choice(self, mask)

    def after_click(self, click: Click) -> Round:
        """See `Round`."""
        return self.rounds.after_click(self, click)

    def after_extent(self, larger: bool) -> Round:
        """See `Round`."""
        return self.rounds.after_extent(self, larger)


class Wider(Protocol):
    """Looks at other sizes, where the user asks for the larger or the smaller thing."""

    def extent_round(self, shown: Proposal, said: Sequence[Said], larger: bool) -> Optional[Round]:
        """The round of the things larger, or smaller, than the recommended mask; None where no look shows any."""


@dataclass(frozen=True)
class _Drawn:
    """Predictions of a round and what the answers make of them.

    Attributes:
        mixture: the preference distribution after the answers.
        predictions: (N, h, w) float32, drawn from it or made elsewhere; the candidates come from these.
        recommended: (h, w) float32, the mean of all predictions under the answers.
        masks: (n, h, w) bool, all predictions.
        weights: (n,) what the answers make of each; they sum to 1.
    """

    mixture: ArrayMixture
    predictions: np.ndarray
    recommended: np.ndarray
    masks: np.ndarray
    weights: np.ndarray


class RegionRounds:
    """Computes rounds on one region of a frame.

    Args:
        region: the region of interest.
        predictor: draws masks on it.
        settings: of the session.
        profile: what is known of this user's preference; it weighs the predictions of the first round.
        calibration: from how far the predictions agree to the Dice that users reach.
        neutral_radius: in mm, of the mask for a user of whom nothing is known; None finds it in the first round.
        wider: the looks at other sizes; None where the region is all there is.
        extent_given: whether the session began with a box or a mask.
        enclosed: whether a box encloses the structure; small pieces beside it do not belong to it then.
    """

    def __init__(
        self,
        region: Region,
        predictor: Predictor,
        settings: SessionSettings,
        profile: Optional[Profile] = None,
        calibration: ExpectedDice = NOT_CALIBRATED,
        neutral_radius: Optional[float] = None,
        wider: Optional[Callable[[], Wider]] = None,
        extent_given: bool = False,
        enclosed: bool = False,
    ) -> None:
        self.region, self._enclosed = region, enclosed
        self._predictor, self._settings, self._profile = predictor, settings, profile
        self._calibration, self._wider, self._extent_given = calibration, wider, extent_given
        self._neutral_radius = neutral_radius
        self._areas = region.areas(predictor.map_size)

    @property
    def map_size(self) -> Tuple[int, int]:
        """(h, w) of the maps that cover the region."""
        return self._predictor.map_size

    @property
    def neutral_radius(self) -> float:
        """In mm, of the mask for a user of whom nothing is known; known after the first round."""
        assert self._neutral_radius is not None
        return self._neutral_radius

    def make(
        self,
        prompts: Prompts,
        answers: Tuple[Answer, ...] = (),
        said: Tuple[Said, ...] = (),
        previous: Optional[ArrayMixture] = None,
        number: int = 1,
        shown: Optional[np.ndarray] = None,
        beside: Optional[np.ndarray] = None,
    ) -> RegionRound:
        """One round.

        Args:
            prompts: all that was said so far, in region coordinates.
            answers: given so far, on the predictor's maps.
            said: the same and what was said before the region was looked at, in frame pixels.
            previous: the preference distribution before the last answer; None at the region's beginning.
            number: of the round; 1, 2, ...
            shown: (height, width) float32 probabilities of the frame to recommend instead of the mean prediction.
            beside: (m, h, w) float32 predictions made elsewhere; they take the place of as many of this region's own
                among those that the candidates come from, and not in the mean.
        """
        drawn = self._predict(prompts, answers, previous, number, beside)
        if shown is not None:
            drawn = replace(drawn, recommended=self.region.mask_to_region(shown, self._predictor.map_size))
        # Two masks count as one if they look alike at the resolution of the image.
        native = self.region.native_size
        candidates = select_candidates(
            drawn.predictions,
            self._settings.candidates,
            recommended=drawn.recommended,
            as_seen=lambda m: resample(m, native),
            seed=self._settings.seed,
        )
        proposal = self._propose(candidates, drawn, number, answers, shown)
        return RegionRound(self, prompts, answers, said, previous, drawn.mixture, candidates, proposal, beside)

    def begin(
        self,
        clicks: Sequence[Click],
        mask: np.ndarray,
        said: Tuple[Said, ...],
        number: int,
        shown: Optional[np.ndarray] = None,
        beside: Optional[np.ndarray] = None,
    ) -> RegionRound:
        """The first round in this region, after answers that were given elsewhere.

        Args:
            clicks: in frame pixels; the starting click and the corrections.
            mask: (height, width) 0..1, what the region was laid around.
            said: so far; sizes are left out, for the region is of the size that was found.
            number: of the round.
            shown: see `make`.
            beside: see `make`.
        """
        places = tuple(Click(*self.region.to_region(c.x, c.y), c.positive) for c in clicks if self._in_region(c))
        prompts = Prompts(places, self.region.mask_to_region(mask, self._predictor.map_size))
        answers = tuple(self._heard(one) for one in said if self._in_region(one) and not isinstance(one, OtherSize))
        return self.make(prompts, answers, said, None, number, shown, beside)

    def after_choice(self, shown: RegionRound, mask: int) -> RegionRound:
        """See `Round`."""
        found, number = shown.candidates, shown.proposal.round + 1
        maps = np.concatenate([found.recommended[None], found.maps])
        said = (*shown.said, choice(shown.proposal.masks, mask))
        answers = (*shown.answers, choice(maps > THRESHOLD, mask))
        prompts = shown.prompts
        if self._settings.feedback_prompts:
            # Of the recommended mask, too, it is what sets it apart from the others.
            point = found.points[mask - 1] if mask else representative_points(maps, maps[0])[0]
            x, y = self.region.from_map(point.x, point.y, maps.shape[1:])
            prompts = Prompts((*prompts.clicks, Click(x, y, point.positive)), maps[mask])
        return self.make(prompts, answers, said, shown.mixture, number)

    def after_click(self, shown: RegionRound, click: Click) -> RegionRound:
        """See `Round`.

        Raises:
            InputError: the point lies outside the region.
        """
        x, y = self.region.to_region(click.x, click.y)
        if not self.region.covers(x, y):
            raise InputError(_("This point lies outside the region of interest; start over with a click there."))
        prompts = Prompts((*shown.prompts.clicks, Click(x, y, click.positive)), shown.candidates.recommended)
        answers, said = (*shown.answers, self._heard(click)), (*shown.said, click)
        return self.make(prompts, answers, said, shown.mixture, shown.proposal.round)

    def after_extent(self, shown: RegionRound, larger: bool) -> Round:
        """See `Round`: from looks at other sizes where they show such a thing, else among the masks of this region."""
        found = None if self._wider is None else self._wider().extent_round(shown.proposal, shown.said, larger)
        return found or self.of_this_thing(shown, shown.proposal, larger)

    def of_this_thing(self, shown: RegionRound, seen: Proposal, larger: bool) -> RegionRound:
        """The round of masks of this region that are larger, or smaller, than the recommended one that was seen.

        Raises:
            InputError: there are none.
        """
        area = np.count_nonzero(seen.masks[0])
        wanted = OtherSize(area * self.region.frame.pixel_area, larger)
        answers, said = (*shown.answers, wanted), (*shown.said, wanted)
        made = self.make(shown.prompts, answers, said, shown.mixture, seen.round + 1)
        found = np.count_nonzero(made.proposal.masks[0])
        if found == 0 or (found <= area if larger else found >= area):
            none_larger = _(
                "Nothing larger is to be seen here; drag a box around the structure, or correct the mask by clicks."
            )
            none_smaller = _(
                "Nothing smaller is to be seen here; drag a box around the structure, or correct the mask by clicks."
            )
            text = none_larger if larger else none_smaller
            raise InputError(text)
        return made

    def predictions(self, made: RegionRound) -> np.ndarray:
        """See `Round`."""
        drawn = self._predict(made.prompts, made.answers, made.previous, made.proposal.round, made.beside)
        return self.region.maps_to_frame(drawn.predictions)

    def _in_region(self, said: Said) -> bool:
        """Whether an answer says anything here; of a point elsewhere no mask of the region does."""
        return not isinstance(said, Click) or self.region.covers(*self.region.to_region(said.x, said.y))

    def _heard(self, said: Said) -> Answer:
        """An answer on the predictor's maps."""
        height, width = self._predictor.map_size
        if isinstance(said, Choice):
            masks = [self.region.mask_to_region(mask, (height, width)) > THRESHOLD for mask in said.masks]
            return Choice(np.stack(masks), said.chosen)
        if isinstance(said, OtherSize):
            return said
        x, y = self.region.to_region(said.x, said.y)
        size = self.region.size
        return Correction(int((x + 0.5) * width / size), int((y + 0.5) * height / size), said.positive)

    def _predict(
        self,
        prompts: Prompts,
        answers: Tuple[Answer, ...],
        previous: Optional[ArrayMixture],
        number: int,
        beside: Optional[np.ndarray],
    ) -> _Drawn:
        """What the answers and the profile make of predictions drawn under these prompts."""
        settings, predictor = self._settings, self._predictor
        mixture = predictor.preference(prompts, previous)
        # Where predictions cost next to nothing, many of them carry the mean, which few leave to chance.
        count = max(settings.particles, settings.predictions) if predictor.one_pass else settings.predictions
        latents = mixture.draw(count, settings.seed + 7919 * (len(answers) + 1))
        maps = predictor.predict(latents, settings.chunk)
        if self._neutral_radius is None:
            self._neutral_radius = self._radius(predictor.neutral())
        maps, log_weights = self._weigh(maps, answers)
        if self._profile is not None and self._profile.accepted > 0 and number == 1:
            radii = np.array([self._radius(map_) for map_ in maps])
            log_weights = log_weights + self._profile.log_weight(radii - self._neutral_radius)
        weights = normalised(log_weights)
        rng = np.random.default_rng([settings.seed, len(answers)])
        others = np.empty((0, *maps.shape[1:]), np.float32) if beside is None else beside
        own = maps[systematic_resample(weights, settings.predictions - len(others), rng)]
        return _Drawn(
            mixture.updated(latents, weights) if np.ptp(log_weights) > 0 else mixture,
            self._tidy(np.concatenate([own, others]), answers),
            self._tidy(np.tensordot(weights.astype(np.float32), maps, 1)[None], answers)[0],
            maps > THRESHOLD,
            weights,
        )

    def _tidy(self, maps: np.ndarray, answers: Tuple[Answer, ...]) -> np.ndarray:
        """Maps (n, h, w) of the region without stray islands where a box encloses the structure."""
        pointed = self._pointed(answers)
        return maps if pointed is None else without_islands(maps, pointed)

    def _pointed(self, answers: Tuple[Answer, ...]) -> Optional[Tuple[Tuple[int, int], ...]]:
        """(x, y) pixels of the maps that belong to the structure for sure; None where islands may stay."""
        if not self._enclosed:
            return None
        return tuple((one.x, one.y) for one in answers if isinstance(one, Correction) and one.positive)

    def _weigh(self, maps: np.ndarray, answers: Tuple[Answer, ...]) -> Tuple[np.ndarray, np.ndarray]:
        """Predictions that follow the corrections, and the logarithms of what the answers make of each."""
        corrections = [answer for answer in answers if isinstance(answer, Correction)]
        others = [answer for answer in answers if not isinstance(answer, Correction)]
        exact, log_weights = self._settings.preference_update == "bayesian", np.zeros(len(maps))
        if corrections:
            # Which predictions the clicks speak for shows before they follow them.
            log_weights += log_likelihood(maps > THRESHOLD, corrections if exact else (), self._settings)
            maps = follow(maps, corrections)
        log_weights += log_likelihood(maps > THRESHOLD, others if exact else (), self._settings, self._areas)
        return maps, log_weights

    def _propose(
        self,
        candidates: CandidateSet,
        drawn: _Drawn,
        number: int,
        answers: Tuple[Answer, ...],
        given: Optional[np.ndarray] = None,
    ) -> Proposal:
        recommended = candidates.recommended
        shown = tuple(RegionMap(self.region, map_) for map_ in (recommended, *candidates.maps))
        pointed = self._pointed(answers)
        if pointed is not None:
            size = self._predictor.map_size
            places = (self.region.to_frame(*self.region.from_map(x, y, size)) for x, y in pointed)
            pointed = tuple((round(x), round(y)) for x, y in places)
        maps = FrameMaps(shown, ((1.0, shown[0]),), pointed, given)
        agreement = float(drawn.weights @ pairwise_dice(recommended[None] > THRESHOLD, drawn.masks)[0])
        corrections = sum(isinstance(answer, Correction) for answer in answers)
        curve = self._calibration.curve(number, corrections, self._extent_given)
        return propose(self.region.frame, maps.masks(), maps, number, calibrated(agreement, curve))

    def _radius(self, map_: np.ndarray) -> float:
        return equivalent_radius(map_ > THRESHOLD, self._areas)


def equivalent_radius(mask: np.ndarray, areas: Areas) -> float:
    """Radius in mm of the disk with the mask's area, from the mm2 of its pixels, or of each of them."""
    return float(np.sqrt((mask * areas).sum() / np.pi))


def choice(masks: np.ndarray, mask: int) -> Choice:
    """What going on from a mask on screen says: a candidate was preferred to the others, the recommended one to all.

    Users who look at the candidates alone, as in the paper, say nothing of the recommended mask by picking one.

    Args:
        masks: (1 + k, h, w) bool, the recommended one first.
        mask: the row that was gone on from.
    """
    return Choice(masks[1:], mask - 1) if mask else Choice(masks, 0)


def propose(
    frame: FrameImage, masks: np.ndarray, maps: FrameMaps, number: int, expected_dice: float
) -> Proposal:
    """What the user sees.

    Args:
        frame: the image.
        masks: (1 + k, height, width) bool, the recommended prediction first.
        maps: what they come from.
        number: of the round.
        expected_dice: 0..1, of the recommended prediction.
    """
    return Proposal(masks, maps, compare_all(masks, frame.spacing, frame.in_mm), number, expected_dice)
