"""DICOM of all kinds: each frame where its header says, by whatever says it; what is no volume is refused in words."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.volumes import read_image, read_mask
from SPASegmentLib.mrml.io.voxels import Image

pydicom = pytest.importorskip("pydicom")
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset  # noqa: E402
from pydicom.sequence import Sequence as Items  # noqa: E402

AXIAL = (1.0, 0, 0, 0, 1, 0)
TURNED = (0.8, 0.6, 0, 0, 0, -1.0)
FRAMES = np.random.default_rng(0).integers(0, 900, (5, 8, 9)).astype("u2")  # (frame, row, column)
ENHANCED = "1.2.840.10008.5.1.4.1.1.2.1"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
CAPTURE = "1.2.840.10008.5.1.4.1.1.7.3"


def items(**values: Any) -> Items:
    one = Dataset()
    for name, value in values.items():
        setattr(one, name, value)
    return Items([one])


def file(
    pixels: np.ndarray, kind: str = "1.2.840.10008.5.1.4.1.1.2", syntax: str = "1.2.840.10008.1.2.1",
    series: str = "1.2.3", number: int = 1, **tags: Any,
) -> FileDataset:  # fmt: skip
    """One file; a tag of None is left out."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = kind, f"{series}.{number}"
    meta.TransferSyntaxUID = syntax
    data = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    bits = 8 * pixels.dtype.itemsize
    given: Dict[str, Any] = {
        "SOPClassUID": kind, "SOPInstanceUID": f"{series}.{number}", "SeriesInstanceUID": series, "Modality": "CT",
        "StudyInstanceUID": "1.2", "PatientID": "1", "PatientName": "Phantom", "InstanceNumber": number,
        "Rows": pixels.shape[-2], "Columns": pixels.shape[-1], "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"), **tags,
    }  # fmt: skip
    if pixels.ndim == 3:
        given.setdefault("NumberOfFrames", len(pixels))
    content = given.pop("content", None)
    for name, value in given.items():
        if value is not None:
            setattr(data, name, value)
    data.add_new(0x7FE00010, "OW" if bits > 8 else "OB", pixels.tobytes() if content is None else content)
    if content is not None:
        data["PixelData"].is_undefined_length = True
    return data


def save(data: FileDataset, path: Path) -> Path:
    data.save_as(path, enforce_file_format=True)
    return path


def enhanced(
    frames: np.ndarray, positions: Sequence[Sequence[float]], orientation: Sequence[float] = AXIAL,
    scales: Optional[Sequence[Tuple[float, float]]] = None, measures_in_frames: bool = False, **tags: Any,
) -> FileDataset:  # fmt: skip
    measures = items(PixelSpacing=[0.8, 0.7], SliceThickness=2.0)
    shared = Dataset()
    shared.PlaneOrientationSequence = items(ImageOrientationPatient=list(orientation))
    groups = []
    for n, position in enumerate(positions):
        group = Dataset()
        group.PlanePositionSequence = items(ImagePositionPatient=[float(v) for v in position])
        if scales is not None:
            group.PixelValueTransformationSequence = items(RescaleSlope=scales[n][0], RescaleIntercept=scales[n][1])
        if measures_in_frames:
            group.PixelMeasuresSequence = measures
        groups.append(group)
    if not measures_in_frames:
        shared.PixelMeasuresSequence = measures
    return file(
        frames, ENHANCED, SharedFunctionalGroupsSequence=Items([shared]),
        PerFrameFunctionalGroupsSequence=Items(groups), **tags,
    )  # fmt: skip


def value_at(image: Image, position: Sequence[float], orientation: Sequence[float], row: int, column: int) -> float:
    """Value at a pixel of a frame that lies at a position, with pixels of 0.8 x 0.7 mm."""
    lps = np.array(position) + 0.7 * column * np.array(orientation[:3]) + 0.8 * row * np.array(orientation[3:])
    index = np.linalg.solve(image.to_ras, [-lps[0], -lps[1], lps[2], 1])[:3]
    i, j, k = np.rint(index).astype(int)
    assert np.abs(index - [i, j, k]).max() < 0.11
    return float(image.values[k, j, i])


def along(orientation: Sequence[float], steps: Sequence[float]) -> List[np.ndarray]:
    normal = np.cross(orientation[:3], orientation[3:])
    return [np.array([5.0, 7, 10]) + step * normal for step in steps]


@pytest.mark.parametrize("orientation", [AXIAL, TURNED])
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 0, 4, 1, 3)])
@pytest.mark.parametrize("measures_in_frames", [False, True])
def test_frames_of_an_enhanced_file(
    tmp_path: Path, orientation: Sequence[float], order: Sequence[int], measures_in_frames: bool
) -> None:
    positions = along(orientation, [2.0 * n for n in order])
    scales = [(1.0, -1024.0), (2.0, 0.5), (1.0, 0.0), (0.25, 7.0), (3.0, -1.0)]
    data = enhanced(FRAMES, positions, orientation, scales, measures_in_frames)
    image = read_image(str(save(data, tmp_path / "a.dcm")))
    assert image.in_mm and image.values.shape == (5, 8, 9)
    for n, (slope, intercept) in enumerate(scales):
        for row, column in ((0, 0), (7, 8), (2, 5)):
            right = FRAMES[n, row, column] * slope + intercept
            assert value_at(image, positions[n], orientation, row, column) == pytest.approx(right)


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ([(5, 7, z) for z in (10, 12, 14, 20, 22)], "missing or unevenly spaced"),
        ([(5, 7, z) for z in (10, 12, 14, 16, 16)], "several images at one position"),
        ([(5, 7 + n, 10 + 2 * n) for n in range(5)], "tilted gantry"),
        ([(5, 7 + 3 * (n == 2), 10 + 2 * n) for n in range(5)], "tilted gantry"),
    ],
)
def test_frames_that_are_no_volume(tmp_path: Path, positions: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_image(str(save(enhanced(FRAMES, positions), tmp_path / "a.dcm")))


def test_frames_that_are_turned_against_each_other_or_have_other_pixels(tmp_path: Path) -> None:
    data = enhanced(FRAMES, along(AXIAL, range(5)))
    data.PerFrameFunctionalGroupsSequence[2].PlaneOrientationSequence = items(ImageOrientationPatient=list(TURNED))
    with pytest.raises(InputError, match="several directions"):
        read_image(str(save(data, tmp_path / "a.dcm")))
    data = enhanced(FRAMES, along(AXIAL, range(5)))
    data.PerFrameFunctionalGroupsSequence[2].PixelMeasuresSequence = items(PixelSpacing=[0.4, 0.4])
    with pytest.raises(InputError, match="pixels of several sizes"):
        read_image(str(save(data, tmp_path / "b.dcm")))
    data = enhanced(FRAMES, along(AXIAL, range(5)))
    del data.PerFrameFunctionalGroupsSequence[4]
    with pytest.raises(InputError, match="more or fewer frames"):
        read_image(str(save(data, tmp_path / "c.dcm")))


def series(folder: Path, pixels: np.ndarray = FRAMES, step: float = 2.0, **tags: Any) -> Path:
    """A plain series; a tag that is a list or tuple of the series' length gives a value to each file."""
    folder.mkdir(exist_ok=True)
    for n, plane in enumerate(pixels):
        given: Dict[str, Any] = {
            "PixelSpacing": [0.8, 0.7], "ImageOrientationPatient": list(AXIAL),
            "ImagePositionPatient": [5.0, 7.0, 10 + step * n],
        }  # fmt: skip
        given.update({name: value[n] if isinstance(value, tuple) else value for name, value in tags.items()})
        save(file(plane, number=n + 1, **given), folder / f"{n}.dcm")
    return folder


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


def encoded(planes: np.ndarray, how: str, **options: Any) -> bytes:
    from pydicom.encaps import encapsulate

    pictures = pytest.importorskip("PIL.Image")
    found = []
    for plane in planes:
        stream = io.BytesIO()
        pictures.fromarray(plane).save(stream, how, **options)
        found.append(stream.getvalue())
    return encapsulate(found)


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


@pytest.mark.parametrize(
    ("tags", "size"),
    [
        ({"PixelSpacing": [0.3, 0.2]}, (0.2, 0.3)),
        ({"ImagerPixelSpacing": [0.3, 0.2]}, (0.2, 0.3)),
        ({"NominalScannedPixelSpacing": [0.3, 0.2]}, (0.2, 0.3)),
        ({"PixelSpacing": [0.3, 0.2], "ImagerPixelSpacing": [0.5, 0.5]}, (0.2, 0.3)),
        ({"PixelSpacing": [0.0, 0.0], "ImagerPixelSpacing": [0.5, 0.5]}, (0.5, 0.5)),
        ({}, None),
    ],
)
def test_pixel_sizes_by_whatever_gives_them(tmp_path: Path, tags: Dict[str, Any], size: Optional[tuple]) -> None:
    image = read_image(str(save(file(FRAMES[0], **tags), tmp_path / "a.dcm")))
    assert image.in_mm is (size is not None)
    assert np.linalg.norm(image.to_ras[:3, :2], axis=0) == pytest.approx(size or (1, 1))


@pytest.mark.parametrize(("scales", "known"), [([0.02], True), ([0.02, 0.02], True), ([0.02, 0.05], False)])
def test_regions_of_ultrasound(tmp_path: Path, scales: List[float], known: bool) -> None:
    # Beside the pictures, in cm, there is a curve over seconds.
    regions = Items(
        items(PhysicalUnitsXDirection=x, PhysicalUnitsYDirection=y, PhysicalDeltaX=size, PhysicalDeltaY=size)[0]
        for x, y, size in [(3, 3, each) for each in scales] + [(4, 7, 9.0)]
    )
    image = read_image(str(save(file(FRAMES[0], SequenceOfUltrasoundRegions=regions), tmp_path / "a.dcm")))
    assert image.in_mm is known
    assert abs(image.to_ras[0, 0]) == pytest.approx(0.2 if known else 1)


def test_a_film_of_frames_is_stacked_with_a_word(tmp_path: Path) -> None:
    image = read_image(str(save(file(FRAMES, CAPTURE), tmp_path / "a.dcm")))
    assert np.array_equal(image.values, FRAMES) and not image.in_mm
    assert "stacked" in image.notes[0]


def test_a_dose_lies_on_its_offsets(tmp_path: Path) -> None:
    data = file(
        FRAMES, "1.2.840.10008.5.1.4.1.1.481.2", Modality="RTDOSE", PixelSpacing=[0.8, 0.7], DoseGridScaling=0.5,
        ImagePositionPatient=[5, 7, 10], ImageOrientationPatient=list(AXIAL), GridFrameOffsetVector=[0, 3, 6, 9, 12],
    )  # fmt: skip
    image = read_image(str(save(data, tmp_path / "a.dcm")))
    assert image.values == pytest.approx(FRAMES * 0.5) and image.to_ras[2, 2] == pytest.approx(3)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"PixelSpacing": tuple([[0.8, 0.7]] * 3 + [[0.4, 0.4]] * 2)}, r"pixels of several sizes \(0.4 to 0.8 mm\)"),
        ({"Rows": (8, 8, 4, 8, 8)}, r"slices of several sizes \(9 x 4, 9 x 8 pixels\)"),
        ({"ImagePositionPatient": tuple([5.0, 7.0, z] for z in (10, 12.0, 14.3, 16.6, 18.9))}, "unevenly spaced"),
        ({"Rows": 80}, "too early"),
        ({"BitsAllocated": 12}, "12 bits"),
    ],
)
def test_series_that_are_refused(tmp_path: Path, tags: Dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_image(str(series(tmp_path / "a", **tags)))


def test_small_changes_of_distance_that_add_up_are_refused(tmp_path: Path) -> None:
    """Half of the slices lie 8 percent closer: at the end they are more than a slice away from where they would be."""
    steps = np.cumsum([0.0] + [2.0] * 15 + [1.84] * 16)
    frames = np.random.default_rng(0).integers(0, 900, (32, 4, 4)).astype("u2")
    with pytest.raises(InputError, match="unevenly spaced"):
        read_image(str(series(tmp_path / "a", frames, ImagePositionPatient=tuple([0.0, 0.0, z] for z in steps))))


def test_files_that_are_there_twice_count_once(tmp_path: Path) -> None:
    folder = series(tmp_path / "a")
    for path in list(folder.iterdir()):
        (folder / f"copy of {path.name}").write_bytes(path.read_bytes())
    image = read_image(str(folder))
    assert np.array_equal(image.values, FRAMES) and "5 images of the series are there twice" in image.notes[0]
    # The same position with other pixels is a time series, also where a program has given them one name.
    other = pydicom.dcmread(folder / "2.dcm")
    other.PixelData = (FRAMES[2] + 1).tobytes()
    other.save_as(folder / "later.dcm")
    with pytest.raises(InputError, match="several images at one position"):
        read_image(str(folder))


@pytest.mark.parametrize("kept", [0, 140, 200, 420, 700, -300, -1])
@pytest.mark.parametrize("which", [0, 2, 4])
@pytest.mark.parametrize("given", ["folder", "file"])
def test_a_slice_that_was_cut_off_is_never_left_out(tmp_path: Path, kept: int, which: int, given: str) -> None:
    """Wherever it ends, also before it says to which series it belongs; the last slice would not be missed."""
    folder = series(tmp_path / "a")
    path = folder / f"{which}.dcm"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match="too early"):
        read_image(str(folder if given == "folder" else folder / "1.dcm"))


@pytest.mark.parametrize("bare", [(0, 1), range(5)])
@pytest.mark.parametrize("implicit", [True, False])
def test_files_without_a_preamble(tmp_path: Path, bare: Sequence[int], implicit: bool) -> None:
    folder = series(tmp_path / "a")
    for n in bare:
        data = pydicom.dcmread(folder / f"{n}.dcm")
        del data.file_meta
        data.preamble = None
        data.save_as(folder / f"{n}.dcm", implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    for path in (folder, folder / "0.dcm", folder / "4.dcm"):
        assert np.array_equal(read_image(str(path)).values, FRAMES)


def disc(folder: Path, names: Sequence[str]) -> Path:
    """A patient's disc with a series of each name."""
    from pydicom.fileset import FileSet

    plain = folder / "plain"
    plain.mkdir()
    files = FileSet()
    for name, (n, plane) in itertools.product(names, enumerate(FRAMES)):
        data = file(
            plane, series=name, number=n + 1, PixelSpacing=[0.8, 0.7], ImageOrientationPatient=list(AXIAL),
            ImagePositionPatient=[5.0, 7, 10 + 2 * n], StudyDate="20200101", StudyTime="101010", StudyID="1",
            SeriesNumber=names.index(name) + 1,
        )  # fmt: skip
        files.add(save(data, plain / f"{name}.{n}"))
    files.write(folder / "disc")
    return folder / "disc"


def test_a_disc_with_one_series(tmp_path: Path) -> None:
    place = disc(tmp_path, ["1.2.3.1"])
    for path in (place, place / "DICOMDIR"):
        assert np.array_equal(read_image(str(path)).values, FRAMES)


def test_a_disc_with_several_series_names_files_to_give(tmp_path: Path) -> None:
    place = disc(tmp_path, ["1.2.3.1", "1.2.3.2"])
    for path in (place, place / "DICOMDIR"):
        with pytest.raises(InputError, match="2 DICOM series; give one file of the series that you mean") as told:
            read_image(str(path))
        named = str(told.value).split("such as ")[1].rstrip(".").split(", ")
        assert len(named) == 2
        for name in named:
            assert np.array_equal(read_image(name).values, FRAMES)


def test_dicom_files_without_an_image(tmp_path: Path) -> None:
    report = file(FRAMES[0], "1.2.840.10008.5.1.4.1.1.88.11", Modality="SR", Rows=None, Columns=None)
    del report.PixelData
    with pytest.raises(InputError, match=r"without an image \(SR\)"):
        read_image(str(save(report, tmp_path / "a.dcm")))
    folder = series(tmp_path / "b")
    save(report, folder / "report.dcm")
    assert np.array_equal(read_image(str(folder)).values, FRAMES)


def segmentation(
    mask: np.ndarray, frames: Sequence[int], segments: Sequence[int], orientation: Sequence[float] = AXIAL,
    kind: str = "BINARY", between: Optional[float] = 2.0,
) -> FileDataset:  # fmt: skip
    measures = items(PixelSpacing=[0.8, 0.7], SliceThickness=2.0)
    if between:
        measures[0].SpacingBetweenSlices = between
    shared = Dataset()
    shared.PlaneOrientationSequence = items(ImageOrientationPatient=list(orientation))
    shared.PixelMeasuresSequence = measures
    normal = np.cross(orientation[:3], orientation[3:])
    groups = []
    for k, number in zip(frames, segments):
        group = Dataset()
        group.PlanePositionSequence = items(ImagePositionPatient=(np.array([5.0, 7, 10]) + 2 * k * normal).tolist())
        group.SegmentIdentificationSequence = items(ReferencedSegmentNumber=number)
        groups.append(group)
    drawn = mask[list(frames)]
    data = file(
        drawn.astype("u1"), SEGMENTATION, Modality="SEG", SegmentationType=kind, NumberOfFrames=len(drawn),
        SharedFunctionalGroupsSequence=Items([shared]), PerFrameFunctionalGroupsSequence=Items(groups),
    )  # fmt: skip
    if kind == "BINARY":
        data.BitsAllocated = data.BitsStored = 1
        data.HighBit = 0
        data.PixelData = np.packbits(drawn.ravel(), bitorder="little").tobytes()
    else:
        data.MaximumFractionalValue = 200
        data.PixelData = (drawn * 150 + ~drawn * 40).astype("u1").tobytes()
    return data


@pytest.mark.parametrize("orientation", [AXIAL, TURNED])
@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL"])
@pytest.mark.parametrize("between", [2.0, None])
@pytest.mark.parametrize(
    ("frames", "segments"),
    [
        ((1, 2, 3, 4), (1, 1, 1, 1)),
        ((1, 2, 4), (1, 1, 1)),
        ((4, 1, 2), (1, 1, 1)),
        ((1, 2, 3, 2, 3, 4), (1, 1, 1, 2, 2, 2)),
    ],
)
def test_segmentations_as_masks(
    tmp_path: Path, orientation: Sequence[float], kind: str, between: Optional[float], frames: Any, segments: Any
) -> None:
    mask = np.random.default_rng(0).random((5, 8, 9)) > 0.5
    data = segmentation(mask, frames, segments, orientation, kind, between)
    image = read_mask(str(save(data, tmp_path / "a.dcm")))
    normal = np.cross(orientation[:3], orientation[3:])
    right = set()
    for k, row, column in np.argwhere(mask):
        if k in frames:
            lps = np.array([5.0, 7, 10]) + 2 * k * normal + 0.7 * column * np.array(orientation[:3])
            lps = lps + 0.8 * row * np.array(orientation[3:])
            right.add(tuple(np.round([-lps[0], -lps[1], lps[2]], 2) + 0.0))
    k, j, i = np.nonzero(image.values)
    seen = (image.to_ras @ np.stack([i, j, k, np.ones(len(i))]))[:3].T
    assert {tuple(np.round(point, 2) + 0.0) for point in seen} == right


def test_a_segmentation_is_no_image(tmp_path: Path) -> None:
    mask = np.ones((5, 8, 9), bool)
    path = save(segmentation(mask, (0, 1, 2), (1, 1, 1)), tmp_path / "a.dcm")
    with pytest.raises(InputError, match="is a segmentation"):
        read_image(str(path))
    scattered = segmentation(mask, (0, 1, 2), (1, 1, 1))
    scattered.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0].ImagePositionPatient = [5, 7, 13.1]
    scattered.PerFrameFunctionalGroupsSequence[2].PlanePositionSequence[0].ImagePositionPatient = [9, 7, 14.0]
    with pytest.raises(InputError, match="one lattice"):
        read_mask(str(save(scattered, tmp_path / "b.dcm")))


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


def test_hounsfield_units_stay_16_bits(tmp_path: Path) -> None:
    stored = np.array([[[0, 1000], [4095, 2024]]], "u2")
    image = read_image(str(series(tmp_path / "a", stored, RescaleSlope=1, RescaleIntercept=-1024)))
    assert image.values.dtype == np.int16 and image.values.tolist() == [[[-1024, -24], [3071, 1000]]]
    stored = np.array([[[0, 65535]]], "u2")
    image = read_image(str(series(tmp_path / "b", stored, RescaleSlope=1, RescaleIntercept=-1024)))
    assert image.values.tolist() == [[[-1024, 64511]]]


def test_what_pydicom_says_stays_off_the_terminal(tmp_path: Path, capfd: Any) -> None:
    path = save(file(FRAMES[0], PixelSpacing=[1, 1]), tmp_path / "a.dcm")
    content = path.read_bytes()
    for kept in (200, 400, len(content) - 100):
        path.write_bytes(content[:kept])
        with pytest.raises(InputError):
            read_image(str(path))
    assert capfd.readouterr() == ("", "")
