"""Fits how far network, accepted masks and image are believed through a volume (`interaction.belief`).

On volumes that training may use: some slices get a mask as a user would accept it, a little off what was drawn; the
slices between them, towards the end and beyond are computed as in use, and what is true of them is known. Straight
logistic and linear regressions give the few numbers; they go into the card of the weights.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.belief import KINDS, SMALL, Belief, Kind, outline_terms
from SPASegmentLib.interaction.fill import NOTHING, Anchor, Expected, Filler, View
from SPASegmentLib.interaction.patch import Patch
from SPASegmentLib.interaction.shape_family import SHAPE_LATENTS, ShapeFamily
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.model.card import card_file, read_card, write_card
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.model.use import load
from SPASegmentLib.paths import card_beside, check_given_once
from SPASegmentLib.research.data.stacks import Stack, folder_stacks, largest_part, shard_stacks

#: How far accepted masks are off what the user has in mind: standard deviation of the shape latents (Dice about 0.92).
SLOPPINESS = 0.6
#: Slices between accepted masks that are tried, how often each, and slices that are followed beyond the true end.
GAPS, TRIES, PAST = (2, 4, 8, 14), 2, 8
#: Slices that numbers of their own are fitted on at least.
FEWEST = 20
#: Pixels of a slice that the outline is fitted on.
PIXELS = 150
#: Uncertainties that are tried: in pixels, and per mm of gap.
OWN, PER_MM = (0.5, 1.0, 2.0), (0.02, 0.05, 0.1, 0.2, 0.4)


@dataclass
class Observed:
    """Slices as they were seen, and what is true of them.

    Attributes:
        views: what was seen.
        truths: (height, width) bool of each.
        ends: whether the volume's structure has ends, so that the slice tells something of presence.
        weights: of each; every volume has the same in sum.
    """

    views: List[View] = field(default_factory=list)
    truths: List[np.ndarray] = field(default_factory=list)
    ends: List[bool] = field(default_factory=list)
    weights: List[float] = field(default_factory=list)

    def of(self, kind: Kind, small: Optional[bool] = None) -> Observed:
        """Slices of a kind that show the structure.

        Args:
            kind: of slices.
            small: small structures, or large ones, those from whole volumes alone: the size of a nodule's pixels is not
                known, and the weights know lungs better than anything else; None for all.
        """
        rows = [
            row
            for row, (view, truth, whole) in enumerate(zip(self.views, self.truths, self.ends))
            if view.expected.kind == kind
            and truth.any()
            and (small is None or ((view.largest < SMALL) == small and (small or whole)))
        ]
        parts = (self.views, self.truths, self.ends, self.weights)
        return Observed(*([values[row] for row in rows] for values in parts))  # type: ignore[arg-type]


def observe(
    network: Network, stacks: Sequence[Stack], belief: Belief, progress: Optional[Callable[[int, int], None]] = None
) -> Observed:
    """Go through volumes with accepted masks on some slices.

    Args:
        network: whatever runs it.
        stacks: volumes with the mask of one structure.
        belief: that slices beyond are followed with.
        progress: called with (volumes done, in all), at the start and after each.
    """
    found = Observed()
    if progress is not None:
        progress(0, len(stacks))
    for number, stack in enumerate(stacks):
        views = list(_views(network, stack, belief, np.random.default_rng([7, number])))
        found.views += views
        found.truths += [stack.mask[view.expected.index] for view in views]
        found.ends += [not stack.cut] * len(views)
        found.weights += [1.0 / len(views)] * len(views)
        if progress is not None:
            progress(number + 1, len(stacks))
    return found


def _views(network: Network, stack: Stack, belief: Belief, rng: np.random.Generator) -> Iterator[View]:
    filler = Filler(network, stack.frame, stack.spacing[2], belief)
    first, last = stack.ends
    versions = iter(range(1, 10_000))

    def anchor(index: int) -> Tuple[int, Anchor]:
        mask = imprecise(stack.mask[index], stack.spacing[:2], rng)
        return index, Anchor(Patch.of(mask), next(versions))

    there = [k for k in range(first, last + 1) if stack.mask[k].any()]
    for gap in GAPS:
        for _ in range(TRIES):
            starts = [k for k in there if k + gap in there]
            if starts:
                bottom = int(rng.choice(starts))
                inside = {bottom + gap // 2, bottom + int(rng.integers(1, gap))}
                ends = anchor(bottom), anchor(bottom + gap)
                yield from _seen(filler, [filler.expected_between(k, *ends) for k in sorted(inside)])
    largest = int(stack.mask.sum(axis=(1, 2)).argmax())
    for start in (largest, int(rng.choice(there))):
        known = anchor(start)
        for step, limit in ((1, last), (-1, first)):
            if not stack.cut and abs(limit - start) > 1:
                end = (limit + step, Anchor(NOTHING, 0))
                low, high = sorted((known, end), key=lambda mark: mark[0])
                inside = {int(rng.integers(low[0] + 1, high[0])) for _ in range(TRIES)}
                yield from _seen(filler, [filler.expected_between(k, low, high) for k in sorted(inside)])
            before, past = known[1].mask, 0 if stack.cut else PAST
            for k in range(start + step, limit + step * (past + 1), step):
                try:
                    expected = filler.expected_beyond(k, known, before)
                except InputError:
                    break
                yield (view := filler.view(expected))
                before = filler.judge(view).map_mask
                if not before.values.any():
                    break


def _seen(filler: Filler, expected: Sequence[Expected]) -> Iterator[View]:
    for one in expected:
        if one.prior.values.any():
            yield filler.view(one)


def imprecise(mask: np.ndarray, spacing: Tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """A (h, w) bool mask as a user might accept it who has `mask` in mind."""
    family = ShapeFamily.around(mask, spacing, None)
    near = family.field(SLOPPINESS * rng.standard_normal((1, SHAPE_LATENTS)))[0].reshape(mask.shape) > 0
    return near if near.any() and not near.all() else mask


def fit(observed: Observed, known: Belief) -> Tuple[Belief, Dict[str, Any]]:
    """The numbers, and how good they are.

    Those of slices beyond, and of presence, stay what they are. A structure is followed to its end by masks that shrink
    as they are followed; a row that is fitted on the slices that show the structure does not shrink, and then nothing
    tells presence: one mask on 13 training volumes had a Dice of 0.40 with such a row, 0.67 with presence fitted on
    what it follows, and 0.81 with these.

    Args:
        observed: slices, those beyond followed with `known`.
        known: numbers to keep.

    Raises:
        InputError: there is too little to fit them on.
    """
    outline = fit_outlines(observed, known)
    start = Belief(outline, known.presence)
    maps = [view.map_under(start) for view in observed.views]
    signs = [view.signs(map_) for view, map_ in zip(observed.views, maps)]
    there = np.array([bool(truth.any()) for truth in observed.truths])
    reached = np.array([_dice(map_, truth) for map_, truth in zip(maps, observed.truths)])
    ends, weights = np.array(observed.ends), np.array(observed.weights)
    if there[ends].all() or not there.any():
        raise InputError("Give volumes in which the structure ends; on these, it is on every slice.")
    kinds = np.array([view.expected.kind for view in observed.views])
    beyond = ends & (kinds == "beyond")
    dices = _linear(np.stack([one.vector() for one in signs])[there], reached[there], weights[there])
    belief = replace(start, dice=_numbers(dices))
    told = np.array([belief.presence_of(one) for one in signs])
    expected = np.array([belief.dice_of(one) for one in signs])
    facts: Dict[str, Any] = {
        "n_slices": len(signs),
        "presence_right": round(float(np.average((told > 0.5) == there, weights=weights)), 4),
        "presence_right_beyond": _share(((told > 0.5) == there)[beyond]),
        "dice_error": round(float(np.abs(expected - reached)[there].mean()), 4),
    }
    for kind in KINDS:
        of_kind = there & (kinds == kind)
        prior = [dice(_on(view), truth) for view, truth, use in zip(observed.views, observed.truths, of_kind) if use]
        facts[f"dice_{kind}"] = [_share(np.array(prior)), _share(reached[of_kind])]
    return belief, facts


def calibrate_volumes(
    weights: Path,
    folders: Sequence[Path],
    npz: Sequence[Path] = (),
    index: Optional[Path] = None,
    patients: Sequence[str] = (),
    skip: Sequence[str] = (),
    limit: Optional[int] = None,
    progress: Optional[Callable[[int, int], None]] = None,
    complain: Callable[[str], None] = lambda text: None,
) -> Dict[str, Any]:
    """Fit the numbers and write them into the card beside the weights.

    Args:
        weights: a .safetensors file.
        folders: with volumes that training may use, in one of the layouts of `data.single_mask.find_pairs`.
        npz: shards of multi-rater slices.
        index: list of their slices.
        patients: to use; empty for all.
        skip: patients that are left out.
        limit: volumes of each folder, and stacks, at most, evenly spread; None for all.
        progress: called with (volumes done, in all).
        complain: called with a sentence for each folder or volume that cannot be used.

    Returns:
        How good they are: Dice of slices as expected by the masks alone, and as found; slices whose presence is told
        rightly; mean error of the expected Dice.

    Raises:
        InputError: the volumes cannot be used or hold too little.
        WeightsError: the weights cannot be used.
        OutputError: the card cannot be written.
    """
    if bool(npz) != (index is not None):
        raise InputError("Shards and the list of their slices belong together; give --npz and --index.")
    card, network = read_card(card_file(Path(weights))), load(weights).network
    check_given_once((*folders, *npz))
    refused: List[str] = []

    def left_out(text: str) -> None:
        refused.append(text)
        complain(text)

    stacks = [one for one in folder_stacks(folders, None, patients, limit, left_out) if one.patient not in skip]
    # Going through a volume is about one structure; of many small ones the largest is taken.
    stacks = [replace(one, mask=largest_part(one.mask)) for one in stacks]
    if index is not None:
        stacks += [one for one in shard_stacks(npz, index, limit, patients) if one.patient not in skip]
    if not stacks:
        raise InputError(f"No volume can be used. {refused[0] if refused else 'There is none of these patients.'}")
    belief, facts = fit(observe(network, stacks, Belief(), progress), Belief())
    facts = {"n_volumes": len(stacks), **facts, "files": [Path(path).name for path in (*folders, *npz)]}
    calibration = {**card.calibration, "volumes": {**asdict(belief), "measured": facts}}
    write_card(replace(card, calibration=calibration), card_beside(Path(weights)))
    return facts


def fit_outlines(observed: Observed, known: Belief) -> Tuple[Tuple[float, ...], ...]:
    """The rows of `Belief.outline`.

    Between accepted masks large and small structures differ, and a size that is rare gets a row of all sizes; towards
    an end there is one row for all. The rows of slices beyond are those of `known`; see `fit`.

    Raises:
        InputError: there are no slices of a kind.
    """
    between, ending = (_some(observed.of(kind), kind) for kind in KINDS[:2])
    sizes = [observed.of("between", small) for small in (False, True)]
    enough = [one if len(one.views) >= FEWEST else between for one in sizes]
    rows = [_fit_outline(one) for one in enough]
    return (*rows, *2 * (_fit_outline(ending),), *known.outline[-2:])


def _some(observed: Observed, kind: Kind) -> Observed:
    if not observed.views:
        raise InputError(f"There are too few slices {kind} accepted masks; give more volumes.")
    return observed


def _fit_outline(observed: Observed) -> Tuple[float, ...]:
    """Uncertainty and weights of the pixels of slices."""
    rng = np.random.default_rng(1)
    columns: List[np.ndarray] = []
    for view, truth, weight in zip(observed.views, observed.truths, observed.weights):
        distance = view.parts[0]
        radius = np.sqrt(view.largest * view.expected.frame.pixel_area / np.pi)
        rows, cols = np.nonzero(distance > -max(0.6 * radius, 4 * min(view.expected.frame.spacing)))
        pick = rng.integers(len(rows), size=PIXELS)
        rows, cols = rows[pick], cols[pick]
        window = view.expected.window
        pixel = np.full(PIXELS, min(view.expected.frame.spacing))
        parts = [part[rows, cols] for part in view.parts]
        wanted = truth[rows + window.top, cols + window.left]
        columns.append(
            np.stack([*parts, pixel, np.full(PIXELS, view.gap_mm), wanted.astype(float), np.full(PIXELS, weight)])
        )
    distance, seen, evidence, pixel, gap, wanted, weights = np.concatenate(columns, axis=1)
    best: Tuple[float, Tuple[float, ...]] = (np.inf, ())
    for own in OWN:
        for per_mm in PER_MM:
            sigma = own * pixel + per_mm * gap
            terms = outline_terms((distance / sigma, seen, evidence), 1.0).T.astype(np.float64)
            found = _logistic(terms, wanted, weights, 1e-3)
            score = _loss(found, terms, wanted, weights)
            if score < best[0]:
                best = (score, (own, per_mm, *(round(float(value), 4) for value in found)))
    return best[1]


def _loss(at: np.ndarray, x: np.ndarray, wanted: np.ndarray, weights: np.ndarray) -> float:
    margin = (x @ at) * (2 * wanted - 1)
    return float(np.average(np.logaddexp(0.0, -margin), weights=weights))


def _logistic(x: np.ndarray, wanted: np.ndarray, weights: np.ndarray, ridge: float) -> np.ndarray:
    """Weights of the columns of (n, m) x, of which the first is a constant, for the logit of what is wanted."""
    share = weights / weights.sum()

    def loss(at: np.ndarray) -> Tuple[float, np.ndarray]:
        value = _loss(at, x, wanted, weights) + 0.5 * ridge * float(at[1:] @ at[1:])
        slope = x.T @ (share * (expit(x @ at) - wanted))
        slope[1:] += ridge * at[1:]
        return value, slope

    return np.asarray(minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x)


def _linear(x: np.ndarray, wanted: np.ndarray, weights: np.ndarray, ridge: float = 1e-3) -> np.ndarray:
    share = weights / weights.sum()
    square = x.T @ (share[:, None] * x) + ridge * np.diag([0.0, *np.ones(x.shape[1] - 1)])
    return np.linalg.solve(square, x.T @ (share * wanted))


def _numbers(values: np.ndarray) -> Tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)


def _on(view: View) -> np.ndarray:
    return view.expected.prior.whole(view.expected.frame.shape)


def _dice(map_: Patch, truth: np.ndarray) -> float:
    return dice(map_.whole((truth.shape[0], truth.shape[1])) > 0.5, truth)


def _share(values: np.ndarray) -> Optional[float]:
    return round(float(values.mean()), 4) if values.size else None
