"""What a session needs of whatever draws masks: a network, or the family of masks around a seed mask."""

from __future__ import annotations

from typing import Optional, Protocol, Tuple

import numpy as np

from SPASegmentLib.interaction.array_mixture import ArrayMixture
from SPASegmentLib.interaction.types import Prompts


class Predictor(Protocol):
    """Draws masks from latents on one region of one frame.

    A predictor belongs to one region: the image has been encoded when it is made, and is never encoded again.
    """

    @property
    def one_pass(self) -> bool:
        """Whether many predictions cost hardly more than one, so that the posterior may use many particles."""

    @property
    def map_size(self) -> Tuple[int, int]:
        """(h, w) of the probability maps that `predict` returns; they cover the whole region."""

    def preference(self, prompts: Prompts, previous: Optional[ArrayMixture] = None) -> ArrayMixture:
        """Take in the prompts and return the preference distribution they imply (paper 3.4).

        Later calls of `predict` answer under these prompts.

        Args:
            prompts: all that was said so far.
            previous: the preference distribution before the last answer, as this predictor made it; None in the
                first round.
        """

    def neutral(self) -> np.ndarray:
        """(h, w) float32 in 0..1: the mask of the first round for a user of whom nothing is known.

        Users' outline offsets are measured from it. After later rounds it may answer to their prompts instead.
        """

    def predict(self, latents: np.ndarray, chunk: int) -> np.ndarray:
        """Decode (n, d) latents into (n, h, w) float32 probabilities, `chunk` at a time."""
