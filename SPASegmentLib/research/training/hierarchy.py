"""Regions of an image that nobody labelled: a tree of superpixels merged by likeness (Ward), cut where it is stable.

Training on them teaches outlines of things that no label names (ScribblePrompt, Wong et al., arXiv 2312.07381,
section 3.2, does so with superpixels); nested ones are an ambiguity with a meaning, the smaller or the larger thing.
"""

from __future__ import annotations

from typing import List

import numpy as np
from scipy import ndimage, sparse
from sklearn.cluster import ward_tree

from SPASegmentLib.research.data.single_mask import largest_piece

#: Blur in pixels before superpixels are made; each has a tree of its own.
SCALES = (1.0, 2.5)
#: A region is kept if the merge that ends it is this much costlier than the one that made it.
STABLE = 1.25
#: Regions of a tree, and their size in pixels and as a share of the image.
PER_TREE, SMALLEST, LARGEST = 12, 60, 0.5
#: Of a region's outline, at most this share may be the image's border; a disk has the roundness 1.
MOST_BORDER, ROUNDEST = 0.2, 0.2


def stable_regions(image: np.ndarray) -> List[np.ndarray]:
    """The most stable regions of an image, over all scales.

    Args:
        image: (h, w) uint8.

    Returns:
        (h, w) bool masks, connected; many lie within others.
    """
    return [region for scale in SCALES for region in _of_scale(image.astype(np.float32), scale)]


def superpixels(image: np.ndarray, scale: float) -> np.ndarray:
    """(h, w) int labels from 0: basins of the gradient of a blurred image."""
    gradient = ndimage.gaussian_gradient_magnitude(image, scale)
    basins = gradient == ndimage.minimum_filter(gradient, size=int(2 * scale) + 3)
    markers, count = ndimage.label(basins)
    steep = np.clip(gradient / max(float(np.percentile(gradient, 99)), 1e-6), 0, 1) * 255
    found = ndimage.watershed_ift(steep.astype(np.uint8), markers.astype(np.int32))
    return np.asarray(np.unique(found, return_inverse=True)[1]).reshape(image.shape)


def _of_scale(image: np.ndarray, scale: float) -> List[np.ndarray]:
    labels = superpixels(image, scale)
    count = int(labels.max()) + 1
    if count < 8 or image.std() < 1:
        return []
    flat = labels.ravel()
    areas = np.bincount(flat)
    smooth = ndimage.gaussian_filter(image, scale)
    grey = np.bincount(flat, smooth.ravel()) / areas
    rough = np.sqrt(np.maximum(np.bincount(flat, (image - smooth).ravel() ** 2) / areas, 0))
    rows, columns = np.indices(image.shape)
    place = [np.bincount(flat, axis.ravel()) / areas for axis in (rows, columns)]
    # Place counts a little, so that regions of one tree stay compact.
    looks = np.stack([grey, rough, 0.1 * place[0], 0.1 * place[1]], axis=1)
    children, _, leaves, _, costs = ward_tree(looks, connectivity=_neighbours(labels), return_distance=True)
    return _stable(labels, children, leaves, costs)


def _neighbours(labels: np.ndarray) -> sparse.csr_matrix:
    pairs = [(labels[:-1], labels[1:]), (labels[:, :-1], labels[:, 1:])]
    a, b = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    count = int(labels.max()) + 1
    graph = sparse.coo_matrix((np.ones(len(a)), (a, b)), shape=(count, count)).tocsr()
    return ((graph + graph.T) > 0).astype(np.int8)


def _stable(labels: np.ndarray, children: np.ndarray, leaves: int, costs: np.ndarray) -> List[np.ndarray]:
    """Masks of the tree's nodes that look like things, those that outlast their making longest first."""
    total = leaves + len(children)
    members: List[np.ndarray] = [np.array([leaf]) for leaf in range(leaves)]
    sizes = np.zeros(total)
    sizes[:leaves] = np.bincount(labels.ravel(), minlength=leaves)
    made, ended = np.zeros(total), np.full(total, np.inf)
    for k, (a, b) in enumerate(children):
        node = leaves + k
        members.append(np.concatenate([members[a], members[b]]))
        sizes[node] = sizes[a] + sizes[b]
        made[node] = costs[k]
        ended[a] = ended[b] = costs[k]
    stability = ended / np.maximum(made, 1e-3)
    fits = (sizes >= SMALLEST) & (sizes <= LARGEST * labels.size) & np.isfinite(ended) & (made > 0)
    chosen = np.flatnonzero(fits & (stability >= STABLE))
    found: List[np.ndarray] = []
    for node in chosen[_by_size_in_turn(sizes[chosen], stability[chosen])][: 3 * PER_TREE]:
        inside = np.zeros(leaves, bool)
        inside[members[node]] = True
        mask = _smoothed(inside[labels])
        if _is_thing(mask):
            found.append(mask)
    return found[:PER_TREE]


def _by_size_in_turn(sizes: np.ndarray, stability: np.ndarray) -> np.ndarray:
    """An order in which large regions take their turn with small ones; within a size the most stable first."""
    octave = np.floor(np.log(sizes) / np.log(4))
    order = np.argsort(-stability)
    turn = np.zeros(len(sizes))
    for one in np.unique(octave):
        same = order[octave[order] == one]
        turn[same] = np.arange(len(same))
    return np.lexsort((-stability, turn))


def _smoothed(mask: np.ndarray) -> np.ndarray:
    """Without the superpixels' ragged edge and without holes; its largest piece."""
    (box,) = ndimage.find_objects(mask.astype(np.uint8))
    soft = ndimage.gaussian_filter(mask[box].astype(np.float32), 1.0, mode="nearest") > 0.5
    smooth = np.zeros_like(mask)
    if soft.any():
        smooth[box] = ndimage.binary_fill_holes(largest_piece(soft))
    return smooth


def _is_thing(mask: np.ndarray) -> bool:
    """Large enough, no sheet of background along the image's border, and no thread."""
    area = int(mask.sum())
    if area < SMALLEST or area > LARGEST * mask.size:
        return False
    rim = mask & ~ndimage.binary_erosion(mask, border_value=1)
    border = int(mask[0].sum() + mask[-1].sum() + mask[:, 0].sum() + mask[:, -1].sum())
    length = int(rim.sum()) + border
    return border <= MOST_BORDER * length and 4 * np.pi * area >= ROUNDEST * length**2
