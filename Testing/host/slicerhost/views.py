"""Slice views: real slice logics, displayable managers and interactors, rendered offscreen."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import numpy as np
import slicer
import vtk
from PySide6 import QtCore, QtGui, QtWidgets
from vtk.util import numpy_support

from slicerhost import qt

MANAGERS = ("vtkMRMLModelSliceDisplayableManager", "vtkMRMLSegmentationsDisplayableManager2D")
ORIENTATIONS = {"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}


class qMRMLSliceView(qt.QWidget):  # type: ignore[name-defined,misc]  # noqa: N801
    """The picture of a slice."""

    def __init__(self, slice_logic: Any, application_logic: Any, size: Tuple[int, int]) -> None:
        super().__init__()
        self._window = vtk.vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.SetSize(*size)
        self._renderer = vtk.vtkRenderer()
        self._window.AddRenderer(self._renderer)
        mapper = vtk.vtkImageMapper()
        mapper.SetColorWindow(255)
        mapper.SetColorLevel(127.5)
        self._mapper = mapper
        background = vtk.vtkActor2D()
        background.SetMapper(mapper)
        background.GetProperty().SetDisplayLocationToBackground()
        self._renderer.AddViewProp(background)
        self._interactor = vtk.vtkGenericRenderWindowInteractor()
        self._interactor.SetRenderWindow(self._window)
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        factory.SetMRMLApplicationLogic(application_logic)
        for name in MANAGERS:
            if not factory.IsDisplayableManagerRegistered(name):
                factory.RegisterDisplayableManager(name)
        self._group = slicer.vtkMRMLDisplayableManagerGroup()
        self._group.Initialize(factory, self._renderer)
        self._group.SetMRMLDisplayableNode(slice_logic.GetSliceNode())
        self._interactor.SetInteractorStyle(None)
        self._interactor.Initialize()
        self._logic = slice_logic
        self.setFixedSize(*size)

    def renderWindow(self) -> Any:  # noqa: N802
        return self._window

    def interactor(self) -> Any:
        return self._interactor

    def scheduleRender(self) -> None:  # noqa: N802
        self.update()

    def pixels(self) -> np.ndarray:
        """(height, width, 3) uint8 of what is on screen now, without Qt's widgets."""
        # The logic makes its connection when a volume is shown.
        self._mapper.SetInputConnection(self._logic.GetImageDataConnection())
        self._window.Render()
        grab = vtk.vtkWindowToImageFilter()
        grab.SetInput(self._window)
        grab.ReadFrontBufferOff()
        grab.Update()
        image = grab.GetOutput()
        width, height, _ = image.GetDimensions()
        return numpy_support.vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, 3)[::-1].copy()

    def paintEvent(self, event: Any) -> None:  # noqa: N802
        pixels = self.pixels()
        height, width, _ = pixels.shape
        image = QtGui.QImage(pixels.tobytes(), width, height, 3 * width, QtGui.QImage.Format_RGB888)
        painter = QtGui.QPainter(self)
        painter.drawImage(0, 0, image)
        painter.end()


class qMRMLSliceWidget(qt.QWidget):  # type: ignore[name-defined,misc]  # noqa: N801
    """A slice view with its node and logic."""

    def __init__(self, name: str, application_logic: Any, size: Tuple[int, int]) -> None:
        super().__init__()
        self._logic = slicer.vtkMRMLSliceLogic()
        self._logic.SetMRMLScene(slicer.mrmlScene)
        self._logic.SetMRMLApplicationLogic(application_logic)
        self._node = self._logic.AddSliceNode(name)
        application_logic.GetSliceLogics().AddItem(self._logic)
        self._node.SetOrientation(ORIENTATIONS[name])
        self._node.SetDimensions(*size, 1)
        self._view = qMRMLSliceView(self._logic, application_logic, size)
        box = QtWidgets.QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._view)

    def className(self) -> str:  # noqa: N802
        return "qMRMLSliceWidget"

    def sliceView(self) -> qMRMLSliceView:  # noqa: N802
        return self._view

    def sliceLogic(self) -> Any:  # noqa: N802
        return self._logic

    def mrmlSliceNode(self) -> Any:  # noqa: N802
        return self._node

    # What follows is for tests: a user's hand.

    def xy(self, ras: Tuple[float, float, float]) -> Tuple[int, int]:
        """Device pixel of a world point."""
        inverse = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(self._node.GetXYToRAS(), inverse)
        x, y, *_ = inverse.MultiplyPoint((*ras, 1.0))
        return (round(x), round(y))

    def send(self, event: str, xy: Tuple[int, int], ctrl: bool = False, shift: bool = False) -> None:
        self._interactor_event(event, xy, ctrl, shift)

    def _interactor_event(self, event: str, xy: Tuple[int, int], ctrl: bool, shift: bool) -> None:
        interactor = self._view.interactor()
        interactor.SetEventInformation(xy[0], xy[1], int(ctrl), int(shift), chr(0), 0, None)
        interactor.InvokeEvent(event)

    def click(self, ras: Tuple[float, float, float], ctrl: bool = False, shift: bool = False) -> None:
        xy = self.xy(ras)
        self.send("LeftButtonPressEvent", xy, ctrl, shift)
        self.send("LeftButtonReleaseEvent", xy, ctrl, shift)

    def drag(self, start: Tuple[float, float, float], end: Tuple[float, float, float]) -> None:
        first, last = self.xy(start), self.xy(end)
        self.send("LeftButtonPressEvent", first)
        for share in (0.3, 0.7, 1.0):
            at = tuple(round(a + share * (b - a)) for a, b in zip(first, last))
            self.send("MouseMoveEvent", (at[0], at[1]))
        self.send("LeftButtonReleaseEvent", last)


class LayoutManager(QtCore.QObject):
    """What `slicer.app.layoutManager()` returns."""

    def __init__(self, application_logic: Any, sizes: Dict[str, Tuple[int, int]]) -> None:
        super().__init__()
        self._widgets = {name: qMRMLSliceWidget(name, application_logic, size) for name, size in sizes.items()}

    def sliceViewNames(self) -> List[str]:  # noqa: N802
        return list(self._widgets)

    def sliceWidget(self, name: str) -> Any:  # noqa: N802
        return self._widgets.get(name)
