"""The real program in its own process, and a real browser in front of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator, List, Sequence, Tuple

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
#: Seconds after which something is taken to hang. Long, since nothing here is about speed and machines are shared.
PATIENCE = 120
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]


MAIN = "from SPASegmentLib.cli import main; main()"


class Program:
    """`spa viewer` with a port of its own.

    Args:
        temporary: for its temporary files.
        arguments: beside port and browser.
        start: runs code with arguments.
    """

    def __init__(
        self,
        temporary: Path,
        *arguments: str,
        start: Callable[..., List[str]] = lambda code, *words: [sys.executable, "-c", code, *words],
    ) -> None:
        temporary.mkdir(parents=True, exist_ok=True)
        self.temporary = temporary
        command = start(MAIN, "viewer", *arguments)
        self.log = temporary.parent / f"{temporary.name}.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*command, "--port", "0", "--no-browser"],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": str(temporary)},
            )
        self.url = self._wait_for_address()

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = re.search(r"http://\S+", self.log.read_text())
            if found:
                return found.group()
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.process.kill()
        raise AssertionError(f"The viewer did not start: {self.log.read_text()}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=60)


class Screen:
    """The page as a person sees it, and what the page knows."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.errors: List[str] = []
        self.dialogs: List[str] = []
        self.agree = True
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", self._agree)
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(url, wait_until="load")
        page.wait_for_selector("[data-view=Red] img, [data-view=Red] canvas", state="attached")

    def _agree(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.accept() if self.agree else dialog.dismiss()

    def state(self, name: str) -> Any:
        """A value that the page shows."""
        return self.page.evaluate("name => window.trame.state.get(name)", name)

    def wait(self, condition: str, timeout: float = PATIENCE) -> None:
        """Wait until a JavaScript expression over `get(name)` holds, and the page has drawn it.

        What the page knows changes before what it shows: Vue draws in a later task.
        """
        script = f"() => {{ const get = (name) => window.trame.state.get(name); return {condition}; }}"
        self.page.wait_for_function(script, timeout=1000 * timeout)
        self.page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that only a look at the page can tell."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline
            self.page.wait_for_timeout(200)

    def picture(self, view: str) -> bytes:
        """What a view looks like, as PNG, once it has stopped changing."""
        place = self.page.locator(f"[data-view={view}]")
        seen: List[bytes] = [place.screenshot()]

        def still() -> bool:
            seen.append(place.screenshot())
            return len(seen) > 2 and seen[-1] == seen[-2] == seen[-3]

        self.until(still)
        return seen[-1]

    def settle(self) -> None:
        """Wait until the views have the size that the page gives them."""
        self.wait(
            "get('geometry') && [...document.querySelectorAll('[data-view]')].every((e) => "
            "{ const [w, h] = get('geometry')[e.dataset.view] || []; "
            "if (e.dataset.view === 'Surface') return true; const n = window.devicePixelRatio; "
            "return Math.abs(w / n - e.clientWidth) < 2 && Math.abs(h / n - e.clientHeight) < 2; })"
        )

    def place(self, view: str, ras: Sequence[float]) -> Tuple[float, float]:
        """Where on the page a point (mm) of a view is."""
        self.settle()
        width, height, *matrix = self.state("geometry")[view]
        to_ras = np.vstack([np.reshape(matrix, (3, 4)), [0, 0, 0, 1]])
        x, y = np.linalg.solve(to_ras, [*ras, 1.0])[:2]
        box = self.page.locator(f"[data-view={view}]").bounding_box()
        return box["x"] + x / width * box["width"], box["y"] + (1 - y / height) * box["height"]

    def scroll_to(self, view: str, offset: float) -> None:
        """Move a view's slider, by its name, to an offset in mm."""
        slider = self.page.get_by_label(f"{view} slice position in mm")
        slider.evaluate("(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", offset)
        tag, row = {"Axial": ("Red", 2), "Sagittal": ("Yellow", 0), "Coronal": ("Green", 1)}[view]
        self.wait(f"Math.abs(get('geometry').{tag}[{5 + 4 * row}] - ({offset})) < 1.3")

    def click(self, view: str, ras: Sequence[float]) -> None:
        """Click on a point (mm) of a view."""
        self.page.mouse.click(*self.place(view, ras))

    def begin(self, view: str = "Red") -> None:
        """Click on the phantom's lesion, and wait for the masks."""
        from SPASegmentLib.data.phantom import ambiguous_phantom

        self.click(view, ambiguous_phantom().lesion_ras)
        self.masks()

    def answer(self, key: str, leads_to: int) -> None:
        """Press a key, and wait for the round that it leads to."""
        self.page.keyboard.press(key)
        self.wait(f"get('round') === {leads_to} && !get('busy')")

    def accept(self) -> None:
        """Press Enter on masks, and wait until one is accepted."""
        self.page.keyboard.press("Enter")
        self.wait("get('phase') === 'accepted'")

    def click_pixel(self, view: str, ras: Sequence[float]) -> Tuple[float, float, float]:
        """Click on the pixel of a view that is closest to a point (mm); returns the pixel's own point."""
        self.settle()
        width, height, *matrix = self.state("geometry")[view]
        to_ras = np.vstack([np.reshape(matrix, (3, 4)), [0, 0, 0, 1]])
        x, y = np.rint(np.linalg.solve(to_ras, [*ras, 1.0])[:2])
        box = self.page.locator(f"[data-view={view}]").bounding_box()
        self.page.mouse.click(box["x"] + np.ceil(x * box["width"] / width), box["y"] + height - y)
        r, a, s = (to_ras @ [x, y, 0.0, 1.0])[:3]
        return (float(r), float(a), float(s))

    def masks(self) -> None:
        """Wait for masks that can be chosen from."""
        self.wait("get('masks').length > 1 && !get('busy')")
        self.page.wait_for_selector(".card")


@pytest.fixture
def new_program() -> Callable[..., Program]:
    """Starts a process of its own."""
    pytest.importorskip("trame_slicer")
    return Program


@pytest.fixture
def new_screen() -> Callable[[Any, str], Screen]:
    """Opens an address on a page."""
    return Screen


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One process for the tests of a module; `screen` starts each from the phantom."""
    pytest.importorskip("trame_slicer")
    started = Program(tmp_path_factory.mktemp("viewer") / "tmp")
    yield started
    started.stop(signal.SIGTERM)


@pytest.fixture
def screen(program: Program, browser: Any) -> Iterator[Screen]:
    """The page with the phantom freshly opened and nothing learned."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    opened = Screen(page, program.url)
    before = opened.state("opened")
    page.click("[data-test=phantom]")
    opened.wait(f"get('opened') > {before} && get('phase') === 'idle' && !get('busy')")
    page.click("text=Name, file, reset")
    page.get_by_role("button", name="Reset").click()
    opened.wait("get('learned').startsWith('Nothing')")
    opened.settle()
    yield opened
    if opened.state("phase") == "choosing" or opened.state("busy"):
        page.keyboard.press("Escape")
        opened.wait("get('phase') !== 'choosing' && !get('busy')")
    page.close()
    assert not opened.errors
