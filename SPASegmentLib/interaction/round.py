"""How a round is computed: predictions under the prompts, what the answers make of them, five masks.

Nothing here remembers what the user did; that is the session's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np

from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.candidates import THRESHOLD, CandidateSet, select_candidates
from SPASegmentLib.interaction.correction import follow
from SPASegmentLib.interaction.differences import compare_all
from SPASegmentLib.interaction.islands import without_islands
from SPASegmentLib.interaction.predictor import Predictor
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
from SPASegmentLib.interaction.types import Prompts, Proposal


@dataclass(frozen=True)
class Round:
    """Everything about one set of masks on screen.

    Attributes:
        prompts: what they were drawn under, in region coordinates.
        answers: what they were weighed with.
        mixture: the preference distribution after the answers.
        candidates: at the predictor's map size.
        proposal: what the user sees.
    """

    prompts: Prompts
    answers: Tuple[Answer, ...]
    mixture: ArrayMixture
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

    mixture: ArrayMixture
    predictions: np.ndarray
    recommended: np.ndarray
    masks: np.ndarray
    weights: np.ndarray


class RoundMaker:
    """Computes rounds on one region of a frame.

    Args:
        region: the region of interest.
        predictor: draws masks on it.
        settings: of the session.
        profile: what is known of this user's preference; it weighs the predictions of the first round.
        calibration: offset and slope from the mean Dice with the posterior's masks to the Dice that users reach.
        enclosed: whether a box encloses the structure; small pieces beside it do not belong to it then.
    """

    def __init__(
        self,
        region: Region,
        predictor: Predictor,
        settings: SessionSettings,
        profile: Optional[Profile] = None,
        calibration: Tuple[float, float] = (0.0, 1.0),
        enclosed: bool = False,
    ) -> None:
        self.region, self._enclosed = region, enclosed
        self._predictor, self._settings, self._profile = predictor, settings, profile
        self._calibration = calibration
        self._neutral_radius: Optional[float] = None

    @property
    def neutral_radius(self) -> Optional[float]:
        """In mm, of the mask for a user of whom nothing is known; None before the first round."""
        return self._neutral_radius

    def make(
        self, prompts: Prompts, answers: Tuple[Answer, ...], previous: Optional[ArrayMixture], number: int
    ) -> Round:
        """One round.

        Args:
            prompts: all that was said so far, in region coordinates.
            answers: given so far.
            previous: the preference distribution before the last answer; None in the first round.
            number: of the round; 1, 2, ...
        """
        drawn = self._predict(prompts, answers, previous, number)
        # Two masks count as one if they look alike at the resolution of the image.
        native = self.region.native_size
        candidates = select_candidates(
            drawn.predictions,
            self._settings.candidates,
            recommended=drawn.recommended,
            as_seen=lambda m: resample(m, native),
            seed=self._settings.seed,
        )
        return Round(prompts, answers, drawn.mixture, candidates, self._propose(candidates, drawn, number, answers))

    def predictions(self, made: Round, previous: Optional[ArrayMixture]) -> np.ndarray:
        """(N, height, width) float32 at frame size: what a round's masks were made from, computed again, exactly.

        Args:
            made: the round.
            previous: as it was given for that round.
        """
        drawn = self._predict(made.prompts, made.answers, previous, made.proposal.round)
        return self.region.maps_to_frame(drawn.predictions)

    def _predict(
        self, prompts: Prompts, answers: Tuple[Answer, ...], previous: Optional[ArrayMixture], number: int
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
        return _Drawn(
            mixture.updated(latents, weights) if np.ptp(log_weights) > 0 else mixture,
            self._tidy(maps[systematic_resample(weights, settings.predictions, rng)], answers),
            self._tidy(np.tensordot(weights.astype(np.float32), maps, 1)[None], answers)[0],
            maps > THRESHOLD,
            weights,
        )

    def _tidy(self, maps: np.ndarray, answers: Tuple[Answer, ...], in_frame: bool = False) -> np.ndarray:
        """Maps (n, h, w) of the region, or of the frame, without stray islands where a box encloses the structure."""
        if not self._enclosed:
            return maps
        pointed = [(answer.x, answer.y) for answer in answers if isinstance(answer, Correction) and answer.positive]
        if in_frame:
            size = self._predictor.map_size
            places = (self.region.to_frame(*self.region.from_map(x, y, size)) for x, y in pointed)
            pointed = [(round(x), round(y)) for x, y in places]
        return without_islands(maps, pointed)

    def _weigh(self, maps: np.ndarray, answers: Tuple[Answer, ...]) -> Tuple[np.ndarray, np.ndarray]:
        """Predictions that follow the corrections, and the logarithms of what the answers make of each."""
        corrections = [answer for answer in answers if isinstance(answer, Correction)]
        choices = [answer for answer in answers if isinstance(answer, Choice)]
        exact, log_weights = self._settings.preference_update == "bayesian", np.zeros(len(maps))
        if corrections:
            # Which predictions the clicks speak for shows before they follow them.
            log_weights += log_likelihood(maps > THRESHOLD, corrections if exact else (), self._settings)
            maps = follow(maps, corrections)
        log_weights += log_likelihood(maps > THRESHOLD, choices if exact else (), self._settings)
        return maps, log_weights

    def _propose(self, candidates: CandidateSet, drawn: _Drawn, number: int, answers: Tuple[Answer, ...]) -> Proposal:
        region, recommended = self.region, candidates.recommended
        p = np.clip(recommended, 1e-6, 1 - 1e-6)
        entropy = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
        full = region.maps_to_frame(np.concatenate([recommended[None], entropy[None], candidates.maps]))
        # Pieces may hang together on the map, and not where the user sees them.
        shown = self._tidy(np.concatenate([full[:1], full[2:]]), answers, in_frame=True)
        masks = shown > THRESHOLD
        expected = float(drawn.weights @ pairwise_dice(recommended[None] > THRESHOLD, drawn.masks)[0])
        offset, slope = self._calibration
        return Proposal(
            recommended=shown[0],
            candidates=shown[1:],
            masks=masks,
            uncertainty=np.clip(full[1], 0.0, 1.0),
            differences=compare_all(masks, region.frame.spacing, region.frame.in_mm),
            round=number,
            expected_dice=min(max(offset + slope * expected, 0.0), 1.0),
        )

    def _radius(self, map_: np.ndarray) -> float:
        sx, sy = self.region.map_spacing(map_.shape)
        return equivalent_radius(map_ > THRESHOLD, sx * sy)


def equivalent_radius(mask: np.ndarray, pixel_area: float) -> float:
    """Radius in mm of the disk with the mask's area; `pixel_area` in mm2."""
    return float(np.sqrt(np.count_nonzero(mask) * pixel_area / np.pi))
