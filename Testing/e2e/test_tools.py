"""What is around a session on the page: segments, views, grey values, profiles, and work that is not saved."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Optional, Tuple
from urllib.parse import urljoin

import numpy as np
import pytest

pytest.importorskip("slicer")
pytest.importorskip("PIL")

from PIL import Image

from SPASegmentLib.data.phantom import ambiguous_phantom

pytestmark = pytest.mark.e2e

LESION = ambiguous_phantom().lesion_ras


def test_segments_can_be_managed(screen: Any) -> None:
    page = screen.page
    page.click("[data-test=add]")
    screen.wait("get('segments').length === 2 && get('segment') === get('segments')[1].id")
    page.get_by_label("Write into Segment 1").check()
    screen.wait("get('segment') === get('segments')[0].id")
    page.get_by_label("Colour of Segment 2").fill("#123456")
    screen.wait("get('segments')[1].color === '#123456'")
    page.get_by_label("Delete Segment 2").click()
    screen.wait("get('segments').length === 1")
    page.get_by_label("Delete Segment 1").click()
    screen.wait("get('problem').includes('only segment')")
    page.get_by_label("Dismiss the message").click()
    screen.wait("get('problem') === ''")


def test_scrolling_zooming_and_grey_values(screen: Any) -> None:
    page = screen.page
    where = screen.state("slices")["Red"]["offset"]
    page.mouse.move(*screen.place("Red", LESION))
    page.mouse.wheel(0, -120)
    screen.wait(f"get('slices').Red.offset !== {where}")
    matrix = screen.state("geometry")["Red"]
    page.get_by_label("Zoom in, Axial").click()
    screen.wait(f"Math.abs(get('geometry').Red[2]) < {abs(matrix[2])}")
    before = screen.state("grey")
    page.get_by_label("bright").evaluate("e => { e.value = 0; e.dispatchEvent(new Event('input')); }")
    screen.wait(f"get('grey')[1] < {before[1]}")
    # The right button zooms, Shift and the left one move, as in Slicer; neither is a click.
    for button, shift, entries in (("right", False, [2]), ("left", True, [5, 9])):
        matrix = screen.state("geometry")["Red"]
        x, y = screen.place("Red", LESION)
        page.mouse.move(x, y)
        page.keyboard.down("Shift") if shift else None
        page.mouse.down(button=button)
        page.mouse.move(x + 30, y + 30)
        page.mouse.move(x + 40, y + 40)
        page.mouse.up(button=button)
        page.keyboard.up("Shift") if shift else None
        for entry in entries:
            screen.wait(f"Math.abs(get('geometry').Red[{entry}] - ({matrix[entry]})) > 0.01")
    assert screen.state("phase") == "idle" and not screen.state("busy")
    page.keyboard.press("f")
    screen.wait(f"Math.abs(get('geometry').Red[2]) > {0.9 * abs(matrix[2])}")
    page.get_by_label("Enlarge Coronal").click()
    screen.wait("get('geometry').Green[0] > 500")
    page.get_by_label("Enlarge Axial").click()
    screen.wait("get('geometry').Red[0] > 500")


def test_grey_values_of_small_numbers_are_read_and_stay_in_order(screen: Any, tmp_path: Path) -> None:
    page = screen.page
    voxels = np.random.default_rng(0).random((6, 20, 20)).astype("<f4")
    header = b"NRRD0004\ntype: float\ndimension: 3\nsizes: 20 20 6\nencoding: raw\nendian: little\n\n"
    (tmp_path / "unit.nrrd").write_bytes(header + voxels.tobytes())
    page.set_input_files("[data-test=upload]", str(tmp_path / "unit.nrrd"))
    screen.wait("get('volume') === 'unit.nrrd' && !get('busy')")
    assert page.get_by_label("Axial slice position", exact=True).count() == 1, "nobody knows how many mm"
    dark, bright = page.locator("[data-test=dark]"), page.locator("[data-test=bright]")
    shown = page.locator(".slider output")
    assert shown.all_inner_texts() == ["0.00", "1.00"]
    bright.evaluate("e => { e.value = 0.5; e.dispatchEvent(new Event('input')); }")
    screen.wait("Math.abs(get('grey')[1] - 0.5) < 0.01")
    dark.evaluate("e => { e.value = 0.9; e.dispatchEvent(new Event('input')); }")
    screen.wait("get('grey')[0] > 0.49 && get('grey')[0] < get('grey')[1]")
    assert screen.state("problem") == "" and float(dark.input_value()) < 0.5
    before = screen.state("grey")[0]
    dark.focus()
    page.keyboard.press("ArrowLeft")
    screen.wait(f"get('grey')[0] < {before} && get('grey')[0] > {before - 0.1}")
    assert shown.all_inner_texts() == [f"{screen.state('grey')[0]:.2f}", "0.50"]


def test_uncertainty_is_laid_over_the_slice_and_taken_away(screen: Any) -> None:
    page = screen.page
    screen.begin()
    page.mouse.move(5, 5)
    without = screen.picture("Red")
    page.keyboard.press("u")
    screen.wait("get('uncertainty')")
    screen.until(lambda: screen.picture("Red") != without)
    page.keyboard.press("u")
    screen.wait("!get('uncertainty')")


def test_work_is_not_lost_without_a_question(screen: Any) -> None:
    page = screen.page
    assert not screen.state("unsaved")
    screen.begin()
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted' && get('unsaved')")
    before, screen.dialogs[:] = screen.state("opened"), []
    screen.agree = False
    page.click("[data-test=phantom]")
    page.wait_for_timeout(500)
    assert len(screen.dialogs) == 1 and "not been saved" in screen.dialogs[0] and screen.state("opened") == before
    # A file that did not reach the page is not saved.
    assert page.request.get(urljoin(page.url, "spa/result/segmentation.seg.nrrd")).ok
    page.evaluate("() => window.trame.trigger('settle')")
    assert screen.state("unsaved")
    with page.expect_download():
        page.click("[data-test=seg-nrrd]")
    screen.wait("!get('unsaved')")
    page.click("[data-test=phantom]")
    screen.wait(f"get('opened') > {before} && !get('busy')")
    assert len(screen.dialogs) == 1


def drop(page: Any, on: str, path: Path) -> None:
    """Drop a file or a folder on the middle of an element."""
    page.locator(on).first.scroll_into_view_if_needed()
    box = page.locator(on).first.bounding_box()
    where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    send = page.context.new_cdp_session(page).send
    for kind in ("dragEnter", "dragOver", "drop"):
        send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})


@pytest.mark.parametrize("place", [None, "[data-test=upload]", "[data-view=Red]", ".strip", "[data-test=status]"])
def test_another_file_is_opened_after_one_question(screen: Any, tmp_path: Path, place: Optional[str]) -> None:
    """Whether it is chosen, or dropped on the button or beside it; refused, it can be given once more."""
    page = screen.page
    file = tmp_path / "other.nrrd"
    voxels = np.random.default_rng(0).integers(0, 255, 1000, np.uint8).tobytes()
    file.write_bytes(b"NRRD0004\ntype: uint8\ndimension: 3\nsizes: 10 10 10\nencoding: raw\n\n" + voxels)

    def give() -> None:
        if place is None:
            with page.expect_file_chooser() as chooser:
                page.click("[data-test=upload]")
            chooser.value.set_files(str(file))
        else:
            drop(page, place, file)

    screen.begin()
    screen.accept()
    before, screen.dialogs[:], screen.agree = screen.state("opened"), [], False
    give()
    screen.until(lambda: len(screen.dialogs) == 1)
    page.wait_for_timeout(500)
    assert screen.state("opened") == before and screen.state("can_undo") and not screen.state("busy")
    screen.agree = True
    give()
    screen.wait(f"get('opened') > {before} && !get('busy')")
    assert screen.state("volume") == "other.nrrd" and len(screen.dialogs) == 2
    assert len(page.context.pages) == 1


def test_a_folder_cannot_be_dropped(screen: Any, tmp_path: Path) -> None:
    """Browsers give no file for it."""
    (tmp_path / "series").mkdir()
    before = screen.state("opened")
    drop(screen.page, "[data-view=Red]", tmp_path / "series")
    screen.until(lambda: len(screen.dialogs) == 1)
    assert "series cannot be read; zip" in screen.dialogs[0] and screen.state("opened") == before


def test_the_3d_view_is_off_until_it_is_wanted(screen: Any) -> None:
    page = screen.page
    assert page.locator("[data-view=Surface]").count() == 0

    def coloured() -> bool:
        """Whether anything in the view has the segment's colour, which is far from grey."""
        picture = Image.open(io.BytesIO(page.locator("[data-view=Surface]").screenshot())).convert("RGB")
        pixels = np.asarray(picture, dtype=int)[:-40, :-40]
        return bool((np.ptp(pixels, axis=2) > 80).sum() > 200)

    screen.begin()
    screen.accept()
    page.click("[data-test=surface]")
    screen.wait("get('surface') && document.querySelector('[data-view=Surface] img')")
    screen.until(coloured)
    page.keyboard.press("Control+z")
    screen.until(lambda: not coloured())
    # A view that gets another size while there is nothing to see does not lose what comes back.
    page.set_viewport_size({"width": 1200, "height": 700})
    page.wait_for_timeout(500)
    # The picture may change before the button does, and a key does what its button would.
    page.wait_for_selector("[data-key='Ctrl+y']:enabled")
    page.keyboard.press("Control+y")
    screen.until(coloured)
    page.reload(wait_until="load")
    page.wait_for_selector("[data-view=Surface] img", state="attached")
    screen.until(coloured)
    page.click("[data-test=surface]")
    screen.wait("!get('surface') && !document.querySelector('[data-view=Surface]')")
    screen.begin()


def test_profiles_can_be_managed(screen: Any) -> None:
    page = screen.page
    name = page.get_by_label("Name of the profile in use")
    assert len(screen.state("profiles")) == 1 and page.get_by_role("button", name="Forget").is_disabled()
    first = screen.state("profile")
    screen.begin()
    # What is on screen belongs to the profile that it began with.
    assert page.get_by_role("button", name="New", exact=True).is_disabled()
    page.keyboard.press("Enter")
    screen.wait("get('learned').startsWith('1 accepted')")
    page.get_by_role("button", name="New", exact=True).click()
    screen.wait("get('profiles').length === 2 && get('learned').startsWith('Nothing')")
    name.fill("edema, generous")
    name.press("Tab")
    screen.wait("get('profile') === 'edema, generous'")
    name.fill(first)
    name.press("Tab")
    screen.wait("get('problem').includes('this name already')")
    assert name.input_value() == "edema, generous"
    page.get_by_label("Profile in use", exact=True).select_option(first)
    screen.wait("get('learned').startsWith('1 accepted') && !get('problem')")
    page.get_by_label("Profile in use", exact=True).select_option("edema, generous")
    screen.wait("get('profile') === 'edema, generous'")
    page.get_by_role("button", name="Forget").click()
    screen.wait(f"get('profiles').length === 1 && get('profile') === '{first}'")
    assert screen.state("learned").startswith("1 accepted")


def test_two_fingers_zoom_and_move_a_slice_and_click_nowhere(program: Any, browser: Any, new_screen: Any) -> None:
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, device_scale_factor=2)
    page = context.new_page()
    screen = new_screen(page, program.url)
    before = screen.state("opened")
    page.on("dialog", lambda dialog: dialog.accept())
    # What the test before was refused lies over the buttons of a narrow page until it is dismissed.
    page.evaluate("window.trame.trigger('dismiss')")
    screen.wait("!get('problem')")
    page.locator("[data-test=phantom]").tap()
    screen.wait(f"get('opened') > {before} && !get('busy')")
    screen.settle()
    send = context.new_cdp_session(page).send

    def touch(kind: str, *places: Tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        page.wait_for_timeout(50)

    def ras(x: float, y: float) -> np.ndarray:
        width, height, *matrix = screen.state("geometry")["Red"]
        box = page.locator("[data-view=Red]").bounding_box()
        at = [(x - box["x"]) / box["width"] * width, (1 - (y - box["y"]) / box["height"]) * height, 0, 1]
        return np.reshape(matrix, (3, 4)) @ at

    def wide() -> float:
        return float(np.hypot(*np.reshape(screen.state("geometry")["Red"][2:], (3, 4))[:2, 0]))

    x, y = screen.place("Red", LESION)
    started, at = wide(), ras(x, y)
    # The middle of the fingers moves, too: by 40 points to the right.
    touch("touchStart", (x - 40, y))
    for kind, right in (("touchStart", 40), ("touchMove", 80), ("touchMove", 120)):
        touch(kind, (x - 40, y), (x + right, y))
    screen.until(lambda: abs(wide() / started - 0.5) < 0.01)
    touch("touchEnd", (x - 40, y))
    # The finger that stays does nothing more.
    touch("touchMove", (x - 100, y + 60))
    touch("touchEnd")
    screen.until(lambda: np.abs(ras(x + 40, y) - at).max() < 0.5)
    assert page.evaluate("window.trame.trigger('settle')") and abs(wide() / started - 0.5) < 0.01
    assert screen.state("phase") == "idle" and not screen.state("busy") and not screen.errors
    # One finger clicks as before, in the slice that is closer now.
    page.touchscreen.tap(*screen.place("Red", LESION))
    screen.masks()
    page.keyboard.press("Escape")
    screen.wait("get('phase') === 'idle' && !get('busy')")
    context.close()
