"""Training material in which an image has many objects: parts, whole classes, unions, regions nobody labelled.

A click rarely says which of the things under it is meant. So an object is drawn, a click in it, and with the masks of
the people who outlined it now and then those of other things under the same click, smaller or larger.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Dict, List, Mapping, Sequence

import numpy as np
from scipy import ndimage

from SPASegmentLib.interaction.looks import LARGEST_SIDE
from SPASegmentLib.research.data.structures import StructureSet
from SPASegmentLib.research.training.drawing import Drawn, combination, combine
from SPASegmentLib.research.training.hierarchy import stable_regions
from SPASegmentLib.research.training.widen import pseudo_raters

#: Objects of fewer pixels, or of more than this share of the image, are left out.
SMALLEST, LARGEST = 40, 0.7
#: Of an image's weight: whole classes with several parts, and unions of classes that touch.
WHOLE, UNIONS = 0.2, 0.15
#: Classes from which on (teeth, vertebrae) neighbours are not one thing.
MOST_CLASSES = 9
#: How often a mask that other users may want is another thing under the click.
OTHER_THING = 0.2
#: People disagree less about an organ's outline than about a nodule's.
SPREAD = 0.5
#: How often a region has any size, not one that fits the object: more often than on crops around nodules, for the looks
#: at a whole organ are many.
ANY_SIZE = 0.4
#: The smallest region, as a share of the object: one that shows nothing but its inside.
CLOSEST = 0.25
#: Pixels around an object in which pseudo-raters' outlines may lie.
MARGIN = 6


@dataclass(frozen=True, eq=False)
class ImageObject:
    """An object on an image.

    Attributes:
        row: of the image.
        top, left: of the masks on the image.
        masks: (r, h, w) bool, one for each person who outlined it; none is empty.
        weight: how often it is drawn.
    """

    row: int
    top: int
    left: int
    masks: np.ndarray
    weight: float

    def covers(self, y: int, x: int) -> bool:
        """At least half of its people have the pixel."""
        y, x = y - self.top, x - self.left
        inside = 0 <= y < self.masks.shape[1] and 0 <= x < self.masks.shape[2]
        return inside and 2 * int(self.masks[:, y, x].sum()) >= len(self.masks)


@dataclass(frozen=True)
class SetInPool:
    """A set that a pool was made of, for the model card.

    Attributes:
        name: of its file.
        rows: of its images.
        facts: licence, source and citation, as far as they are known.
    """

    name: str
    rows: range
    facts: Mapping[str, str]

    def attribution(self) -> str:
        """In one line."""
        known = [self.facts[key] for key in ("licence", "citation", "source") if key in self.facts]
        return f"{self.name}: {'; '.join(known) or 'no licence is stated'}"


class ObjectPool:
    """Images with their objects, to draw training rows from.

    Args:
        images: (h, w) uint8 each.
        objects: on them.
        sets: that they are of.
    """

    def __init__(
        self, images: Sequence[np.ndarray], objects: Sequence[ImageObject], sets: Sequence[SetInPool] = ()
    ) -> None:
        self.images, self.objects, self.sets = list(images), list(objects), list(sets)
        self._on: Dict[int, List[ImageObject]] = {}
        for one in self.objects:
            self._on.setdefault(one.row, []).append(one)

    def __len__(self) -> int:
        return len(self.objects)

    def weights(self) -> np.ndarray:
        """(n,) of the objects."""
        return np.array([one.weight for one in self.objects])

    def shares(self) -> Dict[str, float]:
        """How much of what is drawn is of each set; they sum to 1."""
        weights, rows = self.weights(), np.array([one.row for one in self.objects])
        return {one.name: float(weights[np.isin(rows, one.rows)].sum() / weights.sum()) for one in self.sets}

    def digest(self) -> str:
        """Checksum of all pixels and outlines: the same for the same images and objects, wherever they come from."""
        found = hashlib.blake2b(digest_size=16)
        for array in (*self.images, *(one.masks for one in self.objects)):
            found.update(repr((array.shape, array.dtype.str)).encode())
            found.update(np.ascontiguousarray(array).data)
        found.update(np.array([(one.row, one.top, one.left) for one in self.objects]).tobytes())
        return found.hexdigest()

    def draw(self, weight: np.ndarray, rng: np.random.Generator, targets: int) -> Drawn:
        """An object, a click in it, and `targets` masks that users who click there may want.

        Args:
            weight: (n,) of the objects, of sum 1.
            rng: decides everything.
            targets: the first one is the user's.
        """
        one = self.objects[int(rng.choice(len(self.objects), p=weight))]
        image = self.images[one.row]
        agreed = np.asarray(one.masks.all(0))
        click = _click(agreed if agreed.any() else np.asarray(one.masks.any(0)), rng)
        y, x = click[0] + one.top, click[1] + one.left
        others = [other for other in self._on[one.row] if other is not one and other.covers(y, x)]
        wanted = np.zeros((targets, *image.shape), bool)
        for k in range(targets):
            other = k > 0 and others and rng.random() < OTHER_THING
            _paste(wanted[k], others[rng.integers(len(others))] if other else one, rng)
        ys, xs = np.nonzero(one.masks.any(0))
        extent = float(max(np.ptp(ys), np.ptp(xs)) + 1)
        click_xy, largest = np.array([x, y], float), LARGEST_SIDE * max(image.shape)
        return Drawn(image, wanted, click_xy, extent, 1.0, largest, ANY_SIZE, CLOSEST)


def _click(inside: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(y, x) of a pixel inside; every second one is the deeper of two."""
    ys, xs = np.nonzero(inside)
    picks = rng.integers(len(ys), size=2)
    if rng.random() < 0.5:
        depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
        picks = picks[np.argsort(-depth[ys[picks], xs[picks]])]
    return np.array([ys[picks[0]], xs[picks[0]]])


def _paste(whole: np.ndarray, one: ImageObject, rng: np.random.Generator) -> None:
    """Draw what some of an object's people agree on into a mask of the image."""
    height, width = one.masks.shape[1:]
    drawn = combine(one.masks, combination(len(one.masks), rng))
    whole[one.top : one.top + height, one.left : one.left + width] = drawn


def objects_of(structures: StructureSet, row: int, start: int, rng: np.random.Generator) -> List[ImageObject]:
    """All objects of an image with labels or people's masks; their weights sum to 1, if there are any.

    Args:
        structures: the file.
        row: of the image in it.
        start: added to the row in the objects.
        rng: draws pseudo-raters around labels.
    """
    where = start + row
    if structures.labels is None:
        found = _peoples_objects(structures.people(row), where)
    else:
        found = _labelled_objects(structures, row, where, rng)
    total = sum(one.weight for one in found)
    return [replace(one, weight=one.weight / total) for one in found]


def pool_of(sets: Sequence[StructureSet], favour: Mapping[str, float], regions: float, seed: int) -> ObjectPool:
    """The objects of several sets, each set by the square root of its images, each image alike within its set.

    Args:
        sets: with labels or people's masks.
        favour: factor on how often a set is drawn, by name.
        regions: share of objects that nobody labelled.
        seed: of pseudo-raters.
    """
    images: List[np.ndarray] = []
    objects: List[ImageObject] = []
    origins: List[SetInPool] = []
    for structures in sets:
        rng = np.random.default_rng([seed, len(images)])
        by_image = favour.get(structures.name, 1.0) / np.sqrt(len(structures))
        for row in range(len(structures)):
            for share, found in (
                (1 - regions, objects_of(structures, row, len(images), rng)),
                (regions, region_objects(structures.images[row], len(images) + row, rng) if regions else []),
            ):
                objects += [replace(one, weight=share * by_image * one.weight) for one in found]
        origins.append(SetInPool(structures.name, range(len(images), len(images) + len(structures)), structures.facts))
        images += structures.images
    return ObjectPool(images, objects, origins)


def region_objects(image: np.ndarray, row: int, rng: np.random.Generator) -> List[ImageObject]:
    """Regions of an image that nobody labelled; the weights sum to 1, if there are any."""
    masks = stable_regions(image)
    return [around(mask, row, 1.0 / len(masks), rng) for mask in masks]


def _peoples_objects(people: np.ndarray, row: int) -> List[ImageObject]:
    """Pieces of what anybody drew, each with the masks of those who drew there."""
    found: List[ImageObject] = []
    if not len(people):
        return found
    pieces, count = ndimage.label(people.any(0))
    for number, box in enumerate(ndimage.find_objects(pieces), start=1):
        drawn = people[(slice(None), *box)] & (pieces[box] == number)
        drawn = drawn[drawn.any(axis=(1, 2))]
        area = int((2 * drawn.sum(0) >= len(drawn)).sum())
        if _fits(area, pieces.size):
            found.append(ImageObject(row, box[0].start, box[1].start, drawn, float(np.sqrt(area) * len(drawn))))
    return found


def _labelled_objects(structures: StructureSet, row: int, where: int, rng: np.random.Generator) -> List[ImageObject]:
    classes = structures.classes(row)
    found: List[ImageObject] = []
    for mask in classes.values():
        parts = _parts(mask)
        share = 1.0 if not structures.by_instance else float(np.sqrt(mask.sum()))
        whole = WHOLE if len(parts) > 1 and not structures.by_instance and _fits(int(mask.sum()), mask.size) else 0.0
        roots = np.array([np.sqrt(part.sum()) for part in parts])
        for part, root in zip(parts, roots):
            found.append(around(part, where, share * (1 - whole) * root / roots.sum(), rng))
        if whole:
            found.append(around(mask, where, share * whole, rng))
    if not structures.by_instance and len(structures.names) <= MOST_CLASSES:
        unions = _unions(list(classes.values()))
        share = UNIONS * sum(one.weight for one in found)
        found += [around(union, where, share / len(unions), rng) for union in unions]
    return found


def _parts(mask: np.ndarray) -> List[np.ndarray]:
    labels, count = ndimage.label(mask)
    areas = np.bincount(labels.ravel())[1:]
    return [labels == number for number, area in enumerate(areas, start=1) if _fits(int(area), mask.size)]


def _unions(masks: Sequence[np.ndarray]) -> List[np.ndarray]:
    """Pairs of classes that touch, and all of them together: the largest piece of each, if it holds more than one."""
    pairs = [(a, b) for k, a in enumerate(masks) for b in masks[k + 1 :]]
    unions = [a | b for a, b in pairs if (ndimage.binary_dilation(a) & b).any()]
    if len(masks) > 2:
        unions.append(np.any(masks, axis=0))
    largest = [max(_parts(union), key=np.sum, default=None) for union in unions]
    return [union for union in largest if union is not None]


def _fits(area: int, pixels: int) -> bool:
    return SMALLEST <= area <= LARGEST * pixels


def around(mask: np.ndarray, row: int, weight: float, rng: np.random.Generator) -> ImageObject:
    """An object with one known outline, that three more people would have drawn a little differently.

    Args:
        mask: (h, w) bool on the image, not empty.
        row: of the image.
        weight: how often it is drawn.
        rng: draws the other three (`pseudo_raters`).
    """
    ys, xs = np.nonzero(mask)
    top, left = max(int(ys.min()) - MARGIN, 0), max(int(xs.min()) - MARGIN, 0)
    piece = mask[top : int(ys.max()) + MARGIN + 1, left : int(xs.max()) + MARGIN + 1]
    raters = pseudo_raters(piece, rng, 3, SPREAD)
    return ImageObject(row, top, left, np.concatenate([piece[None], raters]), weight)
