"""SPA against one mask and clicks, from the log of a study: what each person needed on the same images (paper, 12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.study_log import Entry
from SPASegmentLib.research.evaluation.statistics import has_interval, rounded

#: What is compared, and how it is called.
MEASURES = {
    "seconds": "seconds per image",
    "iterations": "iterations per image",
    "undone": "taken back per image",
    "dice": "Dice with the reference",
    "satisfaction": "satisfaction, 1 to 5",
}
#: The paper's user study on 100 fundus images: seconds with MedSAM and with SPA, iterations with either where stated.
PAPER: Tuple[Tuple[float, float, Optional[float], Optional[float]], ...] = (
    (6.62, 4.34, 4.33, 2.46),
    (7.40, 4.77, 5.60, 3.58),
    (6.91, 4.56, None, None),
    (8.04, 5.03, None, None),
    (7.60, 4.82, None, None),
)


@dataclass(frozen=True)
class Measured:
    """A measure of some pairs of images: mean with SPA, with clicks, SPA minus clicks with its 95 % interval.

    The interval is NaN over fewer images than `statistics.LEAST_GROUPS`.

    Who sees an image for the second time is quicker, whatever the method. So images that were first seen with SPA count
    as much as those first seen with clicks, however many there are of either; where there is one kind only, the figures
    hold the effect of the order, too.
    """

    n: int
    spa: float
    clicks: float
    gap: float
    interval: Tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """What one person, or all together, needed.

    Attributes:
        name: pseudonym; of all together "all", or "all people" where somebody is called so.
        pairs: images that were finished with both methods.
        single: images finished with one method so far.
        gave_up: images on which no mask was accepted, with SPA and with clicks.
        first: pairs of images that were first seen with SPA, and with clicks.
        measures: of `MEASURES`, over the pairs in which both methods came to a mask; what nobody measured is not there.
    """

    name: str
    pairs: int
    single: int
    gave_up: Tuple[int, int]
    first: Tuple[int, int]
    measures: Dict[str, Measured]


Pair = Tuple[Entry, Entry]


def compare(entries: Sequence[Entry]) -> List[Comparison]:
    """Every person, in order of their appearance, and at the end all together.

    Intervals are over images; of all people together an image counts as one, however many people worked on it. They do
    not speak of other people.

    Raises:
        InputError: nobody has finished an image with both methods.
    """
    main = [entry for entry in entries if entry.phase == "main"]
    people = list(dict.fromkeys(entry.participant for entry in main))
    found = [_compare(name, [entry for entry in main if entry.participant == name]) for name in people]
    if not any(one.pairs for one in found):
        raise InputError(
            "Nobody has finished an image with both methods yet; the comparison needs one at least (practice does not "
            "count)."
        )
    return [*found, _compare("all people" if "all" in people else "all", main)]


def _compare(name: str, entries: Sequence[Entry]) -> Comparison:
    pairs = _pairs(entries)
    single = len({(entry.participant, entry.image) for entry in entries}) - len(pairs)
    gave_up = (sum(a.accepted is None for a, _ in pairs), sum(b.accepted is None for _, b in pairs))
    accepted = _accepted(pairs)
    spa_first = sum(map(_spa_was_first, accepted))
    measures = {key: measured for key in MEASURES if (measured := _measure(key, accepted)) is not None}
    return Comparison(name, len(pairs), single, gave_up, (spa_first, len(accepted) - spa_first), measures)


def _spa_was_first(pair: Pair) -> bool:
    return pair[0].place <= pair[1].place


def _pairs(entries: Sequence[Entry]) -> List[Pair]:
    """With SPA and with clicks, of every image that a person has finished with both.

    Of what two programs wrote twice the first counts, as who sees an image again is quicker.
    """
    found: Dict[str, Dict[Tuple[str, str], Entry]] = {"spa": {}, "clicks": {}}
    for entry in entries:
        found[entry.method].setdefault((entry.participant, entry.image), entry)
    spa, clicks = found["spa"], found["clicks"]
    return [(spa[key], clicks[key]) for key in spa if key in clicks]


def _accepted(pairs: Sequence[Pair]) -> List[Pair]:
    return [pair for pair in pairs if all(one.accepted is not None for one in pair)]


def _measure(key: str, pairs: Sequence[Pair]) -> Optional[Measured]:
    known = [pair for pair in pairs if all(getattr(one, key) is not None for one in pair)]
    if not known:
        return None
    (spa, clicks, gap), low, high = _estimates(key, known)
    return Measured(len(known), float(spa), float(clicks), float(gap), (float(low[2]), float(high[2])))


def _estimates(key: str, pairs: Sequence[Pair]) -> np.ndarray:
    """(3, 3) mean, lower and upper bound, each with SPA, with clicks, and SPA minus clicks."""
    values = np.array([[float(getattr(one, key)) for one in pair] for pair in pairs])
    values = np.column_stack([values, values[:, 0] - values[:, 1]])
    first = np.array([_spa_was_first(pair) for pair in pairs])
    images = np.unique([pair[0].image for pair in pairs], return_inverse=True)[1]
    count = int(images.max()) + 1
    bounds = np.full((2, 3), np.nan)
    if has_interval(count):
        draws = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), 2000)
        bounds = np.nanpercentile(_both_orders(values, first, images, draws), [2.5, 97.5], axis=0)
    return np.vstack([_both_orders(values, first, images, np.ones((1, count))), bounds])


def _both_orders(values: np.ndarray, first: np.ndarray, images: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Means of (n, m) values in which both orders count alike, as far as there are both.

    Args:
        values: of n pairs.
        first: (n,) bool, SPA came first.
        images: (n,) number of the pair's image.
        counts: (draws, images) how often each image counts.

    Returns:
        (draws, m).
    """
    means = []
    for one in (first, ~first):
        times = counts[:, images[one]].astype(float)
        total = times.sum(1, keepdims=True)
        means.append(np.where(total > 0, times @ values[one] / np.maximum(total, 1), np.nan))
    there = np.isfinite(means)
    return np.asarray(np.where(there, means, 0.0).sum(0) / np.maximum(there.sum(0), 1))


def intervals(entries: Sequence[Entry], key: str) -> Dict[str, Dict[str, List[float]]]:
    """Mean and 95 % interval of a measure by person and method, as `compare` has them; for plots."""
    out: Dict[str, Dict[str, List[float]]] = {}
    main = [entry for entry in entries if entry.phase == "main"]
    for name in dict.fromkeys(entry.participant for entry in main):
        pairs = _accepted(_pairs([entry for entry in main if entry.participant == name]))
        if pairs:
            spa, clicks, _gap = _estimates(key, pairs).T.tolist()
            out[name] = {"spa": spa, "clicks": clicks}
    return out


def as_record(found: Sequence[Comparison]) -> Dict[str, Any]:
    """For JSON."""
    return {
        one.name: {
            "pairs": one.pairs,
            "single": one.single,
            "first": {"spa": one.first[0], "clicks": one.first[1]},
            "gave_up": {"spa": one.gave_up[0], "clicks": one.gave_up[1]},
            **{key: {**vars(m), "interval": rounded(m.interval)} for key, m in one.measures.items()},
        }
        for one in found
    }
