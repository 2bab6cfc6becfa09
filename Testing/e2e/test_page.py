"""The page can be used with the keyboard, read by a screen reader, and fits a small screen."""

from __future__ import annotations

from typing import Any

import pytest

from SPASegmentLib.data.phantom import ambiguous_phantom

pytestmark = pytest.mark.e2e

LESION = ambiguous_phantom().lesion_ras

#: Controls without a name, as the browser's accessibility rules compute it (label, aria-label, text or title).
NAMELESS = """() => [...document.querySelectorAll('button, input, select, a')].filter((e) => {
    const label = e.labels && e.labels.length ? e.labels[0].innerText : '';
    return !(e.getAttribute('aria-label') || label || e.innerText || e.title || '').trim();
}).map((e) => e.outerHTML)"""

#: Smallest contrast between text and the background behind it, by WCAG's formula.
CONTRAST = """() => {
    const rgba = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
    const light = (c) => { const [r, g, b] = c.map((v) => v / 255)
        .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    let worst = [99, ''];
    for (const e of document.querySelectorAll('.spa-root *')) {
        const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        if (!own || e.disabled || e.closest('.disabled') || !e.offsetParent) continue;
        let back = e;
        while (back && rgba(getComputedStyle(back).backgroundColor)[3] < 0.5) back = back.parentElement;
        const a = light(rgba(getComputedStyle(e).color).slice(0, 3));
        const b = light(rgba(getComputedStyle(back || document.body).backgroundColor).slice(0, 3));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 200)];
    }
    return worst;
}"""


def test_a_session_with_the_keyboard_alone(screen: Any) -> None:
    page = screen.page
    screen.click("Red", LESION)
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
    page.focus("[data-mask='1']")
    page.keyboard.press("Enter")
    screen.wait("get('phase') === 'accepted'")
    assert screen.state("message").startswith("Mask 1 is in")


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
    page.get_by_label("Enlarge Coronal").click()
    screen.wait("get('geometry').Green[0] > 500")
    page.get_by_label("Enlarge Axial").click()
    screen.wait("get('geometry').Red[0] > 500")


def test_uncertainty_is_laid_over_the_slice_and_taken_away(screen: Any) -> None:
    page = screen.page
    view = page.locator("[data-view=Red]")
    screen.click("Red", LESION)
    screen.masks()
    page.mouse.move(5, 5)
    page.wait_for_timeout(800)
    without = view.screenshot()
    page.keyboard.press("u")
    page.wait_for_timeout(800)
    assert screen.state("uncertainty") and view.screenshot() != without
    page.keyboard.press("u")
    screen.wait("!get('uncertainty')")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1024, 768), (768, 1024)])
def test_everything_has_a_name_contrast_and_room(screen: Any, width: int, height: int) -> None:
    page = screen.page
    page.set_viewport_size({"width": width, "height": height})
    screen.click("Red", LESION)
    screen.masks()
    assert page.evaluate(NAMELESS) == []
    ratio, where = page.evaluate(CONTRAST)
    assert ratio >= 4.5, where
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = page.evaluate(
        "() => [...document.querySelectorAll('button, .button, select')]"
        ".filter((e) => e.scrollWidth > e.clientWidth + 1 && !e.closest('.face')).map((e) => e.outerHTML)"
    )
    assert cut == []
    page.get_by_role("button", name="Reset").scroll_into_view_if_needed()
    assert page.get_by_role("button", name="Reset").evaluate(
        "e => { const b = e.getBoundingClientRect();"
        " return document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2) === e; }"
    )
    if width > 1000:
        assert page.evaluate("document.documentElement.scrollHeight") <= height
