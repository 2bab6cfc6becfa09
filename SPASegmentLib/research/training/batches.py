"""Training batches: a click, a region around it, and the masks of a simulated user and of the other readers."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, fields
from typing import Any, Dict, Iterator, Optional, Sequence, Tuple, Union

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from SPASegmentLib.model.normalisation import normalise
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.training.augment import Augmentation
from SPASegmentLib.research.training.boxes import SLOPPY, sloppy_box
from SPASegmentLib.research.training.deform import DeformSettings, bends, bent_grid, stretches
from SPASegmentLib.research.training.drawing import Drawn, draw_slice
from SPASegmentLib.research.training.objects import ObjectPool

#: What rows are drawn from.
Material = Union[RaterSlices, ObjectPool]


@dataclass(frozen=True)
class Batch:
    """One training batch.

    Attributes:
        images: (B, 1, S, S) float32, see `model.normalisation`.
        user: (B, m, m) float32, the mask that the simulated user wants.
        others: (B, T, m, m) float32, masks that other users might want, the user's own first.
        clicks: (B, 2) (x, y) in network pixels.
        carried: (B, m, m) float32, the user's mask as it might come from a neighbouring slice, or the ellipse of a box.
        starts: (B, 2) (x, y) clicks that go with `carried`: the box's centre where that is an ellipse.
    """

    images: Tensor
    user: Tensor
    others: Tensor
    clicks: Tensor
    carried: Tensor
    starts: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))


class BatchSource:
    """Draws batches for ever from several sets of slices, each with its share.

    Args:
        sources: what rows are drawn from, how often each of its rows, and its share; shares need not sum to 1.
        batch: B.
        size: S, network input side.
        map_size: m.
        targets: T, masks per image that the set of predictions should cover.
        seed: of everything random.
        augment: more changes of intensity, or None.
        boxes: how often the mask to start from is the ellipse of a box around the user's.
        deform: how far images are deformed, their masks with them.
    """

    def __init__(
        self,
        sources: Sequence[Tuple[Material, np.ndarray, float]],
        batch: int,
        size: int,
        map_size: int,
        targets: int,
        seed: int,
        augment: Optional[Augmentation] = None,
        boxes: float = 0.0,
        deform: Optional[DeformSettings] = None,
    ) -> None:
        self.sources = [(material, weight / weight.sum()) for material, weight, _ in sources]
        shares = np.array([share for _, _, share in sources], float)
        self.shares = shares / shares.sum()
        self.batch, self.size, self.map_size, self.targets = batch, size, map_size, targets
        self.rng = np.random.default_rng(seed)
        self.augment, self.boxes, self.deform = augment, boxes, deform or DeformSettings()

    def recipe(self) -> Dict[str, Any]:
        """Everything that batches depend on, beside the seed; of the data its checksums."""
        deformed = {} if self.deform == DeformSettings() else {"deform": asdict(self.deform)}
        return {
            "data": [material.digest() for material, _ in self.sources],
            "draws": [hashlib.blake2b(weight.tobytes(), digest_size=16).hexdigest() for _, weight in self.sources],
            "shares": self.shares.tolist(),
            "augment": None if self.augment is None else asdict(self.augment.settings),
            **{name: getattr(self, name) for name in ("batch", "size", "map_size", "targets", "boxes")},
            **deformed,
        }

    def __iter__(self) -> Iterator[Batch]:
        while True:
            yield self.draw()

    def draw(self) -> Batch:
        """One batch."""
        rows = [self._draw_one() for _ in range(self.batch)]
        sides = np.array([max(row.image.shape) for row in rows])
        theta, carried_theta, in_region = self._affine(rows, sides)
        bend = bends(self.deform.bend, self.batch, self.rng)
        clicks = torch.from_numpy(in_region).float()
        fixed = (2 * clicks + 1) / self.size - 1
        images = torch.empty(self.batch, 1, self.size, self.size)
        maps = torch.empty(self.batch, self.targets, self.map_size, self.map_size)
        carried = torch.empty(self.batch, self.map_size, self.map_size)
        for side in np.unique(sides):  # small images need not be padded to the size of large ones
            of_side = np.flatnonzero(sides == side)
            pixels = np.stack([_square(rows[k].image, side) for k in of_side])[:, None]
            masks = torch.from_numpy(np.stack([_square(rows[k].wanted, side) for k in of_side])).float()
            bent, still = None if bend is None else bend[of_side], fixed[of_side]
            seen, drawn = (bent_grid(theta[of_side], bent, still, size) for size in (self.size, self.map_size))
            wobbly = bent_grid(carried_theta[of_side], bent, still, self.map_size)
            images[of_side] = _sample(torch.from_numpy(pixels).float(), seen)
            maps[of_side] = (_sample(masks, drawn) > 0.5).float()
            carried[of_side] = (_sample(masks[:, :1], wobbly)[:, 0] > 0.5).float()
        starts = clicks.clone()
        if self.boxes:
            self._put_boxes(maps[:, 0], carried, starts)
        return Batch(self._intensity(images), maps[:, 0], maps, clicks, carried, starts)

    def _draw_one(self) -> Drawn:
        material, weight = self.sources[self.rng.choice(len(self.sources), p=self.shares)]
        if isinstance(material, RaterSlices):
            return draw_slice(material, weight, self.rng, self.targets)
        return material.draw(weight, self.rng, self.targets)

    def _put_boxes(self, user: Tensor, carried: Tensor, starts: Tensor) -> None:
        """Start from the ellipse of a box instead, in place, as `interaction.opening` does; edges are off a little."""
        m = self.map_size
        for k in np.flatnonzero(self.rng.random(len(user)) < self.boxes):
            box = sloppy_box(user[k].numpy(), self.rng.normal(0, SLOPPY, 4))
            if box is None:
                continue
            x0, y0, x1, y1 = box
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            rows, columns = np.mgrid[:m, :m]
            inside = ((columns - x) / ((x1 - x0) / 2)) ** 2 + ((rows - y) / ((y1 - y0) / 2)) ** 2 <= 1
            carried[k] = torch.from_numpy(inside.astype(np.float32))
            starts[k] = (torch.tensor([x, y]) + 0.5) * (self.size / m) - 0.5

    def _affine(self, rows: Sequence[Drawn], sides: np.ndarray) -> tuple[Tensor, Tensor, np.ndarray]:
        """Region transforms (rotation, mirror, zoom, jitter) as grid_sample matrices, and clicks in the region."""
        rng, b = self.rng, len(rows)
        clicks, extents = np.stack([row.click for row in rows]), np.array([row.extent for row in rows])
        scale, largest = np.array([row.scale for row in rows]), np.array([row.largest for row in rows])
        often = np.array([1.0 - row.anything for row in rows])
        # Mostly what `interaction.looks` aims at; now and then anything, for its first looks.
        usual = rng.uniform(2.0, 4.0, b) * extents + rng.uniform(0.0, 50.0, b) * scale
        closest = np.array([row.closest for row in rows])
        anything = extents * np.exp(rng.uniform(np.log(closest), np.log(8), b))
        side = np.clip(np.where(rng.random(b) < often, usual, anything), 36.0 * scale, largest)
        angle = rng.uniform(-np.pi, np.pi, b)
        mirror = rng.choice([-1.0, 1.0], b)
        jitter = np.where(rng.random((b, 1)) < 0.5, 0.0, rng.uniform(-0.2, 0.2, (b, 2))) * side[:, None]
        cos, sin = np.cos(angle), np.sin(angle)
        # Region coordinates in -1..1 to source pixels: centre + side / 2 * R [mirror x, y].
        linear = np.stack([np.stack([cos * mirror, -sin], -1), np.stack([sin * mirror, cos], -1)], -2)
        stretch = stretches(self.deform.stretch, b, rng)
        linear = (linear if stretch is None else linear @ stretch) * (side / 2)[:, None, None]
        centre = clicks + jitter
        shift = -np.einsum("bij,bj->bi", np.linalg.inv(linear), jitter)
        in_region = (shift + 1) * self.size / 2 - 0.5

        def to_grid(matrix: np.ndarray, offset: np.ndarray) -> Tensor:
            # grid_sample with align_corners=False: pixel p lies at (2 p + 1) / side - 1.
            place = (2 * offset + 1) / sides[:, None] - 1
            theta = np.concatenate([matrix * 2 / sides[:, None, None], place[:, :, None]], axis=2)
            return torch.from_numpy(theta).float()

        wobble = linear * rng.uniform(0.85, 1.18, (b, 1, 1))
        slip = centre + rng.normal(0, 0.04, (b, 2)) * np.minimum(side, 2 * extents)[:, None]
        return to_grid(linear, centre), to_grid(wobble, slip), in_region

    def _intensity(self, images: Tensor) -> Tensor:
        rng, b = self.rng, len(images)

        def column(values: np.ndarray) -> Tensor:
            return torch.from_numpy(values).float().view(-1, 1, 1, 1)

        x = images / 255.0
        x = x.clamp(0, 1) ** column(np.exp(rng.uniform(-0.5, 0.5, b)))
        # Dark objects on bright ground are as common as bright ones outside CT of the lung.
        x = torch.where(column((rng.random(b) < 0.15).astype(float)) > 0.5, 1.0 - x, x)
        noise = column(rng.uniform(0, 0.06, b) * (rng.random(b) < 0.5))
        x = x + noise * torch.from_numpy(rng.standard_normal(x.shape).astype(np.float32))
        if self.augment is not None:
            x = self.augment(x, rng)
        return torch.from_numpy(np.stack([normalise(image) for image in x.numpy()]))


def _sample(source: Tensor, grid: Tensor) -> Tensor:
    return F.grid_sample(source, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _square(maps: np.ndarray, side: int) -> np.ndarray:
    """(..., h, w) to (..., side, side): the edge pixels continue to the right and below, as beyond a frame's edge."""
    more = [(0, side - n) for n in maps.shape[-2:]]
    return np.pad(maps, [(0, 0)] * (maps.ndim - 2) + more, mode="edge") if np.any(more) else maps


def row_weights(slices: RaterSlices, by_count: Sequence[float]) -> np.ndarray:
    """Sampling weight of each slice from its number of raters."""
    return np.asarray(by_count, float)[slices.rater_counts()]
