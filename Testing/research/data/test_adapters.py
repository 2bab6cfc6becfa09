"""Multi-rater adapters on small files in the true layouts: raters, missing raters, patients, faults."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Tuple

import nibabel
import numpy as np
import pytest
from PIL import Image

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.lidc_png import lidc_png_images
from SPASegmentLib.research.data.qubiq import qubiq_images
from SPASegmentLib.research.data.rated import RatedImage, crop_square, rated_slices, split_by_patient
from SPASegmentLib.research.data.refuge import refuge_images
from SPASegmentLib.research.data.shards import RaterSlices, unpack


def disk(shape: Tuple[int, int], centre: Tuple[float, float], radius: float) -> np.ndarray:
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(yy - centre[1], xx - centre[0]) < radius


def png(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


def mask_png(path: Path, mask: np.ndarray) -> None:
    png(path, mask.astype(np.uint8) * 255)


def nifti(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)


def noise(shape: Tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, shape).astype(np.uint8)


def test_lidc_png(tmp_path: Path) -> None:
    """Four readers on one slice; on the other one file is absent and one empty: both readers are missing."""
    shape = (128, 128)
    masks = [disk(shape, (60, 64), r) for r in (4, 5, 6, 7)]
    nodule = tmp_path / "LIDC-IDRI-0003" / "nodule-1"
    for slice_ in ("slice-0", "slice-1"):
        png(nodule / "images" / f"{slice_}.png", noise(shape))
        for k, mask in enumerate(masks):
            mask_png(nodule / f"mask-{k}" / f"{slice_}.png", mask)
    mask_png(nodule / "mask-1" / "slice-1.png", np.zeros(shape, bool))
    (nodule / "mask-3" / "slice-1.png").unlink()
    first, second = lidc_png_images(tmp_path)
    assert first.patient == second.patient == "LIDC-IDRI-0003"
    assert (first.name, second.name) == ("LIDC-IDRI-0003/nodule-1/slice-0", "LIDC-IDRI-0003/nodule-1/slice-1")
    assert sorted(first.masks) == [0, 1, 2, 3]
    assert sorted(second.masks) == [0, 2]
    assert all(np.array_equal(first.masks[k], masks[k]) for k in range(4))
    assert np.array_equal(first.image, noise(shape))
    slices = rated_slices([first, second], 128)
    assert np.array_equal(slices.raters(1), [masks[0], masks[2]]), "an image that fits is stored as it is"


def test_refuge(tmp_path: Path) -> None:
    """Seven raters of a large fundus photograph; rater 4 has no file, and numbers stay with their raters."""
    shape = (600, 640)
    folder = tmp_path / "Training-400" / "0001"
    png(folder / "0001.jpg", noise((*shape, 3)))
    png(folder / "0001_cropped.jpg", noise((100, 100, 3)))
    for rater in (1, 2, 3, 5, 6, 7):
        mask_png(folder / f"0001_seg_cup_{rater}.png", disk(shape, (300, 260), 40 + rater))
        mask_png(folder / f"0001_seg_disc_{rater}.png", disk(shape, (300, 260), 80 + rater))
    (cup,) = refuge_images(tmp_path)
    assert sorted(cup.masks) == [0, 1, 2, 4, 5, 6]
    assert np.array_equal(cup.masks[6], disk(shape, (300, 260), 47))
    assert cup.patient == "0001"
    (disc,) = refuge_images(tmp_path / "Training-400", "disc")
    slices = rated_slices([disc], 128)
    assert slices.images.shape == (2, 128, 128), "close up and with surroundings"
    assert slices.rater_counts().tolist() == [6, 6]
    assert not unpack(slices.masks[0])[3].any()
    # 2.2 extents wide (87 * 2 pixels and a bit): the disc of rater 7 covers pi / 4 / 2.2^2 of the crop.
    share = [unpack(bits)[6].mean() for bits in slices.masks]
    assert share[0] == pytest.approx(np.pi / 4 / 2.2**2, rel=0.03)
    assert share[1] == pytest.approx(np.pi / 4 * (174 / (1.2 * 640)) ** 2, rel=0.05)


@pytest.mark.parametrize("layout", ["plane", "one slice", "channels first", "channels last"])
def test_qubiq(tmp_path: Path, layout: str) -> None:
    """Slices as 2D or one-slice files, with or without channels; raters of the other task are not mixed in."""
    shape = (240, 240)
    masks = [disk(shape, (100, 120), r) for r in (20, 22, 24)]
    case = tmp_path / "case07"
    for rater, mask in enumerate(masks, start=1):
        stored = mask[..., None] if layout == "one slice" else mask
        nifti(case / f"task02_seg{rater:02d}.nii.gz", stored.astype(np.uint8))
        nifti(case / f"task01_seg{rater:02d}.nii.gz", np.zeros(stored.shape, np.uint8))
    (case / "task02_seg02.nii.gz").unlink()
    planes = noise((4, *shape))
    stored = {
        "plane": planes[2], "one slice": planes[2][..., None], "channels first": planes,
        "channels last": np.moveaxis(planes, 0, -1),
    }[layout]  # fmt: skip
    nifti(case / "image.nii.gz", stored)
    (found,) = qubiq_images(tmp_path, task=2, channel=2)
    assert np.array_equal(found.image, planes[2])
    assert sorted(found.masks) == [0, 2]
    assert np.array_equal(found.masks[2], masks[2])
    assert found.patient == "case07"


def test_qubiq_volumes_become_slices_and_scans_of_a_patient_stay_together(tmp_path: Path) -> None:
    mask = np.zeros((40, 30, 6), np.uint8)
    mask[10:20, 5:15, 2:4] = 1
    for case in ("case3-1", "case3-2"):
        nifti(tmp_path / case / "image.nii.gz", noise(mask.shape))
        nifti(tmp_path / case / "task01_seg01.nii.gz", mask)
    found = list(qubiq_images(tmp_path))
    assert [one.name for one in found] == [f"case3-{n}, slice {k}" for n in (1, 2) for k in (2, 3)]
    assert {one.patient for one in found} == {"case3"}
    assert np.array_equal(found[0].image, noise(mask.shape)[:, :, 2])


def test_qubiq_masks_that_lie_elsewhere_are_refused(tmp_path: Path) -> None:
    case = tmp_path / "case01"
    nifti(case / "image.nii.gz", noise((40, 30)))
    for matrix in (np.diag([-1.0, 1, 1, 1]), np.diag([1.1, 1, 1, 1])):
        nibabel.save(nibabel.Nifti1Image(np.ones((40, 30), np.uint8), matrix), case / "task01_seg01.nii.gz")
        with pytest.raises(InputError, match="task01_seg01.nii.gz lies on another grid"):
            next(qubiq_images(tmp_path))


def test_wrong_folders_and_sizes_are_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nodule-<n>/images"):
        next(lidc_png_images(tmp_path))
    with pytest.raises(InputError, match="_seg_cup_<rater>.png"):
        next(refuge_images(tmp_path))
    with pytest.raises(InputError, match="case<n>/image.nii.gz"):
        next(qubiq_images(tmp_path))
    nifti(tmp_path / "case01" / "image.nii.gz", noise((8, 8)))
    with pytest.raises(InputError, match="no task03_seg"):
        next(qubiq_images(tmp_path, task=3))
    nifti(tmp_path / "case01" / "task03_seg01.nii.gz", (noise((9, 8)) > 0).astype(np.uint8))
    with pytest.raises(InputError, match="they must agree"):
        next(qubiq_images(tmp_path, task=3))
    with pytest.raises(InputError, match="mask of rater 2 has the size"):
        RatedImage(np.zeros((4, 4)), {1: np.zeros((4, 5), bool)}, "p", "x")
    (tmp_path / "case01" / "image.nii.gz").write_bytes(b"not gzip")
    with pytest.raises(InputError, match="image.nii.gz cannot be read"):
        next(qubiq_images(tmp_path, task=3))


def test_crops_shrink_with_averaging_and_continue_at_the_edge() -> None:
    ramp = np.tile(np.arange(64, dtype=np.float32), (64, 1))[None]
    same = crop_square(ramp, (10, 32), 32, 32)
    assert np.array_equal(same[0, 0], np.clip(np.arange(-5, 27), 0, 63)), "whole pixels, edge continued"
    half = crop_square(ramp, (31.5, 31.5), 64, 32)
    assert half[0, 5, 4:-4] == pytest.approx(np.arange(32)[4:-4] * 2 + 0.5, abs=1e-4)


def test_objects_in_large_images_are_found_at_their_own_scale() -> None:
    """A small object keeps its pixels; a large one is shrunk so that it fits."""
    shape = (900, 700)
    image = noise(shape).astype(np.float32)
    small, large = disk(shape, (650, 30), 6), disk(shape, (350, 450), 150)
    slices = rated_slices([RatedImage(image, {0: small}, "a", "x"), RatedImage(image, {0: large}, "b", "y")], 128)
    assert slices.patients is not None
    assert slices.patients.tolist() == ["a", "b", "b"]
    assert unpack(slices.masks[0])[0].sum() == small.sum()
    areas = [unpack(bits)[0].sum() for bits in slices.masks[1:]]
    assert areas[0] == pytest.approx(np.pi / 4 * (128 / 2.2) ** 2, rel=0.03)
    assert areas[1] == pytest.approx(np.pi / 4 * (128 * 300 / 1080) ** 2, rel=0.05)


def test_pieces_are_objects_of_their_own() -> None:
    shape = (128, 128)
    left, right = disk(shape, (30, 60), 8), disk(shape, (100, 60), 6)
    rated = RatedImage(noise(shape).astype(np.float32), {0: left | right, 3: right}, "p", "x")
    whole = rated_slices([rated], 128)
    split = rated_slices([rated], 128, pieces=True)
    assert whole.rater_counts().tolist() == [2]
    assert split.rater_counts().tolist() == [1, 2]
    assert np.array_equal(unpack(split.masks[0])[0], left)
    assert np.array_equal(unpack(split.masks[1])[3], right)


def test_nothing_drawn_is_an_error() -> None:
    empty: Dict[int, np.ndarray] = {0: np.zeros((20, 20), bool)}
    with pytest.raises(InputError, match="No rater has drawn"):
        rated_slices([RatedImage(np.zeros((20, 20)), empty, "p", "x")], 32)


def test_patients_are_in_one_part_only() -> None:
    patients = np.array(["c", "a", "b", "a", "d", "c"])
    slices = RaterSlices(np.arange(6)[:, None, None].astype(np.uint8), np.ones((6, 1, 1), np.uint8), patients)
    kept, held = split_by_patient(slices, 2), split_by_patient(slices, 2, held_out=True)
    assert kept.images.ravel().tolist() == [2, 4]
    assert held.images.ravel().tolist() == [0, 1, 3, 5]
    with pytest.raises(InputError, match="leaves no patient to train on"):
        split_by_patient(slices, 1)
