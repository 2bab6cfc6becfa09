"""Whole synthetic images with plain objects of any size, on crops of which `training.widen` has one each.

Seen through a region inside of it, a large plain object has no outline at all, only noise. Labelled sets have few such
objects, so networks that know only those find an outline in the noise, and are sure of it.
"""

from __future__ import annotations

from typing import List, Optional, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.research.training.objects import ImageObject, ObjectPool, around
from SPASegmentLib.research.training.widen import smooth_noise, warped_ellipse

#: Sides of the images in pixels, and radii of their objects: in pixels, and as a share of the shorter side.
SIDES = (96, 320)
SMALLEST_RADIUS, LARGEST_RADIUS = 6.0, 0.36
#: Objects of an image, and how often the next one lies inside the one before.
MOST_OBJECTS, NESTED = 5, 0.4
#: How often the ground has one grey level, and how often there is no noise with a correlation length.
PLAIN_GROUND, PLAIN_NOISE = 0.5, 0.5
#: Pixels between objects that do not lie in each other.
APART = 3


def scenes(count: int, seed: int) -> ObjectPool:
    """Images with nested and separate objects, which are drawn as often as they are wide.

    Args:
        count: of images.
        seed: decides everything.
    """
    rng = np.random.default_rng(seed)
    images: List[np.ndarray] = []
    objects: List[ImageObject] = []
    for row in range(count):
        image, masks = scene(rng)
        images.append(image)
        objects += [around(mask, row, float(np.sqrt(mask.sum())), rng) for mask in masks]
    return ObjectPool(images, objects)


def scene(rng: np.random.Generator) -> Tuple[np.ndarray, List[np.ndarray]]:
    """An image and the objects on it.

    Args:
        rng: decides everything.

    Returns:
        (h, w) uint8, and (h, w) bool masks, at least one, each in one piece and without holes. Two of them are apart,
        or one contains the other.
    """
    height, width = (int(side) for side in rng.integers(*SIDES, size=2))
    masks: List[np.ndarray] = []
    wanted = int(rng.integers(1, MOST_OBJECTS + 1))
    while len(masks) < wanted:
        inside = masks[-1] if masks and rng.random() < NESTED else None
        mask = _object((height, width), inside, rng)
        if mask is not None and _fits(mask, masks, inside):
            masks.append(mask)
        elif masks:  # a full image has fewer
            wanted -= 1
    return _painted((height, width), masks, rng), masks


def _object(shape: Tuple[int, int], inside: Optional[np.ndarray], rng: np.random.Generator) -> Optional[np.ndarray]:
    """(h, w) bool, at a place of its own or in the middle of another one; None if it falls to pieces."""
    largest = LARGEST_RADIUS * min(shape)
    cy, cx = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
    if inside is not None:
        largest = 0.7 * float(np.sqrt(inside.sum() / np.pi))
        cy, cx = ndimage.center_of_mass(inside)
    if largest <= SMALLEST_RADIUS:
        return None
    radius = float(np.exp(rng.uniform(np.log(SMALLEST_RADIUS), np.log(largest))))
    mask = warped_ellipse(shape, (cy, cx), radius, rng.uniform(1.0, 2.2), rng.uniform(0, np.pi), rng)
    parts, _ = ndimage.label(mask)
    middle = parts[int(cy), int(cx)]
    return np.asarray(ndimage.binary_fill_holes(parts == middle)) if middle else None


def _fits(mask: np.ndarray, others: List[np.ndarray], inside: Optional[np.ndarray]) -> bool:
    """Large enough, within what it is to lie in, and apart from the others."""
    wide = ndimage.binary_dilation(mask, iterations=APART)
    if mask.sum() < SMALLEST_RADIUS**2 or (inside is not None and not inside[wide].all()):
        return False
    return all(other[wide].all() or not other[wide].any() for other in others)


def _painted(shape: Tuple[int, int], masks: List[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """(h, w) uint8: each object has a contrast with what it lies on, an edge that may be soft, and noise."""
    image = np.full(shape, rng.uniform(0, 1), np.float32)
    if rng.random() >= PLAIN_GROUND:
        fields = [smooth_noise(shape, rng.uniform(5, 40), rng) for _ in range(rng.integers(2, 5))]
        image = rng.uniform(0, 1, len(fields)).astype(np.float32)[np.argmax(np.stack(fields), axis=0)]
        image *= rng.uniform(0.2, 1.0)
    for mask in sorted(masks, key=np.sum, reverse=True):
        soft = ndimage.gaussian_filter(mask.astype(np.float32), rng.uniform(0.4, 2.5))
        inside = np.median(image[mask]) + rng.choice([-1, 1]) * rng.uniform(0.15, 0.9)
        image = image * (1 - soft) + inside * soft
    if rng.random() >= PLAIN_NOISE:
        image += rng.uniform(0, 0.15) * smooth_noise(shape, rng.uniform(1, 4), rng)
    image += rng.uniform(0, 0.12) * rng.standard_normal(shape)
    image = ndimage.gaussian_filter(image, rng.choice([0.0, 0.5, 1.0]))
    # Not clipped to percentiles, as read images are: small objects would vanish.
    return ((image - image.min()) / np.ptp(image) * 255).astype(np.uint8)
