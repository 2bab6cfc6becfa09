"""Predictions of a network on one region of a frame."""

from __future__ import annotations

from typing import Callable, Optional, Tuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.types import Prompts
from SPASegmentLib.model.device import leave_accelerator
from SPASegmentLib.model.fusion import Context, TokenFusion
from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.translation import texts

_ = texts(__name__)

Value = TypeVar("Value")

#: Probabilities are kept this far from 0 and 1 before they become the logits of a mask prompt, as in training.
_EDGE = 1e-3
#: Predictions that find the mask of a user of whom nothing is known, where they cost next to nothing, and where not.
NEUTRAL_PREDICTIONS = {True: 256, False: 24}


class NetworkPredictor:
    """Encodes the region once; then answers prompts and latents. Implements `predictor.Predictor`.

    Where the network's device fails (a graphics card without memory left), the network moves to the processor, and the
    work goes on there; see `model.device`.

    Args:
        network: in evaluation mode.
        region: of ``network.config.image_size`` pixels.
    """

    def __init__(self, network: SPANetwork, region: Region) -> None:
        self._network, self._region = network, region
        self._prompts: Optional[Prompts] = None
        self._context: Optional[Context] = None
        self._pass: Optional[Tuple[Tensor, Tensor]] = None
        self._mixture: Optional[GaussianMixture] = None
        try:
            self._encode()
        except RuntimeError as error:
            if not leave_accelerator(network, error):
                raise
            self._encode()

    @property
    def latent_space(self) -> str:
        """See `Predictor`."""
        return self._network.latent_space

    @property
    def context(self) -> Context:
        """What the last prompts became.

        Raises:
            InputError: there were none.
        """
        if self._context is None:
            raise InputError(_("Prompts come before predictions."))
        return self._context

    @property
    def one_pass(self) -> bool:
        """Token fusion decodes all predictions as one product."""
        return self._network.config.fusion == "token"

    @property
    def map_size(self) -> Tuple[int, int]:
        """See `Predictor`."""
        return (self._network.map_size, self._network.map_size)

    def preference(self, prompts: Prompts, previous: Optional[GaussianMixture] = None) -> GaussianMixture:
        """Amortised inference of the preference distribution (paper 3.4).

        Raises:
            InputError: there is no point among the prompts.
        """
        if not prompts.clicks:
            raise InputError(_("The network needs at least one point; click on the structure."))
        return self._computed(lambda: self._preference(prompts, previous))

    def _encode(self) -> None:
        with torch.inference_mode():
            image = torch.from_numpy(self._region.pixels()).to(self._network.device)
            self._features = self._network.encode(image[None, None])

    def _computed(self, work: Callable[[], Value]) -> Value:
        """What a piece of work gives; the processor does it again where the network's device has failed."""
        if self._features.embedding.device == self._network.device:
            try:
                return work()
            except RuntimeError as error:
                if not leave_accelerator(self._network, error):
                    raise
        self._encode()
        if self._prompts is not None:
            self._embed(self._prompts)
        return work()

    def _preference(self, prompts: Prompts, previous: Optional[GaussianMixture]) -> GaussianMixture:
        self._embed(prompts)
        with torch.inference_mode():
            if previous is not None:
                tensors = (previous.weights, previous.means, previous.variances)
                previous = GaussianMixture(*(t.to(self._network.device)[None] for t in tensors))
            mixture = self._network.preference(self.context, previous)
        self._mixture = GaussianMixture(mixture.weights[0].cpu(), mixture.means[0].cpu(), mixture.variances[0].cpu())
        return self._mixture

    def _embed(self, prompts: Prompts) -> None:
        device = self._network.device
        with torch.inference_mode():
            points = torch.tensor([[(c.x, c.y) for c in prompts.clicks]], dtype=torch.float32, device=device)
            labels = torch.tensor([[float(c.positive) for c in prompts.clicks]], device=device)
            mask = None
            if prompts.mask is not None:
                edge = np.clip(prompts.mask.astype(np.float32), _EDGE, 1 - _EDGE)
                mask = torch.from_numpy(np.log(edge / (1 - edge))).to(device)[None, None]
            self._context, self._pass = self._network.context(self._features, points, labels, None, mask), None
        self._prompts = prompts

    def neutral(self) -> np.ndarray:
        """The mean of predictions drawn from the preference distribution."""
        if self._mixture is None:
            raise InputError(_("Prompts come before predictions."))
        latents = self._mixture.draw(NEUTRAL_PREDICTIONS[self.one_pass], seed=0)
        return np.asarray(self.predict(latents, 8).mean(0))

    def predict(self, latents: Tensor, chunk: int) -> Tensor:
        """See `Predictor`."""
        return self._computed(lambda: self._predict(latents, chunk))

    def _predict(self, latents: Tensor, chunk: int) -> Tensor:
        with torch.inference_mode():
            logits = self._decode(self.context, latents.to(self._network.device)[None], chunk)
            return torch.sigmoid_(logits[0].float()).cpu()

    def _decode(self, context: Context, latents: Tensor, chunk: int) -> Tensor:
        """`SPANetwork.decode`; with token fusion the one decoder pass of these prompts is kept for later calls."""
        fusion = self._network.fusion
        if not isinstance(fusion, TokenFusion):
            return self._network.decode(context, latents, chunk)
        dtype = self._network.decoder_dtype
        if self._pass is None:
            self._pass = fusion.run(self._network.head, context.to(dtype))
        return fusion.combine(self._network.head, *self._pass, latents.to(dtype))
