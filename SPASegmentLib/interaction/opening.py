"""How a session begins: from a click, a box or a mask to a region of interest, a predictor on it, and prompts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.looks import find_region
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.predictor import Predictor
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.refined_predictor import RefinedPredictor
from SPASegmentLib.interaction.region import Region, ellipse_in
from SPASegmentLib.interaction.seed_mask import SeedMaskPredictor
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import Box, Click, FrameImage, Prompts
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Side of a region in pixels where there is no network to prescribe it.
SIDE = 128


@dataclass(frozen=True)
class Opening:
    """What the first round starts from.

    Attributes:
        region: the region of interest.
        predictor: draws masks on it; the image has been encoded.
        prompts: what the user has said, in region coordinates.
    """

    region: Region
    predictor: Predictor
    prompts: Prompts


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

    def from_click(self, click: Click) -> Opening:
        """Around a point, where the network is surest.

        Raises:
            InputError: the click is negative or outside the image, or there is no network.
        """
        network = self._needed()
        if not click.positive:
            raise InputError(_("The first click must lie on the structure; negative clicks correct a mask."))
        region, predictor = find_region(network, self._frame, click, self._settings.region_mm, self._settings.chunk)
        x, y = region.to_region(click.x, click.y)
        return Opening(region, self._refined(predictor, region), Prompts((Click(x, y),)))

    def from_box(self, box: Box) -> Opening:
        """Around a box, which counts as the ellipse that it encloses.

        Raises:
            InputError: the box lies outside the image, or there is no network.
        """
        network = self._needed()
        region = Region.around_box(self._frame, box, network.image_size)
        predictor = NetworkPredictor(network, region)
        x, y = region.to_region((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        ellipse = ellipse_in(box, region, predictor.map_size)
        return Opening(region, self._refined(predictor, region), Prompts((Click(x, y),), ellipse))

    def from_mask(self, mask: np.ndarray) -> Opening:
        """Around a (height, width) bool mask of the frame.

        Raises:
            InputError: the mask is empty or not of the frame's size.
        """
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != self._frame.shape:
            raise InputError(
                _("The mask has the size {mask}, the image {image}; they must agree.").format(
                    mask=mask.shape, image=self._frame.shape
                )
            )
        if not mask.any():
            raise InputError(_("The mask to start from is empty; paint or threshold something first."))
        # The innermost pixel stands for the click that nobody made.
        depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        if self._network is None:
            region = Region.around_mask(self._frame, mask, SIDE)
            predictor: Predictor = SeedMaskPredictor.for_region(region, mask)
        else:
            region = Region.around_mask(self._frame, mask, self._network.image_size)
            predictor = self._refined(NetworkPredictor(self._network, region), region)
        x, y = region.to_region(float(column), float(row))
        return Opening(region, predictor, Prompts((Click(x, y),), region.mask_to_region(mask, predictor.map_size)))

    def _needed(self) -> Network:
        if self._network is None:
            raise InputError(
                _("Without a network SPA needs an existing mask to start from; paint or threshold one first.")
            )
        return self._network

    def _refined(self, predictor: NetworkPredictor, region: Region) -> Predictor:
        if not self._settings.refine:
            return predictor
        profile = self._profile if self._profile is not None and self._profile.accepted else None
        return RefinedPredictor(predictor, region, None if profile is None else profile.expected_offset_mm())
