"""A network run by PyTorch, on the device that it is on; a `runtime.PreparedImage`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Optional, Tuple, TypeVar

import numpy as np
import torch
from torch import Tensor

from SPASegmentLib.model.fusion import Context, TokenFusion
from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.model.runtime import MixtureArrays

if TYPE_CHECKING:
    from SPASegmentLib.model.network import SPANetwork

Value = TypeVar("Value")

#: Points, labels and a mask, or None.
_Prompts = Tuple[np.ndarray, np.ndarray, Optional[np.ndarray]]


class TorchImage:
    """Encodes an image once; see `runtime.PreparedImage`.

    Where the network's device fails (a graphics card without memory left), the network moves to the processor, and the
    work goes on there; see `device`.

    Args:
        network: in evaluation mode.
        pixels: (S, S) float32, normalised.
    """

    def __init__(self, network: SPANetwork, pixels: np.ndarray) -> None:
        self._network, self._pixels = network, pixels
        self._prompts: Optional[_Prompts] = None
        self._context: Optional[Context] = None
        self._pass: Optional[Tuple[Tensor, Tensor]] = None
        try:
            self._encode()
        except RuntimeError as error:
            self._leave_device(error)
            self._encode()

    def preference(
        self, points: np.ndarray, labels: np.ndarray, mask: Optional[np.ndarray], previous: Optional[MixtureArrays]
    ) -> MixtureArrays:
        """See `runtime.PreparedImage`."""
        return self._computed(lambda: self._preference((points, labels, mask), previous))

    def logits(self, latents: np.ndarray, chunk: int) -> np.ndarray:
        """See `runtime.PreparedImage`; with token fusion the one decoder pass of the prompts is kept."""
        return self._computed(lambda: self._logits(latents, chunk))

    def _computed(self, work: Callable[[], Value]) -> Value:
        """What a piece of work gives; the processor does it again where the network's device has failed."""
        if self._features.embedding.device == self._network.device:
            try:
                return work()
            except RuntimeError as error:
                self._leave_device(error)
        self._encode()
        if self._prompts is not None:
            self._embed(self._prompts)
        return work()

    def _leave_device(self, error: RuntimeError) -> None:
        """Move the network to the processor; an error that has another cause passes through."""
        from SPASegmentLib.model.device import leave_accelerator

        if not leave_accelerator(self._network, error):
            raise error

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)).to(self._network.device)

    def _encode(self) -> None:
        with torch.inference_mode():
            self._features = self._network.encode(self._tensor(self._pixels)[None, None])

    def _embed(self, prompts: _Prompts) -> Context:
        points, labels, mask = prompts
        with torch.inference_mode():
            masks = None if mask is None else self._tensor(mask)[None, None]
            self._context = self._network.context(
                self._features, self._tensor(points)[None], self._tensor(labels)[None], None, masks
            )
        self._prompts, self._pass = prompts, None
        return self._context

    def _preference(self, prompts: _Prompts, previous: Optional[MixtureArrays]) -> MixtureArrays:
        context = self._embed(prompts)
        with torch.inference_mode():
            before = None if previous is None else GaussianMixture(*(self._tensor(part)[None] for part in previous))
            found = self._network.preference(context, before)
        weights, means, variances = (part[0].cpu().numpy() for part in (found.weights, found.means, found.variances))
        return weights, means, variances

    def _logits(self, latents: np.ndarray, chunk: int) -> np.ndarray:
        network, fusion, context = self._network, self._network.fusion, self._context
        assert context is not None, "prompts come before predictions"
        z = self._tensor(latents)[None]
        with torch.inference_mode():
            if not isinstance(fusion, TokenFusion):
                return network.decode(context, z, chunk)[0].cpu().numpy()
            dtype = network.decoder_dtype
            if self._pass is None:
                self._pass = fusion.run(network.head, context.to(dtype))
            return fusion.combine(network.head, *self._pass, z.to(dtype))[0].float().cpu().numpy()
