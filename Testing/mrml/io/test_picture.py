"""Pictures: photographs, screenshots and masks as PNG, JPEG, BMP and TIFF."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any, Dict

import numpy as np
import pytest
import vtk
from PIL import Image as Pillow
from slicer.util import arrayFromVolume

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.volumes import check_alone, read_image, read_mask
from SPASegmentLib.mrml.volumes import is_in_mm, load_volume

NOISE = np.random.default_rng(0)
GREY = NOISE.integers(0, 256, (20, 30), dtype=np.uint8)
COLOUR = NOISE.integers(0, 256, (20, 30, 3), dtype=np.uint8)


def saved(folder: Path, values: np.ndarray, name: str = "a.png", **options: Any) -> str:
    Pillow.fromarray(values).save(folder / name, **options)
    return str(folder / name)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (GREY, "a.png"), (GREY, "a.tif"), (GREY, "a.bmp"), (GREY.astype(np.uint16) * 257, "a.png"), (COLOUR, "a.png"),
        (GREY.astype(np.uint16) * 257, "a.tif"), (COLOUR, "a.tif"),
    ],
)  # fmt: skip
def test_a_picture_is_one_slice_that_an_axial_view_shows_upright(
    scene: Any, tmp_path: Path, values: np.ndarray, name: str
) -> None:
    path = saved(tmp_path, values, name)
    volume = load_volume(scene, path)
    assert np.array_equal(arrayFromVolume(volume)[0], values), "the first row is the upper one"
    assert not is_in_mm(volume)
    kind = "vtkMRMLVectorVolumeNode" if values.ndim == 3 else "vtkMRMLScalarVolumeNode"
    assert volume.IsA(kind)

    # Columns go to the left of the patient, rows to the back: so an axial view shows the picture upright.
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    assert matrix.MultiplyPoint((29.0, 19.0, 0.0, 1.0)) == (-29.0, -19.0, 0.0, 1.0)


def test_a_photograph_is_seen_as_the_camera_was_held(tmp_path: Path) -> None:
    turned = Pillow.Exif()
    turned[0x0112] = 6  # the upper edge is on the right of what is stored
    path = saved(tmp_path, np.repeat(np.repeat(GREY, 8, 0), 8, 1), "a.jpg", exif=turned, quality=100)
    found = read_image(path).values
    assert found.shape == (1, 240, 160)
    assert np.abs(found[0, 4::8, 4::8].astype(int) - np.rot90(GREY, -1)).max() <= 3


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "CMYK", "1"])
def test_every_kind_of_picture_is_grey_where_it_shows_grey(tmp_path: Path, mode: str) -> None:
    shown = GREY if mode != "1" else np.where(GREY > 127, 255, 0).astype(np.uint8)
    picture = Pillow.fromarray(shown).convert(mode)
    name = "a.jpg" if mode == "CMYK" else "a.png"
    picture.save(tmp_path / name, quality=100)
    found = read_image(str(tmp_path / name))
    assert found.values.shape == (1, 20, 30) and not found.colour
    assert np.abs(found.values[0].astype(int) - shown).max() <= (3 if mode == "CMYK" else 0)


def test_what_is_transparent_is_seen(tmp_path: Path) -> None:
    found = read_image(saved(tmp_path, np.concatenate([COLOUR, 0 * COLOUR[..., :1]], axis=2)))
    assert np.array_equal(found.values[0], COLOUR)


def test_a_mask_may_be_a_picture(tmp_path: Path) -> None:
    assert np.array_equal(read_mask(saved(tmp_path, GREY // 128)).values[0], GREY > 127)


def _bomb(content: bytes) -> bytes:
    """The header says 100,000 x 100,000 pixels."""
    header = b"IHDR" + (100_000).to_bytes(4, "big") * 2 + content[24:29]
    return content[:12] + header + zlib.crc32(header).to_bytes(4, "big") + content[33:]


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("a.png", lambda content: content[: len(content) // 2], "damaged or not whole"),
        ("a.jpg", lambda content: content[: len(content) // 2], "damaged or not whole"),
        ("a.tif", lambda content: content[:100], "damaged or not whole"),
        ("a.png", lambda content: content[:200] + b"\0\0\0\0" + content[204:], "damaged or not whole"),
        ("a.jpg", lambda content: content[:3], "damaged or not whole"),
        ("a.png", _bomb, "million pixels"),
    ],
)
def test_a_damaged_picture_is_told(tmp_path: Path, name: str, change: Any, words: str) -> None:
    path = saved(tmp_path, np.tile(COLOUR, (5, 5, 1)), name)
    Path(path).write_bytes(change(Path(path).read_bytes()))
    with pytest.raises(InputError, match=words):
        read_image(path)


def test_the_header_tells_how_much_memory_a_picture_takes(tmp_path: Path) -> None:
    limits: Dict[str, np.ndarray] = {"grey.png": GREY, "colour.jpg": COLOUR}
    for name, values in limits.items():
        place = Path(saved(tmp_path, values, name))
        check_alone(place, limit=3 * 20 * 30)
        with pytest.raises(InputError, match="takes up to"):
            check_alone(place, limit=3 * 20 * 30 - 1)
