"""The page can be read by a screen reader, fits a small screen and a finger, and speaks the browser's language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, List

import pytest

pytest.importorskip("slicer")

from SPASegmentLib.data.phantom import ambiguous_phantom

pytestmark = pytest.mark.e2e

LESION = ambiguous_phantom().lesion_ras
PICTURES = Path(__file__).resolve().parents[2] / "out" / "e2e"

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
        if (e.disabled || !e.offsetParent) continue;
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
    screen.begin()
    accept = page.locator("[data-accept='0']").bounding_box()
    assert accept["y"] + accept["height"] <= 600
    image = page.locator("[data-view=Red]").bounding_box()
    assert image["height"] >= 220 and image["width"] >= 220


#: The last are phones, and pages that are enlarged twice and four times.
SIZES = [
    (1280, 720), (1024, 768), (820, 1180), (768, 1024), (800, 600), (640, 360), (390, 844), (360, 740), (320, 256),
]  # fmt: skip


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_everything_has_a_name_contrast_and_room(screen: Any, width: int, height: int) -> None:
    page = screen.page
    # Before: in the smallest of them slices are out of sight until the page is scrolled.
    screen.begin()
    page.set_viewport_size({"width": width, "height": height})
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
    # What a card says of its mask, and the controls of a view, are seen as a whole.
    hidden = page.evaluate(
        """() => {
            const inside = (e, box) => {
                const a = e.getBoundingClientRect(), b = box.getBoundingClientRect();
                return a.width > 0 && a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
            };
            const apart = (e, other) => {
                const a = e.getBoundingClientRect(), b = other.getBoundingClientRect();
                return a.left >= b.right || a.top >= b.bottom;
            };
            const cards = [...document.querySelectorAll('.card')].filter((card) => {
                const [area, badge] = ['.area', '.badge'].map((name) => card.querySelector(name));
                return !inside(area, card) || area.scrollWidth > area.clientWidth + 1 || !apart(area, badge);
            });
            const heads = [...document.querySelectorAll('.view-head > *')].filter((e) =>
                getComputedStyle(e).display !== 'none' && !inside(e, e.closest('.view')));
            return [...cards, ...heads].map((e) => e.outerHTML.slice(0, 300));
        }"""
    )
    assert hidden == []
    enlarge = page.locator(".view:not(.main) .view-head button")
    assert all(page.get_by_label(f"Enlarge {name}").is_visible() for name in ("Sagittal", "Coronal"))
    assert enlarge.count() == 6
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


#: Controls that are narrower than what stands in them; lists show their longest entry only where there is room for it.
NARROW = """() => [...document.querySelectorAll('button, .button, select')].filter((e) => {
    const copy = e.cloneNode(true);
    copy.style.cssText = 'position: absolute; visibility: hidden; width: max-content';
    e.after(copy);
    const wanted = copy.getBoundingClientRect().width;
    copy.remove();
    const has = e.getBoundingClientRect().width;
    return has && !e.closest('.face') && !e.disabled && has + 1 < wanted;
}).map((e) => e.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (360, 740)])
def test_the_head_of_a_phone_s_page_has_two_lines(
    program: Any, browser: Any, new_screen: Any, width: int, height: int
) -> None:
    """In German, with every control of the wide page large enough for a finger, and its name."""
    page = browser.new_page(locale="de-DE", viewport={"width": width, "height": height})
    screen = new_screen(page, program.url)
    page.wait_for_selector(".top button")
    page.evaluate("() => { document.querySelector('.top .volume').textContent = 'Patientin_T1_axial_2026.nii.gz'; }")
    names = ("Phantom", "Rückgängig", "Wiederholen", ".seg.nrrd sichern", ".nii.gz sichern")
    buttons = [page.get_by_role("button", name=name, exact=True) for name in names]
    boxes = [one.bounding_box() for one in [page.locator(".top label"), *buttons]]
    assert len({box["y"] for box in boxes}) == 2
    assert all(box["width"] >= 36 and box["height"] >= 36 and box["x"] + box["width"] <= width for box in boxes)
    assert page.locator(".top").bounding_box()["height"] < 92 and page.locator(".volume").bounding_box()["width"] > 30
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"phone-{width}.png")
    assert not screen.errors
    page.close()


@pytest.mark.parametrize("width", [1280, 800, 390])
def test_longer_words_of_another_language_have_room(program: Any, browser: Any, new_screen: Any, width: int) -> None:
    page = browser.new_page(locale="de-DE", viewport={"width": width, "height": 720})
    screen = new_screen(page, program.url)
    before = screen.state("opened")
    page.click("[data-test=phantom]")
    screen.wait(f"get('opened') > {before} && get('language') === 'de' && !get('busy')")
    assert page.evaluate(NARROW) == []
    screen.begin()
    assert "empfohlen" in page.inner_text(".card") and page.evaluate(NARROW) == []
    screen.accept()
    page.keyboard.press("d")
    screen.wait("get('through').ready")
    assert page.get_by_role("button", name="Nächste zweifelhafte").is_visible() and page.evaluate(NARROW) == []
    page.keyboard.press("Escape")
    screen.wait("!get('through').active")
    assert not screen.errors
    page.close()


def test_every_stop_of_the_tabulator_has_a_name(screen: Any) -> None:
    page = screen.page
    page.locator("[data-test=surface]").check()
    page.wait_for_selector("[data-view=Surface] img", state="attached")
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.className"))
    assert "picture" in seen and "remote-controlled-area" not in seen
    page.locator("[data-test=surface]").uncheck()


def test_long_names_stay_within_their_boxes(program: Any, browser: Any, new_screen: Any, tmp_path: Path) -> None:
    page = browser.new_page(locale="de-DE", viewport={"width": 820, "height": 1180})
    screen = new_screen(page, program.url)
    name = "Patient_2026_follow-up_T1w_post-contrast_axial_resampled_denoised_final_version_2.nrrd"
    (tmp_path / name).write_bytes(
        b"NRRD0004\ntype: uint8\ndimension: 3\nspace: RAS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nsizes: 20 20 9\n"
        b"encoding: raw\n\n" + bytes(range(100)) * 36
    )
    page.set_input_files("[data-test=upload]", str(tmp_path / name))
    screen.wait(f"get('volume') === '{name}' && !get('busy')")
    assert page.locator(".top").bounding_box()["height"] < 60
    page.set_viewport_size({"width": 1024, "height": 768})
    screen.settle()
    page.mouse.move(*screen.place("Red", (10, 10, 4)))
    assert page.locator(".readout").evaluate("e => e.textContent.includes('mm') && e.scrollWidth <= e.clientWidth")
    page.evaluate("name => window.trame.state.set('problem', name)", "W" * 80)
    page.evaluate("name => window.trame.state.set('message', name)", "W" * 80)
    page.wait_for_selector("[data-test=problem]")
    wide = "e => e.scrollWidth > e.clientWidth"
    assert not any(page.locator(f"[data-test={one}]").evaluate(wide) for one in ("problem", "status"))
    assert not screen.errors
    page.close()


@pytest.mark.slow
def test_a_tablet(program: Any, browser: Any, new_screen: Any) -> None:
    """A tap is a click, a finger that moves draws a box, on a screen with two pixels for one."""
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, device_scale_factor=2)
    page = context.new_page()
    screen = new_screen(page, program.url)
    before = screen.state("opened")
    # What a test before has said lies over the buttons of a narrow page until it is dismissed.
    page.evaluate("window.trame.trigger('dismiss')")
    screen.wait("!get('problem')")
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
    page.wait_for_function(
        "() => document.querySelector('.strip').innerText.includes('Klicken Sie in einer Schicht auf eine Struktur')"
    )
    separator = "&" if "?" in program.url else "?"
    assert "Undo" in opened(f"{program.url}{separator}lang=en")
    page.close()


def test_nothing_that_comes_late_takes_the_page_s_place(program: Any, browser: Any, new_screen: Any) -> None:
    """trame's own page fetched what it shows at first, and put it in the page's place where it came after the page."""
    page = browser.new_page()
    late: List[Any] = []
    page.route(re.compile("loading"), lambda route: late.append(route))
    screen = new_screen(page, program.url)
    for route in late:
        route.continue_()
    page.wait_for_timeout(1000)
    assert page.locator("[data-test=phantom]").count() == 1 and not screen.errors
    page.close()


def test_something_is_shown_until_the_page_is_there(program: Any, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="de-DE")
    page.route(re.compile("assets/.*js"), lambda route: route.abort())
    page.goto(program.url, wait_until="load")
    assert page.title() == "SPA"
    assert page.get_by_role("status").inner_text() == "Die Seite wird geladen."
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "loading.png")
    page.close()


def test_two_pages_speak_two_languages(program: Any, browser: Any, new_screen: Any) -> None:
    """Each its own, and the viewer that of the page that its user has turned to."""
    size = {"width": 1280, "height": 720}
    english = new_screen(browser.new_page(locale="en-US", viewport=size), program.url)
    german = new_screen(browser.new_page(locale="de-DE", viewport=size), program.url)
    before = german.state("opened")
    german.page.click("[data-test=phantom]")
    for screen in (german, english):
        screen.wait(f"get('opened') > {before} && get('phase') === 'idle' && !get('busy')")
    for screen, undo, view in ((english, "Undo", "Coronal"), (german, "Rückgängig", "Koronar")):
        assert undo in screen.page.inner_text("header") and view in screen.page.inner_text("main")
    german.begin()
    english.wait("get('masks').length > 1 && !get('busy')")
    assert "empfohlen" in english.page.inner_text(".strip") and "Accept" in english.page.inner_text(".strip")
    told = english.page.inner_text("[data-card='1'] .text")
    english.page.mouse.move(640, 300)
    english.page.mouse.move(650, 310)
    english.wait("get('language') === 'en' && get('masks')[0].text === 'recommended'")
    assert english.page.inner_text("[data-card='1'] .text") != told
    assert "Round 1 of" in english.page.inner_text("[data-test=status]")
    german.wait("get('language') === 'en'")
    assert "Rückgängig" in german.page.inner_text("header")
    german.page.keyboard.press("Escape")
    german.wait("get('phase') === 'idle' && get('language') === 'de'")
    for screen in (english, german):
        assert not screen.errors
        screen.page.close()
