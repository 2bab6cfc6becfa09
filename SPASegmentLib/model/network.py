"""The SPA network: encoder, prompt encoder, preference generator, fusion and mask head."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import numpy as np
import torch
from torch import Tensor, nn

from SPASegmentLib.errors import WeightsError
from SPASegmentLib.model.encoders import ENCODERS, EncoderKind, ImageFeatures
from SPASegmentLib.model.expected_dice import ExpectedDice
from SPASegmentLib.model.fusion import FUSIONS, Context, Fusion, MaskHead
from SPASegmentLib.model.generator import PreferenceDistributionGenerator
from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.model.sam import PromptEncoder
from SPASegmentLib.model.torch_image import TorchImage

#: Mask prompts are clamped to this many logits: certain enough, and no user mask is off the scale of training.
MASK_LOGIT = 6.0


@dataclass(frozen=True)
class NetworkConfig:
    """Architecture of a network; stored in the model card and checked on loading.

    Attributes:
        encoder: a name in `encoders.ENCODERS`.
        fusion: "token" or "embedding".
        image_size: S, side of the network's input in pixels.
        channels: C, of the embedding.
        latent_dim: d.
        components: M, Gaussians of the mixture (paper's code: 16).
        mlp_dim: width inside the decoder's transformer.
        mask_tokens: of SAM's decoder.
    """

    encoder: str = "compact"
    fusion: str = "token"
    image_size: int = 128
    channels: int = 128
    latent_dim: int = 8
    components: int = 16
    mlp_dim: int = 256
    mask_tokens: int = 1

    def __post_init__(self) -> None:
        if self.encoder not in ENCODERS:
            raise WeightsError(f"Unknown encoder {self.encoder!r}; there are {sorted(ENCODERS)}.")
        if self.fusion not in FUSIONS:
            raise WeightsError(f"Unknown fusion {self.fusion!r}; there are {sorted(FUSIONS)}.")
        if self.image_size % 16:
            raise WeightsError(f"The image size must be a multiple of 16, not {self.image_size}.")
        ENCODERS[self.encoder].check(self.encoder, self.channels, self.image_size)

    @staticmethod
    def of(encoder: str, **values: Any) -> NetworkConfig:
        """The architecture that an encoder is meant for, with some values changed.

        Raises:
            WeightsError: there is no such encoder, or it cannot have these values.
        """
        defaults = ENCODERS[encoder].defaults if encoder in ENCODERS else {}
        return NetworkConfig(**{"encoder": encoder, **defaults, **values})

    @staticmethod
    def vit_b(image_size: int = 1024, fusion: str = "token") -> NetworkConfig:
        """The paper's backbone."""
        return NetworkConfig.of("vit_b", image_size=image_size, fusion=fusion)

    def as_dict(self) -> Dict[str, Any]:
        """Plain values for the model card."""
        return asdict(self)


class SPANetwork(nn.Module):
    """Image and prompts to a preference distribution, latents to masks.

    Usage: ``features = encode(image)`` once per frame; per round ``context = context(features, points, labels, ...)``
    with the prompts, ``mixture = preference(context, previous)``, then ``logits = decode(context, latents)``.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        #: Where its weights were read from; None if they were not.
        self.weights_file: Optional[Path] = None
        #: Whether its device has failed, so that the processor has taken over.
        self.fell_back = False
        self._kept_positions: Optional[Tuple[Tuple[int, int], Tensor]] = None
        #: See `runtime.Network`.
        self.expected_dice = ExpectedDice()
        self.volume_numbers: Dict[str, Any] = {}
        kind = ENCODERS[config.encoder]
        self.encoder = kind.build(config.channels, config.image_size)
        side = config.image_size // kind.stride
        self.prompt_encoder: Any = PromptEncoder(
            embed_dim=config.channels,
            image_embedding_size=(side, side),
            input_image_size=(config.image_size, config.image_size),
            mask_in_chans=16,
        )
        self.generator = PreferenceDistributionGenerator(config.channels, config.latent_dim, config.components)
        self.fusion: Fusion = FUSIONS[config.fusion](config.channels, config.latent_dim)
        self.head = MaskHead(config.channels, config.mlp_dim, details=kind.details, mask_tokens=config.mask_tokens)

    @property
    def encoder_kind(self) -> EncoderKind:
        """What is known of its encoder."""
        return ENCODERS[self.config.encoder]

    @property
    def image_size(self) -> int:
        """See `runtime.Network`."""
        return self.config.image_size

    @property
    def one_pass(self) -> bool:
        """See `runtime.Network`."""
        return self.config.fusion == "token"

    @property
    def whole_frame(self) -> bool:
        """See `runtime.Network`."""
        return self.encoder_kind.whole_frame

    def prepare(self, pixels: np.ndarray) -> TorchImage:
        """See `runtime.Network`."""
        return TorchImage(self, pixels)

    @property
    def map_size(self) -> int:
        """Side of the decoded maps and of mask prompts: four times the embedding's."""
        return 4 * int(self.prompt_encoder.image_embedding_size[0])

    @property
    def device(self) -> torch.device:
        """Where the network's weights are."""
        return next(self.parameters()).device

    @property
    def decoder_dtype(self) -> torch.dtype:
        """Precision of the mask decoder (see `precision.use_half`)."""
        return self.head.decoder.mask_tokens.weight.dtype

    def encode(self, image: Tensor) -> ImageFeatures:
        """(B, 1, S, S) normalised images to features."""
        features: ImageFeatures = self.encoder(image)
        return features

    def context(
        self,
        features: ImageFeatures,
        points: Tensor,
        labels: Tensor,
        boxes: Optional[Tensor] = None,
        masks: Optional[Tensor] = None,
    ) -> Context:
        """Embed the prompts (paper 3.4: SAM's prompt encoder, point and mask branches).

        Args:
            features: of B images.
            points: (B, P, 2) as (x, y) in network pixels.
            labels: (B, P): 1 object, 0 background, -1 padding.
            boxes: (B, 4) as (x0, y0, x1, y1), or None.
            masks: (B, 1, map_size, map_size) logits, or None.
        """
        if masks is not None:
            masks = masks.clamp(-MASK_LOGIT, MASK_LOGIT)
        sparse, dense = self.prompt_encoder((points, labels), boxes, masks)
        return Context(features, self._positions(), sparse, dense)

    def _positions(self) -> Tensor:
        """Positional encoding of the embedding; the same in every round, so that use keeps it."""
        if not torch.is_inference_mode_enabled():
            return torch.as_tensor(self.prompt_encoder.get_dense_pe())
        matrix = self.prompt_encoder.pe_layer.positional_encoding_gaussian_matrix
        made_of = (matrix.data_ptr(), matrix._version)
        if self._kept_positions is None or self._kept_positions[0] != made_of:
            self._kept_positions = (made_of, self.prompt_encoder.get_dense_pe())
        return self._kept_positions[1]

    def preference(self, context: Context, previous: Optional[GaussianMixture] = None) -> GaussianMixture:
        """The preference distribution for these prompts; `previous` is the prior before the first round."""
        if previous is None:
            previous = self.generator.prior(len(context.sparse))
        mixture: GaussianMixture = self.generator(context.features.embedding, context.sparse, context.dense, previous)
        return mixture

    def decode(self, context: Context, latents: Tensor, chunk: int = 8) -> Tensor:
        """(B, n, d) latents to (B, n, map_size, map_size) logits, in single precision if the decoder is in half."""
        dtype = self.decoder_dtype
        return self.fusion.decode(self.head, context.to(dtype), latents.to(dtype), chunk).float()
