"""Trained baselines under the same clicks: fixed masks, sampled masks, and networks that take corrective clicks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

import numpy as np
import torch
from torch import Tensor, nn

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.candidates import select_candidates
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.simulated_user import corrective_click
from SPASegmentLib.model.encoders import ImageFeatures
from SPASegmentLib.research.evaluation.baselines.click_network import ClickNetwork
from SPASegmentLib.research.evaluation.baselines.crops import CROP, crop_around
from SPASegmentLib.research.evaluation.baselines.probabilistic import ProbabilisticUNet
from SPASegmentLib.research.evaluation.baselines.training import load_baseline
from SPASegmentLib.research.evaluation.cases import Case
from SPASegmentLib.research.evaluation.methods.method import Method, Screen
from SPASegmentLib.research.evaluation.methods.spa import frame_of
from SPASegmentLib.research.evaluation.users import User
from SPASegmentLib.research.training.boxes import SLOPPY, sloppy_box

#: Samples of a method that can draw any number, as many as SPA's predictions.
SAMPLES = 48
#: Masks offered beside the recommended one, as many as SPA's candidates.
CANDIDATES = 4
#: SAM-U: prompts per set of clicks, and how far they are moved, in pixels.
PROMPTS, PROMPT_SD = 9, 1.5

#: SAM-U V2: how far the edges of repeated boxes are moved, in widths (or heights) of the box.
BOX_SD = 0.1

#: Method -> the networks it needs (of `baselines.kinds.NETWORKS`).
TRAINED = {
    "unet": ("unet-0",),
    "transunet": ("transunet",),
    "swinunet": ("swinunet",),
    "ensemble": ("unet-0", "unet-1", "unet-2"),
    "label-sampling": ("label-sampling",),
    "multi-head": ("multi-head",),
    "probabilistic": ("probabilistic",),
    "mrnet": ("mrnet",),
    "click-network": ("clicks",),
    "medsam": ("medsam",),
    "msa": ("msa",),
    "sam-u": ("clicks",),
    "sam-u-v2": ("medsam",),
}
#: Those that answer corrective clicks: prompts per round, and whether the first one is a box.
CLICKED = {
    "click-network": (1, False),
    "medsam": (1, True),
    "msa": (1, False),
    "sam-u": (PROMPTS, False),
    "sam-u-v2": (PROMPTS, True),
}


def open_trained(name: str, folder: Path) -> Method:
    """A method of `TRAINED` with its networks.

    Raises:
        InputError: there is no such method.
        WeightsError: its networks have not been trained.
    """
    if name not in TRAINED:
        raise InputError(f"There is no trained baseline {name!r}; there are {', '.join(TRAINED)}.")
    networks = tuple(load_baseline(folder / part) for part in TRAINED[name])
    if name in CLICKED:
        network = networks[0]
        assert isinstance(network, ClickNetwork)
        return ClickMethod(network, *CLICKED[name])
    return UNetMethod(name, networks)


def _crop(case: Case) -> Tuple[Region, Tensor]:
    region = crop_around(frame_of(case), case.click)
    return region, torch.from_numpy(region.pixels())[None, None]


def _offer(region: Region, mean: np.ndarray, maps: Optional[np.ndarray], seed: int) -> np.ndarray:
    """(1 + k, h, w) bool: the mean's mask, and what stands for a set of maps."""
    shown = mean[None]
    if maps is not None:
        # The crop has the slice's own resolution, so its maps are what is on screen.
        shown = np.concatenate([shown, select_candidates(maps, CANDIDATES, recommended=mean, seed=seed).maps])
    return region.maps_to_frame(shown) > 0.5


@dataclass(frozen=True)
class UNetMethod:
    """A U-Net, or several, or one with several outputs: the click says where, choices change nothing.

    Where there are samples, four candidates are shown beside the mean, and the user may keep any mask seen; only
    the Probabilistic U-Net has new ones in every round.
    """

    name: str
    networks: Tuple[nn.Module, ...]
    users: Tuple[str, ...] = ("choice",)

    def screens(self, case: Case, user: User, rounds: int) -> Iterator[Screen]:
        """See `Method`."""
        region, image = _crop(case)
        for j in range(rounds if self.name == "probabilistic" else 1):
            mean, samples = self._predict(image, case.id.seed + j)
            offered = None if len(samples) == 1 else samples
            masks = _offer(region, mean, offered, case.id.seed)
            probability = region.maps_to_frame(mean[None])[0]
            predictions = region.maps_to_frame(samples) > 0.5 if j == 0 else None
            yield Screen(masks, probability, predictions=predictions)

    def _predict(self, image: Tensor, seed: int) -> Tuple[np.ndarray, np.ndarray]:
        """The mean map and (n, CROP, CROP) sampled maps."""
        with torch.inference_mode():
            if self.name == "probabilistic":
                (network,) = self.networks
                assert isinstance(network, ProbabilisticUNet)
                logits = network.sample(image, SAMPLES, torch.Generator().manual_seed(seed))[0]
            else:
                logits = torch.cat([network(image)[0] for network in self.networks])
            maps = torch.sigmoid(logits.float()).numpy()
        if self.name == "label-sampling":
            # One map of shares: sampled masks are its level sets, each pixel in as many of them as its share says.
            levels = (np.arange(SAMPLES) + 0.5) / SAMPLES
            return maps[0], (maps > levels[:, None, None]).astype(np.float32)
        if self.name == "mrnet":  # all raters alike, then each alone
            return maps[0], maps[1:]
        return maps.mean(0), maps


@dataclass(frozen=True)
class ClickMethod:
    """A network that answers clicks, perhaps after a box; with several prompts it is SAM-U (Deng et al. 2023).

    SAM-U repeats every set of prompts with small shifts; the mean of the masks is recommended, their spread is the
    uncertainty. A box is the wanted mask's tight one with sloppy edges: it says more than a click.
    """

    network: ClickNetwork
    prompts: int = 1
    box: bool = False
    users: Tuple[str, ...] = ("clicks",)

    def screens(self, case: Case, user: User, rounds: int) -> Iterator[Screen]:
        """See `Method`."""
        region, image = _crop(case)
        rng = np.random.default_rng(case.id.seed)
        with torch.inference_mode():
            features = self.network.encode(image)
        boxes = self._boxes(region, case, rng) if self.box else None
        points: List[Tuple[float, float]] = [] if self.box else [region.to_region(case.click.x, case.click.y)]
        labels, previous = [1.0] * len(points), None
        for j in range(rounds):
            maps, previous = self._predict(features, points, labels, previous, boxes, rng)
            full = region.maps_to_frame(maps.mean(0)[None])
            predictions = region.maps_to_frame(maps) > 0.5 if j == 0 else None
            screen = Screen(full > 0.5, full[0], predictions=predictions)
            yield screen
            click = corrective_click(screen.masks[0], case.target)
            if click is None:
                return
            x, y = region.to_region(click.x, click.y)
            if not (0 <= x < CROP and 0 <= y < CROP):
                return
            points.append((x, y))
            labels.append(float(click.positive))

    def _boxes(self, region: Region, case: Case, rng: np.random.Generator) -> Tensor:
        """(prompts, 4) corners in crop pixels: the user's box, and the same with its edges moved."""
        off = np.tile(rng.normal(0, SLOPPY, 4), (self.prompts, 1))
        off[1:] += rng.normal(0, BOX_SD, off[1:].shape)
        frame = [sloppy_box(case.target, each) or (0.0, 0.0, 0.0, 0.0) for each in off]  # a target is never empty
        return torch.tensor([region.to_region(*box[:2]) + region.to_region(*box[2:]) for box in frame]).float()

    def _predict(
        self,
        features: ImageFeatures,
        points: List[Tuple[float, float]],
        labels: List[float],
        previous: Optional[Tensor],
        boxes: Optional[Tensor],
        rng: np.random.Generator,
    ) -> Tuple[np.ndarray, Tensor]:
        """(prompts, CROP, CROP) probabilities, and the mean's logits for the next round's mask prompt."""
        n = self.prompts
        places = np.array(points).reshape(1, -1, 2).repeat(n, axis=0)
        if n > 1:
            places[1:] += rng.normal(0, PROMPT_SD, places[1:].shape)
        with torch.inference_mode():
            where = torch.from_numpy(places.clip(0, CROP - 1)).float()
            what = torch.tensor(labels).reshape(1, -1).expand(n, -1)
            before = None if previous is None else previous.expand(n, -1, -1)
            alike = features.expand(torch.zeros(n, dtype=torch.long))
            logits = self.network(alike, where, what, before, boxes).float()
            mean = torch.sigmoid(logits).mean(0, keepdim=True)
            return torch.sigmoid(logits).numpy(), torch.logit(mean, eps=1e-4)
