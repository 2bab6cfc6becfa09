"""Damaged NRRD files are recognised before Slicer's reader sees them, which ends the process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import slicer

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.nrrd import is_complete
from SPASegmentLib.mrml.scene import HeadlessScene
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
from SPASegmentLib.mrml.volumes import add_volume, load_mask


@pytest.fixture(scope="module", params=[True, False], ids=["gzip", "raw"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A segmentation file as Slicer writes it."""
    path = tmp_path_factory.mktemp("nrrd") / "a.seg.nrrd"
    with HeadlessScene() as headless:
        voxels = np.arange(4 * 30 * 50, dtype=np.int16).reshape(4, 30, 50)
        volume = add_volume(headless.scene, voxels)
        segmentation = create_segmentation(volume)
        segment_id = add_segment(segmentation, "A")
        slicer.util.updateSegmentBinaryLabelmapFromArray(
            (voxels % 7 == 0).astype(np.uint8), segmentation, segment_id, volume
        )
        storage = slicer.vtkMRMLSegmentationStorageNode()
        headless.scene.AddNode(storage)
        storage.SetUseCompression(request.param)
        storage.SetFileName(str(path))
        assert storage.WriteData(segmentation)
    return path.read_bytes()


def test_a_whole_file_is_complete(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.seg.nrrd").write_bytes(whole)
    assert is_complete(tmp_path / "a.seg.nrrd")


@pytest.mark.parametrize("where", ["nothing", "magic", "header", "end of header", "voxels", "last byte"])
def test_a_truncated_file_is_not(whole: bytes, tmp_path: Path, where: str) -> None:
    header = whole.index(b"\n\n") + 2
    kept = {
        "nothing": 0, "magic": 3, "header": header // 2, "end of header": header,
        "voxels": (header + len(whole)) // 2, "last byte": len(whole) - 1,
    }[where]  # fmt: skip
    (tmp_path / "a.seg.nrrd").write_bytes(whole[:kept])
    assert not is_complete(tmp_path / "a.seg.nrrd")
    with HeadlessScene() as headless, pytest.raises(InputError, match="damaged"):
        load_mask(headless.scene, str(tmp_path / "a.seg.nrrd"))


def test_a_flipped_bit_is_noticed_where_there_is_a_checksum(whole: bytes, tmp_path: Path) -> None:
    flipped = bytearray(whole)
    flipped[-20] ^= 0x10
    (tmp_path / "a.seg.nrrd").write_bytes(flipped)
    assert is_complete(tmp_path / "a.seg.nrrd") == (b"encoding: raw" in whole)


@pytest.mark.parametrize(
    "content",
    [
        b"not a header\n\n",
        b"NRRD0004\ntype: float\ndimension: 1\nsizes: 3\nencoding: raw\ndata file: other.raw\n\n",
        b"NRRD0004\ntype: block\nsizes: 3\nencoding: raw\n\n123",
        b"NRRD0004\ntype: uchar\nsizes: 3\nencoding: hex\n\n010203",
        b"NRRD0004\ntype: uchar\nsizes: many\nencoding: raw\n\n123",
    ],
)
def test_what_cannot_be_checked_is_not_complete(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.nrrd").write_bytes(content)
    assert not is_complete(tmp_path / "a.nrrd")


def test_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.nrrd").write_bytes(b"NRRD0004\r\ntype: uchar\r\nsizes: 3\r\nencoding: raw\r\n\r\nabc")
    assert is_complete(tmp_path / "a.nrrd")
