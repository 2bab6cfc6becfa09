"""The page docs/formats.md: each row of its tables is tried, and each case here has its row."""

from __future__ import annotations

import gzip
import importlib.util
import re
import struct
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.volumes import read_image, read_mask
from SPASegmentLib.mrml.quiet import quiet
from SPASegmentLib.mrml.volumes import load_volume, notes_of

pydicom = pytest.importorskip("pydicom")
nibabel = pytest.importorskip("nibabel")
pictures = pytest.importorskip("PIL.Image")
import dicom_files as dicom  # noqa: E402

PAGE = Path(__file__).resolve().parents[3] / "docs" / "formats.md"
VOXELS = np.random.default_rng(0).integers(0, 500, (5, 6, 7)).astype("<i2")  # (k, j, i)
STRAIGHT, SHEARED = "(1,0,0) (0,1,0) (0,0,2)", "(1,0,0) (0,1,0) (0,0.5,2)"
READ, NOTED, REFUSED = "read", "read, with a word", "refused"


def beside(name: str) -> ModuleType:
    """Another file of tests, whose examples are used."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


nifti, meta = beside("test_nifti"), beside("test_metaimage")


class Row(NamedTuple):
    """A row of a table, without what only explains."""

    section: str
    name: str
    outcome: str
    words: Tuple[str, ...]


def rows() -> List[Row]:
    found, section = [], ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        section = line[3:] if line.startswith("## ") else section
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if len(cells) == 3 and cells[1] in (READ, NOTED, REFUSED):
            found.append(Row(section, cells[0], cells[1], tuple(re.findall(r'"([^"]+)"', cells[2]))))
    return found


def nrrd(
    folder: Path, values: np.ndarray = VOXELS, directions: str = STRAIGHT, *lines: str,
    space: str = "RAS", encoding: str = "raw",
) -> Path:  # fmt: skip
    kinds = {"u1": "uchar", "i2": "short", "u2": "ushort", "i8": "int64", "f4": "float"}
    sizes = " ".join(str(n) for n in values.shape[::-1])
    head = [
        "NRRD0005", f"type: {kinds[values.dtype.str[1:]]}", f"space: {space}", f"sizes: {sizes}",
        f"space directions: {directions}", f"encoding: {encoding}", "endian: little", *lines,
    ]  # fmt: skip
    path = folder / "a.nrrd"
    path.write_bytes(("\n".join(head) + "\n\n").encode() + values.tobytes())
    return path


def some_nifti(folder: Path, **arguments: Any) -> Path:
    sform, qform = nifti.affine(1, 1, 2), arguments.pop("qform", None)
    nifti.save(folder / "a.nii", arguments.pop("sform", sform), qform, **arguments)
    return folder / "a.nii"


def turned_by(degrees: float) -> np.ndarray:
    return np.asarray(nifti.affine(1, 1, 2, turn=degrees))


def sheared_nifti(folder: Path, **options: Any) -> Path:
    return some_nifti(folder, sform=nifti.affine(1, 1, 2, shear=9), **options)


def three_volumes(folder: Path) -> Path:
    return some_nifti(folder, voxels=np.stack([VOXELS.T] * 3, -1))


def changed(path: Path, place: int, kind: str, *values: Any) -> Path:
    content = bytearray(path.read_bytes())
    struct.pack_into(kind, content, place, *values)
    path.write_bytes(content)
    return path


def cut(path: Path, by: int = 30) -> Path:
    path.write_bytes(path.read_bytes()[:-by])
    return path


def packed(folder: Path) -> Path:
    path = folder / "a.nii.gz"
    path.write_bytes(gzip.compress(some_nifti(folder).read_bytes()) + b"something")
    return path


def in_micrometres(folder: Path) -> Path:
    image = nibabel.Nifti1Image(VOXELS.T, np.diag([1.0, 1, 2, 1]))
    image.header.set_xyzt_units("micron")
    nibabel.save(image, folder / "a.nii")
    return folder / "a.nii"


def metaimage(folder: Path) -> Path:
    (folder / "a.mha").write_bytes(meta.content())
    return folder / "a.mha"


def unknown_size(folder: Path) -> Path:
    path = some_nifti(folder, sform=None)
    return changed(changed(path, 80, "<3f", 0, 0, 0), 123, "B", 0)


def colours(values: int = 3, kind: str = "RGB-color", dtype: str = "u1") -> Tuple[np.ndarray, str, str]:
    array = np.random.default_rng(0).integers(0, 255, (5, 6, 7, values)).astype(dtype)
    return array, "none (1,0,0) (0,1,0) (0,0,2)", f"kinds: {kind} domain domain domain"


def nonsense(folder: Path) -> Path:
    (folder / "a.dat").write_bytes(b"no volume" * 9)
    return folder / "a.dat"


def one(folder: Path, pixels: np.ndarray = dicom.FRAMES[0], **tags: Any) -> Path:
    return Path(dicom.save(dicom.file(pixels, **tags), folder / "a.dcm"))


def some_series(folder: Path, **tags: Any) -> Path:
    return Path(dicom.series(folder / "series", **tags))


def enhanced(folder: Path, positions: Any = None, **arguments: Any) -> Path:
    places = dicom.along(dicom.AXIAL, [4.0, 0, 2, 8, 6]) if positions is None else positions
    return Path(dicom.save(dicom.enhanced(dicom.FRAMES, places, **arguments), folder / "a.dcm"))


def bare(folder: Path) -> Path:
    path = some_series(folder)
    data = pydicom.dcmread(path / "1.dcm")
    del data.file_meta
    data.preamble = None
    data.save_as(path / "1.dcm", implicit_vr=True, little_endian=True, enforce_file_format=False)
    return path


def jpeg_2000(folder: Path) -> Path:
    smooth = np.add.outer(np.arange(40) * 2, np.arange(48)).astype("u1")
    content = dicom.encoded(smooth[None], "JPEG2000", no_jp2=True)
    return one(folder, smooth, syntax="1.2.840.10008.1.2.4.90", content=content)


def twice(folder: Path) -> Path:
    path = some_series(folder)
    (path / "copy").write_bytes((path / "2.dcm").read_bytes())
    return path


def two_series(folder: Path) -> Path:
    path = some_series(folder)
    dicom.save(dicom.file(dicom.FRAMES, series="1.2.9", NumberOfFrames=5), path / "other.dcm")
    return path


def with_a_page_in_colour(folder: Path) -> Path:
    path = some_series(folder)
    page = np.zeros((8, 9, 3), "u1")
    tags: Dict[str, Any] = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "Rows": 8, "Columns": 9}
    tags.update(PixelSpacing=[0.8, 0.7], ImageOrientationPatient=list(dicom.AXIAL), NumberOfFrames=None)
    data = dicom.file(page, PlanarConfiguration=0, number=9, ImagePositionPatient=[5.0, 7.0, 20.0], **tags)
    dicom.save(data, path / "page.dcm")
    return path


def ultrasound(folder: Path, *scales: float) -> Path:
    regions = [
        dicom.items(PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3, PhysicalDeltaX=s, PhysicalDeltaY=s)[0]
        for s in scales
    ]
    return one(folder, SequenceOfUltrasoundRegions=regions)


def palette(folder: Path) -> Path:
    tags: Dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name in ("Red", "Green", "Blue"):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        tags[f"{name}PaletteColorLookupTableData"] = (np.arange(256) * 256).astype("<u2").tobytes()
    return one(folder, (dicom.FRAMES[0] % 256).astype("u1"), **tags)


def segmentation(folder: Path, scattered: bool = False) -> Path:
    data = dicom.segmentation(np.ones((5, 8, 9), bool), (3, 0, 1), (1, 1, 2))
    if scattered:
        data.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0].ImagePositionPatient = [9, 9, 10.9]
    return Path(dicom.save(data, folder / "a.dcm"))


def segments(folder: Path) -> Path:
    path = nrrd(folder, (VOXELS > 250).astype("u1"), STRAIGHT, "Segment0_ID:=a", "Segment0_LabelValue:=1")
    return path.rename(folder / "a.seg.nrrd")


def labels(folder: Path) -> Path:
    return nrrd(folder, (VOXELS > 250).astype("u1"))


Make = Callable[[Path], Path]
TURNED_FRAMES = tuple(list(dicom.AXIAL if n else dicom.TURNED) for n in range(5))

VOLUMES: Dict[str, Make] = {
    "NRRD: raw, gzip, bzip2 or text; `.nhdr` with its voxels in another file": nrrd,
    "NRRD in micrometres, cm, inches (`space units`, `units`)": lambda f: nrrd(
        f, VOXELS, STRAIGHT, 'space units: "um" "um" "um"'
    ),
    "NRRD with sheared axes (a tilted gantry)": lambda f: nrrd(f, VOXELS, SHEARED),
    "NRRD of a space that is no patient's (`scanner-xyz`)": lambda f: nrrd(f, space="scanner-xyz"),
    "NRRD in colour (kind `RGB-color`, 8 or 16 bits)": lambda f: nrrd(f, *colours(dtype="u2")),
    "NRRD with three 8-bit values per voxel that are not called colours": lambda f: nrrd(f, *colours(kind="list")),
    "NRRD with other values per voxel (time points, contrasts, vectors)": lambda f: nrrd(f, *colours(3, "list", "i2")),
    "NRRD packed in another way (hex)": lambda f: nrrd(f, encoding="hex"),
    "NIfTI-1 and NIfTI-2: `.nii`, `.nii.gz`, `.hdr` with `.img`": lambda f: some_nifti(f, kind=nibabel.Nifti2Image),
    "NIfTI in micrometres or metres": in_micrometres,
    "NIfTI with something behind the gzip stream": packed,
    "NIfTI whose sform and qform differ by more than 0.1 mm": lambda f: some_nifti(f, qform=turned_by(9)),
    "NIfTI with axes sheared by more than 0.1 mm at the corners": sheared_nifti,
    "NIfTI with several volumes (a time series, a vector)": three_volumes,
    "the same with `--component 2`": three_volumes,
    "NIfTI of complex numbers": lambda f: changed(some_nifti(f), 70, "<h", 32),
    "Analyze 7.5": lambda f: changed(some_nifti(f), 344, "4s", b""),
    "MetaImage: `.mha`, or `.mhd` with its voxels in another file": metaimage,
    "a picture: PNG, JPEG, BMP or TIFF, in colour or grey": lambda f: picture(f, "a.png"),
    "a picture that EXIF says to turn": lambda f: turned(f, "a.jpg"),
    "a picture that is damaged or was not copied to its end": lambda f: cut(picture(f, "a.png")),
    "a TIFF file with several pages": lambda f: pages(f),
    "a file that gives no size of voxels": unknown_size,
    "voxels that are NaN or infinite": lambda f: nrrd(f, np.where(VOXELS > 490, np.nan, VOXELS).astype("f4")),
    "integers of 64 bits, up to 9 · 10^15": lambda f: nrrd(f, VOXELS.astype("i8") + 2**52),
    "larger integers of 64 bits": lambda f: nrrd(f, VOXELS.astype("i8") + 2**60),
    "at most 16 different whole numbers": lambda f: nrrd(f, (VOXELS % 16).astype("u1")),
    "the same value in all voxels": lambda f: nrrd(f, VOXELS * 0),
    "a segmentation (`.seg.nrrd`)": segments,
    "a file that was not copied to its end": lambda f: cut(nrrd(f)),
    "any other file": nonsense,
}
DICOM: Dict[str, Make] = {
    "a series: a folder, or one of its files": some_series,
    "files without the preamble, all or some of them": bare,
    "an enhanced file: frames in any order, scaled one by one": enhanced,
    "slices that are scaled one by one (PET)": lambda f: some_series(f, RescaleSlope=(1, 2, 0.5, 4, 3)),
    "JPEG, JPEG-LS, JPEG 2000 and run lengths": jpeg_2000,
    "colour, also by a table (palette)": palette,
    "a radiograph with Imager Pixel Spacing": lambda f: one(f, ImagerPixelSpacing=[0.2, 0.2]),
    "ultrasound whose regions have one scale": lambda f: ultrasound(f, 0.02, 0.02),
    "no pixel size, or regions of several scales": lambda f: ultrasound(f, 0.02, 0.1),
    "several frames without positions": lambda f: one(f, dicom.FRAMES, kind=dicom.CAPTURE),
    "files that are there twice": twice,
    "a disc with one series": lambda f: Path(dicom.disc(f, ["1.2.3.1"])),
    "a folder or disc with several series": two_series,
    "slices missing or unevenly spaced": lambda f: enhanced(f, dicom.along(dicom.AXIAL, [0, 2, 4, 8, 10])),
    "several images at one position (time points)": lambda f: enhanced(f, dicom.along(dicom.AXIAL, [0, 2, 4, 4, 2])),
    "a tilted gantry": lambda f: enhanced(f, [(5, 7 + n, 2 * n) for n in range(5)]),
    "slices of several directions": lambda f: some_series(f, ImageOrientationPatient=TURNED_FRAMES),
    "pixels or slices of several sizes": lambda f: some_series(f, PixelSpacing=tuple([[0.8, 0.7]] * 4 + [[0.4, 0.4]])),
    "colour images among grey ones": with_a_page_in_colour,
    "a series without positions": lambda f: some_series(f, ImagePositionPatient=None),
    "a file or slice that was not copied to its end": lambda f: cut(some_series(f) / "2.dcm").parent,
    "a segmentation or a report given as an image": segmentation,
}
MASKS: Dict[str, Make] = {
    "`.seg.nrrd` of 3D Slicer: all segments together, cropped or not": segments,
    "NRRD, NIfTI, MetaImage or a picture: all that is not 0": labels,
    "NIfTI with sheared axes": lambda f: sheared_nifti(f, voxels=(VOXELS.T > 250).astype("<i2")),
    "DICOM segmentation: frames in any order, slices left out, several segments": segmentation,
    "DICOM segmentation whose frames lie on no lattice": lambda f: segmentation(f, scattered=True),
    "a mask as JPEG, whose edges are blurred: what is brighter than half": lambda f: spot(f, "a.jpg"),
    "several values per voxel": lambda f: nrrd(f, *colours()),
    "an image, or probabilities, in place of a mask": nrrd,
    "nothing is 0 (several labels, one of them outside)": lambda f: nrrd(f, (VOXELS > 250).astype("<i2") + 1),
}


def picture(folder: Path, name: str, **options: Any) -> Path:
    pictures.fromarray(np.arange(120, dtype="u1").reshape(10, 12) * 2).save(folder / name, **options)
    return folder / name


def spot(folder: Path, name: str) -> Path:
    """A mask as a picture."""
    inside = np.hypot(*np.ogrid[-20:30, -20:40]) < 12
    pictures.fromarray((inside * 255).astype("u1")).save(folder / name)
    return folder / name


def pages(folder: Path) -> Path:
    return picture(folder, "a.tif", save_all=True, append_images=[pictures.new("L", (12, 10))])


def turned(folder: Path, name: str) -> Path:
    exif = pictures.Exif()
    exif[0x0112] = 6
    return picture(folder, name, exif=exif)


PICTURES: Dict[str, Tuple[Make, str, Optional[int]]] = {
    "PNG, JPEG, BMP, TIFF": (lambda f: picture(f, "a.bmp"), "image", None),
    "a picture that EXIF says to turn": (lambda f: turned(f, "a.jpg"), "image", None),
    "a mask as JPEG": (lambda f: spot(f, "a.jpg"), "mask", None),
    "a mask as JPEG with labels": (lambda f: spot(f, "a.jpg"), "mask", 2),
    "TIFF with several pages": (pages, "image", None),
    "a TIFF file that is stored on its side and not packed": (lambda f: turned(f, "a.tif"), "image", None),
}  # fmt: skip


def seen(scene: Any, row: Row, folder: Path) -> Tuple[str, str]:
    """What happens with the example of a row, and what is said."""
    try:
        if row.section == "Masks":
            notes = read_mask(str(MASKS[row.name](folder))).notes
        elif row.section.startswith("Pictures"):
            from SPASegmentLib.research.data import images

            make, kind, label = PICTURES[row.name]
            path = make(folder)
            assert (images.read_image(path) if kind == "image" else images.read_mask(path, label)).values.size
            notes = ()
        else:
            path = {**VOLUMES, **DICOM}[row.name](folder)
            notes = notes_of(load_volume(scene, str(path), 2 if "--component 2" in row.name else None))
    except InputError as error:
        return REFUSED, str(error)
    return (NOTED if notes else READ), " ".join(notes)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_what_the_page_says_is_so(scene: Any, tmp_path: Path, row: Row) -> None:
    with quiet():
        outcome, said = seen(scene, row, tmp_path)
    assert outcome == row.outcome, said
    for words in row.words:
        assert words in said


def test_each_case_has_its_row() -> None:
    tables = {"Volumes": VOLUMES, "DICOM": DICOM, "Masks": MASKS, "Pictures, for training and evaluation": PICTURES}
    assert {(row.section, row.name) for row in rows()} == {(s, name) for s, table in tables.items() for name in table}


def test_units_and_sizes_are_as_the_page_says(tmp_path: Path) -> None:
    for name in ("NRRD in micrometres, cm, inches (`space units`, `units`)", "NIfTI in micrometres or metres"):
        image = read_image(str(VOLUMES[name](tmp_path)))
        assert np.linalg.norm(image.to_ras[:3, :3], axis=0) == pytest.approx([1e-3, 1e-3, 2e-3])
    for name in ("a file that gives no size of voxels", "no pixel size, or regions of several scales"):
        assert not read_image(str({**VOLUMES, **DICOM}[name](tmp_path))).in_mm
