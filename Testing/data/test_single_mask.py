"""Sets with one mask per image: pairs of slices and masks."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from SPASegmentLib.data.single_mask import decathlon_slices
from SPASegmentLib.errors import InputError


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
    both, one = list(decathlon_slices(tmp_path)), list(decathlon_slices(tmp_path, label=2))
    assert len(both) == 4 and len(one) == 2
    assert np.array_equal(both[2][0], values[:, :, 3].T)
    assert np.array_equal(both[2][1], (marked[:, :, 3] > 0).T)
    assert np.array_equal(one[0][1], (marked[:, :, 3] == 2).T)


def test_another_layout_is_explained(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nor imagesTr"):
        next(decathlon_slices(tmp_path))
