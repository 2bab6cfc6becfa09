"""MetaImage files, compared with what Slicer's own writer and reader make of them."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any, Dict

import numpy as np
import pytest
import slicer

from SPASegmentLib.errors import InputError
from SPASegmentLib.lattice import differences
from SPASegmentLib.mrml.io.metaimage import read_metaimage
from SPASegmentLib.mrml.io.volumes import read_image
from SPASegmentLib.mrml.io.voxels import Image, UnreadableError
from SPASegmentLib.mrml.volumes import add_volume
from SPASegmentLib.paths import check_paths

VOXELS = np.random.default_rng(0).integers(0, 500, (5, 6, 7)).astype("<i2")  # (k, j, i)


def content(voxels: bytes = VOXELS.tobytes(), **fields: str) -> bytes:
    given: Dict[str, str] = {
        "ObjectType": "Image", "NDims": "3", "DimSize": "7 6 5", "ElementSpacing": "0.7 0.8 3",
        "ElementType": "MET_SHORT", **fields,
    }  # fmt: skip
    given.setdefault("ElementDataFile", "LOCAL")
    lines = [f"{name} = {value}" for name, value in given.items() if value]
    return "\n".join(lines).encode() + b"\n" + voxels


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("ending", [".mha", ".mhd"])
def test_what_slicer_writes(scene: Any, tmp_path: Path, geometry: np.ndarray, ending: str, compress: bool) -> None:
    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    scene.AddNode(storage)
    storage.SetFileName(str(tmp_path / f"a{ending}"))
    storage.SetUseCompression(compress)
    assert storage.WriteData(add_volume(scene, VOXELS, geometry))
    image = read_metaimage(tmp_path / f"a{ending}")
    assert np.array_equal(image.values, VOXELS) and image.in_mm
    assert not differences(image.lattice, Image(VOXELS, geometry).lattice)


def test_a_negative_spacing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mha").write_bytes(content(ElementSpacing="2 2 -2"))
    with pytest.raises(UnreadableError, match="spacing is negative"):
        read_metaimage(tmp_path / "a.mha")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_voxels_in_a_file_with_letters_of_its_own(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "höhle.raw").write_bytes(VOXELS.tobytes())
    header = content(b"", ElementDataFile="höhle.raw").decode()
    (tmp_path / "a.mhd").write_bytes(header.encode(encoding))
    assert np.array_equal(read_metaimage(tmp_path / "a.mhd").values, VOXELS)
    with pytest.raises(InputError, match="höhle.raw"):
        check_paths([("the image", tmp_path / "a.mhd")], [("--output", tmp_path / "höhle.raw")])


def test_packings_orders_and_types(tmp_path: Path) -> None:
    packed = zlib.compress(VOXELS.tobytes())
    for name, written in {
        "zlib": content(packed, CompressedData="True", CompressedDataSize=str(len(packed))),
        "no size": content(packed, CompressedData="True"),
        "wrong size": content(packed, CompressedData="True", CompressedDataSize="-5"),
        "big": content(VOXELS.astype(">i2").tobytes(), BinaryDataByteOrderMSB="True"),
        "text": content(" ".join(map(str, VOXELS.ravel())).encode(), BinaryData="False"),
        "double": content(VOXELS.astype("f8").tobytes(), ElementType="MET_DOUBLE"),
        "4D": content(NDims="4", DimSize="7 6 5 1", ElementSpacing="0.7 0.8 3 1"),
    }.items():
        (tmp_path / "a.mha").write_bytes(written)
        assert np.array_equal(read_image(str(tmp_path / "a.mha")).values, VOXELS), name


def test_several_values_and_several_volumes(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (5, 6, 7, 3)).astype("u1")
    path = tmp_path / "a.mha"
    path.write_bytes(content(rgb.tobytes(), ElementNumberOfChannels="3", ElementType="MET_UCHAR"))
    image = read_image(str(path))
    assert image.colour and np.array_equal(image.values, rgb) and "red, green and blue" in image.notes[0]
    times = np.stack([VOXELS, VOXELS + 1])
    path.write_bytes(content(times.tobytes(), NDims="4", DimSize="7 6 5 2", ElementSpacing="0.7 0.8 3 1"))
    with pytest.raises(InputError, match="2 values per voxel"):
        read_image(str(path))
    assert np.array_equal(read_image(str(path), 2).values, VOXELS + 1)


def test_without_spacing_the_size_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "a.mha").write_bytes(content(ElementSpacing=""))
    assert not read_metaimage(tmp_path / "a.mha").in_mm


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"NDims": "30"}, "header is damaged"),
        ({"NDims": "-1"}, "header is damaged"),
        ({"NDims": "0", "DimSize": ""}, "header is damaged"),
        ({"DimSize": "7 6 0"}, "header is damaged"),
        ({"DimSize": "7 6 99999999999"}, "too early"),
        ({"DimSize": "7 6 6"}, "too early"),
        ({"DimSize": f"7 6 {4000 * '9'}"}, "header is damaged"),
        ({"DimSize": f"7 6 {5000 * '9'}"}, "header is damaged"),
        ({"ElementType": "MET_STRING"}, "type 'MET_STRING'"),
        ({"ElementDataFile": "slice%03d.raw 1 5 1"}, "in other files"),
        ({"ElementDataFile": "missing.raw"}, "in other files"),
        ({"TransformMatrix": "1 0 0 1 0 0 0 0 1"}, "do not span"),
        ({"TransformMatrix": "1 0 0"}, "header is damaged"),
        ({"Offset": "a b c"}, "header is damaged"),
        ({"CompressedData": "True"}, "damaged"),
    ],
)
def test_headers_that_are_refused(tmp_path: Path, fields: Dict[str, str], reason: str) -> None:
    (tmp_path / "a.mha").write_bytes(content(**fields))
    with pytest.raises(UnreadableError, match=reason):
        read_metaimage(tmp_path / "a.mha")
