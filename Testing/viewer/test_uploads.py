"""What the page may bring in: names, headers and archives that mean harm end with a sentence."""

from __future__ import annotations

import gzip
import io
import re
import struct
import zipfile
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.volumes import read_image
from SPASegmentLib.viewer import uploads
from SPASegmentLib.viewer.uploads import (
    MAX_FILES,
    VOLUME_ENDINGS,
    check_upload,
    read_archive,
    safe_name,
    shown_name,
    unpack_series,
)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("scan.nii.gz", "scan.nii.gz"),
        ("../../etc/cron.d/scan.nrrd", "scan.nrrd"),
        ("C:\\Users\\me\\Scan 1.MHA", "Scan_1.mha"),
        ("<img src=x onerror=alert(1)>.zip", "_img_src_x_onerror_alert_1__.zip"),
        ("..hidden.nii", "hidden.nii"),
        ("a" * 300 + ".nrrd", "a" * 95 + ".nrrd"),
    ],
)
def test_names_are_made_harmless(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Schädel Müller.nii", "Schädel Müller.nii"),
        ("C:\\Bilder\\肝.nii.gz", "肝.nii.gz"),
        ("../../etc/scan.nrrd", "scan.nrrd"),
        ("a\0b\n\u202egpj.nii", "abgpj.nii"),
        ("é" * 300 + ".nrrd", "é" * 95 + ".nrrd"),
    ],
)
def test_names_are_shown_as_the_user_knows_them(given: str, shown: str) -> None:
    assert shown_name(given) == shown and safe_name(given).isascii()


@pytest.mark.parametrize("name", ["", "scan", "scan.exe", ".nrrd", "nii.gz", "scan.nrrd.html", "scan.nhdr", "../"])
def test_other_kinds_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="NRRD, NIfTI and MHA"):
        safe_name(name)


def test_the_page_offers_what_it_takes() -> None:
    """Of `.nii.gz` browsers know the last part only."""
    page = Path(uploads.__file__).parent / "page" / "page.html"
    offered = re.search(r'accept="([^"]+)"', page.read_text(encoding="utf-8"))
    assert offered is not None
    assert set(offered[1].split(",")) == {Path(f"scan{ending}").suffix for ending in VOLUME_ENDINGS}


def nifti(*dims: int, bits: int = 16) -> bytes:
    header = bytearray(352)
    struct.pack_into("<i", header, 0, 348)
    struct.pack_into("<8h", header, 40, len(dims), *dims, *[1] * (7 - len(dims)))
    struct.pack_into("<h", header, 70, {16: 4, 64: 64}[bits])
    struct.pack_into("<h", header, 72, bits)
    header[344:348] = b"n+1\0"
    return bytes(header)


def test_headers_that_ask_for_too_much_are_refused(tmp_path: Path) -> None:
    huge = {
        "a.nii": nifti(20000, 20000, 20000),
        "b.nii.gz": gzip.compress(nifti(20000, 20000, 20000)),
        "c.nrrd": b"NRRD0004\ntype: short\ndimension: 3\nsizes: 20000 20000 20000\nencoding: gzip\n\nx",
        "d.mha": b"NDims = 3\nDimSize = 20000 20000 20000\nElementType = MET_SHORT\nElementDataFile = LOCAL\nx",
    }
    for name, content in huge.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="GiB"):
            check_upload(tmp_path / name)


def test_headers_that_point_to_other_files_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.raw"
    secret.write_bytes(b"secrets " * 16)  # as many bytes as the voxels would take
    pointing = {
        "a.nrrd": f"NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nencoding: raw\ndata file: {secret}\n\n",
        "b.nrrd": f"NRRD0004\r\ntype: short\r\nsizes: 4 4 4\r\nencoding: raw\r\nDatafile: {secret}\r\n\r\n",
        "c.mha": f"NDims = 3\nDimSize = 4 4 4\nElementType = MET_SHORT\nElementDataFile = {secret}\n",
    }
    # Where a check that reads less, or otherwise, than the reader does would not look.
    head = "NRRD0004\ntype: short\ndimension: 3\nsizes: 4 4 4\nencoding: raw\n"
    pointing["late.nrrd"] = f"{head}#{' filler' * 10000}\ndata file: {secret}\n\n"
    pointing["return.nrrd"] = f"{head}# a\rdata file: {secret}\n\n"
    head = "NDims = 3\nDimSize = 4 4 4\nElementType = MET_SHORT\n"
    filler = "Comment = filler\n" * 5000
    local, other = "ElementDataFile = LOCAL\n", f"ElementDataFile = {secret}\n"
    pointing["comment.mha"] = f"{head}Comment = {local}{other}"
    pointing["swallowed.mha"] = f"{head}Offset = 0 0\n{local}{filler}{other}"
    pointing["next.mha"] = f"{head}ElementDataFile\n{secret}\n{local}"
    pointing["lower.mha"] = f"{head}{local.lower()}{other}"
    for name, content in pointing.items():
        (tmp_path / name).write_text(content, newline="")
        # Where the check and the reader see no other file, they find no voxels in this one.
        with pytest.raises(InputError, match="another file|damaged|too early"):
            check_upload(tmp_path / name)
            read_image(str(tmp_path / name))


def test_sizes_are_those_that_the_reader_takes(tmp_path: Path) -> None:
    huge = "sizes: 20000 20000 20000"
    hiding = {
        "data.nrrd": f"NRRD0004\r\ntype: short\r\n{huge}\r\nencoding: raw\r\n\r\n\r\nsizes: 1 1 1\r\n",
        "pair.nrrd": f"NRRD0004\ntype: short\n{huge}\nsizes:=1 1 1\n\n",
        "twice.nrrd": f"NRRD0004\ntype: short\n{huge}\nsizes: 1 1 1\n\n",
        "twice.mha": "DimSize = 20000 20000 20000\nDimSize = 1 1 1\nElementDataFile = LOCAL\n",
    }
    for name, content in hiding.items():
        (tmp_path / name).write_text(content, newline="")
        with pytest.raises(InputError, match="GiB|damaged"):
            check_upload(tmp_path / name)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.mha"])
@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b\x08broken", b"NRRD0004\nsizes: 1 -1 2\n\n", b"\0" * 400])
def test_damaged_headers_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="damaged" if content else "empty; copy or download it again"):
        check_upload(tmp_path / name)


@pytest.mark.parametrize("ending", [".nrrd", ".nii", ".nii.gz", ".mha"])
def test_files_that_slicer_writes_pass(scene: Any, tmp_path: Path, ending: str) -> None:
    import slicer

    from SPASegmentLib.mrml.volumes import add_volume

    volume = add_volume(scene, np.arange(4 * 5 * 6, dtype=np.int16).reshape(4, 5, 6))
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(tmp_path / f"scan{ending}"))
    assert isinstance(storage, slicer.vtkMRMLVolumeArchetypeStorageNode) and storage.WriteData(volume)
    check_upload(tmp_path / f"scan{ending}")
    with pytest.raises(InputError, match="GiB"):
        check_upload(tmp_path / f"scan{ending}", limit=239)  # 120 voxels of at least 2 bytes


def archive(path: Path, kind: int = zipfile.ZIP_DEFLATED, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", kind) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return path


def test_archives_cannot_leave_their_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    names = {"../../outside.dcm": b"1", "/etc/absolute.dcm": b"2", "a/../../b.dcm": b"3", "__MACOSX/._c.dcm": b"4"}
    unpack_series(archive(tmp_path / "a.zip", **names), inside)
    assert [p.read_bytes() for p in sorted(inside.iterdir())] == [b"1", b"2", b"3"]
    assert {p.name for p in tmp_path.iterdir()} == {"a.zip", "inside"}


def test_a_zip_bomb_stops_early(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    bomb = archive(tmp_path / "a.zip", a=b"\0" * 30_000_000, b=b"\0" * 30_000_000)
    assert bomb.stat().st_size < 100_000
    with pytest.raises(InputError, match="more than"):
        unpack_series(bomb, inside, limit=8_000_000)
    assert sum(p.stat().st_size for p in inside.iterdir()) <= 8_000_000


def test_an_archive_is_left_in_the_middle_when_the_viewer_ends(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    stop = Event()
    stop.set()
    with pytest.raises(InputError, match="The viewer ends"):
        read_archive(archive(tmp_path / "a.zip", a=b"1" * 5_000_000), inside, stop)
    assert sum(p.stat().st_size for p in inside.iterdir()) == 0


def test_an_archive_of_something_else_says_what_to_do(tmp_path: Path) -> None:
    """And names no folder, which is the viewer's own."""
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(InputError) as refused:
        read_archive(archive(tmp_path / "a.zip", a=nifti(5, 8, 8) + bytes(640), b=b"read me"), inside)
    said = "The archive holds no DICOM images; open NIfTI, NRRD or MHA files and pictures themselves."
    assert str(refused.value) == said


def test_archives_that_are_none(tmp_path: Path) -> None:
    cases = {"empty": "empty", "text": "damaged", "cut": "damaged", "many": "5001 files"}
    cases.update(lzma="rare kind", bzip="rare kind")
    archive(tmp_path / "lzma.zip", zipfile.ZIP_LZMA, a=b"a")
    archive(tmp_path / "bzip.zip", zipfile.ZIP_BZIP2, a=b"a")
    archive(tmp_path / "empty.zip")
    (tmp_path / "text.zip").write_text("no archive")
    whole = archive(tmp_path / "cut.zip", a=np.random.default_rng(0).bytes(5000)).read_bytes()
    broken = bytearray(whole)
    broken[1000:1100] = b"\0" * 100
    (tmp_path / "cut.zip").write_bytes(broken)
    archive(tmp_path / "many.zip", **{str(n): b"" for n in range(MAX_FILES + 1)})
    for name, message in cases.items():
        folder = tmp_path / name
        folder.mkdir()
        with pytest.raises(InputError, match=message):
            unpack_series(tmp_path / f"{name}.zip", folder)


def test_an_archive_with_several_series_says_what_to_do(tmp_path: Path) -> None:
    """Names of files in it are not kept, so that none can be named."""
    pytest.importorskip("pydicom")
    from dicom_files import AXIAL, file

    files = {}
    for series in ("1.2.3", "1.2.4"):
        for number in range(2):
            data = file(
                np.arange(16, dtype="u2").reshape(4, 4), series=series, number=number + 1, PixelSpacing=[1, 1],
                ImagePositionPatient=[0, 0, 2 * number], ImageOrientationPatient=list(AXIAL),
            )  # fmt: skip
            stream = io.BytesIO()
            data.save_as(stream, enforce_file_format=True)
            files[f"{series}/{number}.dcm"] = stream.getvalue()
    (tmp_path / "both").mkdir()
    with pytest.raises(InputError, match="The archive holds several DICOM series; zip the folder of one of them"):
        read_archive(archive(tmp_path / "both.zip", **files), tmp_path / "both")
    (tmp_path / "one").mkdir()
    one = {name: content for name, content in files.items() if name.startswith("1.2.3")}
    assert read_archive(archive(tmp_path / "one.zip", **one), tmp_path / "one").values.shape == (2, 4, 4)
