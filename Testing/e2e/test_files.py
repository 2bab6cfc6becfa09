"""Files through the page: volumes and profiles, good ones and bad ones."""

from __future__ import annotations

import io
import json
import socket
import zipfile
from base64 import b64decode
from pathlib import Path
from typing import Any, List, Tuple
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("slicer")

from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.mrml.io.files import save_segmentation
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
from SPASegmentLib.mrml.volumes import add_volume

pytestmark = pytest.mark.e2e

LESION = ambiguous_phantom().lesion_ras
PICTURES = Path(__file__).resolve().parents[2] / "out" / "e2e"

#: The header of a file that passes the first checks and is refused when it is opened.
SEGMENTATION = b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 9 9 9\nencoding: raw\n\n" + bytes(729)


def written(scene: Any, path: Path) -> Path:
    """The phantom as a file."""
    phantom = ambiguous_phantom()
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(path))
    assert storage.WriteData(add_volume(scene, phantom.voxels, phantom.ijk_to_ras))
    return path


def upload(screen: Any, *files: Path) -> None:
    screen.page.set_input_files("[data-test=upload]", [str(f) for f in files])


@pytest.mark.parametrize("ending", [".nrrd", ".nii.gz", ".mha"])
def test_an_uploaded_volume_can_be_segmented(screen: Any, scene: Any, tmp_path: Path, ending: str) -> None:
    upload(screen, written(scene, tmp_path / f"scan{ending}"))
    screen.wait(f"get('volume') === 'scan{ending}' && get('phase') === 'idle' && !get('busy')")
    screen.scroll_to("Axial", LESION[2])
    screen.begin()
    screen.page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted'")


def test_a_zipped_dicom_series(screen: Any, tmp_path: Path) -> None:
    pytest.importorskip("pydicom")
    from dicom_files import AXIAL, file, save

    phantom = ambiguous_phantom()
    with zipfile.ZipFile(tmp_path / "series.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for k, pixels in enumerate(phantom.voxels):
            position = phantom.ijk_to_ras @ [0, 0, k, 1] * [-1, -1, 1, 1]
            data = file(
                pixels, number=k + 1, PixelSpacing=[0.8, 0.8], ImageOrientationPatient=list(AXIAL),
                ImagePositionPatient=[f"{v:.4f}" for v in position[:3]],
            )  # fmt: skip
            save(data, tmp_path / "slice.dcm")
            archive.write(tmp_path / "slice.dcm", f"../study/{99 - k}.dcm")
    upload(screen, tmp_path / "series.zip")
    screen.wait("get('volume') === 'series.zip' && !get('busy')")
    low, high = (ambiguous_phantom().ijk_to_ras @ [0, 0, k, 1] for k in (0, 23))
    position = screen.state("slices")["Red"]
    assert [position["lowest"], position["highest"]] == pytest.approx([low[2], high[2]], abs=1.3)


def test_a_photograph_in_colour_is_opened_and_a_structure_on_it_segmented(screen: Any, tmp_path: Path) -> None:
    rows, columns = np.mgrid[:300, :400]
    spot = np.hypot((columns - 200) / 1.3, rows - 150) < 45
    noise = np.random.default_rng(0).normal(0, 8, (300, 400, 1))
    pixels = np.where(spot[..., None], [200, 150, 110], [120, 60, 50]) + noise
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(tmp_path / "skin.jpg")
    upload(screen, tmp_path / "skin.jpg")
    screen.wait("get('volume') === 'skin.jpg' && !get('busy')")
    screen.settle()
    screen.page.mouse.click(*screen.place("Red", (-200.0, -150.0, 0.0)))
    screen.masks()
    place = screen.page.inner_text("#readout")
    assert place.startswith("R -") and "mm" not in place, "nobody knows how large a pixel is"
    assert screen.state("grey") == [0, 255], "colours are shown as they are"
    PICTURES.mkdir(parents=True, exist_ok=True)
    screen.page.screenshot(path=PICTURES / "photograph.png")
    for mask in screen.state("masks"):
        corner = np.asarray(Image.open(io.BytesIO(b64decode(mask["picture"].partition(",")[2]))))[:12, :12]
        assert corner.reshape(-1, 3).mean(axis=0) == pytest.approx([120 * 235 / 255, 60 * 235 / 255, 46], abs=12)
    screen.page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted'")
    assert screen.state("problem") == "" and not screen.errors
    with screen.page.expect_download() as waiting:
        screen.page.click("[data-test=seg-nrrd]")
    assert waiting.value.suggested_filename == "skin-segmentation.seg.nrrd"
    screen.wait("!get('unsaved')")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("scan.jpg", b"\xff\xd8\xff\xe0", "damaged or not whole"),
        ("scan.exe", b"MZ", "NRRD, NIfTI and MHA"),
        ("scan.nrrd", b"no header", "damaged"),
        ("scan.nii.gz", b"\x1f\x8b\x08\x00", "damaged"),
        ("scan.zip", b"PK no archive", "damaged"),
        ("scan.nrrd", b"NRRD0004\ntype: short\nsizes: 9 9 9\ndata file: /etc/passwd\n\n", "another file"),
        (
            "scan.nrrd",
            b"NRRD0004\ntype: short\ndimension: 3\nsizes: 9 9 9\nencoding: raw\n\nshort",
            "not a readable volume",
        ),
        (
            "scan.mha",
            b"NDims = 3\nDimSize = 90000 90000 900\nElementType = MET_SHORT\nElementDataFile = LOCAL\n",
            "GiB",
        ),
    ],
)
def test_bad_uploads_are_explained_and_harmless(
    screen: Any, program: Any, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    upload(screen, tmp_path / name)
    screen.wait("get('problem') !== '' && !get('busy')")
    text = screen.page.inner_text("[data-test=problem]")
    assert message in text and "Traceback" not in text and str(program.temporary) not in text
    assert screen.state("volume") == "Phantom"
    left = [p for p in program.temporary.rglob("*") if p.is_file() and "spa-viewer" in str(p)]
    assert left == []
    screen.begin()


def test_a_file_that_does_not_come_to_an_end_can_be_stopped_and_another_one_opened(
    screen: Any, program: Any, scene: Any, tmp_path: Path
) -> None:
    place = urlsplit(program.url)
    with socket.create_connection((place.hostname, place.port)) as slow:
        slow.sendall(
            f"POST /spa/volume?name=large.nii.gz HTTP/1.1\r\nHost: {place.netloc}\r\n".encode()
            + b"Content-Length: 900000000\r\n\r\n\x1f\x8b\x08"
        )
        screen.wait("get('loading') && get('stoppable')")
        hint = screen.page.inner_text(".hint")
        assert "Receiving large.nii.gz: 0 %" in hint and "Esc stops it" in hint
        assert screen.page.locator("[data-test=upload]").is_disabled()
        screen.page.keyboard.press("Escape")
        screen.wait("!get('busy') && get('message') === 'large.nii.gz was not opened.'")
        assert screen.state("volume") == "Phantom" and screen.state("problem") == ""
    upload(screen, written(scene, tmp_path / "scan.nrrd"))
    screen.wait("get('volume') === 'scan.nrrd' && !get('busy')")


def test_segmentations_and_label_maps_are_no_images(screen: Any, scene: Any, tmp_path: Path) -> None:
    volume = add_volume(scene, np.arange(1000).reshape(10, 10, 10))
    segmentation = create_segmentation(volume)
    add_segment(segmentation, "a")
    save_segmentation(segmentation, str(tmp_path / "a.seg.nrrd"), volume)
    upload(screen, tmp_path / "a.seg.nrrd")
    screen.wait("get('problem').includes('segmentation')")
    save_segmentation(segmentation, str(tmp_path / "b.nii.gz"), volume)
    upload(screen, tmp_path / "b.nii.gz")
    screen.wait("get('problem').includes('same value')")


def test_a_message_outlives_what_the_page_still_has_to_say(
    program: Any, browser: Any, new_screen: Any, tmp_path: Path
) -> None:
    """Answers over HTTP and over the socket overtake each other; a slow socket must not wipe a message out."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    held: List[Tuple[Any, Any]] = []
    hold = False

    def route(socket: Any) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: held.append((server, message)) if hold else server.send(message))

    page.route_web_socket("**/ws", route)
    screen = new_screen(page, program.url)
    for name in ("a.nrrd", "b.mha"):
        (tmp_path / name).write_bytes(b"no header")
    upload(screen, tmp_path / "a.nrrd")
    screen.wait("get('problem').includes('damaged') && !get('busy')")
    page.wait_for_timeout(500)
    hold = True
    (tmp_path / "c.seg.nrrd").write_bytes(SEGMENTATION)
    upload(screen, tmp_path / "c.seg.nrrd")
    screen.wait("get('problem').includes('is a segmentation') && !get('busy')")
    page.wait_for_timeout(500)
    assert "is a segmentation" in screen.state("problem") and not screen.state("busy")
    hold = False
    for server, message in held:
        server.send(message)
    page.wait_for_timeout(500)
    assert "is a segmentation" in screen.state("problem") and not screen.state("busy")
    page.close()


def test_a_result_is_named_after_its_volume(screen: Any, scene: Any, tmp_path: Path) -> None:
    for volume, button, name in (
        ("Knie links.nii.gz", "nifti", "Knie links-segmentation.nii.gz"),
        ("scan.2.nrrd", "seg-nrrd", "scan.2-segmentation.seg.nrrd"),
    ):
        upload(screen, written(scene, tmp_path / volume))
        screen.wait(f"get('volume') === '{volume}' && !get('busy')")
        with screen.page.expect_download() as waiting:
            screen.page.click(f"[data-test={button}]")
        assert waiting.value.suggested_filename == name
        screen.wait("!get('unsaved')")


def test_profiles_are_saved_and_loaded(screen: Any, program: Any, tmp_path: Path) -> None:
    page = screen.page
    screen.begin()
    page.keyboard.press("Enter")
    screen.wait("get('learned').startsWith('1 accepted')")
    with page.expect_download() as waiting:
        page.click("[data-test=export]")
    waiting.value.save_as(tmp_path / "profile.json")
    assert Profile.load(tmp_path / "profile.json").accepted == 1
    page.get_by_role("button", name="Reset").click()
    screen.wait("get('learned').startsWith('Nothing')")
    page.set_input_files("[data-test=import]", str(tmp_path / "profile.json"))
    screen.wait("get('learned').startsWith('1 accepted')")
    (tmp_path / "bad.json").write_text(json.dumps({"format": "else"}))
    page.set_input_files("[data-test=import]", str(tmp_path / "bad.json"))
    screen.wait("get('problem').includes('no profile')")
    assert "bad.json" in screen.state("problem") and screen.state("learned").startswith("1 accepted")
    assert str(program.temporary) not in screen.state("problem")
    # What was refused goes with the next thing that is done.
    before = screen.state("profile")
    page.get_by_label("Name of the profile in use").fill("knee")
    page.get_by_label("Name of the profile in use").press("Enter")
    screen.wait("get('profile') === 'knee' && get('problem') === ''")
    page.get_by_label("Name of the profile in use").fill(before)
    page.get_by_label("Name of the profile in use").press("Enter")
    screen.wait(f"get('profile') === '{before}'")


def corners(screen: Any, tag: str, matrix: np.ndarray) -> List[float]:
    """Where the outermost of 240 x 200 pixels are, in shares of a view's width and height."""
    box = screen.page.locator(f"[data-view={tag}]").bounding_box()
    places = [screen.place(tag, np.array(ij) @ matrix) for ij in ((0, 0, 0), (239, 0, 0), (0, 199, 0), (239, 199, 0))]
    return [share for x, y in places for share in ((x - box["x"]) / box["width"], (y - box["y"]) / box["height"])]


@pytest.mark.parametrize(
    ("directions", "tag"), [("(0.5,0,0) (0,0.5,0) (0,0,1)", "Red"), ("(0,0.5,0) (0,0,-0.5) (1,0,0)", "Yellow")]
)
def test_an_image_of_one_slice_is_seen_from_one_side(screen: Any, tmp_path: Path, directions: str, tag: str) -> None:
    """Edge-on it is a line; nor is there a next slice, or a volume to go through."""
    page = screen.page
    rows, columns = np.indices((200, 240))
    disk = np.hypot(rows - 90, columns - 110) < 40
    pixels = np.random.default_rng(0).normal(400 + 900 * disk, 30).astype("<u2")
    header = (
        "NRRD0004\ntype: uint16\ndimension: 3\nspace: right-anterior-superior\nsizes: 240 200 1\nendian: little\n"
        f"encoding: raw\nspace directions: {directions}\nspace origin: (0,0,0)\n\n"
    )
    (tmp_path / "knee.nrrd").write_bytes(header.encode() + pixels.tobytes())
    matrix = np.array([[float(v) for v in one.strip("()").split(",")] for one in directions.split()])
    upload(screen, tmp_path / "knee.nrrd")
    screen.wait(f"get('volume') === 'knee.nrrd' && get('flat') === '{tag}' && !get('busy')")
    assert [view.get_attribute("data-view") for view in page.locator(".picture").all()] == [tag]
    assert page.locator("[type=range]").count() == 2, "of the grey values"
    assert page.locator("[data-test=apply]").count() == page.locator("[data-key=PageUp]").count() == 0
    screen.settle()
    views, picture = page.locator(".views").bounding_box(), page.locator(".picture").bounding_box()
    assert picture["width"] > 0.95 * views["width"] and len(set(screen.picture(tag))) > 100
    # All of it, in a view that has become larger.
    screen.until(lambda: all(0 <= share <= 1 for share in corners(screen, tag, matrix)))
    screen.click(tag, np.array([110, 90, 0]) @ matrix)
    screen.masks()
    screen.accept()
    assert screen.state("message").endswith("Click on another structure to go on.")
    assert "lice" not in page.inner_text(".hint").replace("in a slice", "")
    page.click("[data-test=phantom]")
    screen.wait("get('volume') === 'Phantom' && get('flat') === '' && !get('busy')")
    screen.settle()
    assert page.locator(".picture").count() == 3 and len(set(screen.picture("Green"))) > 100


def test_a_page_that_has_lost_its_viewer_comes_back(program: Any, browser: Any, new_screen: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    sockets: List[Any] = []

    def route(socket: Any) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/ws", route)
    screen = new_screen(page, program.url)
    before = screen.state("opened")
    page.click("[data-test=phantom]")
    screen.wait(f"get('opened') > {before} && get('phase') === 'idle' && !get('busy')")
    screen.begin()
    areas = [mask["area"] for mask in screen.state("masks")]
    sockets[-1].close()
    page.wait_for_selector("text=comes back by itself")
    page.wait_for_selector(".card")
    screen.wait("get('phase') === 'choosing'")
    assert [mask["area"] for mask in screen.state("masks")] == areas and len(sockets) == 2
    page.keyboard.press("Escape")
    screen.wait("get('phase') === 'idle'")
    page.close()
