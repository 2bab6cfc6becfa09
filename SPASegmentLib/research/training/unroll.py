"""Algorithm 1 of the paper, mended: several rounds with a simulated user, one differentiable pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional

import torch
from torch import Tensor
from torch.nn import functional as F

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.ablation import Part, ablated
from SPASegmentLib.model.mixture import GaussianMixture
from SPASegmentLib.model.network import MASK_LOGIT, SPANetwork
from SPASegmentLib.research.training.batches import Batch
from SPASegmentLib.research.training.clicks import corrective_clicks
from SPASegmentLib.research.training.losses import LossWeights, pairwise_dice, round_loss, soft_dice


@dataclass(frozen=True)
class UnrollSettings:
    """What happens to a training batch.

    Attributes:
        rounds: unrolled at most.
        vary_rounds: draw the number of rounds of each step from 1 to `rounds`. The first round, which every session
            has, then counts most, and a step costs less.
        predictions: N per round in training.
        candidates: K.
        choice_noise: share of choices made at random.
        carried: share of steps that start from the mask of a neighbouring slice, or from a box, see `TrainConfig`.
        corrected: share of steps whose user answers by corrective clicks instead of choices.
        generator: the part of the preference generator's answer that is used, see `model.ablation`; "all" but for
            ablations (paper, Table 3).
        weights: of the loss terms.
    """

    rounds: int = 3
    vary_rounds: bool = False
    predictions: int = 16
    candidates: int = 4
    choice_noise: float = 0.05
    carried: float = 0.15
    corrected: float = 0.0
    generator: Part = "all"
    weights: LossWeights = LossWeights()

    def __post_init__(self) -> None:
        for name, least in (("rounds", 1), ("candidates", 2), ("predictions", self.candidates)):
            if getattr(self, name) < least:
                raise InputError(f"train: unroll: {name} must be at least {least}, not {getattr(self, name)}.")
        for name in ("choice_noise", "carried", "corrected"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"train: unroll: {name} is a share from 0 to 1, not {getattr(self, name)}.")

    def draw_rounds(self, corrected: bool, generator: Optional[torch.Generator] = None) -> int:
        """The number of rounds of a step; two at least where the user answers by clicks."""
        if not self.vary_rounds:
            return self.rounds
        fewest = min(2, self.rounds) if corrected else 1
        return int(torch.randint(fewest, self.rounds + 1, (), generator=generator))


def cluster_batch(maps: Tensor, k: int, iterations: int = 6) -> Tensor:
    """K-means of every image's predictions at once: (B, N, h, w) to (B, N) cluster numbers.

    The same objective as `interaction.k_means`, which takes one image at a time: that would cost as much as the
    network does here. Centres start at far-apart predictions.
    """
    flat = F.avg_pool2d(maps, max(1, maps.shape[-1] // 16)).flatten(2)
    b, n, _ = flat.shape
    rows = torch.arange(b, device=maps.device)
    distance = torch.cdist(flat, flat)
    chosen = [distance.sum(2).argmin(1)]
    nearest = distance[rows, chosen[0]]
    for _ in range(k - 1):
        chosen.append(nearest.argmax(1))
        nearest = torch.minimum(nearest, distance[rows, chosen[-1]])
    centres = torch.stack([flat[rows, c] for c in chosen], dim=1)
    for _ in range(iterations):
        member = F.one_hot(torch.cdist(flat, centres).argmin(2), k).float()
        size = member.sum(1).unsqueeze(-1)
        means = torch.einsum("bnk,bnp->bkp", member, flat) / size.clamp_min(1)
        centres = torch.where(size > 0, means, centres)
    return torch.cdist(flat, centres).argmin(2)


def simulate_choice(
    maps: Tensor, user: Tensor, settings: UnrollSettings, generator: Optional[torch.Generator]
) -> tuple[Tensor, Tensor, Tensor]:
    """The user's answer to a round: (B, h, w) chosen map, (B, 2) representative point (x, y) and (B,) its label.

    The label is the chosen candidate's own at that point; no ground truth reaches the network (paper 3.4).
    """
    k = settings.candidates
    member = F.one_hot(cluster_batch(maps, k), k).float()
    size = member.sum(1)
    centroids = torch.einsum("bnk,bnhw->bkhw", member, maps) / size.clamp_min(1)[..., None, None]
    dice = pairwise_dice((centroids > 0.5).float(), user.unsqueeze(1))[..., 0]
    dice = dice.masked_fill(size == 0, -1.0)
    choice = dice.argmax(1)
    noisy = torch.rand(len(maps), generator=generator, device=maps.device) < settings.choice_noise
    other = torch.randint(k, (len(maps),), generator=generator, device=maps.device)
    valid = size.gather(1, other.unsqueeze(1))[:, 0] > 0
    choice = torch.where(noisy & valid, other, choice)
    rows = torch.arange(len(maps), device=maps.device)
    chosen = centroids[rows, choice]
    present = (size > 0).float()
    rest = (centroids * present[..., None, None]).sum(1) - chosen
    rest = rest / (present.sum(1) - 1).clamp_min(1)[:, None, None]
    contrast = (chosen - rest).abs().flatten(1)
    pixel = contrast.argmax(1)
    width = maps.shape[-1]
    point = torch.stack([pixel % width, pixel // width], dim=1).float()
    label = (chosen.flatten(1).gather(1, pixel.unsqueeze(1))[:, 0] > 0.5).float()
    return chosen, point, label


def simulate_correction(maps: Tensor, user: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A click on the largest error of the recommended prediction, see `corrective_clicks`.

    The label is the user's own there, as it is where a person clicks.

    Returns:
        (B, h, w) recommended map, (B, 2) point (x, y), and (B,) its label: -1 (no point) where nothing is wrong.
    """
    recommended = maps.mean(1)
    return (recommended, *corrective_clicks(recommended > 0.5, user > 0.5))


def unroll(
    network: SPANetwork,
    batch: Batch,
    settings: UnrollSettings,
    carried: bool,
    generator: Optional[torch.Generator] = None,
    corrected: bool = False,
    rounds: Optional[int] = None,
) -> tuple[Tensor, List[Dict[str, Tensor]]]:
    """Loss over all rounds of a batch, and per round its terms and the Dice of the recommended prediction.

    Args:
        network: in training mode.
        batch: images, clicks and masks.
        settings: see `UnrollSettings`.
        generator: of the simulated user's slips.
        carried: start from the mask of a neighbouring slice, or a box, instead of the click alone.
        corrected: the user answers by corrective clicks.
        rounds: how many; None to draw them as `UnrollSettings.draw_rounds` does.
    """
    if settings.generator != "all":
        network = ablated(network, settings.generator)
    features = network.encode(batch.images)
    device = batch.clicks.device
    points = (batch.starts if carried else batch.clicks).unsqueeze(1)
    labels = torch.ones(len(points), 1, device=device)
    mask: Optional[Tensor] = None
    if carried:
        mask = ((2 * batch.carried - 1) * MASK_LOGIT).unsqueeze(1)
    scale = batch.images.shape[-1] / network.map_size
    previous: Optional[GaussianMixture] = None
    total, log = torch.zeros(()), []
    rounds = settings.draw_rounds(corrected) if rounds is None else rounds
    for j in range(rounds):
        context = network.context(features, points, labels, None, mask)
        mixture = network.preference(context, previous)
        mixture = GaussianMixture(*(t.float() for t in (mixture.weights, mixture.means, mixture.variances)))
        with torch.autocast(device.type, enabled=False):
            latents = mixture.sample(settings.predictions)
        maps = torch.sigmoid(network.decode(context, latents).float())
        targets = batch.others if j == 0 and not carried else batch.user.unsqueeze(1)
        with torch.autocast(device.type, enabled=False):
            loss, terms = round_loss(maps, latents, mixture, batch.user, targets, settings.weights)
        total = total + loss / rounds
        with torch.no_grad():
            terms["dice"] = soft_dice((maps.mean(1) > 0.5).float(), batch.user, 1e-6).mean()
            best = pairwise_dice((maps > 0.5).float(), batch.user.unsqueeze(1), 1e-6).amax(1)
            terms["dice_best"] = best.mean()
            log.append(terms)
            if j + 1 < rounds:
                if corrected:
                    chosen, point, label = simulate_correction(maps, batch.user)
                else:
                    chosen, point, label = simulate_choice(maps, batch.user, settings, generator)
                mask = torch.logit(chosen.clamp(1e-3, 1 - 1e-3)).unsqueeze(1)
                points = torch.cat([points, ((point + 0.5) * scale - 0.5).unsqueeze(1)], dim=1)
                labels = torch.cat([labels, label.unsqueeze(1)], dim=1)
                previous = mixture.detach()
    return total, log
