"""Pseudo-raters and synthetic scenes: material that widens training beyond one organ and modality."""

from __future__ import annotations

from typing import Iterator, List, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.interaction.shape_family import signed_distance
from SPASegmentLib.research.data.rated import CONTEXTS, to_bytes
from SPASegmentLib.research.data.shards import RaterSlices, pack

#: Distances here are in pixels.
PIXELS = (1.0, 1.0)


def smooth_noise(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> np.ndarray:
    """(h, w) float32 random field with correlation length `scale` pixels, zero mean and unit spread."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape), scale, mode="wrap")
    field -= field.mean()
    return (field / max(float(field.std()), 1e-9)).astype(np.float32)


def pseudo_raters(mask: np.ndarray, rng: np.random.Generator, raters: int = 4, share: float = 1.0) -> np.ndarray:
    """Four readers around one mask: their outlines lie tighter or wider and wander smoothly.

    The spread follows what radiologists do on LIDC (mean pairwise Dice about 0.8 to 0.9): an offset of up to
    a tenth of the object's radius and a wandering of the same size.

    Args:
        mask: (h, w) bool, not empty.
        rng: decides everything.
        raters: how many.
        share: of that spread.
    """
    distance = signed_distance(mask, PIXELS)
    radius = float(np.sqrt(mask.sum() / np.pi))
    spread = share * (0.4 + 0.08 * radius)
    masks = []
    for _ in range(raters):
        wandering = smooth_noise(mask.shape, max(2.0, radius / 2), rng)
        reader = distance + spread * (rng.standard_normal() * 0.8 + 0.7 * wandering) > 0
        masks.append(reader if reader.any() else mask)
    return np.stack(masks)


def warped_ellipse(
    shape: Tuple[int, int],
    centre: Tuple[float, float],
    radius: float,
    ratio: float,
    angle: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """An ellipse whose outline wanders smoothly; it may fall to pieces.

    Args:
        shape: (h, w) of the mask.
        centre: (y, x) in pixels.
        radius: in pixels, of a disk of the ellipse's area.
        ratio: of its axes, at least 1.
        angle: of the longer one, in radians.
        rng: how the outline wanders.

    Returns:
        (h, w) bool.
    """
    yy, xx = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    (cy, cx), root = centre, np.sqrt(ratio)
    u = (xx - cx) * np.cos(angle) + (yy - cy) * np.sin(angle)
    v = -(xx - cx) * np.sin(angle) + (yy - cy) * np.cos(angle)
    rough = smooth_noise(shape, radius * rng.uniform(0.3, 0.8) + 1, rng)
    distance = radius * (1 - np.sqrt((u / root) ** 2 + (v * root) ** 2) / radius)
    return np.asarray(distance + rough * radius * rng.uniform(0.0, 0.3) > 0)


def synthetic_slices(count: int, seed: int, size: int = 128) -> RaterSlices:
    """Random scenes: smooth regions of random intensities and textures, one of which is the object.

    They teach "the region under the click up to its edge" for contrasts and textures that no small data set
    covers; blur and noise vary so that the edge may be soft, and pseudo-raters disagree about it.
    """
    rng = np.random.default_rng(seed)
    images: List[np.ndarray] = []
    masks: List[np.ndarray] = []
    while len(images) < count:
        fields = [smooth_noise((size, size), rng.uniform(5, 25), rng) for _ in range(rng.integers(2, 5))]
        labels = np.argmax(np.stack(fields), axis=0)
        radius = np.exp(rng.uniform(np.log(5), np.log(38 * size / 128)))
        ratio, angle = rng.uniform(1.0, 2.2), rng.uniform(0, np.pi)
        cy, cx = size / 2 + rng.uniform(-14, 14, 2)
        mask = warped_ellipse((size, size), (cy, cx), radius, ratio, angle, rng)
        parts, _ = ndimage.label(mask)
        middle = parts[int(np.clip(cy, 0, size - 1)), int(np.clip(cx, 0, size - 1))]
        if middle == 0:
            continue
        mask = ndimage.binary_fill_holes(parts == middle)
        if mask.sum() < 25:
            continue
        levels = rng.uniform(0, 1, labels.max() + 1)
        image = levels[labels] * rng.uniform(0.2, 1.0)
        contrast = rng.choice([-1, 1]) * rng.uniform(0.15, 0.9)
        inside = np.median(image[mask]) + contrast
        rim = ndimage.gaussian_filter(mask.astype(np.float32), rng.uniform(0.4, 0.12 * radius + 1.5))
        image = image * (1 - rim) + inside * rim
        image += rng.uniform(0, 0.12) * smooth_noise((size, size), rng.uniform(1, 4), rng)
        image += rng.uniform(0, 0.10) * rng.standard_normal((size, size))
        if rng.random() < 0.3:  # speckle, as in ultrasound
            image *= 1 + rng.uniform(0.1, 0.5) * smooth_noise((size, size), rng.uniform(0.6, 1.6), rng)
        image = ndimage.gaussian_filter(image, rng.uniform(0, 1.2))
        images.append(to_bytes(image))
        masks.append(pack(pseudo_raters(mask, rng)))
    return RaterSlices(np.stack(images), np.stack(masks))


def crop_single_mask(
    image: np.ndarray, mask: np.ndarray, rng: np.random.Generator, size: int = 128, context: float = 4.0
) -> tuple[np.ndarray, np.ndarray]:
    """A square around the object, scaled to `size`, with pseudo-raters.

    Args:
        image: (h, w) any scalar type.
        mask: (h, w) bool, not empty.
        rng: draws the pseudo-raters.
        size: side of the crop in pixels.
        context: side of the square in object extents, at least 1.

    Returns:
        (size, size) uint8 image and (size, size) uint8 packed masks.
    """
    ys, xs = np.nonzero(mask)
    extent = max(np.ptp(ys), np.ptp(xs)) + 1
    side = float(np.clip(context * extent, 32, 1.2 * max(mask.shape)))
    cy, cx = (ys.min() + ys.max()) / 2, (xs.min() + xs.max()) / 2
    step = side / size
    blurred = ndimage.gaussian_filter(image.astype(np.float32), max(0.0, (step - 1) / 2))
    grid = (np.arange(size) - (size - 1) / 2) * step
    rows, columns = np.meshgrid(cy + grid, cx + grid, indexing="ij")
    crop = ndimage.map_coordinates(blurred, [rows, columns], order=1, mode="nearest")
    distance = ndimage.map_coordinates(signed_distance(mask, PIXELS), [rows, columns], order=1, mode="nearest")
    return to_bytes(crop), pack(pseudo_raters(distance > 0, rng))


def with_pseudo_raters(slices: Iterator[Tuple[np.ndarray, np.ndarray]], seed: int, size: int = 128) -> RaterSlices:
    """Crops around single masks with four pseudo-raters each, close up and with surroundings, ready for training.

    Args:
        slices: pairs of an image and its mask, from `data.single_mask`.
        seed: of the pseudo-raters.
        size: side of the crops in pixels.
    """
    rng = np.random.default_rng(seed)
    images: List[np.ndarray] = []
    masks: List[np.ndarray] = []
    for image, mask in slices:
        for context in CONTEXTS:
            crop, bits = crop_single_mask(image, mask, rng, size, context)
            images.append(crop)
            masks.append(bits)
    return RaterSlices(np.stack(images), np.stack(masks))
