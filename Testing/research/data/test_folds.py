"""Folds of the images of a set, and a set without some images or people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.folds import FOLDS, digest, folds, weights_of
from SPASegmentLib.research.data.structures import StructureSet, open_structures
from SPASegmentLib.research.training.material import open_material
from SPASegmentLib.research.training.objects import ObjectPool
from SPASegmentLib.research.training.sources import People


def test_all_images_of_a_patient_are_in_one_fold() -> None:
    patients = [f"patient {i // 2}" for i in range(24)]
    found = folds(patients)
    assert found.shape == (24,) and set(found) == set(range(FOLDS))
    assert all(found[i] == found[i + 1] for i in range(0, 24, 2))
    sizes = np.bincount(found) // 2
    assert sizes.max() - sizes.min() <= 1 and sizes.sum() == 12
    again = folds(patients[::-1])
    assert np.array_equal(again[::-1], found), "the order of the images does not matter"


def test_a_digest_is_of_patients_and_images_in_their_order() -> None:
    images = [np.full((4, 5), value, np.uint8) for value in (1, 2)]
    one = digest(["a", "b"], images)
    assert digest(np.array(["a", "b"]), [image.copy() for image in images]) == one and len(one) == 16
    others = [digest(["a", "c"], images), digest(["a", "b"], images[::-1]), digest(["a"], images[:1])]
    assert one not in others and len(set(others)) == 3


def test_weights_are_found_by_fold_and_person() -> None:
    assert weights_of(Path("a"), 3) == Path("a/fold-3/fold-3.safetensors")
    assert weights_of(Path("a"), 0, 1) == Path("a/fold-0-without-person-2/fold-0-without-person-2.safetensors")


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """Ten images of ten patients; ann and ben draw on all of them, cleo on the first five."""
    masks = np.zeros((10, 40, 40), np.uint8)
    masks[:, 8:20, 8:20] |= 0b001
    masks[:, 8:22, 8:20] |= 0b010
    masks[:5, 8:20, 8:24] |= 0b100
    images = np.full((10, 40, 40), 7, np.uint8) * np.arange(1, 11, dtype=np.uint8)[:, None, None]
    path = tmp_path / "cells.npz"
    np.savez(path, images=images, masks=masks, raters=np.array(["ann", "ben", "cleo"]))
    return path


def test_a_set_without_some_people_is_as_if_they_had_drawn_nothing(cells: Path) -> None:
    found = open_structures(cells)
    less = found.without(["cleo"])
    assert len(found.people(0)) == 3 and len(less.people(0)) == 2 and len(less.people(9)) == 2
    assert np.array_equal(less.people(0), found.people(0)[:2])
    assert len(found.without(["ann", "ben"]).people(9)) == 0
    with pytest.raises(InputError, match="the people ann, ben, cleo; 'dora' cannot be left out"):
        found.without(["dora"])
    some = found.taken([9, 2])
    assert [int(image[0, 0]) for image in some.images] == [70, 21] and list(some.patients) == ["cells 9", "cells 2"]


def test_a_source_of_people_leaves_out_a_fold_and_people(cells: Path) -> None:
    whole = open_structures(cells)

    def material(**options: object) -> ObjectPool:
        source = People.model_validate({"kind": "people", "share": 1, "file": cells.name, **options})
        ((found, weights),) = open_material([source], cells.parent, 128)
        assert isinstance(found, ObjectPool) and len(weights) == len(found)
        return found

    assert len(material().images) == 10
    seen = [{int(image[0, 0]) for image in material(fold=fold).images} for fold in range(FOLDS)]
    for fold, values in enumerate(seen):
        left = {int(whole.images[i][0, 0]) for i in np.flatnonzero(folds(whole.patients) == fold)}
        assert left and values == {int(image[0, 0]) for image in whole.images} - left
    assert {len(one.masks) for one in material(without=["cleo"]).objects} == {2}
    assert {len(one.masks) for one in material().objects} == {2, 3}
    with pytest.raises(InputError, match="nothing is left to train on"):
        material(without=["ann", "ben", "cleo"])


def test_labels_have_no_people(tmp_path: Path) -> None:
    labels = np.zeros((1, 8, 8), np.uint8)
    np.savez(tmp_path / "organs.npz", images=labels, labels=labels, classes=np.array(["liver"]))
    found: StructureSet = open_structures(tmp_path / "organs.npz")
    with pytest.raises(InputError, match="organs has no people"):
        found.without(["ann"])
