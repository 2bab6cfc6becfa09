"""Predictions of a network on one region of a frame."""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.draws import as_pytorch
from SPASegmentLib.interaction.logits import to_logits, to_probabilities
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import Prompts
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Probabilities are kept this far from 0 and 1 before they become the logits of a mask prompt, as in training.
PROMPT_EDGE = 1e-3
#: Predictions that find the mask of a user of whom nothing is known, where they cost next to nothing, and where not.
NEUTRAL_PREDICTIONS = {True: 256, False: 24}


class NetworkPredictor:
    """Encodes the region once; then answers prompts and latents. Implements `predictor.Predictor`.

    Args:
        network: whatever runs it.
        region: of ``network.image_size`` pixels.
    """

    def __init__(self, network: Network, region: Region) -> None:
        self._network = network
        self._image = network.prepare(region.pixels())
        self._mixture: Optional[ArrayMixture] = None
        self._first: Optional[Prompts] = None

    @property
    def one_pass(self) -> bool:
        """Token fusion decodes all predictions as one product."""
        return self._network.one_pass

    @property
    def map_size(self) -> Tuple[int, int]:
        """See `Predictor`."""
        return (self._network.map_size, self._network.map_size)

    def preference(self, prompts: Prompts, previous: Optional[ArrayMixture] = None) -> ArrayMixture:
        """Amortised inference of the preference distribution (paper 3.4).

        Raises:
            InputError: there is no point among the prompts.
        """
        if not prompts.clicks:
            raise InputError(_("The network needs at least one point; click on the structure."))
        if self._mixture is not None and previous is None and prompts is self._first:
            return self._mixture
        self._first = prompts if previous is None else None
        points = np.array([(c.x, c.y) for c in prompts.clicks], dtype=np.float32)
        labels = np.array([c.positive for c in prompts.clicks], dtype=np.float32)
        mask = None
        if prompts.mask is not None:
            mask = to_logits(prompts.mask.astype(np.float32), PROMPT_EDGE)
        before = None if previous is None else (previous.weights, previous.means, previous.variances)
        self._mixture = ArrayMixture(*self._image.preference(points, labels, mask, before), draws=as_pytorch)
        return self._mixture

    def neutral(self) -> np.ndarray:
        """The mean of predictions drawn from the preference distribution."""
        latents = self._told().draw(NEUTRAL_PREDICTIONS[self.one_pass], seed=0)
        return np.asarray(self.predict(latents, 8).mean(axis=0))

    def predict(self, latents: np.ndarray, chunk: int) -> np.ndarray:
        """See `Predictor`."""
        return to_probabilities(self.logits(latents, chunk))

    def logits(self, latents: np.ndarray, chunk: int) -> np.ndarray:
        """(n, d) latents to (n, h, w) float32 logits, a new array.

        Raises:
            InputError: there were no prompts.
        """
        self._told()
        return self._image.logits(np.asarray(latents, dtype=np.float32), chunk)

    def _told(self) -> ArrayMixture:
        if self._mixture is None:
            raise InputError(_("Prompts come before predictions."))
        return self._mixture
