"""The CSV manifest: rows and columns, file formats, grids, and what is said of faults."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import Any, Optional

import nibabel
import nrrd
import numpy as np
import pytest
from PIL import Image

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.images import mask_on_grid, read_image, read_mask
from SPASegmentLib.research.data.manifest import manifest_images, read_manifest

SHAPE = (30, 24, 5)  # i, j, k
RAS = np.array([[-0.5, 0, 0, 40.0], [0, -0.5, 0, 20.0], [0, 0, 2.0, -7.0], [0, 0, 0, 1]])  # mm


def volume() -> np.ndarray:
    return np.random.default_rng(0).integers(-1000, 1000, SHAPE).astype(np.int16)


def box(i: slice, k: slice = slice(1, 3)) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    mask[i, 6:14, k] = 1
    return mask


def nifti(path: Path, values: np.ndarray, matrix: np.ndarray = RAS) -> None:
    nibabel.save(nibabel.Nifti1Image(values, matrix), path)


def write_nrrd(path: Path, values: np.ndarray, origin_index: tuple[int, int, int] = (0, 0, 0)) -> None:
    """As 3D Slicer does: in LPS, and possibly cropped, with the origin of the first voxel that is stored."""
    lps = np.diag([-1.0, -1, 1, 1]) @ RAS
    header = {
        "space": "left-posterior-superior",
        "space directions": lps[:3, :3].T,
        "space origin": (lps @ [*origin_index, 1])[:3],
    }
    nrrd.write(str(path), values, header)


def manifest(folder: Path, *lines: str) -> Path:
    path = folder / "data.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_column_for_each_rater_and_volumes_of_two_formats(tmp_path: Path) -> None:
    """Anna's masks are NIfTI, Ben's a cropped NRRD on the same grid; an empty cell is a rater who did not draw."""
    nifti(tmp_path / "ct.nii.gz", volume())
    nifti(tmp_path / "anna.nii.gz", box(slice(8, 20)))
    write_nrrd(tmp_path / "ben.seg.nrrd", box(slice(9, 18))[7:22, 4:16, 1:4], (7, 4, 1))
    write_nrrd(tmp_path / "mr.nrrd", volume())
    nifti(tmp_path / "anna2.nii.gz", box(slice(5, 9), slice(0, 1)))
    file = manifest(
        tmp_path,
        "image,patient,mask_anna,mask_ben",
        "ct.nii.gz,p1,anna.nii.gz,ben.seg.nrrd",
        "mr.nrrd,p2,anna2.nii.gz,",
    )
    one, two, three = manifest_images(file)
    assert [x.name for x in (one, two, three)] == ["ct.nii.gz, slice 1", "ct.nii.gz, slice 2", "mr.nrrd, slice 0"]
    assert [x.patient for x in (one, two, three)] == ["p1", "p1", "p2"]
    assert np.array_equal(one.image, volume()[:, :, 1])
    assert np.array_equal(one.masks[0], box(slice(8, 20))[:, :, 1] > 0)
    assert np.array_equal(one.masks[1], box(slice(9, 18))[:, :, 1] > 0)
    assert sorted(three.masks) == [0]


def test_a_row_for_each_mask_pictures_and_a_label(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(0, 60000, (20, 30)).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "us.png")
    labels = np.zeros((20, 30), np.uint8)
    labels[4:9, 5:15], labels[12:16, 5:15] = 1, 2
    Image.fromarray(labels).save(tmp_path / "a.png")
    Image.fromarray(np.roll(labels, 1, axis=1)).save(tmp_path / "b.png")
    file = manifest(tmp_path, "image,rater,mask", "us.png,zoe,b.png", "us.png,adam,a.png")
    (found,) = manifest_images(file, label=2)
    assert np.array_equal(found.image, grey), "16 bits stay 16 bits"
    assert found.patient == "us.png"
    assert np.array_equal(found.masks[0], labels == 2), "raters are numbered by name"
    assert np.array_equal(found.masks[1], np.roll(labels, 1, axis=1) == 2)
    (both,) = manifest_images(file)
    assert np.array_equal(both.masks[0], labels > 0)


def test_slices_can_be_cut_along_another_axis(tmp_path: Path) -> None:
    nifti(tmp_path / "v.nii.gz", volume())
    nifti(tmp_path / "m.nii.gz", box(slice(8, 10)))
    found = list(manifest_images(manifest(tmp_path, "image,mask1", "v.nii.gz,m.nii.gz"), axis=0))
    assert [one.name for one in found] == ["v.nii.gz, slice 8", "v.nii.gz, slice 9"]
    assert np.array_equal(found[0].image, volume()[8])


def shifted(millimetres: float) -> np.ndarray:
    matrix = RAS.copy()
    matrix[0, 3] += millimetres
    return matrix


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["picture,mask"], "needs a column 'image'.*it has picture, mask"),
        (["image,patient"], "a column 'mask...' for each rater"),
        (["image,mask_a", ",a.nii.gz"], "line 2: the image is missing"),
        (["image,mask_a", "v.nii.gz,gone.nii.gz"], "gone.nii.gz does not exist"),
        (["image,mask_a", "v.dcm,a.nii.gz"], "v.dcm is of no kind that can be read; there are .png"),
        (["image,mask_a", "v.nii.gz,flipped.nii.gz"], "flipped.nii.gz lies on another grid"),
        (["image,mask_a", "v.nii.gz,between.nii.gz"], "between.nii.gz lies on another grid"),
        (["image,mask_a", "v.nii.gz,beyond.nii.gz"], "beyond.nii.gz reaches beyond its image"),
        (["image,patient,mask_a", "v.nii.gz,p,a.nii.gz", "v.nii.gz,q,a.nii.gz"], "line 3: v.nii.gz belongs to 'p'"),
        (["image,rater,mask", "v.nii.gz,r,a.nii.gz", "v.nii.gz,r,a.nii.gz"], "line 3: v.nii.gz has two masks of 'r'"),
        (["image,rater,mask", "v.nii.gz,,a.nii.gz"], "line 2: the mask has no rater"),
        (["image," + ",".join(f"mask_{n}" for n in range(9)), "v.nii.gz" + 9 * ",a.nii.gz"], "9 raters; .* be 8"),
    ],
)  # fmt: skip
def test_faults_are_explained(tmp_path: Path, lines: list[str], message: str) -> None:
    nifti(tmp_path / "v.nii.gz", volume())
    nifti(tmp_path / "a.nii.gz", box(slice(8, 20)))
    nifti(tmp_path / "flipped.nii.gz", box(slice(8, 20)), RAS @ np.diag([-1, 1, 1, 1]))
    nifti(tmp_path / "between.nii.gz", box(slice(8, 20)), shifted(0.2))
    nifti(tmp_path / "beyond.nii.gz", box(slice(8, 20)), shifted(-2.0))
    (tmp_path / "v.dcm").write_bytes(b"")
    with pytest.raises(InputError, match=message):
        list(manifest_images(manifest(tmp_path, *lines)))


def test_segments_that_overlap_must_be_exported_first(tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / "s.seg.nrrd"), np.zeros((2, 4, 4, 4), np.uint8), {"kinds": ["list"] + 3 * ["domain"]})
    with pytest.raises(InputError, match="s.seg.nrrd has 4 axes.*binary labelmap"):
        read_mask(tmp_path / "s.seg.nrrd")


@pytest.mark.parametrize(("name", "content"), [("x.png", b"\x89PNG"), ("x.nrrd", b"NRRD0004\n"), ("x.nii", None)])
def test_damaged_files_are_named(tmp_path: Path, name: str, content: Optional[bytes]) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name} (cannot be read|does not exist)"):
        read_image(tmp_path / name)


def pictures(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(folder / name)


ROWS = (("image", "patient", "mask_x"), ("Größe/Bild a.png", "p1", "Größe/Maske a.png"), ("b.png", "p2", "c.png"))
READ = {("Größe/Bild a.png", "p1"): {"mask_x": "Größe/Maske a.png"}, ("b.png", "p2"): {"mask_x": "c.png"}}


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(map(",".join, ROWS)).encode("utf-8-sig"),
        "\r\n".join(map(";".join, ROWS)).encode() + b"\r\n;;\r\n",
        "\n".join(map("\t".join, ROWS)).encode("utf-16"),
        ("sep=;\n" + "\n".join(map(";".join, ROWS))).encode(),
        "\n".join(map(",".join, ROWS)).replace("Größe/", "Größe\\").encode(),
        unicodedata.normalize("NFD", "\n".join(map(",".join, ROWS))).encode(),
        "\n".join(",".join(f'"{cell}"' for cell in row) for row in ROWS).encode(),
        "\n".join(map(",".join, ROWS)).replace("image,patient,mask_x", " Image , PATIENT,Mask_X").encode(),
    ],
    ids=["mark", "semicolons", "utf-16 and tabs", "sep", "backslashes", "umlauts of a Mac", "quotes", "capitals"],
)
def test_manifests_of_spreadsheet_programs_are_read(tmp_path: Path, content: bytes) -> None:
    pictures(tmp_path, "Größe/Bild a.png", "Größe/Maske a.png", "b.png", "c.png")
    (tmp_path / "m.csv").write_bytes(content)
    assert read_manifest(tmp_path / "m.csv") == READ


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n".join(map(",".join, ROWS)).encode("cp1252"), "m.csv, line 2: the letters are not encoded as UTF-8; save"),
        (b"image,mask_a\nb.png,c.png\nimage,mask_a\n", "line 3: the heading stands here again"),
        (b"image,mask_a\nmy, b.png,c.png\n", "line 2: there are more values than columns; put commas"),
        (b"image,mask_a,mask_a\nb.png,c.png,c.png\n", "two columns 'mask_a'"),
        (b"", "it has none"),
        (b"\x00\x01\x02,\n\x00", "m.csv"),
        (b"image|mask_a\nb.png|c.png\n", "separated by commas or semicolons"),
    ],
)
def test_what_cannot_be_read_as_a_manifest_says_what_to_change(tmp_path: Path, content: bytes, message: str) -> None:
    pictures(tmp_path, "b.png", "c.png")
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_manifest(tmp_path / "m.csv")


def test_two_spellings_of_a_path_are_one_image_and_one_patient(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "sub/m.png", "n.png")
    (tmp_path / "link.png").symlink_to("a.png")
    os.link(tmp_path / "a.png", tmp_path / "hard.png")
    spellings = ("./a.png", "sub/../a.png", "link.png", "hard.png", str(tmp_path / "a.png"), ".\\a.png")
    for second in spellings:
        file = manifest(tmp_path, "image,patient,rater,mask", "a.png,p1,x,n.png", f"{second},p2,y,n.png")
        with pytest.raises(InputError, match="line 3: .* belongs to 'p1' already, not 'p2'|as a.png"):
            read_manifest(file)
        file = manifest(tmp_path, "image,patient,rater,mask", "a.png,p1,x,n.png", f"{second},p1,y,sub\\m.png")
        assert read_manifest(file) == {("a.png", "p1"): {"x": "n.png", "y": "sub/m.png"}}
        file = manifest(tmp_path, "image,rater,mask", "a.png,x,n.png", f"{second},y,n.png")
        assert list(read_manifest(file)) == [("a.png", "a.png")], "without patients an image is its own"


DRAWN = np.hypot(*np.mgrid[-55:65, -60:60]) <= 12.6


def save_picture(path: Path, pixels: np.ndarray, **options: Any) -> Path:
    Image.fromarray(pixels).save(path, **options)
    return path


@pytest.mark.parametrize("quality", [50, 75, 95])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("value", [255, 200])
def test_jpeg_masks_are_cut_at_half_of_their_brightness(tmp_path: Path, quality: int, colour: bool, value: int) -> None:
    """What packing leaves around an edge was never drawn."""
    pixels = (value * DRAWN).astype(np.uint8)
    path = save_picture(tmp_path / "a.jpg", np.stack([pixels] * 3, -1) if colour else pixels, quality=quality)
    found = read_mask(path).values
    assert np.count_nonzero(found ^ DRAWN) <= 0.03 * DRAWN.sum()
    with pytest.raises(InputError, match="does not keep labels; save the mask as PNG"):
        read_mask(path, label=1)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", [".jpg", ".png", ".tif"])
def test_pictures_are_turned_as_viewers_show_them(tmp_path: Path, orientation: int, ending: str) -> None:
    """Image and mask alike, whichever of the two a camera or a scanner has written."""
    shown = (np.add.outer(np.arange(40), np.arange(30)) * 3).astype(np.uint8)
    turns = {
        1: shown, 2: shown[:, ::-1], 3: shown[::-1, ::-1], 4: shown[::-1], 5: shown.T, 6: np.rot90(shown, 1),
        7: shown[::-1, ::-1].T, 8: np.rot90(shown, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(turns[orientation])
    options = {".jpg": {"quality": 100}, ".tif": {"compression": "tiff_lzw"}}.get(ending, {})
    path = save_picture(tmp_path / f"a{ending}", stored, exif=exif, **options)
    assert np.abs(read_image(path).values - shown).max() <= 2
    drawn = save_picture(tmp_path / f"mask{ending}", (stored > 100).astype(np.uint8) * 255, exif=exif, **options)
    assert np.array_equal(read_mask(drawn, soft=True).values, shown > 100)
    if ending == ".tif" and orientation > 4:
        save_picture(path, stored, exif=exif)
        with pytest.raises(InputError, match="stored on its side"):
            read_image(path)


def test_pictures_of_several_pages_are_refused(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((8, 9), n, np.uint8)) for n in range(3)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    for read in (read_image, read_mask):
        with pytest.raises(InputError, match="a.tif cannot be read: it has 3 pages; save each as a file of its own"):
            read(tmp_path / "a.tif")


def test_voxels_without_a_value_are_background_in_training(tmp_path: Path) -> None:
    values = volume().astype(np.float32)
    values[:4, :, 1] = np.nan
    values[5, 5, 2] = np.inf
    nifti(tmp_path / "v.nii.gz", values)
    found = read_image(tmp_path / "v.nii.gz").values
    assert np.array_equal(found[..., 0], values[..., 0])
    assert (found[:4, :, 1] == values[4:, :, 1].min()).all()
    assert found[5, 5, 2] == np.min(values[..., 2][np.isfinite(values[..., 2])])


@pytest.mark.parametrize("unit", ["mm", "micron", "meter"])
def test_units_are_those_of_the_file(tmp_path: Path, unit: str) -> None:
    """An image in one unit and a mask in another lie where both say."""
    factor = {"mm": 1.0, "micron": 1e3, "meter": 1e-3}[unit]
    nifti(tmp_path / "v.nii.gz", volume())
    mask = nibabel.Nifti1Image(box(slice(8, 20)), np.diag([factor, factor, factor, 1.0]) @ RAS)
    mask.header.set_xyzt_units(unit)
    nibabel.save(mask, tmp_path / "m.nii.gz")
    image = read_image(tmp_path / "v.nii.gz")
    assert np.array_equal(mask_on_grid(read_mask(tmp_path / "m.nii.gz"), image, "m"), box(slice(8, 20)) > 0)


@pytest.mark.parametrize("stored", ["left-posterior-superior", "right-anterior-superior"])
def test_a_space_that_is_no_patients_is_taken_as_the_product_takes_it(tmp_path: Path, stored: str) -> None:
    """As LPS, so that a mask which was written otherwise is refused; by its size alone it would pass."""
    nifti(tmp_path / "v.nii.gz", volume())
    turn = np.diag([-1.0, -1, 1, 1]) if stored.startswith("left") else np.eye(4)
    header = {"space": stored, "space directions": (turn @ RAS)[:3, :3].T, "space origin": (turn @ RAS)[:3, 3]}
    nrrd.write(str(tmp_path / "m.nrrd"), box(slice(8, 20)), header)
    content = (tmp_path / "m.nrrd").read_bytes()
    (tmp_path / "m.nrrd").write_bytes(content.replace(stored.encode(), b"scanner-xyz"))
    image, mask = read_image(tmp_path / "v.nii.gz"), read_mask(tmp_path / "m.nrrd")
    if stored.startswith("left"):
        assert np.array_equal(mask_on_grid(mask, image, "m.nrrd"), box(slice(8, 20)) > 0)
    else:
        with pytest.raises(InputError, match="m.nrrd lies on another grid than its image .*right, anterior"):
            mask_on_grid(mask, image, "m.nrrd")


def test_small_differences_that_add_up_are_refused(tmp_path: Path) -> None:
    """A mask's voxels of 1.009 mm on 1 mm: 3.6 mm at the far edge."""
    shape = (400, 8, 2)
    nifti(tmp_path / "v.nii.gz", np.ones(shape, np.int16), np.diag([1.0, 1, 2, 1]))
    nifti(tmp_path / "m.nii.gz", np.ones(shape, np.uint8), np.diag([1.009, 1, 2, 1]))
    with pytest.raises(InputError, match="voxels of 1.009 x 1 x 2 mm, not 1 x 1 x 2"):
        mask_on_grid(read_mask(tmp_path / "m.nii.gz"), read_image(tmp_path / "v.nii.gz"), "m.nii.gz")


@pytest.mark.parametrize("offset", [0, 2**28, 2**40])
def test_differences_of_large_whole_numbers_are_kept(tmp_path: Path, offset: int) -> None:
    nrrd.write(str(tmp_path / "v.nrrd"), volume().astype(np.int64) + offset)
    found = read_image(tmp_path / "v.nrrd").values
    assert np.array_equal(found - found.min(), volume() - volume().min().astype(np.float32))
