"""Evaluation cases: an image, the mask a simulated user wants, and where that user clicks first.

What is random about a case is a `CaseId`, numbers only: lists of them are committed (see `case_lists`), so that two
machines measure the same. For any other file the same numbers are drawn, slice by slice, from a seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, List, Optional, Sequence, Tuple

import numpy as np

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.simulated_user import offset_mask, user_mask
from SPASegmentLib.interaction.types import Click
from SPASegmentLib.research.data.shards import MAX_RATERS, unpack
from SPASegmentLib.research.data.split import kept_for_testing
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.spread import evenly

#: What the user wants: the majority of a random combination of raters (the paper's protocol), a single rater's mask
#: (each in turn), or a mask by a policy, the same on all images of a sequence.
PROTOCOLS = ("combination", "rater", "policy")
#: Masks that a slice must have.
RATERS = 4
#: Users of the policy protocol: a policy (see `simulated_user.user_mask`), and by how many pixels the outline moves.
POLICY_USERS = {
    "largest": ("largest", 0.0),
    "smallest": ("smallest", 0.0),
    "union": ("union", 0.0),
    "intersection": ("intersection", 0.0),
    "majority": ("majority", 0.0),
    "majority -2 px": ("majority", -2.0),
    "majority -1 px": ("majority", -1.0),
    "majority +1 px": ("majority", 1.0),
    "majority +2 px": ("majority", 2.0),
}
#: Images that one user of the policy protocol works on.
SEQUENCE = 12
#: Sequences of the policy protocol; every user works on all of them.
SEQUENCES = 8


@dataclass(frozen=True)
class CaseId:
    """Everything random about a case.

    Attributes:
        file: the data file's name without its suffix.
        row: of the slice in that file.
        raters: the combination of raters as bits of a mask pixel; bit k is rater k.
        x, y: first click, in pixels of the slice.
        seed: of the session and of the user's slips.
    """

    file: str
    row: int
    raters: int
    x: int
    y: int
    seed: int


@dataclass(frozen=True)
class Case:
    """One image with one target.

    Attributes:
        id: which.
        image: (h, w) uint8.
        raters: (r, h, w) bool, the masks of all raters who drew one.
        included: (r,) bool, the raters whose masks the target is made of.
        target: (h, w) bool, what the user wants.
        patient: for intervals over patients, or None.
        spacing: (x, y) of a pixel in mm, or None where it is unknown.
    """

    id: CaseId
    image: np.ndarray
    raters: np.ndarray
    included: np.ndarray
    target: np.ndarray
    patient: Optional[str]
    spacing: Optional[Tuple[float, float]]

    @property
    def group(self) -> str:
        """What intervals resample as one: the patient, or the image where nobody knows whose it is."""
        return self.patient if self.patient is not None else f"image {self.id.file}:{self.id.row}"

    @property
    def click(self) -> Click:
        """The first click, in the area all raters agree on."""
        return Click(float(self.id.x), float(self.id.y))


def draw_ids(
    files: Sequence[EvaluationFile], protocol: str, seed: int = 0, raters: int = RATERS
) -> List[CaseId]:
    """All cases of a protocol, from slices with exactly `raters` masks that have an area all agree on.

    With `raters` 0 from all slices with at least one mask, as in the paper; combinations are of those who drew one.
    Where they share no pixel, the click of the protocol "combination" lies in what is wanted.

    Combinations, clicks and seeds are drawn for each slice by itself, by its row and the place of its file among the
    files, so that a case does not depend on which other slices there are. For the policy protocol the ids come in
    sequences of `SEQUENCE`, of different patients where there are enough; their slices have an area that every user of
    `POLICY_USERS` wants, and the click lies there.

    Raises:
        InputError: unknown protocol, or too few slices fit; the message names the numbers of raters there are.
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"Unknown protocol {protocol!r}; there are {', '.join(PROTOCOLS)}.")
    if protocol == "policy":
        return _draw_sequences(files, seed, raters or RATERS)
    ids: List[CaseId] = []
    for place, file in enumerate(files):
        counts = file.slices.rater_counts()
        for row in np.nonzero(counts == raters if raters else counts > 0)[0]:
            planes = unpack(file.slices.masks[row])
            bits = [k for k in range(MAX_RATERS) if planes[k].any()]
            rng = _draws(seed, int(row), place)
            combination = int(rng.integers(1, 2 ** len(bits)))
            area = np.asarray(planes[bits].all(0))
            if not area.any() and not raters and protocol == "combination":
                chosen = planes[[bit for k, bit in enumerate(bits) if combination >> k & 1]]
                area = 2 * chosen.sum(0) >= len(chosen)
            if not area.any():
                continue
            x, y = _pixel(area, rng)
            case_seed = int(rng.integers(2**31))
            wanted = [combination] if protocol == "combination" else [1 << k for k in range(len(bits))]
            for subset in wanted:
                included = sum(1 << bits[k] for k in range(len(bits)) if subset >> k & 1)
                ids.append(CaseId(file.name, int(row), included, x, y, case_seed))
    if not ids:
        how_many = f"{raters} rater masks" if raters else "rater masks"
        raise InputError(_too_few(files, f"No slice in these files has {how_many} with a common area"))
    return ids


def of_split(ids: Sequence[CaseId], files: Sequence[EvaluationFile], split: Optional[str]) -> List[CaseId]:
    """The cases on slices that are kept for testing by a split (`data.split`); all for None.

    Raises:
        InputError: there is no such split, the patients are not known, a case is of other files, or none is left.
    """
    if split is None:
        return list(ids)
    kept = {file.name: kept_for_testing(split, Path(file.name), len(file.slices), file.patients) for file in files}
    left = [case for case in ids if kept[_file_of(case, files).name][case.row]]
    if not left:
        raise InputError(f"No case of these files is kept for testing by the split {split!r}; give more files.")
    return left


def thinned(ids: Sequence[CaseId], protocol: str, limit: Optional[int]) -> List[CaseId]:
    """At most `limit` cases: evenly spread ones, or for the policy protocol the first whole sequences.

    For the policy protocol the limit counts the images that all users together work on.
    """
    if protocol == "policy":
        count = len(ids) // SEQUENCE
        keep = count if limit is None else max(1, min(count, limit // (SEQUENCE * len(POLICY_USERS))))
        return list(ids[: keep * SEQUENCE])
    return evenly(ids, limit)


def blank(image: np.ndarray) -> bool:
    """Whether an image has the same value everywhere: no session can start on it."""
    return bool(image.min() == image.max())


def blank_text(file: str, row: int) -> str:
    """What is said of such an image.

    Args:
        file: its name without the suffix.
        row: of the image in it, from 0.
    """
    return f"{file}.npz, row {row} (counted from 0): the image has the same value everywhere."


def showing(
    ids: Sequence[CaseId], files: Sequence[EvaluationFile], protocol: str, complain: Callable[[str], None]
) -> List[CaseId]:
    """The cases whose images show something; for the policy protocol the sequences of which all images do.

    Args:
        ids: the cases.
        files: the data.
        protocol: of `PROTOCOLS`.
        complain: called with a sentence for each image that shows nothing.

    Raises:
        InputError: a case is of other files, or none is left.
    """
    images = {file.name: file.slices.images for file in files}
    rows = dict.fromkeys((_file_of(case, files).name, case.row) for case in ids)
    empty = [(name, row) for name, row in rows if blank(images[name][row])]
    for file, row in empty:
        complain(blank_text(file, row))
    step = SEQUENCE if protocol == "policy" else 1
    parts = (ids[first : first + step] for first in range(0, len(ids), step))
    left = [case for part in parts if not any((one.file, one.row) in empty for one in part) for case in part]
    if not left:
        raise InputError("All images of these cases have the same value everywhere; look at the files.")
    return left


def without_blank(cases: Sequence[Case], complain: Callable[[str], None]) -> List[Case]:
    """The cases whose images show something, of which a session can be made; a sentence for each of the others."""
    for case in cases:
        if blank(case.image):
            complain(blank_text(case.id.file, case.id.row))
    return [case for case in cases if not blank(case.image)]


def open_case(case: CaseId, files: Sequence[EvaluationFile], user: Optional[str] = None) -> Case:
    """A case with its image and masks.

    Args:
        case: which.
        files: the data.
        user: of `POLICY_USERS`, who decides what is wanted; None for the majority of the id's raters.

    Raises:
        InputError: the files do not hold this case.
    """
    file = _file_of(case, files)
    planes = unpack(file.slices.masks[case.row])
    height, width = planes.shape[1:]
    if not (0 <= case.x < width and 0 <= case.y < height):
        raise InputError(f"The click of case {case.file}:{case.row} lies outside the image; give its own files.")
    present = planes.any((1, 2))
    chosen = np.array([bool(case.raters >> k & 1) for k in range(MAX_RATERS)]) & present
    raters, included = planes[present], chosen[present]
    if not included.any():
        raise InputError(f"None of the raters of case {case.file}:{case.row} has drawn there.")
    if user is None:
        target = 2 * raters[included].sum(0) >= included.sum()
    else:
        policy, offset = POLICY_USERS[user]
        target = user_mask(raters, policy, offset_px=offset)
    return Case(
        case, file.slices.images[case.row], raters, included, target, file.patient(case.row), file.spacing(case.row)
    )


def _file_of(case: CaseId, files: Sequence[EvaluationFile]) -> EvaluationFile:
    file = next((one for one in files if one.name == case.file), None)
    if file is None or not 0 <= case.row < len(file.slices):
        raise InputError(f"The case {case.file}:{case.row} is not in these files.")
    return file


def _too_few(files: Sequence[EvaluationFile], what: str) -> str:
    """An error's text, with the numbers of raters that there are."""
    counts = sorted({int(n) for file in files for n in np.unique(file.slices.rater_counts())} - {0})
    return (
        f"{what}. They have slices with {', '.join(map(str, counts)) or 'no'} masks; choose with --raters (of spa "
        "evaluate lidc, spa evaluate cases and spa calibrate)."
    )


def _draws(seed: int, row: int, place: int) -> np.random.Generator:
    """What is random about a slice. Draws of the first file are those of lists made when all files had the same."""
    return np.random.default_rng([seed, row, place] if place else [seed, row])


def _pixel(area: np.ndarray, rng: np.random.Generator) -> Tuple[int, int]:
    """A uniformly drawn pixel (x, y) of a mask."""
    ys, xs = np.nonzero(area)
    pick = rng.integers(len(ys))
    return int(xs[pick]), int(ys[pick])


def _draw_sequences(files: Sequence[EvaluationFile], seed: int, raters: int) -> List[CaseId]:
    ids: dict[str, List[CaseId]] = {}
    for place, file in enumerate(files):
        for row in np.nonzero(file.slices.rater_counts() == raters)[0]:
            masks = file.slices.raters(int(row))
            core = masks.all(0) & offset_mask(2 * masks.sum(0) >= len(masks), -2.0)
            if core.any():
                rng = _draws(seed, int(row), place)
                x, y = _pixel(core, rng)
                bits = int(np.bitwise_or.reduce(file.slices.masks[row].ravel()))
                patient = file.patient(int(row)) or f"{file.name}:{row}"
                found = CaseId(file.name, int(row), bits, x, y, int(rng.integers(2**31)))
                ids.setdefault(patient, []).append(found)
    total = sum(len(rows) for rows in ids.values())
    if total < SEQUENCE:
        what = f"Sequences need {SEQUENCE} slices with {raters} rater masks of some size; here are {total}"
        raise InputError(_too_few(files, what))
    # Patients in random order, one slice of each; then the next slice of each; so neighbours are different patients.
    rng = np.random.default_rng([seed, 12])
    queues = [list(rng.permutation(len(ids[p]))) for p in sorted(ids)]
    names, order = sorted(ids), []
    while any(queues):
        for p in rng.permutation(len(names)):
            if queues[p]:
                order.append(ids[names[p]][int(queues[p].pop())])
    count = min(SEQUENCES, len(order) // SEQUENCE)
    return order[: count * SEQUENCE]
