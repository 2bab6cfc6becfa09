"""The pictures of docs/tutorial-browser.md, from the program that users start, in Chromium; `make tutorial`.

Usage: python Testing/e2e/tutorial_pictures.py OUTPUT_FOLDER
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from conftest import CHROMIUM, OPTIONS, ROOT, Program, Screen
from PIL import Image
from playwright.sync_api import sync_playwright

#: Bytes that a picture may have.
LARGEST = 150_000
SAMPLE = ROOT / "SPASegment/Resources/SampleData/AverageBrainMR.nii.gz"
#: In the left lateral ventricle (RAS, mm).
POINT = (-10.0, -15.0, 23.0)


def keep(screen: Screen, path: Path) -> None:
    """Draw the page into a file, with as few colours as it takes to stay below `LARGEST`."""
    screen.picture("Red")
    with Image.open(io.BytesIO(screen.page.screenshot())) as image:
        flat = image.convert("RGB")
    for colours in (256, 128, 64, 32):
        flat.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= LARGEST:
            print(path)
            return
    raise RuntimeError(f"{path} is too large.")


def main() -> None:
    """Write all pictures."""
    output = Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        program = Program(Path(folder) / "viewer", str(SAMPLE), "--runtime", "onnx")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        context = browser.new_context(viewport={"width": 1100, "height": 760}, locale="en-US")
        screen = Screen(context.new_page(), program.url)
        screen.scroll_to("Axial", POINT[2])
        screen.page.mouse.click(*screen.place("Red", POINT))
        screen.wait("get('masks').length > 1 && !get('busy')")
        keep(screen, output / "viewer-click.png")
        areas = [float(mask["area"].split()[0].replace("\u00a0", " ").split()[0]) for mask in screen.state("masks")]
        # The first masks are too small rather than too large here: the ventricle is long.
        screen.page.keyboard.press(str(max(range(1, len(areas)), key=lambda n: areas[n])))
        screen.wait("get('round') === 2 && !get('busy')")
        screen.page.click("[data-accept='0']")
        screen.wait("get('phase') === 'accepted'")
        screen.page.mouse.move(5, 5)
        keep(screen, output / "viewer-accepted.png")
        german = browser.new_context(viewport={"width": 1100, "height": 760}, locale="de-DE")
        screen = Screen(german.new_page(), program.url)
        assert screen.page.inner_text("[data-test=phantom]") == "Phantom"
        assert "Rückgängig" in screen.page.inner_text("header")
        browser.close()
        program.stop()


if __name__ == "__main__":
    main()
