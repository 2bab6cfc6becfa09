"""The page can be used with the keyboard, read by a screen reader, and fits a small screen."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, List

import numpy as np
import pytest

pytest.importorskip("slicer")
pytest.importorskip("PIL")

from PIL import Image

from SPASegmentLib.data.phantom import ambiguous_phantom

pytestmark = pytest.mark.e2e

LESION = ambiguous_phantom().lesion_ras

#: Smallest contrast between text and the background behind it, and between the edge of a field or the mark of the focus
#: and what is around it, by WCAG's formula.
CONTRAST = """() => {
    const rgba = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
    const light = (c) => { const [r, g, b] = c.map((v) => v / 255)
        .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const behind = (e) => {
        while (e && rgba(getComputedStyle(e).backgroundColor)[3] < 0.5) e = e.parentElement;
        return light(rgba(getComputedStyle(e || document.body).backgroundColor).slice(0, 3));
    };
    let worst = [99, ''], edges = [99, ''];
    for (const e of document.querySelectorAll('input[type=text], select')) {
        const found = ratio(light(rgba(getComputedStyle(e).borderTopColor).slice(0, 3)), behind(e.parentElement));
        if (found < edges[0]) edges = [found, e.outerHTML.slice(0, 200)];
    }
    for (const e of document.querySelectorAll('button, summary, .picture, input')) {
        if (e.disabled) continue;
        e.focus({ focusVisible: true });
        const style = getComputedStyle(e.matches('.hidden-input') ? e.parentElement : e);
        const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        const found = seen ? ratio(light(rgba(style.outlineColor).slice(0, 3)), behind(e.parentElement)) : 0;
        if (found < edges[0]) edges = [found, e.outerHTML.slice(0, 200)];
    }
    document.activeElement.blur();
    for (const e of document.querySelectorAll('.spa-root *')) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        if (!own || e.disabled || e.closest('.disabled') || !e.offsetParent) continue;
        const found = ratio(light(rgba(getComputedStyle(e).color).slice(0, 3)), behind(e));
        if (found < worst[0]) worst = [found, e.outerHTML.slice(0, 200)];
    }
    return [...worst, ...edges];
}"""


def nameless(page: Any) -> List[str]:
    """Controls without a name in the tree that the browser hands to screen readers, and their number."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    roles = {"button", "checkbox", "radio", "slider", "textbox", "combobox", "link", "application", "ColorWell"}
    controls = [node for node in nodes if not node["ignored"] and node["role"]["value"] in roles]
    assert len(controls) > 25
    return [str(node) for node in controls if not node.get("name", {}).get("value", "").strip()]


def test_a_session_with_the_keyboard_alone(screen: Any) -> None:
    page = screen.page
    page.get_by_label("Coronal slice position in mm").focus()
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.dataset.view") == "Red":
            break
    left, top = screen.place("Red", LESION)
    box = page.locator("[data-view=Red]").bounding_box()
    for key, pixels in (
        ("ArrowRight", left - box["x"] - box["width"] / 2),
        ("ArrowDown", top - box["y"] - box["height"] / 2),
    ):
        key = key if pixels > 0 else {"ArrowRight": "ArrowLeft", "ArrowDown": "ArrowUp"}[key]
        for _ in range(max(round(abs(pixels) / 12), 1)):
            page.keyboard.press(key)
    cross = page.locator(".cross").bounding_box()
    assert abs(cross["x"] + 14.5 - left) < 14 and abs(cross["y"] + 14.5 - top) < 14
    page.keyboard.press("Space")
    screen.masks()
    page.focus("h1 ~ label input")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.mask") == "3":
            break
    assert page.evaluate("document.activeElement.dataset.mask") == "3"
    screen.wait("get('highlighted') === 3")
    page.keyboard.press("Space")
    screen.wait("get('round') === 2 && !get('busy')")
    # The place on the page is not lost while the next masks are computed.
    assert page.evaluate("document.activeElement.dataset.mask") == "3"
    page.focus("[data-mask='1']")
    wanted = accepted(screen, 1)
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted'")
    assert screen.state("message").startswith(wanted)


def accepted(screen: Any, index: int) -> str:
    """What is said once this mask is accepted; all on screen have areas of their own."""
    areas = [mask["area"].split()[0] for mask in screen.state("masks")]
    assert areas.count(areas[index]) == 1
    return f"Accepted: {areas[index]} mm2"


def test_enter_accepts_the_mask_that_is_lit(screen: Any) -> None:
    page = screen.page
    screen.click("Red", LESION)
    screen.masks()
    page.click("[data-mask='3']")
    screen.wait("get('round') === 2 && !get('busy')")
    page.mouse.move(5, 5)
    screen.wait("get('highlighted') === 0")
    wanted = accepted(screen, 0)
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted'")
    assert screen.state("message").startswith(wanted)

    page.keyboard.press("PageUp")
    screen.masks()
    page.focus("[data-mask='3']")
    screen.wait("get('highlighted') === 3")
    page.hover("[data-mask='1']")
    screen.wait("get('highlighted') === 1")
    page.mouse.move(5, 5)
    screen.wait("get('highlighted') === 3")
    wanted = accepted(screen, 3)
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted'")
    assert screen.state("message").startswith(wanted)

    # The next masks have nothing to do with what was pointed at among these.
    page.keyboard.press("PageUp")
    screen.masks()
    screen.wait("get('highlighted') === 0")
    page.focus("[data-mask='2']")
    screen.wait("get('highlighted') === 2")
    page.focus("[data-key=Escape]")
    screen.wait("get('highlighted') === 0")


def test_a_double_click_accepts_the_mask_that_was_on_screen(screen: Any) -> None:
    page = screen.page
    screen.click("Red", LESION)
    screen.masks()
    area = screen.state("masks")[2]["area"].split()[0]
    page.dblclick("[data-mask='2']")
    screen.wait("get('phase') === 'accepted' && get('can_undo')")
    assert f"Accepted: {area} mm2" in page.inner_text("[data-test=status]") and not screen.state("problem")
    page.keyboard.press("Control+z")
    screen.wait("!get('can_undo') && get('learned').startsWith('Nothing')")


def test_a_key_held_down_chooses_once(screen: Any) -> None:
    page = screen.page
    screen.click("Red", LESION)
    screen.masks()
    page.evaluate(
        "() => { window.seen = []; const note = (name) => window.trame.state.watch([name], "
        "(value) => { if (value) window.seen.push(value); }); note('problem'); note('round'); }"
    )
    page.keyboard.down("1")
    screen.wait("get('busy')")
    screen.wait("get('round') === 2 && !get('busy')")
    page.keyboard.down("1")
    page.wait_for_timeout(500)
    page.keyboard.up("1")
    screen.wait("!get('busy')")
    rounds = [value for value in page.evaluate("window.seen") if value != 1]
    assert sorted(set(rounds), key=str) == [2], rounds


def test_back_waits_for_an_answer_and_messages_follow_undo(screen: Any) -> None:
    page = screen.page
    back = page.get_by_role("button", name="Back", exact=True)
    screen.click("Red", LESION)
    screen.masks()
    assert back.is_disabled()
    page.keyboard.press("1")
    screen.wait("get('round') === 2 && !get('busy')")
    assert back.is_enabled()
    page.keyboard.press("Backspace")
    screen.wait("get('round') === 1 && !get('busy')")
    page.wait_for_selector("[data-key=Backspace]:disabled")
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted'")
    status = page.locator("[data-test=status]")
    assert "Accepted: " in status.inner_text()
    page.keyboard.press("Control+z")
    screen.wait("get('can_redo')")
    screen.until(lambda: "was taken back" in status.inner_text())
    # What Shift makes of it elsewhere.
    page.keyboard.press("Control+Shift+z")
    screen.wait("!get('can_redo') && get('can_undo')")
    screen.until(lambda: "is in the segment again" in status.inner_text())


def test_a_long_list_of_segments_shows_the_one_in_use_and_the_focus(screen: Any) -> None:
    page = screen.page
    for count in range(2, 9):
        page.click("[data-test=add]")
        screen.wait(f"get('segments').length === {count}")
    seen = (
        "(room) => (e) => { const a = e.getBoundingClientRect(), b = e.closest('.segments').getBoundingClientRect();"
        " return a.top >= b.top + room && a.bottom <= b.bottom - room && a.right <= b.right - room; }"
    )
    page.wait_for_function(f"({seen})(0)(document.querySelector('.segments :checked'))")
    for name in ("Delete Segment 1", "Delete Segment 8"):
        control = page.get_by_label(name)
        control.focus()
        # The mark of the focus lies outside of a control.
        assert control.evaluate(f"({seen})(4)")


def test_a_message_is_seen_in_a_small_window(screen: Any, tmp_path: Path) -> None:
    page = screen.page
    page.set_viewport_size({"width": 800, "height": 600})
    (tmp_path / "bad.nrrd").write_bytes(b"no header")
    page.set_input_files("[data-test=upload]", str(tmp_path / "bad.nrrd"))
    page.wait_for_selector("[data-test=problem]")
    dismiss = page.get_by_label("Dismiss the message")
    box = dismiss.bounding_box()
    assert box["x"] + box["width"] > 700 and box["y"] + box["height"] <= 600
    dismiss.click()
    screen.wait("get('problem') === ''")
    # Nor does anything else move the page.
    page.evaluate("() => window.trame.trigger('add')")
    screen.wait("get('segments').length === 2")
    page.wait_for_timeout(200)
    assert page.evaluate("window.scrollY") == 0
    screen.click("Red", LESION)
    screen.masks()
    accept = page.locator("[data-accept='0']").bounding_box()
    assert accept["y"] + accept["height"] <= 600
    image = page.locator("[data-view=Red]").bounding_box()
    assert image["height"] >= 220 and image["width"] >= 220


def test_keys_do_nothing_while_typing(screen: Any) -> None:
    page = screen.page
    screen.click("Red", LESION)
    screen.masks()
    name = page.get_by_label("Name of Segment 1")
    name.fill("")
    name.press("1")
    name.press("Backspace")
    name.press("2")
    name.press("Tab")
    screen.wait("get('segments')[0].name === '2'")
    assert screen.state("round") == 1 and screen.state("phase") == "choosing"


def test_keys_that_follow_at_once_act_in_their_order(screen: Any) -> None:
    """Redo is possible only after undo, which the page does not know before it is answered."""
    page = screen.page
    for count in (2, 3):
        page.click("[data-test=add]")
        screen.wait(f"get('segments').length === {count}")
    page.evaluate(
        "() => { window.seen = []; window.trame.state.watch(['segments'], "
        "(rows) => { if (rows.length !== window.seen.at(-1)) window.seen.push(rows.length); }); }"
    )
    page.evaluate(
        "() => { for (const key of 'zzyzy') document.body.dispatchEvent("
        "new KeyboardEvent('keydown', { key, ctrlKey: true, bubbles: true, cancelable: true })); }"
    )
    screen.wait("window.seen.join('').endsWith('21212')", timeout=20)
    assert not screen.state("problem")


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


def test_uncertainty_is_laid_over_the_slice_and_taken_away(screen: Any) -> None:
    page = screen.page
    screen.click("Red", LESION)
    screen.masks()
    page.mouse.move(5, 5)
    without = screen.picture("Red")
    page.keyboard.press("u")
    screen.wait("get('uncertainty')")
    screen.until(lambda: screen.picture("Red") != without)
    page.keyboard.press("u")
    screen.wait("!get('uncertainty')")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (820, 1180), (768, 1024), (800, 600)])
def test_everything_has_a_name_contrast_and_room(screen: Any, width: int, height: int) -> None:
    page = screen.page
    page.set_viewport_size({"width": width, "height": height})
    screen.click("Red", LESION)
    screen.masks()
    page.mouse.move(*screen.place("Red", LESION))
    assert nameless(page) == []
    text, where, edges, there = page.evaluate(CONTRAST)
    assert text >= 4.5, where
    assert edges >= 3.0, there
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = page.evaluate(
        "() => [...document.querySelectorAll('button, .button, select, .readout')]"
        ".filter((e) => e.scrollWidth > e.clientWidth + 1 && !e.closest('.face')).map((e) => e.outerHTML)"
    )
    assert cut == []
    page.get_by_role("button", name="Reset").scroll_into_view_if_needed()
    assert page.get_by_role("button", name="Reset").evaluate(
        "e => { const b = e.getBoundingClientRect();"
        " return document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2) === e; }"
    )
    # Nothing runs out of its box.
    crowded = page.evaluate(
        "() => [...document.querySelectorAll('.panel > *, .text, .status')]"
        ".filter((e) => e.scrollHeight > e.clientHeight + 1).map((e) => e.outerHTML.slice(0, 200))"
    )
    assert crowded == []
    if width > 1000:
        assert page.evaluate("document.documentElement.scrollHeight") <= height
    if (width, height) == (1280, 720):
        assert page.evaluate(
            "() => { document.querySelector('details').open = false;"
            " const e = document.querySelector('.panel'); return e.scrollHeight <= e.clientHeight; }"
        )


def test_a_tablet(program: Any, browser: Any, new_screen: Any) -> None:
    """A tap is a click, a finger that moves draws a box, on a screen with two pixels for one."""
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, device_scale_factor=2)
    page = context.new_page()
    screen = new_screen(page, program.url)
    before = screen.state("opened")
    page.locator("[data-test=phantom]").tap()
    screen.wait(f"get('opened') > {before} && !get('busy')")
    page.touchscreen.tap(*screen.place("Red", LESION))
    screen.masks()
    small = [float(mask["area"].split()[0]) for mask in screen.state("masks")]
    assert 150 < small[0] < 600
    page.locator("[data-mask='2']").tap()
    screen.wait("get('round') === 2 && !get('busy')")
    page.get_by_role("button", name="Cancel").tap()
    screen.wait("get('phase') === 'idle'")
    touch = context.new_cdp_session(page).send
    r, a, s = LESION
    corners = [screen.place("Red", (r + d, a + d, s)) for d in (12, 6, 0, -6, -12)]
    for kind, (x, y) in zip(["touchStart", "touchMove", "touchMove", "touchMove", "touchMove"], corners):
        touch("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        # As slowly as a finger that aims. Lifted in flight it is a fling, which the browser lets the next tap stop.
        page.wait_for_timeout(150)
    touch("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    screen.masks()
    assert page.evaluate("window.scrollY") == 0
    page.locator("[data-accept='0']").tap()
    screen.wait("get('phase') === 'accepted'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 820 and not screen.errors
    context.close()


def test_work_is_not_lost_without_a_question(screen: Any) -> None:
    page = screen.page
    assert not screen.state("unsaved")
    screen.click("Red", LESION)
    screen.masks()
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted' && get('unsaved')")
    before, screen.dialogs[:] = screen.state("opened"), []
    screen.agree = False
    page.click("[data-test=phantom]")
    page.wait_for_timeout(500)
    assert len(screen.dialogs) == 1 and "not been saved" in screen.dialogs[0] and screen.state("opened") == before
    with page.expect_download():
        page.click("[data-test=seg-nrrd]")
    screen.wait("!get('unsaved')")
    page.click("[data-test=phantom]")
    screen.wait(f"get('opened') > {before} && !get('busy')")
    assert len(screen.dialogs) == 1


def test_the_3d_view_is_off_until_it_is_wanted(screen: Any) -> None:
    page = screen.page
    assert page.locator("[data-view=Surface]").count() == 0

    def coloured() -> bool:
        """Whether anything in the view has the segment's colour, which is far from grey."""
        picture = Image.open(io.BytesIO(page.locator("[data-view=Surface]").screenshot())).convert("RGB")
        pixels = np.asarray(picture, dtype=int)[:-40, :-40]
        return bool((np.ptp(pixels, axis=2) > 80).sum() > 200)

    screen.click("Red", LESION)
    screen.masks()
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted'")
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
    screen.click("Red", LESION)
    screen.masks()


def test_profiles_can_be_managed(screen: Any) -> None:
    page = screen.page
    name = page.get_by_label("Name of the profile in use")
    assert len(screen.state("profiles")) == 1 and page.get_by_role("button", name="Forget").is_disabled()
    first = screen.state("profile")
    screen.click("Red", LESION)
    screen.masks()
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
    screen.wait("get('learned').startsWith('1 accepted')")
    page.get_by_label("Profile in use", exact=True).select_option("edema, generous")
    screen.wait("get('profile') === 'edema, generous'")
    page.get_by_role("button", name="Forget").click()
    screen.wait(f"get('profiles').length === 1 && get('profile') === '{first}'")
    assert screen.state("learned").startswith("1 accepted")


def test_the_page_speaks_the_browser_s_language(program: Any, browser: Any) -> None:
    """Or the one that its address asks for; what the viewer says by itself is in it, too."""
    page = browser.new_page(locale="de-AT")
    # What tests before have not saved may be lost.
    page.on("dialog", lambda dialog: dialog.accept())

    def opened(address: str) -> str:
        page.goto(address, wait_until="load")
        page.wait_for_selector("[data-test=phantom]")
        return str(page.inner_text("header"))

    assert "Rückgängig" in opened(program.url) and page.evaluate("document.documentElement.lang") == "de"
    # What the tests before have accepted is learned.
    learned = page.inner_text("[data-test=profile]")
    assert "Noch nichts gelernt." in learned or "übernommen:" in learned
    assert "Ansicht Koronar" in page.locator("[data-view=Green]").locator("xpath=..").get_attribute("aria-label")
    page.click("[data-test=phantom]")
    page.wait_for_function("window.trame.state.get('phase') === 'idle' && !window.trame.state.get('busy')")
    assert "Klicken Sie in einer Schicht auf eine Struktur" in page.inner_text(".strip")
    separator = "&" if "?" in program.url else "?"
    assert "Undo" in opened(f"{program.url}{separator}lang=en")
    page.close()
