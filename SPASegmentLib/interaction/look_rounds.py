"""Rounds that hold looks of several sizes: what is the thing under the click?

Every prediction of every look is a hypothesis about the mask that the user wants; a look has the weight of its
sureness, and a prediction its share of that. They are compared in the frame's pixels. Where one extent is plain, all
the weight lies on it and the masks on screen differ in their outline; where it is not, they differ in extent. What the
user says weighs the hypotheses as it does in any round. A choice or a correction settles the extent: the rounds after
it work in a region around that mask. "The larger thing" and "the smaller thing" come back to the looks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.candidates import DUPLICATE_DICE, THRESHOLD, look_alike
from SPASegmentLib.interaction.fovea import Fovea
from SPASegmentLib.interaction.frame_maps import FrameMaps, RegionMap
from SPASegmentLib.interaction.looks import Look
from SPASegmentLib.interaction.preference import (
    SIZE_STEP,
    Answer,
    Choice,
    Correction,
    OtherSize,
    log_likelihood,
    normalised,
    pairwise_dice,
    size_log_likelihood,
    systematic_resample,
)
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.round import RegionRound, RegionRounds, Round, Said, choice, propose
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import Click, FrameImage, Proposal
from SPASegmentLib.model.expected_dice import UNCALIBRATED, Curve, calibrated
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: How much of the looks' sureness counts in picking candidates, and in what an answer to them leaves: a look may be
#: sure of another thing than the one that is meant. One recommended mask cannot hold both, four candidates can.
HEDGE = 0.5


@dataclass(frozen=True, eq=False)
class LookRound:
    """A round of looks. Implements `Round`.

    Attributes:
        rounds: what made it.
        said: by the user so far, in frame pixels.
        weights: (n,) of all hypotheses, as the recommended mask has them; they sum to 1.
        shown: the look that each mask on screen comes from.
        cells: (1 + k, m_rows, m_columns) bool, the masks on screen on the grid that hypotheses are compared on.
        proposal: what the user sees.
    """

    rounds: LookRounds
    said: Tuple[Said, ...]
    weights: np.ndarray
    shown: Tuple[Look, ...]
    cells: np.ndarray
    proposal: Proposal

    @property
    def region(self) -> Region:
        """See `Round`."""
        return self.shown[0].region

    def neutral_radius(self, mask: int) -> float:
        """See `Round`: of the look that the mask comes from."""
        return self.shown[mask].neutral_radius

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
        """See `Round`: where no look shows such a thing, masks of this thing that are larger, or smaller."""
        return self.rounds.extent_round(self.proposal, self.said, larger) or self.rounds.of_this_thing(self, larger)


class LookRounds:
    """Computes rounds of looks around one click.

    Args:
        frame: the image.
        click: in frame pixels, on the object.
        looks: at it, smallest first.
        around: makes the rounds of the region around a (height, width) bool mask, given the neutral radius in mm and
            these looks.
        settings: of the session.
        profile: what is known of this user's preference.
        calibration: from how far the predictions agree to the Dice that users reach.
    """

    def __init__(
        self,
        frame: FrameImage,
        click: Click,
        looks: Sequence[Look],
        around: Callable[[np.ndarray, float, LookRounds], RegionRounds],
        settings: SessionSettings,
        profile: Optional[Profile] = None,
        calibration: Curve = UNCALIBRATED,
    ) -> None:
        self._frame, self._click, self._looks, self._around = frame, click, looks, around
        self._settings, self._profile, self._calibration = settings, profile, calibration
        self._grid = Fovea.around(frame, click.x, click.y)
        sampled = [self._grid.sample(look.region, look.maps) > THRESHOLD for look in looks]
        self._owner = np.repeat(np.arange(len(looks)), [len(masks) for masks in sampled])
        self._masks = np.concatenate(sampled)
        #: (n,) mm2 of the thing that a hypothesis is an outline of.
        self._things = np.pi * np.array([look.neutral_radius for look in looks])[self._owner] ** 2
        # Cells that no hypothesis holds are of no use in comparing them; nor does any mean of them hold these.
        self._used = self._masks.any(axis=0)
        self._cells = self._masks[:, self._used]
        self._alike = pairwise_dice(self._cells, self._cells, self._grid.areas[self._used])
        self._prior, self._hedged = self._log_priors(1.0, HEDGE)

    def make(self, said: Tuple[Said, ...], number: int) -> LookRound:
        """One round.

        Args:
            said: by the user so far.
            number: of the round; 1, 2, ...
        """
        heard = self._log_heard(said)
        weights = normalised(self._prior + heard)
        means = self._means(weights)
        best, recommended, with_best = self._least_loss(means, weights)
        first = RegionMap(self._looks[best].region, means[best])
        masks, picked = self._screen(first, with_best, normalised(self._hedged + heard))
        expected = calibrated(float(with_best @ weights), self._calibration)
        believed = zip(np.bincount(self._owner, weights), self._looks, means)
        maps = FrameMaps(
            (first, *(self._hypothesis(index) for index in picked)),
            tuple((float(share), RegionMap(look.region, mean)) for share, look, mean in believed),
        )
        proposal = propose(self._frame, masks, maps, number, expected)
        shown = (self._looks[best], *(self._looks[self._owner[i]] for i in picked))
        cells = np.concatenate([recommended, self._masks[picked]])
        return LookRound(self, said, weights, shown, cells, replace(proposal, extent_open=True))

    def after_choice(self, shown: LookRound, mask: int) -> RegionRound:
        """The round in the region around the chosen mask, which has heard the choice.

        Raises:
            InputError: the mask is empty.
        """
        said = (*shown.said, choice(shown.proposal.masks, mask))
        return self._in_its_region(shown, mask, said, shown.proposal.round + 1, answered=True)

    def after_click(self, shown: LookRound, click: Click) -> RegionRound:
        """The same round in the region around the mask that the correction speaks for."""
        said = (*shown.said, click)
        weights = normalised(self._prior + self._log_heard(said))
        means = self._means(weights)
        best, *_unused = self._least_loss(means, weights)
        probability = self._looks[best].region.maps_to_frame(means[best][None])[0]
        base = self._with_clicks(probability > THRESHOLD, self._clicks(said))
        rounds = self._around(base, self._looks[best].neutral_radius, self)
        return rounds.begin(self._clicks(said), probability, said, shown.proposal.round)

    def extent_round(self, shown: Proposal, said: Sequence[Said], larger: bool) -> Optional[LookRound]:
        """The next round, of the things larger, or smaller, than the recommended mask; None where no look shows any.

        Choices before were among masks of another thing, and do not count any more.
        """
        wanted = OtherSize(np.count_nonzero(shown.masks[0]) * self._frame.pixel_area, larger)
        areas, step = (self._masks * self._grid.areas).sum(axis=(1, 2)), SIZE_STEP
        low, high = np.minimum(areas, self._things), np.maximum(areas, self._things)
        beyond = low > step * wanted.area_mm2 if larger else step * high < wanted.area_mm2
        if not (beyond & (areas > 0) & np.isfinite(self._prior)).any():
            return None
        kept = tuple(one for one in said if not isinstance(one, Choice))
        return self.make((*kept, wanted), shown.round + 1)

    def of_this_thing(self, shown: LookRound, larger: bool) -> RegionRound:
        """The next round in the region around the recommended mask, of masks larger, or smaller, than that.

        Raises:
            InputError: there are none, or the recommended mask is empty.
        """
        begun = self._in_its_region(shown, 0, shown.said, shown.proposal.round)
        return begun.rounds.of_this_thing(begun, shown.proposal, larger)

    def _in_its_region(
        self, shown: LookRound, mask: int, said: Tuple[Said, ...], number: int, answered: bool = False
    ) -> RegionRound:
        """The round in the region around a mask on screen, which the user has gone on from or not."""
        chosen = shown.proposal.masks[mask]
        if not chosen.any():
            raise InputError(_("This mask is empty; choose another one, or click on the structure again."))
        clicks = self._clicks(said)
        # What does not belong to it may lie anywhere.
        base = self._with_clicks(chosen, [click for click in clicks if click.positive])
        rounds = self._around(base, shown.neutral_radius(mask), self)
        beside = self._left_by(shown, mask, rounds) if answered else None
        return rounds.begin(clicks, chosen, said, number, beside=beside)

    def _left_by(self, shown: LookRound, mask: int, rounds: RegionRounds) -> np.ndarray:
        """(n, h, w) float32 hypotheses, drawn as the choice of a mask on screen leaves them, on a region's maps."""
        settings, chosen = self._settings, choice(shown.cells, mask)
        likely = log_likelihood(self._masks, [chosen], settings, self._grid.areas)
        weights = normalised(self._hedged + self._log_heard(shown.said) + likely)
        rng = np.random.default_rng([settings.seed, len(shown.said), mask])
        drawn = systematic_resample(weights, settings.predictions // 2, rng)
        grid = Fovea.of_map(rounds.region, rounds.map_size)
        left = (self._hypothesis(int(index)) for index in drawn)
        return np.concatenate([grid.sample(one.region, one.map[None]) for one in left])

    def predictions(self, made: LookRound) -> np.ndarray:
        """See `Round`."""
        rng = np.random.default_rng([self._settings.seed, len(made.said)])
        drawn = systematic_resample(made.weights, self._settings.predictions, rng)
        return np.stack([self._hypothesis(int(index)).in_frame() for index in drawn])

    def _log_priors(self, *believed: float) -> List[np.ndarray]:
        """(n,) of the hypotheses: the looks' sureness, shared by their predictions as the profile has it.

        Args:
            believed: shares of the sureness that count, one for each prior.
        """
        sureness = np.array([look.log_weight for look in self._looks])
        if not np.isfinite(sureness).any():
            sureness = np.zeros(len(self._looks))
        shares = [np.log(normalised(self._liking(look)) + 1e-300) for look in self._looks]
        liked, sure = np.concatenate(shares), sureness[self._owner]
        # Most hypotheses that miss the click are of something else.
        on_click = Correction(*self._grid.cell(self._click.x, self._click.y), True)
        clicked = log_likelihood(self._masks, [on_click], self._settings)
        return [liked + share * sure + clicked for share in believed]

    def _liking(self, look: Look) -> np.ndarray:
        """(n,) log-weights of a look's predictions for this user, compared with one another."""
        if self._profile is None or self._profile.accepted == 0:
            return np.zeros(len(look.maps))
        areas = look.region.areas(look.maps.shape[1:])
        radii = np.sqrt(((look.maps > THRESHOLD) * areas).sum(axis=(1, 2)) / np.pi)
        return self._profile.log_weight(radii - look.neutral_radius)

    def _log_heard(self, said: Sequence[Said]) -> np.ndarray:
        """(n,) how likely each hypothesis makes what the user has said, but for choices; logarithms."""
        heard: List[Answer] = []
        for one in said:
            if isinstance(one, Click):
                heard.append(Correction(*self._grid.cell(one.x, one.y), one.positive))
            elif isinstance(one, OtherSize):
                heard.append(one)
        likely = log_likelihood(self._masks, heard, self._settings, self._grid.areas)
        for size in (one for one in heard if isinstance(one, OtherSize)):
            # Another thing is meant, not a wide outline of the same one.
            likely = likely + size_log_likelihood(self._things, size)
        return likely

    def _means(self, weights: np.ndarray) -> List[np.ndarray]:
        """(h, w) float32 of each look: the mean of its predictions under the weights."""
        means = []
        for index, look in enumerate(self._looks):
            own = weights[self._owner == index]
            share = own / own.sum() if own.sum() > 1e-200 else np.full(len(own), 1.0 / len(own))
            means.append(np.tensordot(share.astype(np.float32), look.maps, 1))
        return means

    def _least_loss(self, means: Sequence[np.ndarray], weights: np.ndarray) -> Tuple[int, np.ndarray, np.ndarray]:
        """The look whose mean mask has the highest expected Dice.

        Returns:
            Its number, the mask (1, m_rows, m_columns) on the grid, and the mask's Dice with every hypothesis.
        """
        masks = [self._grid.sample(look.region, mean[None]) > THRESHOLD for look, mean in zip(self._looks, means)]
        cells = np.concatenate(masks)[:, self._used]
        alike = pairwise_dice(cells, self._cells, self._grid.areas[self._used])
        gain = np.where([mask.any() for mask in masks], alike @ weights, -1.0)
        best = int(gain.argmax())
        return best, masks[best], alike[best]

    def _screen(
        self, recommended: RegionMap, alike: np.ndarray, weights: np.ndarray
    ) -> Tuple[np.ndarray, List[int]]:
        """The recommended mask, and hypotheses picked so that the expected Dice of the best mask shown grows most.

        Returns:
            (1 + k, height, width) bool, the candidates smallest first, and the hypotheses that the candidates are.
        """
        masks, picked = [recommended.in_frame() > THRESHOLD], [-1]
        best, open_ = alike, alike <= DUPLICATE_DICE
        while len(picked) <= self._settings.candidates and open_.any():
            gain = np.where(open_, np.maximum(self._alike, best) @ weights, -1.0)
            index = int(gain.argmax())
            open_ = open_ & (self._alike[index] <= DUPLICATE_DICE)
            open_[index] = False
            mask = self._hypothesis(index).in_frame() > THRESHOLD
            if mask.any() and not any(look_alike(mask, other) for other in masks):
                masks.append(mask)
                picked.append(index)
                best = np.maximum(best, self._alike[index])
        order = sorted(range(1, len(masks)), key=lambda i: (int(masks[i].sum()), i))
        return np.stack([masks[i] for i in (0, *order)]), [picked[i] for i in order]

    def _hypothesis(self, index: int) -> RegionMap:
        """On its look's region."""
        owner = int(self._owner[index])
        look = self._looks[owner]
        return RegionMap(look.region, look.maps[index - int(np.searchsorted(self._owner, owner))])

    def _clicks(self, said: Sequence[Said]) -> List[Click]:
        return [self._click, *(one for one in said if isinstance(one, Click))]

    def _with_clicks(self, mask: np.ndarray, clicks: Sequence[Click]) -> np.ndarray:
        """A mask to lay a region around: what was clicked on lies in it, whatever the mask makes of it."""
        mask = mask.copy()
        for click in clicks:
            mask[self._pixel(click)] = True
        return mask

    def _pixel(self, click: Click) -> Tuple[int, int]:
        height, width = self._frame.shape
        row, column = int(np.floor(click.y + 0.5)), int(np.floor(click.x + 0.5))
        return min(max(row, 0), height - 1), min(max(column, 0), width - 1)
