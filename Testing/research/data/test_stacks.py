"""Volumes as stacks, from files and shards in their true layouts."""

from __future__ import annotations

from pathlib import Path
from typing import List

import nibabel
import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.shards import pack
from SPASegmentLib.research.data.stacks import folder_stacks, largest_part, shard_stacks


def write_volume(folder: Path, name: str, mask: np.ndarray) -> None:
    affine = np.diag([0.5, 0.7, 3.0, 1.0])
    nibabel.save(nibabel.Nifti1Image(50.0 * mask + 3.0, affine), folder / f"{name}_image.nii.gz")
    nibabel.save(nibabel.Nifti1Image(mask.astype(np.uint8), affine), folder / f"{name}_mask.nii.gz")


def a_mask() -> np.ndarray:
    mask = np.zeros((20, 24, 9), bool)  # i, j, k
    mask[5:12, 8:20, 2:6] = True
    return mask


def test_a_volume_is_a_stack_with_its_spacing(tmp_path: Path) -> None:
    write_volume(tmp_path, "one", a_mask())
    (stack,) = folder_stacks([tmp_path])
    assert stack.name == "one/one_image" and stack.patient == "one" and len(stack) == 9
    assert stack.spacing == pytest.approx((0.5, 0.7, 3.0)) and stack.ends == (2, 5) and not stack.cut
    assert np.array_equal(stack.mask[3], a_mask()[:, :, 3].T)
    assert stack.frame(3).shape == (24, 20) and stack.frame(3).spacing == pytest.approx((0.5, 0.7))
    with pytest.raises(InputError, match="no slice 9"):
        stack.frame(9)
    with pytest.raises(InputError, match="same value"):
        stack.frame(0)


def test_what_cannot_be_used_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    write_volume(tmp_path, "empty", np.zeros((20, 24, 9), bool))
    write_volume(tmp_path, "good", a_mask())
    said: List[str] = []
    found = list(folder_stacks([tmp_path / "nowhere", tmp_path], complain=said.append))
    assert [stack.patient for stack in found] == ["good"]
    assert len(said) == 2 and "nowhere is no folder, or not there" in said[0] and "empty_mask" in said[1]


def test_a_limit_takes_volumes_evenly(tmp_path: Path) -> None:
    for name in "abcde":
        write_volume(tmp_path, name, a_mask())
    assert [stack.patient for stack in folder_stacks([tmp_path], limit=3)] == ["a", "c", "e"]
    assert [stack.patient for stack in folder_stacks([tmp_path], patients=["d"])] == ["d"]


@pytest.fixture()
def shard(tmp_path: Path) -> Path:
    """Nodule 0: all four on slices 1 to 3 and 5; nodule 1: all four on slices 0 to 3. Rows are shuffled."""
    drawn = [(0, 0, 2), (0, 1, 4), (0, 2, 4), (0, 3, 4), (0, 4, 3), (0, 5, 4), *((1, k, 4) for k in range(4))]
    order = np.random.default_rng(0).permutation(len(drawn))
    images, masks, lines = [], [], ["file,row,patient,nodule,slice"]
    for row, at in enumerate(order):
        nodule, number, readers = drawn[at]
        planes = np.zeros((4, 16, 16), bool)
        for reader in range(readers):
            planes[reader, 4 : 8 + reader, 4:9] = True
        images.append(np.full((16, 16), 10 * nodule + number, np.uint8))
        masks.append(pack(planes))
        lines.append(f"some,{row},patient-{nodule},{nodule},{number}")
    np.savez(tmp_path / "some.npz", images=np.stack(images), masks=np.stack(masks))
    (tmp_path / "index.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_nodules_are_stacks_of_consecutive_slices_that_all_readers_drew(shard: Path) -> None:
    first, second = shard_stacks([shard / "some.npz"], shard / "index.csv")
    assert (first.patient, len(first), second.patient, len(second)) == ("patient-0", 3, "patient-1", 4)
    assert [int(image[0, 0]) for image in first.images] == [1, 2, 3]
    assert [int(image[0, 0]) for image in second.images] == [10, 11, 12, 13]
    # The readers take turns: rows of reader 1, then of reader 2.
    assert first.mask[0].sum() == 4 * 5 and second.mask[0].sum() == 5 * 5
    assert first.cut and not first.in_mm


def test_shards_without_stacks_are_told(shard: Path) -> None:
    with pytest.raises(InputError, match="hold no nodule"):
        shard_stacks([shard / "some.npz"], shard / "index.csv", patients=["nobody"])
    (shard / "other.csv").write_text("file,row,patient\nsome,0,a\n", encoding="utf-8")
    with pytest.raises(InputError, match="lacks nodule, slice"):
        shard_stacks([shard / "some.npz"], shard / "other.csv")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("0,p1,a,3", "line 3: nodule is a whole number, not 'a'"),
        ("0,p1,0,", "line 3: slice is a whole number, not ''"),
        ("1.0,p1,0,3", "line 3: row is a whole number, not '1.0'"),
        ("900,p1,0,3", "line 3: some has [0-9]+ slices, rows 0 to [0-9]+, and no row 900"),
        ("-1,p1,0,3", "line 3: .* no row -1; give the list that belongs to these files"),
    ],
)
def test_a_line_with_another_number_is_named(shard: Path, cells: str, message: str) -> None:
    index = shard / "other.csv"
    index.write_text(f"file,row,patient,nodule,slice\nelsewhere,900,p1,x,\nsome,{cells}\n", encoding="utf-8")
    with pytest.raises(InputError, match=f"other.csv, {message}"):
        shard_stacks([shard / "some.npz"], index)


def test_the_largest_part_is_one_of_its_volume() -> None:
    mask = np.zeros((5, 9, 9), bool)
    mask[0:3, 1:4, 1:4] = True
    mask[3, 4, 4] = True  # touches by a corner
    mask[0:2, 6:8, 6:8] = True
    found = largest_part(mask)
    assert found.sum() == 28 and not found[0, 6, 6] and found[3, 4, 4]
