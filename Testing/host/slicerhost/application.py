"""`slicer.app` and what belongs to it; `install` makes all of it importable, and `close` takes it back."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, Tuple

import slicer
from PySide6 import QtCore, QtWidgets

from slicerhost import ctk, effects, modules, qt
from slicerhost.editor import qMRMLSegmentEditorWidget
from slicerhost.views import LayoutManager
from SPASegmentLib import translation
from SPASegmentLib.mrml.scene import HeadlessScene

SIZES = {"Red": (360, 330), "Green": (360, 330), "Yellow": (360, 330)}


class Application(qt.QObject):  # type: ignore[name-defined,misc]
    """What `slicer.app` offers."""

    startupCompleted = QtCore.Signal()  # noqa: N815
    focusChanged = QtCore.Signal(QtWidgets.QWidget, QtWidgets.QWidget)  # noqa: N815

    def __init__(self, folder: Path) -> None:
        super().__init__()
        qt.application().focusChanged.connect(self.focusChanged)
        self._layout_manager: Any = None
        self.slicerUserSettingsFilePath = str(folder / "Slicer.ini")  # noqa: N815

    def layoutManager(self) -> Any:  # noqa: N802
        return self._layout_manager

    def testingEnabled(self) -> bool:  # noqa: N802
        return True

    def processEvents(self) -> None:  # noqa: N802
        QtWidgets.QApplication.processEvents()


class Host:
    """A running stand-in.

    Attributes:
        scene: vtkMRMLScene.
        window: the main window.
        views: slice widgets by name.
        editor: the segment editor widget of the main window, once effects are registered.
        messages: what was shown to the user: (kind, text).
    """

    def __init__(self, folder: Path, sizes: Dict[str, Tuple[int, int]] = SIZES) -> None:
        self.qt = qt.application()
        self._headless = HeadlessScene()
        self._headless.publish()
        self.scene = self._headless.scene
        self.messages: List[Tuple[str, str]] = []
        self._saved: List[Tuple[Any, str, Any]] = []
        self._modules: List[str] = []
        QtCore.QSettings.setDefaultFormat(QtCore.QSettings.IniFormat)
        QtCore.QSettings.setPath(QtCore.QSettings.IniFormat, QtCore.QSettings.UserScope, str(folder))
        self.qt.setOrganizationName("NA-MIC")
        self.qt.setApplicationName("Slicer")
        self.window = qt.QMainWindow()  # type: ignore[attr-defined]
        self.app = Application(folder)
        self._put(slicer, "app", self.app)
        self._put(slicer, "qSlicerSegmentEditorAbstractEffect", effects.qSlicerSegmentEditorAbstractEffect)
        self._put(slicer, "qMRMLSegmentEditorWidget", qMRMLSegmentEditorWidget)
        for kind in ("error", "info", "warning"):
            self._put(slicer.util, f"{kind}Display", self._say(kind))
        self._put(slicer.util, "confirmOkCancelDisplay", self._confirm)
        self._put(slicer.util, "mainWindow", lambda: self.window)
        self._put(slicer.util, "selectModule", lambda name: self.messages.append(("module", name)))
        self._put(slicer.util, "clickAndDrag", modules.click_and_drag)
        self._put(slicer.util, "resetSliceViews", self._reset_views)
        named = {"qt": qt, "ctk": ctk, **effects.modules(), **modules.stand_ins()}
        for name, module in named.items():
            if name not in sys.modules:
                sys.modules[name] = module
                self._modules.append(name)
        self._logic = self._headless.application_logic
        self._layout(sizes)

    def _say(self, kind: str) -> Any:
        return lambda text, *_, **__: self.messages.append((kind, text))

    def _confirm(self, text: str, *_: Any, **__: Any) -> bool:
        self.messages.append(("question", text))
        return bool(qt._answer(text))

    def _put(self, owner: Any, name: str, value: Any) -> None:
        self._saved.append((owner, name, getattr(owner, name, None)))
        setattr(owner, name, value)

    def _layout(self, sizes: Dict[str, Tuple[int, int]]) -> None:
        manager = LayoutManager(self._logic, sizes)
        self.app._layout_manager = manager
        self.views = {name: manager.sliceWidget(name) for name in manager.sliceViewNames()}
        central = QtWidgets.QWidget()
        row = QtWidgets.QHBoxLayout(central)
        for view in self.views.values():
            row.addWidget(view)
        self.window.setCentralWidget(central)

    def show_volume(self, volume: Any) -> None:
        """Put a volume into all slice views."""
        for view in self.views.values():
            view.sliceLogic().GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
            view.sliceLogic().FitSliceToBackground()

    def _reset_views(self) -> None:
        for view in self.views.values():
            view.sliceLogic().FitSliceToBackground()

    def open_editor(self) -> Any:
        """The Segment Editor in the main window, with its shortcuts."""
        self.editor = qMRMLSegmentEditorWidget()
        self.editor.setMRMLScene(self.scene)
        node = self.scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
        self.editor.setMRMLSegmentEditorNode(node)
        self.editor.installKeyboardShortcuts(self.window)
        self._put(slicer.modules, "SegmentEditorWidget", SimpleNamespace(editor=self.editor))
        self.window.show()
        self.window.activateWindow()
        self.qt.processEvents()
        return self.editor

    def close(self) -> None:
        """Take everything back."""
        if hasattr(self, "editor"):
            self.editor.close_down()
            self.editor.deleteLater()
        self.window.close()
        self.window.deleteLater()
        self.qt.sendPostedEvents(None, QtCore.QEvent.DeferredDelete)
        self.qt.processEvents()
        self._headless.close()
        # The module has installed its own, which needs this host.
        translation.install(translation.english)
        for owner, name, value in reversed(self._saved):
            if value is None:
                delattr(owner, name)
            else:
                setattr(owner, name, value)
        for name in self._modules:
            del sys.modules[name]
        effects.REGISTERED.clear()
