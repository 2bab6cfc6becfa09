"""What the pixels of DICOM files stand for: types, scales, packings, colours."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.dicom_unpack import seconds_for
from SPASegmentLib.mrml.io.volumes import read_image

pydicom = pytest.importorskip("pydicom")
from dicom_files import AXIAL, FRAMES, along, encoded, enhanced, file, save, series  # noqa: E402


def test_scales_of_single_slices(tmp_path: Path) -> None:
    """As in PET."""
    slopes = (1.5, 0.25, 2.0, 1.0, 0.125)
    image = read_image(str(series(tmp_path / "pet", RescaleSlope=slopes, RescaleIntercept=-3)))
    assert image.values == pytest.approx(FRAMES * np.array(slopes)[:, None, None] - 3)


@pytest.mark.parametrize("kind", ["u1", "i2", "u2", "i4"])
@pytest.mark.parametrize("intercept", [0, -1024, 0.5])
def test_types_and_intercepts(tmp_path: Path, kind: str, intercept: float) -> None:
    frames = (FRAMES % 250).astype(kind)
    image = read_image(str(series(tmp_path / "a", frames, RescaleSlope=1, RescaleIntercept=intercept)))
    assert np.array_equal(image.values, frames + np.float64(intercept))


def test_hounsfield_units_stay_16_bits(tmp_path: Path) -> None:
    stored = np.array([[[0, 1000], [4095, 2024]]], "u2")
    image = read_image(str(series(tmp_path / "a", stored, RescaleSlope=1, RescaleIntercept=-1024)))
    assert image.values.dtype == np.int16 and image.values.tolist() == [[[-1024, -24], [3071, 1000]]]
    stored = np.array([[[0, 65535]]], "u2")
    image = read_image(str(series(tmp_path / "b", stored, RescaleSlope=1, RescaleIntercept=-1024)))
    assert image.values.tolist() == [[[-1024, 64511]]]
    image = read_image(str(series(tmp_path / "c", stored, RescaleSlope=1, RescaleIntercept=-(2**15))))
    assert image.values.dtype == np.int16 and image.values.tolist() == [[[-(2**15), 2**15 - 1]]]


def test_drawings_in_the_upper_bits_are_no_values(tmp_path: Path) -> None:
    values = (FRAMES % 4096).astype("u2")
    image = read_image(str(series(tmp_path / "a", values | 0x8000, BitsStored=12, HighBit=11)))
    assert np.array_equal(image.values, values)
    signed = (values.astype("i2") - 2048) & 0x0FFF
    image = read_image(str(series(tmp_path / "b", signed.astype("i2"), BitsStored=12, HighBit=11)))
    assert np.array_equal(image.values, values.astype("i2") - 2048)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"])
def test_plain_transfer_syntaxes(tmp_path: Path, syntax: str) -> None:
    assert np.array_equal(read_image(str(series(tmp_path / "a", syntax=syntax))).values, FRAMES)


def test_run_lengths(tmp_path: Path) -> None:
    series(tmp_path / "a")
    for path in (tmp_path / "a").iterdir():
        data = pydicom.dcmread(path)
        data.compress(pydicom.uid.RLELossless, generate_instance_uid=False)
        data.save_as(path)
    assert np.array_equal(read_image(str(tmp_path / "a")).values, FRAMES)
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    with pytest.raises(InputError, match="too early|damaged"):
        read_image(str(tmp_path / "a"))


@pytest.mark.parametrize("frames_in_a_file", [1, 5])
def test_jpeg_2000_is_unpacked_exactly_and_scaled_by_frame(tmp_path: Path, frames_in_a_file: int) -> None:
    smooth = np.add.outer(np.arange(5) * 11, np.add.outer(np.arange(40) * 2, np.arange(48))).astype("u1")
    syntax = "1.2.840.10008.1.2.4.90"
    if frames_in_a_file == 1:
        folder = tmp_path / "a"
        folder.mkdir()
        for n in range(5):
            data = file(
                smooth[n], syntax=syntax, number=n + 1, PixelSpacing=[0.8, 0.7], RescaleSlope=2, RescaleIntercept=n,
                ImageOrientationPatient=list(AXIAL), ImagePositionPatient=[5, 7, 10 - 2.0 * n],
                content=encoded(smooth[n : n + 1], "JPEG2000", no_jp2=True),
            )  # fmt: skip
            save(data, folder / f"{n}.dcm")
        expected = np.stack([smooth[n] * 2.0 + n for n in range(5)])[::-1]
        path = folder
    else:
        scales = [(2.0, float(n)) for n in range(5)]
        content = encoded(smooth, "JPEG2000", no_jp2=True)
        data = enhanced(smooth, along(AXIAL, [2.0 * n for n in range(5)]), scales=scales, content=content)
        data.file_meta.TransferSyntaxUID = syntax
        path = save(data, tmp_path / "a.dcm")
        expected = np.stack([smooth[n] * 2.0 + n for n in range(5)])
    assert read_image(str(path)).values == pytest.approx(expected)


def test_packed_pixels_that_are_damaged_end_in_words(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(40) * 2, np.arange(48)).astype("u1")
    content = bytearray(encoded(smooth[None], "JPEG2000", no_jp2=True))
    content[40:90] = b"\xff" * 50
    data = file(smooth, syntax="1.2.840.10008.1.2.4.90", PixelSpacing=[1, 1], content=bytes(content))
    with pytest.raises(InputError, match="damaged"):
        read_image(str(save(data, tmp_path / "a.dcm")))


def test_every_frame_gives_unpacking_the_same_time_more() -> None:
    none, some, twice = (seconds_for(frames) for frames in (0, 100, 200))
    assert twice - some == some - none > 0


def test_colours(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (8, 9, 3)).astype("u1")
    tags: Dict[str, Any] = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "Rows": 8, "Columns": 9}
    for planar, stored in ((0, rgb), (1, rgb.transpose(2, 0, 1))):
        data = file(np.ascontiguousarray(stored), PlanarConfiguration=planar, NumberOfFrames=None, **tags)
        image = read_image(str(save(data, tmp_path / "a.dcm")))
        assert image.colour and np.array_equal(image.values[0], rgb)


def test_a_table_of_colours(tmp_path: Path) -> None:
    index = (FRAMES[0] % 256).astype("u1")
    table = np.random.default_rng(1).integers(0, 256, (256, 3))
    tags: Dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for n, name in enumerate(("Red", "Green", "Blue")):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tags[f"{name}PaletteColorLookupTableData"] = (table[:, n] * 257).astype("<u2").tobytes()
    image = read_image(str(save(file(index, **tags), tmp_path / "a.dcm")))
    assert image.colour and np.array_equal(image.values[0], table[index])


def real(name: str, folder: Path) -> Path:
    """A file of those that pydicom brings along; alone, since one file stands for the series beside it."""
    source = Path(pydicom.__file__).parent / "data" / "test_files" / name
    if not source.is_file():
        pytest.skip("this version of pydicom does not bring the file along")
    (folder / name).write_bytes(source.read_bytes())
    return folder / name


@pytest.mark.parametrize(
    "kind", ["RLE", "bigendian", "expb", "implicit", "jp2klossless", "jpeg_ls_lossless", "padded"]
)  # fmt: skip
def test_real_files_of_one_image_have_its_pixels(tmp_path: Path, kind: str) -> None:
    plain = read_image(str(real("MR_small.dcm", tmp_path)))
    alone = tmp_path / "alone"
    alone.mkdir()
    image = read_image(str(real(f"MR_small_{kind}.dcm", alone)))
    assert np.array_equal(image.values, plain.values) and image.to_ras == pytest.approx(plain.to_ras)


@pytest.mark.parametrize(
    "name",
    ["jpeg_dcmtk", "jpeg_gdcm", "jpeg_lossy_gdcm", "gdcm_KY", "dcmtk_+eb+cr", "dcmtk_+eb+cy+n1", "dcmtk_+eb+cy+s4"],
)
def test_real_files_in_colour(tmp_path: Path, name: str) -> None:
    """The same picture, packed with and without loss, as red-green-blue or as brightness and colour."""
    plain = read_image(str(real("SC_rgb_rle.dcm", tmp_path)))
    alone = tmp_path / "alone"
    alone.mkdir()
    image = read_image(str(real(f"SC_rgb_{name}.dcm", alone)))
    assert image.colour and np.abs(image.values.astype(int) - plain.values).mean() < 4


def test_what_pydicom_says_stays_off_the_terminal(tmp_path: Path, capfd: Any) -> None:
    path = save(file(FRAMES[0], PixelSpacing=[1, 1]), tmp_path / "a.dcm")
    content = path.read_bytes()
    for kept in (200, 400, len(content) - 100):
        path.write_bytes(content[:kept])
        with pytest.raises(InputError):
            read_image(str(path))
    assert capfd.readouterr() == ("", "")
