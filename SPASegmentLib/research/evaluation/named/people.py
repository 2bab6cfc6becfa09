"""What each of the named people of a set wants on every image.

The case of an image is that of ``spa evaluate structures``: the largest part of the majority. A person wants the part
of their own masks that covers most of it; who drew nothing there has no case on that image. The first click lies at the
innermost pixel of what the person wants; the box fits tightly around what most people want, so that it says nothing of
how large this one draws.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

import numpy as np
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.innermost import innermost
from SPASegmentLib.paths import check_given_once
from SPASegmentLib.research.data.shards import unpack
from SPASegmentLib.research.data.structures import StructureSet, open_structures
from SPASegmentLib.research.evaluation.cases import Case, blank, blank_text
from SPASegmentLib.research.evaluation.named.alignment import align
from SPASegmentLib.research.evaluation.structures import LEAST_PIXELS, structure_cases

#: People that it takes to tell what is personal.
LEAST_PEOPLE = 2


@dataclass(frozen=True, eq=False)
class People:
    """Several people's masks of the same images.

    Attributes:
        names: of the people.
        images: of the files, one after the other; numbers of `cases`.
        cases: of each person and image; None where the person drew nothing of the image's case. A case's `raters` are
            what all the people want there who drew it, and `included` is this person.
    """

    names: Tuple[str, ...]
    images: Tuple[str, ...]
    cases: Tuple[Tuple[Optional[Case], ...], ...]

    def patient(self, image: int) -> str:
        """Of an image, to resample whole patients."""
        return next(case.patient or "" for person in self.cases if (case := person[image]) is not None)

    def taken(self, rows: Sequence[int]) -> People:
        """Some of the images, in this order."""
        cases = tuple(tuple(person[row] for row in rows) for person in self.cases)
        return People(self.names, tuple(self.images[row] for row in rows), cases)


def open_people(paths: Sequence[Path], seed: int = 0) -> People:
    """The people of one or several files of the same people.

    Args:
        paths: npz files in the shared format, with `masks` and `raters`.
        seed: of the sessions.

    Raises:
        InputError: a file cannot be read, has no people or other people than the first one, or nothing is left.
    """
    _check_different(paths)
    sets = [open_structures(path) for path in paths]
    for path, one in zip(paths, sets):
        if one.masks is None:
            raise InputError(
                f"{Path(path).name} holds labels and no people's masks; named people need the arrays 'masks' and "
                "'raters'. Measure it with spa evaluate structures."
            )
        if len(one.names) != len(sets[0].names):
            raise InputError(
                f"{Path(path).name} has {len(one.names)} people and {Path(paths[0]).name} has {len(sets[0].names)}; "
                "measure files of different people one by one."
            )
        if one.names != sets[0].names:
            raise InputError(
                f"The people of {Path(path).name} are {', '.join(one.names)}, those of {Path(paths[0]).name} "
                f"{', '.join(sets[0].names)}; measure files of different people one by one."
            )
    if len(sets[0].names) < LEAST_PEOPLE:
        raise InputError(
            f"{Path(paths[0]).name} has one person only; what is personal shows between {LEAST_PEOPLE} people or more."
        )
    images, cases = [], []
    for one in sets:
        for common in structure_cases(one, seed):
            if blank(common.image):  # before anybody works, for all people work on the same images
                raise InputError(f"{blank_text(one.name, common.id.row)} Take it out of the file.")
            images.append(f"{one.name}:{common.id.row}")
            cases.append(_cases_of(one, common))
    if not images:
        raise InputError(
            f"No image of {', '.join(Path(path).name for path in paths)} has a case: a part that most people drew, of "
            f"{LEAST_PIXELS} pixels or more."
        )
    found = People(sets[0].names, tuple(images), tuple(zip(*cases)))
    for name, own in zip(found.names, found.cases):
        if not any(own):
            raise InputError(f"{name} drew nothing that the others drew, too; leave this person out of the file.")
    return found


def _check_different(paths: Sequence[Path]) -> None:
    """Nobody works on the same images twice, and images are known by the name of their file.

    Raises:
        InputError: a file is given twice, or two have one name.
    """
    check_given_once(paths)
    for k, path in enumerate(map(Path, paths)):
        for other in map(Path, paths[:k]):
            if other.stem == path.stem:
                raise InputError(f"{other} and {path} have the same name; rename one of them.")


def _part(mask: np.ndarray, common: np.ndarray) -> Optional[np.ndarray]:
    labels, _ = ndimage.label(mask)
    covered = np.bincount(labels[common])
    covered[0] = 0
    return np.asarray(labels == covered.argmax()) if covered.any() else None


def _cases_of(structures: StructureSet, common: Case) -> List[Optional[Case]]:
    parts = _parts_of(structures, common)
    present = [k for k, part in enumerate(parts) if part is not None]
    raters = np.stack([part for part in parts if part is not None]) if present else np.zeros((0, 1, 1), bool)
    spacing = structures.spacing[common.id.row]
    out: List[Optional[Case]] = [None] * len(parts)
    for place, k in enumerate(present):
        target = raters[place]
        x, y = innermost(target)
        included = np.arange(len(present)) == place
        case = replace(common.id, raters=1 << k, x=x, y=y)
        out[k] = Case(case, common.image, raters, included, target, common.patient, spacing)
    return out


def second_parts(path: Path, first: Sequence[Path], people: People) -> Dict[Tuple[int, int], np.ndarray]:
    """What the same people drew of the same cases with a second program.

    Args:
        path: a file with the same images in the same order, perhaps cut and scaled a little differently
            (`alignment`), and the same people in the same order.
        first: the files of `people`; one.
        people: of them.

    Returns:
        (person, image) -> (h, w) bool in the pixels of the first file; what is missing was not drawn.

    Raises:
        InputError: the files do not belong together.
    """
    if len(first) != 1:
        raise InputError("--second compares with one file; give one --npz.")
    one, other = open_structures(first[0]), open_structures(path)
    if other.masks is None or len(other.names) != len(one.names):
        raise InputError(
            f"{path.name} must hold the masks of the same {len(one.names)} people, in the same order, as "
            f"{Path(first[0]).name}; it has {'labels' if other.masks is None else f'{len(other.names)} people'}."
        )
    if len(one) != len(other):
        raise InputError(_not_the_same(path, first[0], f"it has {len(other)} images instead of {len(one)}"))
    commons = {f"{one.name}:{case.id.row}": case for case in structure_cases(one)}
    out = {}
    for image, name in enumerate(people.images):
        common = commons[name]
        row = common.id.row
        found = align(one.images[row], other.images[row])
        if found is None:
            raise InputError(_not_the_same(path, first[0], f"image {row + 1} is another one"))
        for person, plane in enumerate(unpack(other.masks[row])[: len(other.names)]):
            part = _part(found.carry(plane, common.target.shape), common.target)
            if part is not None:
                out[person, image] = part
    if not out:
        raise InputError(
            f"Nobody has drawn anything of the cases of {Path(first[0]).name} in {path.name}; look at its masks."
        )
    return out


def _not_the_same(path: Path, first: Path, why: str) -> str:
    return (
        f"{path.name} does not hold the same images in the same order as {Path(first).name}: {why}; the two programs "
        "are compared image by image."
    )


def _parts_of(structures: StructureSet, common: Case) -> List[Optional[np.ndarray]]:
    """(h, w) bool of each person: the part of the person's mask that covers most of the case; None if none does."""
    assert structures.masks is not None
    planes = unpack(structures.masks[common.id.row])[: len(structures.names)]
    return [_part(plane, common.target) for plane in planes]
