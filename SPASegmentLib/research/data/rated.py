"""What every multi-rater adapter yields, and how it becomes training slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection, Dict, FrozenSet, Iterable, Iterator, List, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.region import resample
from SPASegmentLib.model.normalisation import CLIP_PERCENTILES
from SPASegmentLib.research.data.shards import MAX_RATERS, RaterSlices, pack

#: Sides of the crops around an object, in object extents: close up, and with its surroundings.
CONTEXTS = (2.2, 5.0)


@dataclass(frozen=True)
class RatedImage:
    """One image or slice with the masks of those raters who drew on it.

    Attributes:
        image: (h, w) float32, any unit.
        masks: (h, w) bool by rater number (0 to 7; the same number is the same rater where the data set says who
            drew). A rater without a mask is not in it.
        patient: whom the image is of; sets are split by it.
        name: for messages.
    """

    image: np.ndarray
    masks: Dict[int, np.ndarray]
    patient: str
    name: str

    def __post_init__(self) -> None:
        for rater, mask in self.masks.items():
            if mask.shape != self.image.shape:
                raise InputError(
                    f"{self.name}: the mask of rater {rater + 1} has the size {mask.shape}, the image "
                    f"{self.image.shape}; they must agree."
                )
            if not 0 <= rater < MAX_RATERS:
                raise InputError(f"{self.name}: there can be {MAX_RATERS} raters, and this is number {rater + 1}.")


def rated_slices(images: Iterable[RatedImage], size: int, pieces: bool = False) -> RaterSlices:
    """Crops around what was drawn, in one size and 8 bits, ready for training.

    An image that fits into a crop is stored as it is. In a larger one the crop goes around the object, at the image's
    own resolution where that is large enough, else shrunk with averaging; large objects are stored at two scales.
    Edge pixels continue where a crop leaves the image. A rater whose mask is empty there is missing: nobody clicks to
    get an empty mask.

    Args:
        images: from an adapter.
        size: side of the crops in pixels.
        pieces: each connected piece of what the raters drew together is an object of its own.

    Raises:
        InputError: nothing was drawn in any image, or the adapter finds a fault.
    """
    crops: List[np.ndarray] = []
    masks: List[np.ndarray] = []
    patients: List[str] = []
    for rated in images:
        for one in _pieces(rated) if pieces else (rated,):
            for crop, drawn in _crops(one, size):
                crops.append(to_bytes(crop))
                masks.append(pack(drawn))
                patients.append(one.patient)
    if not crops:
        raise InputError("No rater has drawn anything in any of the images; look at the masks and the label.")
    return RaterSlices(np.stack(crops), np.stack(masks), np.array(patients))


def _pieces(rated: RatedImage) -> Iterator[RatedImage]:
    if not rated.masks:
        return
    labels, count = ndimage.label(np.any(list(rated.masks.values()), axis=0))
    for number in range(1, count + 1):
        piece = labels == number
        yield RatedImage(rated.image, {k: m & piece for k, m in rated.masks.items()}, rated.patient, rated.name)


def _crops(rated: RatedImage, size: int) -> Iterator[Tuple[np.ndarray, np.ndarray]]:
    """(size, size) float32 image and (MAX_RATERS, size, size) bool masks, at one or two scales."""
    planes = np.zeros((MAX_RATERS, *rated.image.shape), bool)
    for rater, mask in rated.masks.items():
        planes[rater] = mask
    ys, xs = np.nonzero(planes.any(0))
    if not len(ys):
        return
    extent = int(max(np.ptp(ys), np.ptp(xs))) + 1
    centre = ((xs.min() + xs.max()) / 2, (ys.min() + ys.max()) / 2)
    sides = [size]
    if max(rated.image.shape) <= size:
        centre = ((rated.image.shape[1] - 1) / 2, (rated.image.shape[0] - 1) / 2)
    else:
        largest = round(1.2 * max(rated.image.shape))
        sides = sorted({max(size, min(round(context * extent), largest)) for context in CONTEXTS})
    for side in sides:
        masks = crop_square(planes, centre, side, size) > 0.5
        if masks.any():
            yield crop_square(rated.image[None], centre, side, size)[0], masks


def crop_square(maps: np.ndarray, centre_xy: Tuple[float, float], side: int, size: int) -> np.ndarray:
    """A square of (n, h, w) maps as (n, size, size) float32.

    Args:
        maps: any scalar type.
        centre_xy: of the square in pixels, rounded so that the square covers whole pixels.
        side: of the square in pixels; where it leaves the maps, their edge continues.
        size: of the result; at ``size == side`` nothing is resampled.
    """
    left, top = (int(np.floor(c - (side - 1) / 2 + 0.5)) for c in centre_xy)
    rows = np.clip(np.arange(top, top + side), 0, maps.shape[1] - 1)
    columns = np.clip(np.arange(left, left + side), 0, maps.shape[2] - 1)
    return resample(maps[:, rows[:, None], columns], (size, size))


def to_bytes(image: np.ndarray) -> np.ndarray:
    """uint8, from the 0.5th to the 99.5th percentile."""
    low, high = np.percentile(image, CLIP_PERCENTILES)
    return (np.clip((image - low) / max(high - low, 1e-6), 0, 1) * 255).astype(np.uint8)


def slices_of(
    image: np.ndarray, masks: Dict[int, np.ndarray], patient: str, name: str, axis: int = -1
) -> Iterator[RatedImage]:
    """A 2D image as it is; of a volume the slices along an axis on which somebody drew."""
    if image.ndim == 2:
        yield RatedImage(image, masks, patient, name)
        return
    for rater, mask in masks.items():
        if mask.shape != image.shape:
            raise InputError(
                f"{name}: the mask of rater {rater + 1} has the size {mask.shape}, the image {image.shape}; they must "
                "agree."
            )
    for k in range(image.shape[axis]):
        drawn = {rater: np.take(mask, k, axis) for rater, mask in masks.items()}
        drawn = {rater: mask for rater, mask in drawn.items() if mask.any()}
        if drawn:
            yield RatedImage(np.take(image, k, axis), drawn, patient, f"{name}, slice {k}")


def patients_kept_out(slices: RaterSlices, every: int) -> FrozenSet[str]:
    """Every n-th patient of some slices, by name; nobody for 0.

    Raises:
        InputError: the slices do not say whom they are of, or nobody would be left to train on.
    """
    if not every:
        return frozenset()
    if slices.patients is None:
        raise InputError("To hold patients out, the data must say whom each slice is of; see hold_out_every.")
    names = sorted(set(slices.patients.tolist()))
    if len(names[::every]) == len(names):
        raise InputError(f"hold_out_every: {every} leaves no patient to train on; there are {len(names)} patients.")
    return frozenset(names[::every])


def of_patients(slices: RaterSlices, names: Collection[str], others: bool = False) -> RaterSlices:
    """The slices of some patients, or of all others; slices that do not say whom they are of are of others.

    Raises:
        InputError: there are none.
    """
    if slices.patients is None:
        rows = np.arange(len(slices) if others else 0)
    else:
        rows = np.nonzero(np.isin(slices.patients, list(names)) != others)[0]
    if not len(rows):
        raise InputError(f"hold_out_every leaves no patient {'to train on' if others else 'out'}; look at the sources.")
    return slices if len(rows) == len(slices) else slices.take(rows)


def split_by_patient(slices: RaterSlices, every: int, held_out: bool = False) -> RaterSlices:
    """The slices of all patients but every n-th, or (held out) of those.

    Args:
        slices: with patients, unless n is 0.
        every: n; 0 holds nobody out.
        held_out: which part.

    Raises:
        InputError: the slices do not say whom they are of, or one of the parts would be empty.
    """
    return of_patients(slices, patients_kept_out(slices, every), others=not held_out)
