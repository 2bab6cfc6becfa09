"""The pictures of docs/tutorial.md, from the running effect and module on the sample image; `make tutorial`.

Usage: python Testing/host/tutorial_pictures.py OUTPUT_FOLDER

Slicer's own frame is not part of the pictures.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import screenshots
from PIL import Image
from PySide6 import QtCore
from scipy import ndimage
from slicerhost import qt
from slicerhost.application import Host
from slicerhost.desk import Desk

#: Bytes that a picture may have.
LARGEST = 150_000
SAMPLE = screenshots.ROOT / "SPASegment/Resources/SampleData/AverageBrainMR.nii.gz"


def small(path: Path) -> None:
    """Fewer colours, so that a picture stays below `LARGEST`."""
    with Image.open(path) as image:
        flat = image.convert("RGB")
    for colours in (256, 128, 64, 32):
        flat.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= LARGEST:
            return
    raise RuntimeError(f"{path} is too large.")


def keep(widget: Any, path: Path) -> None:
    """Draw a widget into a file."""
    qt.application().processEvents()
    widget.grab().save(str(path))
    small(path)
    print(path)


def closest(desk: Any) -> int:
    """The mask on screen that comes closest to the ventricle: the dark part of the slice around the click."""
    pixels = desk.controller.frame.image.pixels
    parts, _count = ndimage.label(pixels < 120)
    masks = desk.proposal.masks
    x, y = np.rint(desk.controller.frame.ras_to_xy(desk.lesion)).astype(int)
    ventricle = parts == parts[y, x]
    return int(np.argmax([2 * (mask & ventricle).sum() / (mask.sum() + ventricle.sum()) for mask in masks]))


def main() -> None:
    """Write all pictures."""
    output = Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        screenshots.theme(dark=False)
        host = Host(Path(folder), {"Red": (460, 480), "Green": (260, 237), "Yellow": (260, 237)})
        from SegmentEditorSPALib.SampleData import BRAIN_RAS

        screenshots.picture_of_module(host, output / "slicer-module.png")
        small(output / "slicer-module.png")
        _name, voxels, to_ras, _point = screenshots.read("brain", str(SAMPLE), BRAIN_RAS)
        desk = Desk(host, voxels, to_ras, BRAIN_RAS)
        window = screenshots.arrange(desk)
        desk.click()
        best = closest(desk)
        desk.workflow.mark(best)
        keep(window, output / "slicer-click.png")
        desk.workflow.choose(best)
        desk.wait()
        desk.workflow.mark(closest(desk))
        keep(window, output / "slicer-round.png")
        desk.workflow.accept()
        desk.panel.next.click()
        desk.wait()
        keep(window, output / "slicer-next.png")
        host.close()
    if qt.ERRORS:
        raise RuntimeError("\n".join(qt.ERRORS))
    QtCore.QCoreApplication.quit()


if __name__ == "__main__":
    main()
