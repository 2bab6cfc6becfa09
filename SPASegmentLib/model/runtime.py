"""What runs a network: PyTorch or ONNX Runtime, seen from above through two Protocols and NumPy arrays alone."""

from __future__ import annotations

from typing import Any, Dict, Optional, Protocol, Tuple

import numpy as np

from SPASegmentLib.model.expected_dice import ExpectedDice

#: (M,) weights, (M, d) means and (M, d) variances of a Gaussian mixture, float32.
MixtureArrays = Tuple[np.ndarray, np.ndarray, np.ndarray]


class PreparedImage(Protocol):
    """An image that has been encoded; it is never encoded again."""

    def preference(
        self, points: np.ndarray, labels: np.ndarray, mask: Optional[np.ndarray], previous: Optional[MixtureArrays]
    ) -> MixtureArrays:
        """Embed the prompts, and infer the preference distribution from them (paper 3.4).

        Args:
            points: (P, 2) float32, P at least 1, as (x, y) in the image's pixels.
            labels: (P,) float32: 1 object, 0 background.
            mask: (map_size, map_size) float32 logits, or None.
            previous: the distribution before the last answer; None for the prior.
        """

    def logits(self, latents: np.ndarray, chunk: int) -> np.ndarray:
        """(n, d) float32 latents under the last prompts to (n, map_size, map_size) float32 logits, a new array.

        Args:
            latents: what to decode.
            chunk: decoded at a time, at most, where each takes a decoder pass of its own.
        """


class Network(Protocol):
    """A trained network in use."""

    #: From how far the predictions agree to the Dice that users reach.
    expected_dice: ExpectedDice
    #: What is known of how far it is to be believed through a volume: see `interaction.belief`; may be empty.
    volume_numbers: Dict[str, Any]
    #: Whether its device has failed, so that the processor has taken over.
    fell_back: bool

    @property
    def image_size(self) -> int:
        """Side of the network's image in pixels."""

    @property
    def map_size(self) -> int:
        """Side of the decoded maps and of mask prompts."""

    @property
    def one_pass(self) -> bool:
        """Whether many predictions come of one decoder pass, and cost hardly more than one."""

    @property
    def whole_frame(self) -> bool:
        """Whether it sees the whole frame, as it was trained to, or a region around what was clicked on."""

    def prepare(self, pixels: np.ndarray) -> PreparedImage:
        """Encode an image: (image_size, image_size) float32, normalised (see `normalisation`)."""
