"""Pictures of the running effect in the stand-in for Slicer's host: its options and the slice views.

Usage: python Testing/host/screenshots.py OUTPUT_FOLDER [VOLUME R,A,S NAME]...

Without volumes the phantom is shown. Slicer's own frame is not part of the pictures.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any, List, Tuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "SPASegment"), str(ROOT / "Testing" / "host")]

import numpy as np  # noqa: E402
import vtk  # noqa: E402
from PySide6 import QtGui, QtWidgets  # noqa: E402
from slicerhost import qt  # noqa: E402
from slicerhost.application import Host  # noqa: E402
from slicerhost.desk import Desk  # noqa: E402

from SPASegmentLib.data.phantom import ambiguous_phantom  # noqa: E402
from SPASegmentLib.mrml.grid import array_from_matrix, image_array  # noqa: E402
from SPASegmentLib.mrml.scene import HeadlessScene  # noqa: E402
from SPASegmentLib.mrml.volumes import load_volume  # noqa: E402

SIZES = {"Red": (520, 560), "Green": (340, 277), "Yellow": (340, 277)}
#: Slicer's panel is about this wide on a screen of 1280 x 800.
PANEL_WIDTH = 330
#: Name, voxels, IJK-to-RAS matrix and where to click.
Case = Tuple[str, np.ndarray, np.ndarray, Tuple[float, float, float]]


def theme(dark: bool) -> None:
    """The colours of Slicer's light and dark styles."""
    application = qt.application()
    application.setStyle("Fusion")
    palette = QtGui.QPalette()
    roles = QtGui.QPalette
    colors = (
        ((roles.Window, 50), (roles.Base, 30), (roles.Button, 60), (roles.AlternateBase, 45), (roles.ToolTipBase, 50))
        if dark
        else ((roles.Window, 239), (roles.Base, 255), (roles.Button, 245), (roles.AlternateBase, 233))
    )
    for role, grey in colors:
        palette.setColor(role, QtGui.QColor(grey, grey, grey))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(role, QtGui.QColor(235, 235, 235) if dark else QtGui.QColor(20, 20, 20))
        if dark:
            palette.setColor(roles.Disabled, role, QtGui.QColor(120, 120, 120))
    application.setPalette(palette)


def arrange(desk: Any) -> Any:
    """Options on the left, one large and two small views on the right, as in Slicer's conventional layout."""
    window = QtWidgets.QWidget()
    window.setWindowTitle("SPA")
    row = QtWidgets.QHBoxLayout(window)
    row.setContentsMargins(8, 8, 8, 8)
    left = QtWidgets.QWidget()
    left.setFixedWidth(PANEL_WIDTH)
    column = QtWidgets.QVBoxLayout(left)
    column.setContentsMargins(0, 0, 0, 0)
    title = QtWidgets.QLabel("<b>Segment Editor: SPA</b>")
    help_text = QtWidgets.QLabel(desk.effect.helpText())
    help_text.setWordWrap(True)
    for widget in (title, help_text, desk.panel.widget):
        column.addWidget(widget)
    column.addStretch(1)
    row.addWidget(left)
    row.addWidget(desk.host.views["Red"])
    small = QtWidgets.QVBoxLayout()
    for name in ("Green", "Yellow"):
        small.addWidget(desk.host.views[name])
    row.addLayout(small)
    desk.host.window.setCentralWidget(window)
    desk.host.window.adjustSize()
    desk.qt.processEvents()
    return window


def pictures(case: Case, dark: bool, output: Path) -> List[Path]:
    """Pictures of the first masks, of one pointed at, and of the result."""
    name, voxels, to_ras, lesion = case
    made = []
    with tempfile.TemporaryDirectory() as folder:
        theme(dark)
        host = Host(Path(folder), SIZES)
        desk = Desk(host, voxels, to_ras, lesion)
        window = arrange(desk)

        def grab(step: str) -> None:
            desk.qt.processEvents()
            path = output / f"{name}_{'dark' if dark else 'light'}_{step}.png"
            window.grab().save(str(path))
            made.append(path)

        desk.click()
        grab("1_recommended")
        desk.workflow.mark(min(3, len(desk.proposal.masks) - 1))
        grab("2_pointed_at")
        desk.effect.scriptedEffect.setParameter("PicturesInView", 0)
        desk.effect.scriptedEffect.setParameter("ShowUncertainty", 1)
        grab("3_in_panel")
        desk.panel.accept.click()
        grab("4_accepted")
        host.close()
    for module in [key for key in sys.modules if key.startswith("SegmentEditorSPALib") and not key.endswith("Model")]:
        del sys.modules[module]
    if qt.ERRORS:
        raise RuntimeError("\n".join(qt.ERRORS))
    return made


def cases(arguments: List[str]) -> List[Case]:
    """The phantom, or the volumes named on the command line."""
    if not arguments:
        phantom = ambiguous_phantom()
        return [("phantom", phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)]
    found = []
    for path, point, name in zip(arguments[::3], arguments[1::3], arguments[2::3]):
        with HeadlessScene() as headless:
            volume = load_volume(headless.scene, path)
            matrix = vtk.vtkMatrix4x4()
            volume.GetIJKToRASMatrix(matrix)
            r, a, s = (float(value) for value in point.split(","))
            found.append((name, image_array(volume.GetImageData()).copy(), array_from_matrix(matrix), (r, a, s)))
    return found


def main() -> None:
    """Write all pictures."""
    output = Path(sys.argv[1])
    output.mkdir(parents=True, exist_ok=True)
    for case in cases(sys.argv[2:]):
        for dark in (False, True):
            for path in pictures(case, dark, output):
                print(path)


if __name__ == "__main__":
    main()
