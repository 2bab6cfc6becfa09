"""How a session begins: a click, a box or a mask becomes the first round."""

from __future__ import annotations

from functools import lru_cache
from typing import Callable, Optional, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.innermost import innermost
from SPASegmentLib.interaction.look_rounds import LookRounds
from SPASegmentLib.interaction.looks import find_region, look, sides_mm
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.predictor import Predictor
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.refined_predictor import RefinedPredictor
from SPASegmentLib.interaction.region import Region, ellipse_in
from SPASegmentLib.interaction.round import RegionRound, RegionRounds, Round
from SPASegmentLib.interaction.seed_mask import SeedMaskPredictor
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import Box, Click, FrameImage, Prompts
from SPASegmentLib.model.expected_dice import NOT_CALIBRATED
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Side of a region in pixels where there is no network to prescribe it.
SIDE = 128
#: Side in pixels of the smallest region that may be asked for; a structure in a smaller one is no more than a pixel.
MIN_REGION = 4


class Opener:
    """Opens sessions on one frame.

    Args:
        network: whatever runs it; None to work with the family of masks around a given mask.
        frame: the image.
        settings: of the session.
        profile: what is known of this user's preference.
    """

    def __init__(
        self, network: Optional[Network], frame: FrameImage, settings: SessionSettings, profile: Optional[Profile]
    ) -> None:
        self._network, self._frame = network, frame
        self._settings, self._profile = settings, profile

    def from_click(self, click: Click) -> Round:
        """Around a point: looks of several sizes, or the region where the network is surest.

        Raises:
            InputError: the click is negative or outside the image, or there is no network.
        """
        network = self._needed()
        if not click.positive:
            raise InputError(_("The first click must lie on the structure; negative clicks correct a mask."))
        if self._settings.looks and not self._one_region:
            return self._look_rounds(click).make((), 1)
        region, predictor = self._only_region(network, click)
        x, y = region.to_region(click.x, click.y)
        return self._rounds(region, self._refined(predictor, region, self._offset_mm())).make(Prompts((Click(x, y),)))

    def from_box(self, box: Box) -> RegionRound:
        """Around a box, which counts as the ellipse that it encloses.

        Raises:
            InputError: the box lies outside the image, or there is no network.
        """
        network = self._needed()
        region = Region.around_box(self._frame, box, network.image_size)
        predictor = self._refined(NetworkPredictor(network, region), region, self._offset_mm())
        middle = Click((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        x, y = region.to_region(middle.x, middle.y)
        prompts = Prompts((Click(x, y),), ellipse_in(box, region, predictor.map_size))
        return self._rounds(region, predictor, wider=self._looks_later(middle), given=True, enclosed=True).make(prompts)

    def from_mask(self, mask: np.ndarray, shown: Optional[np.ndarray] = None) -> RegionRound:
        """Around a (height, width) bool mask of the frame.

        Args:
            mask: where the structure should be.
            shown: (height, width) float32 probabilities to recommend in the first round; None for what is predicted.

        Raises:
            InputError: the mask is empty or not of the frame's size.
        """
        mask = np.asarray(mask, dtype=bool)
        self._frame.check_size(mask)
        if not mask.any():
            raise InputError(_("The mask to start from is empty; paint or threshold something first."))
        # The innermost pixel stands for the click that nobody made.
        x, y = innermost(mask)
        click = Click(float(x), float(y))
        if self._network is None:
            region = Region.around_mask(self._frame, mask, SIDE)
            rounds = self._rounds(region, SeedMaskPredictor.for_region(region, mask))
        else:
            region = Region.around_mask(self._frame, mask, self._network.image_size)
            predictor = self._refined(NetworkPredictor(self._network, region), region, self._offset_mm())
            rounds = self._rounds(region, predictor, wider=self._looks_later(click), given=True)
        return rounds.begin([click], mask, (), 1, shown)

    @property
    def _one_region(self) -> bool:
        """Whether there is no choice of extent: the region is given, or the network sees the whole frame."""
        whole = self._network is not None and self._network.whole_frame
        return whole or self._settings.region_mm is not None

    def _needed(self) -> Network:
        if self._network is None:
            raise InputError(
                _("Without a network SPA needs an existing mask to start from; paint or threshold one first.")
            )
        return self._network

    def _only_region(self, network: Network, click: Click) -> Tuple[Region, NetworkPredictor]:
        """Where a click is worked on without looks, and the predictor on it."""
        frame, size = self._frame, network.image_size
        if not self._one_region:
            return find_region(
                frame, click, size, lambda region: NetworkPredictor(network, region), self._settings.chunk
            )
        if self._settings.region_mm is not None:
            smallest = MIN_REGION * min(frame.spacing)
            if self._settings.region_mm < smallest:
                raise InputError(
                    _("The region of interest is {side:g} mm wide; give one of at least {smallest:g} mm here.").format(
                        side=self._settings.region_mm, smallest=smallest
                    )
                )
            region = Region.around(frame, (click.x, click.y), self._settings.region_mm, size)
        else:
            region = Region.whole(frame, size)
        return region, NetworkPredictor(network, region)

    def _look_rounds(self, click: Click) -> LookRounds:
        network, settings, size = self._needed(), self._settings, self._needed().image_size
        looks = []
        for number, side in enumerate(sides_mm(self._frame)):
            region = Region.around(self._frame, (click.x, click.y), side, size)
            predictor = NetworkPredictor(network, region)
            refined = self._refined(predictor, region, self._offset_mm())
            count, seed = settings.predictions, settings.seed + number
            looks.append(look(region, predictor, refined, click, count, seed, settings.chunk))
        curve = network.expected_dice.curve(1, 0, extent_given=False)
        return LookRounds(self._frame, click, looks, self._around, settings, self._profile, curve)

    def _looks_later(self, click: Click) -> Optional[Callable[[], LookRounds]]:
        """Looks that are made when they are asked for, once; None where there is one region only."""
        if self._one_region:
            return None
        return lru_cache(maxsize=1)(lambda: self._look_rounds(click))

    def _around(self, mask: np.ndarray, neutral_radius: float, looks: LookRounds) -> RegionRounds:
        """Rounds in the region around a mask that a look has found."""
        network = self._needed()
        region = Region.around_mask(self._frame, mask, network.image_size)
        # The mask is the user's choice already; what the profile expects of this user would come on top of it.
        predictor = self._refined(NetworkPredictor(network, region), region, None, answered=True)
        return self._rounds(region, predictor, neutral_radius, lambda: looks)

    def _rounds(
        self,
        region: Region,
        predictor: Predictor,
        neutral_radius: Optional[float] = None,
        wider: Optional[Callable[[], LookRounds]] = None,
        given: bool = False,
        enclosed: bool = False,
    ) -> RegionRounds:
        calibration = NOT_CALIBRATED if self._network is None else self._network.expected_dice
        return RegionRounds(
            region, predictor, self._settings, self._profile, calibration, neutral_radius, wider, given, enclosed
        )

    def _offset_mm(self) -> Optional[Tuple[float, float]]:
        known = self._profile is not None and self._profile.accepted > 0
        return self._profile.expected_offset_mm() if self._profile is not None and known else None

    def _refined(
        self,
        predictor: NetworkPredictor,
        region: Region,
        offset_mm: Optional[Tuple[float, float]],
        answered: bool = False,
    ) -> Predictor:
        return RefinedPredictor(predictor, region, offset_mm, answered) if self._settings.refine else predictor
