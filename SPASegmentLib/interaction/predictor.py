"""What a session needs of whatever draws masks: a network, or the family of masks around a seed mask."""

from __future__ import annotations

from typing import Protocol, Tuple

from torch import Tensor

from SPASegmentLib.interaction.types import Prompts
from SPASegmentLib.model.mixture import GaussianMixture


class Predictor(Protocol):
    """Draws masks from latents on one region of one frame.

    A predictor belongs to one region: the image has been encoded when it is made, and is never encoded again.
    """

    #: Identifies the latent space; a profile's latent part is used only where it fits.
    latent_space: str

    @property
    def latent_dim(self) -> int:
        """d, the length of a latent."""

    @property
    def map_size(self) -> Tuple[int, int]:
        """(h, w) of the probability maps that `predict` returns; they cover the whole region."""

    def preference(self, prompts: Prompts) -> GaussianMixture:
        """Take in the prompts and return the preference distribution they imply (paper 3.4).

        Later calls of `predict` answer under these prompts.
        """

    def predict(self, latents: Tensor, chunk: int) -> Tensor:
        """Decode (n, d) latents into (n, h, w) float32 probabilities, `chunk` at a time."""

