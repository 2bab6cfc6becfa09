"""From a click in the browser to voxels in a downloaded file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("slicer")

from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.model.use import load_default
from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, segment_array
from SPASegmentLib.mrml.volumes import add_volume, load_mask

pytestmark = pytest.mark.e2e

#: Where a picture of the page goes, for the README.
PICTURES = Path(__file__).resolve().parents[2] / "out" / "e2e"

LESION = ambiguous_phantom().lesion_ras


def downloaded(page: Any, test_id: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.click(f"[data-test={test_id}]")
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def on_grid(mask: np.ndarray, own: Any, other: Any) -> np.ndarray:
    """(k, j, i) bool: the mask in the voxels of another grid with the same voxels, maybe in another order."""
    k, j, i = np.nonzero(mask)
    index = np.stack([i, j, k, np.ones_like(i)]) + np.array([*own.extent[::2], 0])[:, None]
    at = np.linalg.solve(other.to_world, own.to_world @ index)[:3]
    assert np.abs(at - np.rint(at)).max() < 1e-3
    i, j, k = np.rint(at).astype(int)
    found = np.zeros(other.shape[::-1], dtype=bool)
    found[k, j, i] = True
    return found


def test_click_choose_accept_undo_and_download(screen: Any, scene: Any, tmp_path: Path) -> None:
    page = screen.page
    clicked = screen.click_pixel("Red", LESION)
    assert np.abs(np.array(clicked) - LESION).max() < 0.3
    screen.masks()
    assert page.locator(".card").count() == len(screen.state("masks")) >= 3
    screen.answer("2", 2)
    page.click("[data-accept='1']")
    screen.wait("get('phase') === 'accepted' && get('can_undo')")
    assert "Accepted: " in page.inner_text("[data-test=status]") and "mm² on this slice" in screen.state("message")

    # The same session without a browser.
    phantom = ambiguous_phantom()
    volume = add_volume(scene, phantom.voxels, phantom.ijk_to_ras)
    segmentation = create_segmentation(volume)
    segment = add_segment(segmentation, "a")
    own = Controller(volume, segmentation, segment, LogicEditor(segmentation, volume), load_default().network)
    own.run(own.start_at(clicked, Plane.named("axial")))
    own.run(own.choose(2))
    own.accept(1)
    expected = segment_array(segmentation, segment, volume_grid(volume))
    for test_id in ("seg-nrrd", "nifti"):
        mask, grid = load_mask(scene, str(downloaded(page, test_id, tmp_path)))
        assert np.array_equal(on_grid(mask, grid, volume_grid(volume)), expected)

    page.keyboard.press("Control+z")
    screen.wait("!get('can_undo') && get('can_redo')")
    mask, _ = load_mask(scene, str(downloaded(page, "nifti", tmp_path)))
    assert not mask.any()
    page.keyboard.press("Control+y")
    screen.wait("get('can_undo')")


def test_back_cancel_and_correct(screen: Any) -> None:
    page = screen.page
    screen.begin()
    first = screen.state("masks")
    screen.answer("1", 2)
    screen.answer("Backspace", 1)
    assert screen.state("masks") == first
    screen.answer("2", 2)
    page.keyboard.press("Control+z")
    screen.wait("get('round') === 1 && !get('busy')")
    assert screen.state("masks") == first
    screen.answer("2", 2)
    page.click("[data-test=start-over]")
    screen.wait("get('round') === 1 && !get('busy') && get('masks').length > 0")
    assert screen.state("masks") == first and not screen.state("can_go_back")
    page.keyboard.down("Control")
    screen.click("Red", (LESION[0] + 7.0, LESION[1], LESION[2]))
    page.keyboard.up("Control")
    screen.wait(f"get('masks')[0].picture !== {first[0]['picture']!r} && !get('busy')")
    page.keyboard.press("Control+z")
    screen.wait(f"get('masks')[0].picture === {first[0]['picture']!r} && !get('busy')")
    page.keyboard.press("Control+z")
    screen.wait("get('masks').length === 0 && get('phase') === 'idle'")
    assert not screen.state("can_undo")


def test_quick_clicks_all_count(screen: Any) -> None:
    """What is clicked while SPA computes waits for its turn."""
    page = screen.page
    r, a, s = LESION
    corrections = [(r + 7.0, a, s), (r - 1.0, a - 6.0, s)]
    screen.begin()
    pictures = [screen.state("masks")[0]["picture"]]
    page.keyboard.down("Control")
    for point in corrections:
        screen.click("Red", point)
        screen.wait(f"get('masks')[0].picture !== {pictures[-1]!r} && !get('busy')")
        pictures.append(screen.state("masks")[0]["picture"])
    page.keyboard.up("Control")
    page.keyboard.press("Escape")
    screen.wait("get('phase') === 'idle'")

    first, *places = [screen.place("Red", point) for point in (LESION, *corrections)]
    page.mouse.click(*first)
    page.keyboard.down("Control")
    for place in places:
        page.mouse.click(*place)
    page.keyboard.up("Control")
    screen.wait(f"get('masks').length && get('masks')[0].picture === {pictures[2]!r} && !get('busy')")
    assert not screen.state("problem")
    for picture in (pictures[1], pictures[0]):
        page.keyboard.press("Control+z")
        screen.wait(f"get('masks')[0].picture === {picture!r} && !get('busy')")
    page.keyboard.press("Control+z")
    screen.wait("get('phase') === 'idle'")


def test_a_box_and_the_next_slices(screen: Any) -> None:
    page = screen.page
    r, a, s = LESION
    page.mouse.move(*screen.place("Red", (r + 12, a + 12, s)))
    page.mouse.down()
    page.mouse.move(*screen.place("Red", (r, a, s)))
    page.mouse.move(*screen.place("Red", (r - 12, a - 12, s)))
    page.mouse.up()
    screen.masks()
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted' && get('can_continue')")
    where = screen.state("slices")["Red"]["offset"]
    page.keyboard.press("PageUp")
    screen.masks()
    assert screen.state("slices")["Red"]["offset"] == pytest.approx(where + 2.5, abs=0.01)
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted' && get('learned').startsWith('2 accepted')")


@pytest.mark.parametrize("view", ["Yellow", "Green"])
def test_the_other_views_take_clicks_too(screen: Any, view: str) -> None:
    screen.click(view, LESION)
    screen.masks()
    screen.page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted'")


def test_hover_fills_a_mask(screen: Any) -> None:
    page = screen.page
    screen.begin()
    page.mouse.move(5, 5)
    before = screen.picture("Red")
    largest = max(screen.state("masks")[1:], key=lambda mask: float(mask["area"].split()[0]))["index"]
    page.hover(f"[data-mask='{largest}']")
    screen.wait(f"get('highlighted') === {largest}")
    screen.until(lambda: screen.picture("Red") != before)
    # For the README, as it is when it has just been opened.
    page.evaluate("() => { document.querySelector('details').open = false; }")
    page.evaluate("() => { document.querySelector('.panel').scrollTop = 0; }")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "viewer.png")


def test_through_the_volume(screen: Any, scene: Any, tmp_path: Path) -> None:
    page = screen.page
    screen.begin()
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted' && get('can_undo')")
    page.click("[data-test=surface]")
    screen.wait("get('surface') && document.querySelector('[data-view=Surface] img')")
    before = {view: screen.picture(view) for view in ("Green", "Surface")}
    page.keyboard.press("d")
    screen.wait("get('through').ready && get('marks') && get('marks').slices.length > 3")
    # What would lose it, or leave it out, waits.
    assert page.get_by_label("Write into Segment 1").is_disabled() and page.locator("[data-test=add]").is_disabled()
    assert screen.state("unsaved")
    page.click("[data-test=seg-nrrd]")
    screen.wait("get('problem').startsWith('Apply or drop what was found')")
    page.get_by_label("Dismiss the message").click()
    screen.wait("get('problem') === ''")
    # The temporary segment is in other slices and in 3D, too.
    screen.until(lambda: all(screen.picture(view) != picture for view, picture in before.items()))
    # Each mark lies where the slider stands on that slice.
    marks, position = screen.state("marks"), screen.state("slices")["Red"]
    (anchor,) = [mark for mark in marks["slices"] if mark["state"] == "anchor"]
    share = (position["offset"] - position["lowest"]) / (position["highest"] - position["lowest"])
    assert marks["tag"] == "Red" and abs(anchor["left"] + anchor["width"] / 2 - 100 * share) < anchor["width"]
    here = page.locator("[data-test=marks] .here")
    assert here.count() == 1 and "anchor" in str(here.get_attribute("class"))
    screen.scroll_to("Axial", position["offset"] + position["step"])
    page.wait_for_selector("[data-test=marks] .here:not(.anchor)")
    screen.scroll_to("Axial", position["offset"])
    page.wait_for_selector("[data-test=marks] .here.anchor")
    assert "slices, " in page.inner_text("[data-test=status]")
    # Enter is the control's that has the focus.
    page.evaluate("() => { document.activeElement.blur(); document.querySelector('details').open = false; }")
    page.evaluate("() => { document.querySelector('.panel').scrollTop = 0; }")
    page.keyboard.press("f")
    page.mouse.move(5, 5)
    screen.picture("Surface")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "through.png")
    for _ in range(4):
        page.keyboard.press("n")
        screen.wait("!get('busy')")
        page.wait_for_timeout(500)
        if screen.state("phase") == "choosing":
            break
    screen.masks()
    page.screenshot(path=PICTURES / "doubtful.png")
    page.keyboard.press("Enter")
    screen.wait("get('through').ready && get('masks').length === 0")
    screen.wait("get('marks').slices.filter((mark) => mark.state === 'anchor').length === 2")
    page.keyboard.press("Enter")
    screen.wait("!get('through').active && !get('busy')")
    screen.until(lambda: page.inner_text("[data-test=status]").startswith("Applied: "))
    screen.wait("get('marks') === null")
    mask, _grid = load_mask(scene, str(downloaded(page, "nifti", tmp_path)))
    assert len(np.flatnonzero(mask.any(axis=(1, 2)))) > 3
    page.screenshot(path=PICTURES / "applied.png")
    page.click("[data-test=surface]")
    screen.wait("!get('surface')")


def test_reload_in_mid_session(screen: Any) -> None:
    page = screen.page
    screen.begin()
    masks = screen.state("masks")
    page.reload(wait_until="load")
    page.wait_for_selector(".card")
    assert screen.state("masks") == masks
    screen.answer("1", 2)


def test_a_click_on_air_is_explained(screen: Any) -> None:
    # The corner behind the patient's back.
    phantom = ambiguous_phantom()
    corner = phantom.ijk_to_ras @ [94, 110, 12, 1]
    screen.click("Red", corner[:3].tolist())
    screen.wait("get('problem') !== ''")
    assert "background" in screen.page.inner_text("[data-test=problem]")
    screen.begin()
    assert screen.state("problem") == ""


def test_larger_smaller_and_more_like_the_recommended(screen: Any) -> None:
    page = screen.page
    screen.begin()
    area = "Number(get('masks')[0].area.replace(/[^0-9.].*/, ''))"
    first = page.evaluate(f"(() => {{ const get = (n) => window.trame.state.get(n); return {area}; }})()")
    for key, holds in (("+", ">"), ("=", ">"), ("-", "<")):
        page.keyboard.press(key)
        screen.wait(f"get('round') === 2 && !get('busy') && {area} {holds} {first}")
        page.keyboard.press("Backspace")
        screen.wait(f"get('round') === 1 && !get('busy') && {area} === {first}")
    page.get_by_role("button", name="More like").click()
    screen.wait("get('round') === 2 && !get('busy')")
    screen.answer("Backspace", 1)
    page.mouse.move(*screen.place("Red", LESION))
    offset = screen.state("slices")["Red"]["offset"]
    page.keyboard.down("Shift")
    for _ in range(3):
        page.mouse.wheel(0, -120)
    page.keyboard.up("Shift")
    screen.wait(f"get('round') === 2 && !get('busy') && {area} > {first}")
    assert screen.state("slices")["Red"]["offset"] == offset, "the slice stays"
    page.keyboard.press("Escape")
    screen.wait("get('phase') === 'idle'")
