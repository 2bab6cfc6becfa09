"""Parts of the preference update switched off, in training or in use (paper, Table 3)."""

from __future__ import annotations

import copy
from typing import Literal, Tuple, get_args

from torch import Tensor, nn

from SPASegmentLib.model.generator import PreferenceDistributionGenerator
from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.model.network import SPANetwork

#: Which of the mixture's parameters the generator may move.
Part = Literal["none", "gaussians", "weights", "all"]
PARTS: Tuple[str, ...] = get_args(Part)


class AblatedGenerator(nn.Module):
    """The Preference Distribution Generator, of whose answer only a part is used; the rest stays the prior's.

    Args:
        generator: the trained one.
        part: of `PARTS`; "none" is the paper's "Random Gaussian".
    """

    def __init__(self, generator: PreferenceDistributionGenerator, part: str) -> None:
        super().__init__()
        if part not in PARTS:
            raise ValueError(f"A part of the generator is one of {PARTS}, not {part!r}.")
        self.generator, self.part = generator, part

    def prior(self, batch: int) -> GaussianMixture:
        """Before anything was said."""
        return self.generator.prior(batch)

    def forward(self, embedding: Tensor, sparse: Tensor, dense: Tensor, previous: GaussianMixture) -> GaussianMixture:
        """See `PreferenceDistributionGenerator`."""
        full: GaussianMixture = self.generator(embedding, sparse, dense, previous)
        prior = self.prior(len(sparse))
        gaussians = full if self.part in ("gaussians", "all") else prior
        weights = full if self.part in ("weights", "all") else prior
        return GaussianMixture(weights.weights, gaussians.means, gaussians.variances)


def ablated(network: SPANetwork, part: str) -> SPANetwork:
    """The same network (its weights are shared) with a part of its generator."""
    changed = copy.copy(network)
    changed._modules = dict(network._modules)
    changed.generator = AblatedGenerator(network.generator, part)  # type: ignore[assignment]
    return changed
