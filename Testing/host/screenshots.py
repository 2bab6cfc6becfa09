"""Pictures of the running effect in the stand-in for Slicer's host: its options and the slice views.

Usage: python Testing/host/screenshots.py OUTPUT_FOLDER [VOLUME R,A,S NAME]...

Shows the phantom, the volumes named, and the brain MR and spleen CT of the data folder where there is one
(SPA_SHARED_DATA, else ../shared/data). Slicer's own frame is not part of the pictures. Pictures of real volumes are
for looking at, not for the repository.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any, List, Optional, Tuple

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
from SPASegmentLib.interaction.innermost import innermost  # noqa: E402
from SPASegmentLib.mrml.grid import array_from_matrix, image_array  # noqa: E402
from SPASegmentLib.mrml.scene import HeadlessScene  # noqa: E402
from SPASegmentLib.mrml.volumes import load_mask, load_volume  # noqa: E402

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
        palette.setColor(roles.Disabled, role, QtGui.QColor(*[120 if dark else 160] * 3))
    palette.setColor(roles.Link, QtGui.QColor(110, 170, 255) if dark else QtGui.QColor(0, 80, 200))
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
    # Slicer shows what comes before the first line break, until the user wants more.
    help_text = QtWidgets.QLabel(desk.effect.helpText().split("<br>")[0] + ' <a href="#">... Show details.</a></html>')
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


def picture_of_module(host: Any, path: Path) -> None:
    """The panel of the module SPA."""
    from SegmentEditorSPALib.ModulePanel import ModulePanel

    window = qt.QFrame()
    window.setFixedWidth(PANEL_WIDTH + 80)
    panel = ModulePanel(qt.QVBoxLayout(window))
    window.show()
    host.qt.processEvents()
    window.resize(window.width, QtWidgets.QWidget.layout(window).totalHeightForWidth(window.width))
    host.qt.processEvents()
    window.grab().save(str(path))
    panel.close()
    window.close()


def pictures(case: Case, dark: bool, output: Path) -> List[Path]:
    """Pictures of the first masks, of one pointed at, of the result, and of the way through the volume."""
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

        if name == "phantom":
            picture_of_module(host, output / f"module_{'dark' if dark else 'light'}.png")
        desk.click()
        grab("1_recommended")
        desk.workflow.mark(len(desk.proposal.masks) - 1)
        grab("2_pointed_at")
        desk.effect.scriptedEffect.setParameter("PicturesInView", 0)
        desk.effect.scriptedEffect.setParameter("ShowUncertainty", 1)
        grab("3_in_panel")
        desk.panel.accept.click()
        grab("4_accepted")
        desk.effect.scriptedEffect.setParameter("PicturesInView", 1)
        desk.effect.scriptedEffect.setParameter("ShowUncertainty", 0)
        through(desk, grab)
        host.close()
    for module in [key for key in sys.modules if key.startswith("SegmentEditorSPALib") and not key.endswith("Model")]:
        del sys.modules[module]
    if qt.ERRORS:
        raise RuntimeError("\n".join(qt.ERRORS))
    return made


def through(desk: Any, grab: Any) -> None:
    """From the accepted mask through the volume, to a doubtful slice, and to all slices applied."""
    volume = desk.workflow.conversation.volume
    desk.panel.volume.through.click()
    desk.wait()
    grab("5_through")
    for _ in range(4):
        desk.panel.volume.doubtful.click()
        desk.wait()
        if desk.workflow.choosing:
            break
    grab("6_doubtful")
    if desk.workflow.choosing:
        desk.panel.accept.click()
        desk.wait()
    if volume.ready:
        desk.panel.volume.apply.click()
    grab("7_applied")


#: In the data folder: name, image, mask.
SHARED = (
    ("brain", "volumes/mr_brain1_image.nrrd", "volumes/mr_brain1_mask.nrrd"),
    ("spleen", "volumes/ct_spleen_image.nii.gz", "volumes/ct_spleen_mask.nii.gz"),
)


def shared_data() -> Optional[Path]:
    """The folder of real volumes, if there is one."""
    folder = Path(os.environ.get("SPA_SHARED_DATA") or ROOT.parent / "shared" / "data")
    return folder if folder.is_dir() else None


def read(name: str, path: str, point: Optional[Tuple[float, float, float]], mask: str = "") -> Case:
    """A volume, and where to click: at a point, or deepest inside of a mask on the slice that shows most of it."""
    with HeadlessScene() as headless:
        volume = load_volume(headless.scene, path)
        matrix = vtk.vtkMatrix4x4()
        volume.GetIJKToRASMatrix(matrix)
        voxels, to_ras = image_array(volume.GetImageData()).copy(), array_from_matrix(matrix)
        if point is None:
            inside, _ = load_mask(headless.scene, mask)
            k = int(inside.sum(axis=(1, 2)).argmax())
            i, j = innermost(inside[k])
            r, a, s, _ = to_ras @ (i, j, k, 1.0)
            point = (float(r), float(a), float(s))
    return (name, voxels, to_ras, point)


def cases(arguments: List[str]) -> List[Case]:
    """The phantom, the volumes named on the command line, and real ones where they are at hand."""
    phantom = ambiguous_phantom()
    found: List[Case] = [("phantom", phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)]
    for path, point, name in zip(arguments[::3], arguments[1::3], arguments[2::3]):
        r, a, s = (float(value) for value in point.split(","))
        found.append(read(name, path, (r, a, s)))
    folder = shared_data()
    for name, image, mask in SHARED if folder is not None else ():
        if (folder / image).is_file() and (folder / mask).is_file():
            found.append(read(name, str(folder / image), None, str(folder / mask)))
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
