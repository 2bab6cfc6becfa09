"""The viewer with the keyboard: what keys and the focus do, and what they do not."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("slicer")

from SPASegmentLib.data.phantom import ambiguous_phantom

pytestmark = pytest.mark.e2e

LESION = ambiguous_phantom().lesion_ras


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
    screen.answer("Space", 2)
    # The place on the page is not lost while the next masks are computed.
    assert page.evaluate("document.activeElement.dataset.mask") == "3"
    page.focus("[data-mask='1']")
    wanted = accepted(screen, 1)
    screen.accept()
    assert screen.state("message").startswith(wanted)


def accepted(screen: Any, index: int) -> str:
    """What is said once this mask is accepted; all on screen have areas of their own."""
    areas = [mask["area"].split()[0] for mask in screen.state("masks")]
    assert areas.count(areas[index]) == 1
    return f"Accepted: {areas[index]}\u00a0mm²"


def test_enter_accepts_the_mask_that_is_lit(screen: Any) -> None:
    page = screen.page
    screen.begin()
    page.click("[data-mask='3']")
    screen.wait("get('round') === 2 && !get('busy')")
    page.mouse.move(5, 5)
    screen.wait("get('highlighted') === 0")
    wanted = accepted(screen, 0)
    screen.accept()
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
    screen.accept()
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
    screen.begin()
    area = screen.state("masks")[2]["area"].split()[0]
    page.dblclick("[data-mask='2']")
    screen.wait("get('phase') === 'accepted' && get('can_undo')")
    assert f"Accepted: {area}\u00a0mm²" in page.inner_text("[data-test=status]") and not screen.state("problem")
    page.keyboard.press("Control+z")
    screen.wait("!get('can_undo') && get('learned').startsWith('Nothing')")


@pytest.mark.parametrize(
    "control", ["[data-key=u]", "[data-test=bright]", "[aria-label='Zoom in, Axial']", "[data-test=nifti]"]
)
def test_enter_accepts_after_the_mouse_was_elsewhere(screen: Any, control: str) -> None:
    """A button that was clicked is not pressed again; check boxes and sliders have no use for the key."""
    page = screen.page
    screen.begin()
    page.click(control)
    page.mouse.move(5, 5)
    screen.accept()
    if screen.state("uncertainty"):
        page.keyboard.press("u")
        screen.wait("!get('uncertainty')")


def test_enter_presses_the_button_that_the_keyboard_is_on(screen: Any) -> None:
    page = screen.page
    screen.begin()
    page.focus("[aria-label='Zoom in, Axial']")
    before = abs(screen.state("geometry")["Red"][2])
    page.keyboard.press("Enter")
    screen.wait(f"Math.abs(get('geometry').Red[2]) < {before}")
    assert screen.state("phase") == "choosing"


def test_a_key_held_down_chooses_once(screen: Any) -> None:
    page = screen.page
    screen.begin()
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
    screen.begin()
    assert back.is_disabled()
    screen.answer("1", 2)
    assert back.is_enabled()
    screen.answer("Backspace", 1)
    page.wait_for_selector("[data-key=Backspace]:disabled")
    screen.accept()
    status = page.locator("[data-test=status]")
    assert "Accepted: " in status.inner_text()
    page.keyboard.press("Control+z")
    screen.wait("get('can_redo')")
    screen.until(lambda: "was taken back" in status.inner_text())
    # What Shift makes of it elsewhere.
    page.keyboard.press("Control+Shift+z")
    screen.wait("!get('can_redo') && get('can_undo')")
    screen.until(lambda: "is in the segment again" in status.inner_text())


def test_keys_do_nothing_while_typing(screen: Any) -> None:
    page = screen.page
    screen.begin()
    name = page.get_by_label("Name of Segment 1")
    name.fill("")
    name.press("1")
    name.press("Backspace")
    name.press("2")
    name.press("Tab")
    screen.wait("get('segments')[0].name === '2'")
    assert screen.state("round") == 1 and screen.state("phase") == "choosing"
    # What accepting does is a list, which Tab has led to; only Escape leaves the masks from there.
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    screen.wait("get('phase') === 'idle'")
    assert screen.state("round") <= 1


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
