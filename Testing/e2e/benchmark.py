"""How fast the page is, measured from the page: clicks to five masks, rounds, scrolling.

Each number comes with its ratio to the same gesture on an empty effect of trame-slicer, so that machines compare::

    python Testing/e2e/benchmark.py --json out/viewer.json --markdown docs/viewer-benchmark.md

A benchmark and no test: nothing here fails because a machine is slow. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import textwrap
import time
import urllib.request
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import numpy as np
from playwright.sync_api import sync_playwright

from SPASegmentLib.data.phantom import ambiguous_phantom

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
SPA = [sys.executable, "-c", "from SPASegmentLib.cli import main; main()", "viewer", "--no-browser", "--port"]
EMPTY = [sys.executable, str(Path(__file__).parent / "empty_effect.py")]

#: Slices of the phantom on which its lesion is seen, from its middle.
SLICES = range(-3, 4)

#: What the page is to reach, by the names in the record: seconds at most.
GOALS = {"first_click_s": 1.5, "round_s": 0.5}
PICTURES_GOAL = 15.0

#: Counts pictures that arrive in the first slice view.
COUNT = """() => { const img = document.querySelector('img.image-display-area'); window.frames_seen = 0;
    new MutationObserver(() => { window.frames_seen += 1; }).observe(img, { attributeFilter: ['src'] }); }"""


@contextmanager
def served(command: List[str]) -> Iterator[str]:
    """Run a server on a free port and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*command, str(port)], cwd=ROOT, **quiet)  # type: ignore[call-overload]
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(url + "index.html", timeout=5).close()
                break
            except OSError:
                if process.poll() is not None:
                    raise SystemExit(f"{' '.join(command)} did not start.") from None
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=60)


def seconds_until(page: Any, condition: str, action: Callable[[], Any] = lambda: None) -> float:
    """Time from an action until a JavaScript expression over `get(name)` holds, seen at an animation frame."""
    began = time.perf_counter()
    action()
    script = f"() => {{ const get = (name) => window.trame.state.get(name); return {condition}; }}"
    page.wait_for_function(script, timeout=120_000, polling="raf")
    return time.perf_counter() - began


def scroll(page: Any, x: float, y: float, seconds: float = 4.0) -> Dict[str, float]:
    """Turn the wheel all the time: pictures per second that arrive, and time to the first."""
    page.mouse.move(x, y)
    page.wait_for_timeout(1500)
    page.evaluate(COUNT)
    began = time.perf_counter()
    page.mouse.wheel(0, -100)
    page.wait_for_function("window.frames_seen > 0", polling="raf")
    first = time.perf_counter() - began
    start, seen = time.perf_counter(), page.evaluate("window.frames_seen")
    turn = 0
    while time.perf_counter() - start < seconds:
        turn += 1
        page.mouse.wheel(0, -100 if (turn // 8) % 2 else 100)
        page.wait_for_timeout(15)
    took = time.perf_counter() - start
    return {"first_picture_s": first, "pictures_per_s": (page.evaluate("window.frames_seen") - seen) / took}


def measure_empty(page: Any, url: str, clicks: int) -> Dict[str, Any]:
    """The empty effect: click to a changed text on the page."""
    page.set_default_timeout(120_000)
    page.goto(url, wait_until="load")
    page.wait_for_selector("img.image-display-area")
    page.wait_for_timeout(3000)
    box = page.locator("img.image-display-area").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    times = []
    for n in range(clicks):
        times.append(seconds_until(page, f"get('clicks') > {n}", lambda: page.mouse.click(x, y)))
        page.wait_for_timeout(300)
    return {"click_s": times, **scroll(page, x, y)}


def measure_spa(page: Any, url: str, repeats: int) -> Dict[str, Any]:
    """The viewer: first click on a slice to five masks, further rounds, accept, undo, scrolling."""
    page.set_default_timeout(120_000)
    page.goto(url, wait_until="load")
    page.on("dialog", lambda dialog: dialog.accept())
    lesion = np.array(ambiguous_phantom().lesion_ras)
    found: Dict[str, Any] = {"first_click_s": [], "round_s": [], "accept_s": [], "undo_s": [], "masks": []}
    masks_shown = (
        "get('masks').length > 1 && !get('busy') && document.querySelectorAll('.card img').length > 1 && "
        "[...document.querySelectorAll('.card img')].every((e) => e.complete)"
    )
    for n in range(repeats):
        # Another slice each time, or the volume opened anew: nothing of it has been computed.
        if n % len(SLICES) == 0:
            page.click("[data-test=phantom]")
            seconds_until(page, f"get('opened') === {1 + n // len(SLICES)} && get('geometry').Red[0] > 320")
            page.wait_for_timeout(3000)
        slider = page.get_by_label("Axial slice position in mm")
        offset = lesion[2] + 2.5 * SLICES[n % len(SLICES)]
        slider.evaluate("(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", offset)
        page.wait_for_timeout(1000)
        width, height, *matrix = page.evaluate("window.trame.state.get('geometry')")["Red"]
        to_ras = np.vstack([np.reshape(matrix, (3, 4)), [0, 0, 0, 1]])
        x, y = np.linalg.solve(to_ras, [*lesion, 1.0])[:2]
        box = page.locator("[data-view=Red]").bounding_box()
        at = (box["x"] + x / width * box["width"], box["y"] + (1 - y / height) * box["height"])
        found["first_click_s"].append(seconds_until(page, masks_shown, partial(page.mouse.click, *at)))
        found["masks"].append(page.evaluate("window.trame.state.get('masks').length"))
        for turn in (2, 3):
            page.wait_for_timeout(300)
            press = partial(page.keyboard.press, str(turn - 1))
            found["round_s"].append(seconds_until(page, f"get('round') === {turn} && {masks_shown}", press))
        press = partial(page.keyboard.press, "Enter")
        found["accept_s"].append(seconds_until(page, "get('phase') === 'accepted' && get('can_undo')", press))
        press = partial(page.keyboard.press, "Control+z")
        found["undo_s"].append(seconds_until(page, "!get('can_undo')", press))
        page.evaluate("window.trame.trigger('profile_reset')")
    return {**found, **scroll(page, *at)}


def machine(chromium: str) -> Dict[str, Any]:
    """What was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    browser = subprocess.run([chromium, "--version"], capture_output=True, text=True).stdout.strip()
    packages = ("onnxruntime", "vtk", "slicer-core", "trame-slicer", "trame-rca", "playwright")
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_before": os.getloadavg()[0],
        "versions": {"Python": platform.python_version(), **{name: version(name) for name in packages}},
        "browser": " ".join(browser.split()[:2]),
    }


def table(record: Dict[str, Any], command: str) -> str:
    """The record for people: a page in Markdown."""
    spa, empty, on = record["spa"], record["empty_effect"], record["machine"]
    click = statistics.median(empty["click_s"])

    def row(what: str, values: List[float], goal: str) -> Tuple[str, ...]:
        middle = statistics.median(values)
        return what, f"{middle:.2f} s", f"{max(values):.2f} s", goal, f"{middle / click:.1f}"

    rows = [
        ("", "median", "slowest", "goal", "ratio to the empty effect"),
        ("---",) * 5,
        row("click to the masks, very first one", spa["first_click_s"][:1], "1.5 s"),
        row("click to the masks, first time on a slice", spa["first_click_s"][1:], "1.5 s"),
        row("a further round", spa["round_s"], "0.5 s"),
        row("accept", spa["accept_s"], ""),
        row("undo", spa["undo_s"], ""),
        row("empty effect: click to a changed text", empty["click_s"], ""),
        row("wheel to the first new picture", [spa["first_picture_s"]], ""),
    ]
    lines = ["| " + " | ".join(cells) + " |" for cells in rows]
    versions = ", ".join(f"{name} {number}" for name, number in on["versions"].items())
    pictures, fewest, most = spa["pictures_per_s"], min(spa["masks"]), max(spa["masks"])
    sessions = len(spa["first_click_s"])
    paragraphs = [
        f"Measured with `{command}`: a script clicks, presses keys and turns the wheel in Chromium, on the phantom, "
        f"and waits until the page shows the result. {sessions} sessions of two rounds, each on a slice "
        f"that was not looked at before; {fewest if fewest == most else f'{fewest} to {most}'} masks were shown.",
        "\n".join(lines),
        f"Scrolling: {pictures:.1f} pictures per second (goal: at least {PICTURES_GOAL:.0f}). The empty effect shows "
        f"{empty['pictures_per_s']:.1f}, so the ratio is {pictures / empty['pictures_per_s']:.2f}.",
        "The empty effect is the least that trame-slicer can do: three slice views, and an effect that counts clicks "
        "(`Testing/e2e/empty_effect.py`). The ratio compares machines, and says how much of a gesture is the method's.",
        f"Machine: {on['processor']}, {on['cores']} cores, no graphics card, load {on['load_before']:.2f} before the "
        f"run. {on['browser']}; {versions}.",
    ]
    # Tables stay as they are.
    text = [each if each.startswith("|") else textwrap.fill(each, 120, break_on_hyphens=False) for each in paragraphs]
    head = ["# How fast the viewer is", "<!-- Written by Testing/e2e/benchmark.py; do not edit. -->"]
    return "\n\n".join([*head, *text]) + "\n"


def main() -> None:
    """Measure both and write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=ROOT / "out" / "viewer.json")
    parser.add_argument("--markdown", type=Path, help="the page to write, if any")
    parser.add_argument("--command", default="make benchmark-viewer", help="what the page says it was made with")
    parser.add_argument("--repeats", type=int, default=14)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    record: Dict[str, Any] = {"machine": machine(options.chromium)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=OPTIONS)
        viewport = {"width": 1280, "height": 720}
        with served(EMPTY) as url:
            record["empty_effect"] = measure_empty(browser.new_page(viewport=viewport), url, options.repeats)
        with served(SPA) as url:
            record["spa"] = measure_spa(browser.new_page(viewport=viewport), url, options.repeats)
        browser.close()
    spa, empty = record["spa"], record["empty_effect"]
    click = statistics.median(empty["click_s"])
    medians = {name: statistics.median(spa[name]) for name in ("first_click_s", "round_s", "accept_s", "undo_s")}
    record["summary"] = {
        "median": medians,
        "slowest": {name: max(spa[name]) for name in medians},
        "very_first_click_s": spa["first_click_s"][0],
        "ratio_to_empty_effect": {name: value / click for name, value in medians.items()},
        "pictures_per_s": spa["pictures_per_s"],
        "scroll_ratio_to_empty_effect": spa["pictures_per_s"] / empty["pictures_per_s"],
        "goals_met": {
            **{name: max(spa[name]) <= goal for name, goal in GOALS.items()},
            "pictures_per_s": spa["pictures_per_s"] >= PICTURES_GOAL,
        },
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(record, indent=2) + "\n")
    if options.markdown is not None:
        options.markdown.parent.mkdir(parents=True, exist_ok=True)
        options.markdown.write_text(table(record, options.command))
    print(json.dumps(record["summary"], indent=2))


if __name__ == "__main__":
    main()
