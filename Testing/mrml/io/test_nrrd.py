"""NRRD files: what is damaged is refused, what headers say about axes, place, units and colours is heeded."""

from __future__ import annotations

import bz2
import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import slicer

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.grid import image_array, segment_image
from SPASegmentLib.mrml.io.nrrd import read_nrrd, read_segments
from SPASegmentLib.mrml.io.voxels import UnreadableError, read_values
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


#: What Slicer 4.10 wrote: a segment for each value of the fourth axis, and nothing that says so.
OLD = """NRRD0004
type: unsigned char
dimension: 4
space: left-posterior-superior
sizes: 2 12 10 8
space directions: none (1,0,0) (0,1,0) (0,0,1)
kinds: list domain domain domain
encoding: raw
space origin: (0,0,0)
Segment0_ID:=Segment_1
Segment0_Name:=A
Segment0_Extent:=2 3 2 3 2 3
Segment1_ID:=Segment_2
Segment1_Name:=B
Segment1_Extent:=6 8 6 8 5 6
Segmentation_MasterRepresentation:=Binary labelmap

"""


def test_every_segment_of_an_old_file_is_read(tmp_path: Path) -> None:
    voxels = np.zeros((8, 10, 12, 2), np.uint8)
    voxels[2:4, 2:4, 2:4, 0] = 1
    voxels[5:7, 6:9, 6:9, 1] = 1
    path = tmp_path / "old.seg.nrrd"
    path.write_bytes(OLD.encode() + voxels.tobytes())
    assert np.array_equal(read_segments(path).values, voxels.any(axis=3))
    with HeadlessScene() as headless:
        storage = slicer.vtkMRMLSegmentationStorageNode()
        headless.scene.AddNode(storage)
        storage.SetFileName(str(path))
        node = headless.scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        assert storage.ReadData(node)
        segments = node.GetSegmentation()
        found = [segment_image(node, name) for name in segments.GetSegmentIDs()]
        assert sum(int((image_array(image) == value).sum()) for image, value in found) == voxels.sum(), "as Slicer does"


def test_a_whole_file_is_complete(whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.seg.nrrd").write_bytes(whole)
    assert read_segments(tmp_path / "a.seg.nrrd").values.sum() == np.count_nonzero(np.arange(6000) % 7 == 0)


@pytest.mark.parametrize("where", ["nothing", "magic", "header", "end of header", "voxels", "last byte"])
def test_a_truncated_file_is_not(whole: bytes, tmp_path: Path, where: str) -> None:
    header = whole.index(b"\n\n") + 2
    kept = {
        "nothing": 0, "magic": 3, "header": header // 2, "end of header": header,
        "voxels": (header + len(whole)) // 2, "last byte": len(whole) - 1,
    }[where]  # fmt: skip
    (tmp_path / "a.seg.nrrd").write_bytes(whole[:kept])
    with pytest.raises(UnreadableError, match="damaged|too early"):
        read_segments(tmp_path / "a.seg.nrrd")
    with HeadlessScene() as headless, pytest.raises(InputError, match="damaged"):
        load_mask(headless.scene, str(tmp_path / "a.seg.nrrd"))


def test_a_flipped_bit_is_noticed_where_there_is_a_checksum(whole: bytes, tmp_path: Path) -> None:
    flipped = bytearray(whole)
    flipped[-20] ^= 0x10
    (tmp_path / "a.seg.nrrd").write_bytes(flipped)
    if b"encoding: raw" in whole:
        read_segments(tmp_path / "a.seg.nrrd")
    else:
        with pytest.raises(UnreadableError, match="damaged"):
            read_segments(tmp_path / "a.seg.nrrd")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("not a header\n\n", "header is damaged"),
        ("NRRD0004\ntype: float\nsizes: 3 1\nencoding: raw\ndata file: other.raw\n\n", "in other files"),
        ("NRRD0004\ntype: float\nsizes: 3 1\nencoding: raw\ndata file: LIST\na.raw\n", "in other files"),
        ("NRRD0004\ntype: block\nsizes: 3 1\nencoding: raw\n\n123", "type 'block'"),
        ("NRRD0004\ntype: uchar\nsizes: 3 1\nencoding: hex\n\n010203", "packed as 'hex'"),
        ("NRRD0004\ntype: uchar\nsizes: many\nencoding: raw\n\n123", "header is damaged"),
        ("NRRD0004\ntype: uchar\nsizes: 3 0\nencoding: raw\n\n123", "header is damaged"),
        ("NRRD0004\ntype: uchar\nsizes: 3 1\nsizes: 2 1\nencoding: raw\n\n123", "header is damaged"),
        ("NRRD0004\ntype: uchar\nsizes: 1000000000000 1000000000\nencoding: bz2\n\n123", "memory"),
        ("NRRD0004\ntype: uchar\nsizes: 1000000000000 1000000000\nencoding: gzip\n\n123", "too early"),
        (f"NRRD0004\ntype: uchar\nsizes: 3 {4000 * '9'}\nencoding: raw\n\n123", "header is damaged"),
        (f"NRRD0004\ntype: uchar\nsizes: 3 {5000 * '9'}\nencoding: raw\n\n123", "header is damaged"),
        (f"NRRD0004\ntype: uchar\nsizes: 3 1\nbyte skip: {10**17}\nencoding: raw\n\n123", "too early"),
        (f"NRRD0004\ntype: uchar\nsizes: 3 1\nbyte skip: {26 * '9'}\nencoding: raw\n\n123", "header is damaged"),
        (f"NRRD0004\ntype: uchar\nsizes: 3 1\nbyte skip: -{26 * '9'}\nencoding: raw\n\n123", "header is damaged"),
        (f"NRRD0004\ntype: uchar\nsizes: 3 1\nline skip: {5000 * '9'}\nencoding: raw\n\n123", "header is damaged"),
        ("NRRD0004\ntype: uchar\nsizes: 3 1\nencoding: text\n\n1 2", "too early"),
        ("NRRD0004\ntype: uchar\nsizes: 3 1\nencoding: text\n\n1 2 three", "no numbers"),
        ("NRRD0004\ntype: uchar\nsizes: 3 1\nencoding: text\n\n1 2 " + 100_000 * "3", "no numbers"),
        ("NRRD0004\ntype: uchar\nsizes: 2 2 2 2 2\nencoding: raw\n\n" + 32 * "a", "axes that are none of space"),
        (
            "NRRD0004\ntype: uchar\nsizes: 2 2 1\nspace: RAS\nspace directions: (1,0,0) (1,0,0) (0,0,1)\n"
            "encoding: raw\n\naaaa",
            "do not span",
        ),
        (
            "NRRD0004\ntype: uchar\nsizes: 2 2 1\nspace: RAS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\n"
            'space units: "furlong" "mm" "mm"\nencoding: raw\n\naaaa',
            "'furlong'",
        ),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "a.nrrd").write_text(content, newline="")
    with pytest.raises(UnreadableError, match=reason):
        read_nrrd(tmp_path / "a.nrrd")


def test_windows_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.nrrd").write_bytes(b"NRRD0004\r\ntype: uchar\r\nsizes: 3 1\r\nencoding: raw\r\n\r\nabc")
    image = read_nrrd(tmp_path / "a.nrrd")
    assert image.values.tolist() == [[[97, 98, 99]]] and not image.in_mm


VOXELS = np.arange(2 * 3 * 4, dtype="<i2").reshape(2, 3, 4)  # (k, j, i)


def header(*lines: str, sizes: str = "4 3 2", kind: str = "short", encoding: str = "raw") -> bytes:
    head = ["NRRD0005", f"type: {kind}", f"sizes: {sizes}", f"encoding: {encoding}", "endian: little", *lines]
    return ("\n".join(head) + "\n\n").encode()


@pytest.mark.parametrize("encoding", ["raw", "gzip", "gz", "bzip2", "text"])
@pytest.mark.parametrize("skip", [0, 2])
def test_packings(tmp_path: Path, encoding: str, skip: int) -> None:
    packed = {
        "raw": VOXELS.tobytes(), "gzip": gzip.compress(VOXELS.tobytes()), "bzip2": bz2.compress(VOXELS.tobytes()),
        "text": " ".join(map(str, VOXELS.ravel())).encode(),
    }  # fmt: skip
    data = skip * b"skipped\n" + packed["gzip" if encoding == "gz" else encoding]
    (tmp_path / "a.nrrd").write_bytes(header(f"line skip: {skip}", encoding=encoding) + data)
    (tmp_path / "a.nhdr").write_bytes(header(f"line skip: {skip}", "data file: a.raw", encoding=encoding))
    (tmp_path / "a.raw").write_bytes(data)
    for name in ("a.nrrd", "a.nhdr"):
        assert np.array_equal(read_nrrd(tmp_path / name).values, VOXELS)


def test_more_lines_to_skip_than_there_are(tmp_path: Path) -> None:
    """In a process of its own: a reader that goes on behind the end of the file does so for ever."""
    (tmp_path / "a.nrrd").write_bytes(header(f"line skip: {10**17}") + 20 * b"line\n")
    program = "import sys, pathlib, SPASegmentLib.mrml.io.nrrd as nrrd; nrrd.read_nrrd(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", program, str(tmp_path / "a.nrrd")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "it ends too early" in done.stderr


@pytest.mark.parametrize("gap", [" ", "\n", " " * 70_000])
def test_text_is_read_as_far_as_voxels_are_in_it(tmp_path: Path, gap: str) -> None:
    """Numbers are whole wherever a piece of the file ends; what follows them is left alone."""
    voxels = np.random.default_rng(0).integers(-(10**6), 10**6, 20 if len(gap) > 1 else 30_000)
    path = tmp_path / "a.txt"
    path.write_text(gap.join(map(str, voxels)) + " 7" * 3_000_000)
    with open(path, "rb") as file:
        assert np.array_equal(read_values(file, "text", np.dtype("<i4"), len(voxels)), voxels)
        assert file.tell() < path.stat().st_size - 5_000_000


def test_big_endian_and_bytes_before_the_voxels(tmp_path: Path) -> None:
    head = header("byte skip: -1").replace(b"little", b"big")
    (tmp_path / "a.nrrd").write_bytes(head + b"something" + VOXELS.astype(">i2").tobytes())
    assert np.array_equal(read_nrrd(tmp_path / "a.nrrd").values, VOXELS)


@pytest.mark.parametrize(
    ("unit", "mm"), [("mm", 1), ("um", 1e-3), ("\u00b5m", 1e-3), ("\u03bcm", 1e-3), ("microns", 1e-3), ("cm", 10),
                     ("m", 1e3), ("nm", 1e-6), ("inches", 25.4), ("", 1)],
)  # fmt: skip
@pytest.mark.parametrize("field", ["space", "spacings"])
def test_units_of_length(tmp_path: Path, unit: str, mm: float, field: str) -> None:
    lines = {
        "space": ["space: RAS", "space directions: (2,0,0) (0,3,0) (0,0,4)", "space origin: (5,6,7)"],
        "spacings": ["spacings: 2 3 4"],
    }[field]
    lines.append(f'{"space units" if field == "space" else "units"}: "{unit}" "{unit}" "{unit}"')
    (tmp_path / "a.nrrd").write_bytes(header(*lines) + VOXELS.tobytes())
    image = read_nrrd(tmp_path / "a.nrrd")
    assert np.abs(np.diag(image.to_ras)[:3]) == pytest.approx(mm * np.array([2, 3, 4])) and image.in_mm
    if field == "space":
        assert image.to_ras[:3, 3] == pytest.approx(mm * np.array([5, 6, 7]))


@pytest.mark.parametrize(
    ("space", "signs", "noted"),
    [("RAS", (1, 1), False), ("left-posterior-superior", (-1, -1), False), ("LAS", (-1, 1), False),
     ("scanner-xyz", (-1, -1), True), ("3D-right-handed", (-1, -1), True)],
)  # fmt: skip
def test_spaces(tmp_path: Path, space: str, signs: tuple, noted: bool) -> None:
    lines = (f"space: {space}", "space directions: (1,0,0) (0,1,0) (0,0,1)", "space origin: (5,6,7)")
    (tmp_path / "a.nrrd").write_bytes(header(*lines) + VOXELS.tobytes())
    image = read_nrrd(tmp_path / "a.nrrd")
    assert np.diag(image.to_ras)[:2].tolist() == list(signs)
    assert image.to_ras[:3, 3].tolist() == [5 * signs[0], 6 * signs[1], 7]
    assert (space in " ".join(image.notes)) is noted


@pytest.mark.parametrize("place", [0, 3])
@pytest.mark.parametrize("kind", ["RGB-color", "list", "vector", ""])
def test_several_values_per_voxel_come_last(tmp_path: Path, place: int, kind: str) -> None:
    values = np.random.default_rng(0).integers(0, 255, (2, 5, 4, 3)).astype("u1")
    axes = ["domain", "domain", "domain"]
    directions = ["(1,0,0)", "(0,1,0)", "(0,0,1)"]
    sizes = ["4", "5", "2"]
    for target, what in ((axes, kind), (directions, "none"), (sizes, "3")):
        target.insert(place, what)
    lines = ["space: RAS", f"space directions: {' '.join(directions)}"]
    if kind:
        lines.append(f"kinds: {' '.join(axes)}")
    stored = values if place == 0 else np.moveaxis(values, -1, 0)
    (tmp_path / "a.nrrd").write_bytes(header(*lines, sizes=" ".join(sizes), kind="uchar") + stored.tobytes())
    image = read_nrrd(tmp_path / "a.nrrd")
    assert np.array_equal(image.values, values)
    assert image.colour is (kind == "RGB-color")


def test_segments_are_values_in_layers(tmp_path: Path) -> None:
    layers = np.zeros((2, 3, 4, 2), "u1")  # (k, j, i, layer)
    layers[0, 0, :3, 0] = (1, 2, 9)
    layers[1, 2, 3, 1] = 1
    notes = [f"Segment{n}_{name}:={value}" for n, (layer, label) in enumerate([(0, 1), (0, 2), (1, 1)])
             for name, value in (("ID", f"s{n}"), ("Layer", layer), ("LabelValue", label))]  # fmt: skip
    lines = ("space: RAS", "space directions: none (1,0,0) (0,1,0) (0,0,1)", "kinds: list domain domain domain")
    (tmp_path / "a.seg.nrrd").write_bytes(header(*lines, *notes, sizes="2 4 3 2", kind="uchar") + layers.tobytes())
    held = read_segments(tmp_path / "a.seg.nrrd").values
    assert sorted(map(tuple, np.argwhere(held).tolist())) == [(0, 0, 0), (0, 0, 1), (1, 2, 3)]
    with pytest.raises(UnreadableError, match="damaged"):
        path = tmp_path / "b.seg.nrrd"
        path.write_bytes(header(*lines, *notes[:-2], "Segment2_Layer:=7", sizes="2 4 3 2", kind="uchar") + b"0" * 48)
        read_segments(path)
