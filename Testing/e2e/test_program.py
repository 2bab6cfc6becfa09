"""The program around the page: its start, its end, its address."""

from __future__ import annotations

import contextlib
import http.client
import io
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any, Callable, List

import numpy as np
import pytest
import windows

pytest.importorskip("slicer")
pytest.importorskip("PIL")

from PIL import Image

from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.mrml.volumes import add_volume

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.e2e


def test_another_address_needs_the_token_and_nothing_is_left_behind(
    browser: Any, new_program: Callable, new_screen: Callable, tmp_path: Path
) -> None:
    program = new_program(tmp_path / "tmp", "--host", "0.0.0.0")
    address, _, query = program.url.replace("0.0.0.0", "127.0.0.1").partition("?")
    assert query.startswith("token=") and len(query) > 20
    for path in ("", "index.html", "ws", "spa/result/a.nrrd"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address + path)
        assert refused.value.code == 401
    page = browser.new_context().new_page()
    screen = new_screen(page, f"{address}?{query}")
    assert "token" not in page.url
    page.click("[data-test=phantom]")
    screen.wait("get('volume') === 'Phantom' && !get('busy')")
    # A browser that has forgotten its token is told so, whatever it asks for.
    page.context.clear_cookies()
    file = tmp_path / "a.nrrd"
    file.write_bytes(b"NRRD0004")
    for ask in (
        lambda: page.click("[data-test=seg-nrrd]"),
        lambda: page.set_input_files("[data-test=upload]", str(file)),
    ):
        ask()
        screen.until(lambda: len(screen.dialogs) == 1)
        assert "refused this (401)" in screen.dialogs.pop()
    page.close()
    assert list(program.temporary.glob("spa-viewer-*"))
    assert program.stop(signal.SIGTERM) in (0, 130, -signal.SIGTERM)
    assert not list(program.temporary.glob("spa-viewer-*"))
    log = program.log.read_text()
    assert "Traceback" not in log and log.count("\n") <= 4


def test_a_volume_on_the_command_line_and_the_first_accepted_mask(
    browser: Any, new_program: Callable, new_screen: Callable, scene: Any, tmp_path: Path
) -> None:
    phantom = ambiguous_phantom()
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(tmp_path / "scan.nii.gz"))
    assert storage.WriteData(add_volume(scene, phantom.voxels, phantom.ijk_to_ras))
    program = new_program(tmp_path / "tmp", str(tmp_path / "scan.nii.gz"))
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    screen = new_screen(page, program.url)
    screen.wait("get('volume') === 'scan.nii.gz' && get('phase') === 'idle'")
    screen.scroll_to("Axial", phantom.lesion_ras[2])
    at = screen.place("Red", phantom.lesion_ras)

    def colour() -> np.ndarray:
        box = page.locator("[data-view=Red]").bounding_box()
        picture = Image.open(io.BytesIO(screen.picture("Red"))).convert("RGB")
        return np.array(picture.getpixel((int(at[0] - box["x"]), int(at[1] - box["y"]))), dtype=float)

    image = colour()
    screen.click("Red", phantom.lesion_ras)
    screen.masks()
    screen.accept()
    own = np.array([int(screen.state("segments")[0]["color"][n : n + 2], 16) for n in (1, 3, 5)], dtype=float)
    # Half the segment's colour, half the image; the picture is a JPEG.
    screen.until(lambda: np.abs(colour() - (own + image) / 2).max() < 12)
    page.close()
    program.stop(signal.SIGTERM)


def test_from_a_file_to_a_file_where_there_is_only_what_windows_has(
    browser: Any, new_program: Callable, new_screen: Callable, scene: Any, tmp_path: Path
) -> None:
    """Files that are open cannot be removed, folders not be locked, and no terminal is closed."""
    phantom = ambiguous_phantom()
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetUseCompression(0)
    for name in ("scan.nrrd", "other.nii"):
        storage.SetFileName(str(tmp_path / name))
        assert storage.WriteData(add_volume(scene, phantom.voxels, phantom.ijk_to_ras))
    program = new_program(tmp_path / "tmp", start=windows.command)
    page = browser.new_context().new_page()
    screen = new_screen(page, program.url)
    for name in ("scan.nrrd", "other.nii"):
        page.set_input_files("[data-test=upload]", str(tmp_path / name))
        screen.wait(f"get('volume') === '{name}' && get('phase') === 'idle' && !get('busy')")
    screen.scroll_to("Axial", phantom.lesion_ras[2])
    screen.begin()
    screen.accept()
    for button, name in (("seg-nrrd", "result.seg.nrrd"), ("nifti", "result.nii.gz")):
        with page.expect_download() as waiting:
            page.click(f"[data-test={button}]")
        waiting.value.save_as(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 300
    assert screen.state("problem") == "" and not screen.errors
    # Nothing but the folder that is there for as long as the viewer.
    assert [path for path in program.temporary.glob("*/*")] == []
    page.close()
    assert program.stop() in (0, 130)
    assert list(program.temporary.iterdir()) == [] and "Traceback" not in program.log.read_text()


@pytest.mark.slow
def test_uploads_have_a_limit(browser: Any, new_program: Callable, new_screen: Callable, tmp_path: Path) -> None:
    program = new_program(tmp_path / "tmp", "--max-upload", "1")
    page = browser.new_page()
    screen = new_screen(page, program.url)
    (tmp_path / "large.nrrd").write_bytes(b"NRRD0004\n" + bytes(3 << 20))
    page.set_input_files("[data-test=upload]", str(tmp_path / "large.nrrd"))
    screen.wait("get('problem').includes('larger than 1 MiB') && !get('busy')")
    assert not [path for path in program.temporary.rglob("*") if path.is_file()]
    page.close()
    # The terminal is closed.
    program.stop(signal.SIGHUP)
    assert not list(program.temporary.glob("spa-viewer-*"))


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_ending_in_the_middle_of_an_archive_leaves_nothing_behind(
    new_program: Callable, tmp_path: Path, how: signal.Signals
) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
        for number in range(300):
            opened.writestr(f"{number}.dcm", bytes(128) + b"DICM" + bytes(2_000_000))
    program = new_program(tmp_path / "tmp")
    request = urllib.request.Request(f"{program.url}spa/volume?name=a.zip", archive.read_bytes(), method="POST")

    def send() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            urllib.request.urlopen(request)

    sender = threading.Thread(target=send)
    sender.start()
    while len(list(program.temporary.rglob("*.dcm"))) < 5:
        assert program.process.poll() is None and sender.is_alive()
        time.sleep(0.01)
    assert program.stop(how) in (0, 130, -how)
    sender.join()
    assert not list(program.temporary.glob("spa-viewer-*"))
    assert "Traceback" not in program.log.read_text() and "rror" not in program.log.read_text()


def test_who_turns_to_one_of_two_pages_has_the_slices_in_proportion(
    browser: Any, new_program: Callable, new_screen: Callable, tmp_path: Path
) -> None:
    program = new_program(tmp_path / "tmp")
    first = new_screen(browser.new_page(viewport={"width": 1280, "height": 720}), program.url)
    first.page.click("[data-test=phantom]")
    first.wait("get('phase') === 'idle' && !get('busy')")
    first.settle()
    tablet = browser.new_context(viewport={"width": 820, "height": 1180}, device_scale_factor=2)
    second = new_screen(tablet.new_page(), program.url)
    second.settle()
    for screen in (first, second, first):
        screen.page.mouse.move(20, 300)
        screen.page.mouse.move(40, 300)
        screen.settle()
        screen.wait("get('pixels_per_point') === window.devicePixelRatio")
        # The other one is left long enough for a hand to reach it.
        screen.page.wait_for_timeout(1000)
    first.begin()
    second.wait("get('masks').length > 0")
    assert 150 < float(second.state("masks")[0]["area"].split()[0]) < 600
    assert first.errors == second.errors == []
    first.page.close()
    tablet.close()
    program.stop(signal.SIGTERM)


def test_a_viewer_that_has_ended_says_so(
    browser: Any, new_program: Callable, new_screen: Callable, tmp_path: Path
) -> None:
    program = new_program(tmp_path / "tmp")
    page = browser.new_page()
    new_screen(page, program.url)
    program.stop(signal.SIGTERM)
    assert not list(program.temporary.glob("spa-viewer-*"))
    page.wait_for_selector("text=The viewer has ended")
    page.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.nrrd"], "does not exist"),
        (["--weights", "nowhere.safetensors"], "cannot be read"),
        (["--profile", "nowhere.json"], "nowhere.json"),
        (["--host", "203.0.113.7", "--no-browser"], "Cannot listen"),
    ],
)
def test_what_cannot_start_ends_with_a_sentence(arguments: List[str], message: str) -> None:
    pytest.importorskip("trame_slicer")
    command = [sys.executable, "-c", "from SPASegmentLib.cli import main; main()", "viewer", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ") and message in last and "Traceback" not in done.stderr
