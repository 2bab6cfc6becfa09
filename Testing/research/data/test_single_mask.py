"""Sets with one mask per image: pairs of slices and masks."""

from __future__ import annotations

from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
from PIL import Image

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.single_mask import find_pairs, png_slices


@pytest.mark.parametrize(("images", "labels"), [("images", "labels"), ("imagesTr", "labelsTr")])
def test_decathlon(tmp_path: Path, images: str, labels: str) -> None:
    """Both labels together or one of them; slices with next to nothing are left out."""
    values = np.random.default_rng(0).normal(size=(20, 24, 6)).astype(np.float32)
    marked = np.zeros(values.shape, np.uint8)
    marked[4:10, 5:11, 1:4] = 1
    marked[10:15, 5:11, 3:5] = 2
    marked[0, 0, 5] = 2
    for folder, array in ((images, values), (labels, marked)):
        (tmp_path / folder).mkdir()
        nibabel.save(nibabel.Nifti1Image(array, np.eye(4)), tmp_path / folder / "hippocampus_001.nii.gz")
    (tmp_path / images / "._hippocampus_001.nii.gz").write_bytes(b"left by a Mac")
    (pair,) = find_pairs(tmp_path)
    both, one = list(pair.slices()), list(pair.slices(label=2))
    assert pair.patient == "hippocampus_001"
    assert len(both) == 4 and len(one) == 2
    assert np.array_equal(both[2][0], values[:, :, 3].T)
    assert np.array_equal(both[2][1], (marked[:, :, 3] > 0).T)
    assert np.array_equal(one[0][1], (marked[:, :, 3] == 2).T)


def test_masks_beside_their_images(tmp_path: Path) -> None:
    """In the folder itself, NIfTI or NRRD, and in a folder for each patient."""
    values = np.random.default_rng(0).normal(size=(12, 10, 2)).astype(np.float32)
    marked = np.zeros(values.shape, np.uint8)
    marked[2:8, 3:9, 1] = 1
    (tmp_path / "P_2").mkdir()
    for folder, name in ((tmp_path, "ct"), (tmp_path / "P_2", "MR")):
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), folder / f"{name}_image.nii.gz")
        nibabel.save(nibabel.Nifti1Image(marked, np.eye(4)), folder / f"{name}_mask.nii.gz")
    nrrd.write(str(tmp_path / "brain_image.nrrd"), values)
    nrrd.write(str(tmp_path / "brain_mask.nrrd"), marked)
    pairs = find_pairs(tmp_path)
    assert [pair.patient for pair in pairs] == ["brain", "ct", "P_2"]
    for pair in pairs:
        ((image, mask),) = pair.slices()
        assert np.array_equal(image, values[:, :, 1].T) and np.array_equal(mask, marked[:, :, 1].T > 0)


def test_pictures_give_the_largest_piece_of_each_label(tmp_path: Path) -> None:
    marked = np.zeros((30, 40), np.uint8)
    marked[2:8, 3:9] = marked[20:22, 3:5] = 1
    marked[10:18, 20:30] = 2
    for folder, array in (("images", np.full((30, 40), 90, np.uint8)), ("masks", marked)):
        (tmp_path / folder).mkdir()
        Image.fromarray(array).save(tmp_path / folder / "a.png")
    found = [mask for _, mask in png_slices(tmp_path, (1, 2))]
    assert [int(mask.sum()) for mask in found] == [36, 80]


def test_sizes_that_differ_are_explained(tmp_path: Path) -> None:
    for name, shape in (("a_image", (4, 4, 2)), ("a_mask", (4, 4, 3))):
        nibabel.save(nibabel.Nifti1Image(np.ones(shape, np.uint8), np.eye(4)), tmp_path / f"{name}.nii.gz")
    with pytest.raises(InputError, match="must be of one size"):
        next(find_pairs(tmp_path)[0].slices())


@pytest.mark.parametrize("kind", ["flipped", "shifted", "other spacing", "turned"])
@pytest.mark.parametrize("layout", ["beside", "decathlon"])
def test_a_mask_of_the_same_size_that_lies_elsewhere_is_refused(tmp_path: Path, kind: str, layout: str) -> None:
    place = np.diag([0.7, 0.7, 2.0, 1.0])
    other = {
        "flipped": place @ np.diag([-1.0, 1, 1, 1]), "other spacing": np.diag([0.8, 0.7, 2.0, 1.0]),
        "shifted": place + np.array([[0, 0, 0, 20.0], [0] * 4, [0] * 4, [0] * 4]), "turned": place[[1, 0, 2, 3]],
    }[kind]  # fmt: skip
    names = ("a_image.nii.gz", "a_mask.nii.gz") if layout == "beside" else ("imagesTr/a.nii.gz", "labelsTr/a.nii.gz")
    for name, matrix in zip(names, (place, other)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        nibabel.save(nibabel.Nifti1Image(np.ones((8, 8, 2), np.uint8), matrix), tmp_path / name)
    with pytest.raises(InputError, match="another grid|beyond its image"):
        next(find_pairs(tmp_path)[0].slices())


def test_another_layout_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="nor imagesTr"):
        find_pairs(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^\. holds no images"):
        find_pairs(Path("."))
    (tmp_path / "file").touch()
    for other in ("nowhere", "file"):
        with pytest.raises(InputError, match=f"{other} is no folder, or not there"):
            find_pairs(tmp_path / other)
