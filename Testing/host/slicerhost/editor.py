"""A stand-in for qMRMLSegmentEditorWidget over the real vtkSlicerSegmentEditorLogic."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import slicer
import vtk
from PySide6 import QtWidgets

from slicerhost import effects, qt

EVENTS = (
    "LeftButtonPressEvent", "LeftButtonReleaseEvent", "LeftButtonDoubleClickEvent",
    "RightButtonPressEvent", "RightButtonReleaseEvent",
    "MiddleButtonPressEvent", "MiddleButtonReleaseEvent", "MouseMoveEvent", "MouseWheelForwardEvent",
    "MouseWheelBackwardEvent", "MouseWheelLeftEvent", "MouseWheelRightEvent", "KeyPressEvent", "KeyReleaseEvent",
    "EnterEvent", "LeaveEvent",
)


class qMRMLSegmentEditorWidget(qt.QWidget):  # type: ignore[name-defined,misc]  # noqa: N801
    """Chooses effects, hands events to them, and writes, undoes and redoes."""

    def __init__(self) -> None:
        super().__init__()
        self.logic = slicer.vtkSlicerSegmentEditorLogic()
        self.logic.SetMaximumNumberOfUndoStates(10)
        self.node: Optional[Any] = None
        self._active: Optional[Any] = None
        self._effects: Dict[str, Any] = {}
        self._observers: List[Tuple[Any, int]] = []
        self._scene_observers: List[Tuple[Any, int]] = []
        self._options = QtWidgets.QVBoxLayout(self)
        for name, action in (("UndoButton", self.undo), ("RedoButton", self.redo)):
            button = qt.QToolButton(self)  # type: ignore[attr-defined]
            button.setObjectName(name)
            button.connect("clicked()", action)
            self._options.addWidget(button)

    def setMRMLScene(self, scene: Any) -> None:  # noqa: N802
        self.logic.SetMRMLScene(scene)
        for prototype in effects.REGISTERED:
            clone = effects.instance(prototype, self)
            self._effects[clone.name] = clone
            self._options.addWidget(clone.optionsFrame())
            qt.guarded(clone.self().setupOptionsFrame)
            clone.optionsFrame().setVisible(False)
        add = scene.AddObserver
        self._scene_observers = [
            (scene, add(slicer.vtkMRMLScene.StartCloseEvent, lambda *_: self.setSegmentationNode(None))),
            (scene, add(slicer.vtkMRMLScene.NodeRemovedEvent, self._node_removed_event)),
        ]

    def _node_removed_event(self, *_: Any) -> None:
        if self.node is None or slicer.mrmlScene.IsClosing():
            return
        if self.node.GetSegmentationNode() is None:
            self.setActiveEffectByName("")
        if self.logic.GetSourceVolumeNode() is not None and self.node.GetSourceVolumeNode() is None:
            self.setSourceVolumeNode(None)

    def mrmlSegmentEditorNode(self) -> Any:  # noqa: N802
        return self.node

    def setMRMLSegmentEditorNode(self, node: Any) -> None:  # noqa: N802
        if node is None:
            self._leave()
        self.node = node
        self.logic.SetSegmentEditorNode(node)
        if node is not None:
            for effect in self._effects.values():
                qt.guarded(effect.self().setMRMLDefaults)

    def setSegmentationNode(self, node: Any) -> None:  # noqa: N802
        if node is not self.logic.GetSegmentationNode():
            self.setActiveEffectByName("")
        self.logic.SetSegmentationNode(node)

    def sourceVolumeNode(self) -> Any:  # noqa: N802
        return self.node.GetSourceVolumeNode()

    def segmentationNode(self) -> Any:  # noqa: N802
        return self.node.GetSegmentationNode()

    def setSourceVolumeNode(self, node: Any) -> None:  # noqa: N802
        self.logic.SetSourceVolumeNode(node)
        for effect in self._effects.values():
            qt.guarded(effect.self().sourceVolumeNodeChanged)

    def setCurrentSegmentID(self, segment_id: str) -> None:  # noqa: N802
        self.node.SetSelectedSegmentID(segment_id)

    def effectByName(self, name: str) -> Any:  # noqa: N802
        return self._effects.get(name)

    def activeEffect(self) -> Any:  # noqa: N802
        return self._active

    def setActiveEffectByName(self, name: str) -> None:  # noqa: N802
        wanted = self._effects.get(name)
        if wanted is self._active:
            return
        if self._active is not None:
            leaving, self._active = self._active, None
            for owner, tag in self._observers:
                owner.RemoveObserver(tag)
            self._observers = []
            leaving.optionsFrame().setVisible(False)
            qt.guarded(leaving.self().deactivate)
        if wanted is not None:
            self._active = wanted
            wanted.optionsFrame().setVisible(True)
            qt.guarded(wanted.self().activate)
            qt.guarded(wanted.self().updateGUIFromMRML)
            self._observe_views(wanted)

    def _observe_views(self, effect: Any) -> None:
        manager = slicer.app.layoutManager()
        for name in () if manager is None else manager.sliceViewNames():
            widget = manager.sliceWidget(name)
            interactor, node = widget.sliceView().interactor(), widget.mrmlSliceNode()
            cursor = qt.guarded(effect.self().createCursor, widget)
            if not isinstance(cursor, qt.QCursor):
                qt.ERRORS.append(f"createCursor returned {cursor!r}")
            for event in EVENTS:
                self._observe_event(interactor, event, widget)
            tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._view_changed(widget))
            self._observers.append((node, tag))

    def _observe_event(self, interactor: Any, event: str, widget: Any) -> None:
        identifier = vtk.vtkCommand.GetEventIdFromString(event)
        tags: List[int] = []

        def call(*_: Any) -> None:
            done = qt.guarded(self._active.self().processInteractionEvents, interactor, identifier, widget)
            if not isinstance(done, bool):
                qt.ERRORS.append(f"processInteractionEvents returned {done!r} for {event}")
            elif done:
                interactor.GetCommand(tags[0]).SetAbortFlag(1)

        tags.append(interactor.AddObserver(event, call, 10.0))
        self._observers.append((interactor, tags[0]))

    def _view_changed(self, widget: Any) -> Any:
        def call(node: Any, _: str) -> None:
            if self._active is not None:
                event = int(vtk.vtkCommand.ModifiedEvent)
                qt.guarded(self._active.self().processViewNodeEvents, node, event, widget)

        return call

    def layoutChanged(self) -> None:  # noqa: N802
        """For tests: what happens when the user picks another layout."""
        for effect in self._effects.values():
            qt.guarded(effect.self().layoutChanged)

    def modify(self, labelmap: Any, mode: int) -> None:
        """What effects write with."""
        logic, node = self.logic, self.node
        modes = (
            logic.ModificationModeSet, logic.ModificationModeAdd, logic.ModificationModeRemove,
            logic.ModificationModeRemoveAll,
        )
        logic.UpdateReferenceGeometryImage()
        segment = node.GetSelectedSegmentID()
        logic.ModifySegmentByLabelmap(node.GetSegmentationNode(), segment, labelmap, modes[mode], False, False)

    def undo(self) -> None:
        self.logic.Undo()

    def redo(self) -> None:
        self.logic.Redo()

    def installKeyboardShortcuts(self, parent: Any) -> None:  # noqa: N802
        """As in Slicer: digits choose effects, Esc and Space leave the effect, Z and Ctrl+Z undo."""
        names = ["Threshold", "Paint", "Draw", "Erase"]
        actions = {str(n): (lambda name=name: self.setActiveEffectByName(name)) for n, name in enumerate(names, 1)}
        leave = lambda: self.setActiveEffectByName("")  # noqa: E731
        actions.update({"Esc": leave, "Space": leave, "Z": self.undo, "Ctrl+Z": self.undo, "Ctrl+Y": self.redo})
        for key, action in actions.items():
            shortcut = qt.QShortcut(qt.QKeySequence(key), parent)  # type: ignore[attr-defined]
            shortcut.connect("activated()", action)

    def _leave(self) -> None:
        self.setActiveEffectByName("")
        for owner, tag in self._scene_observers:
            owner.RemoveObserver(tag)
        self._scene_observers = []

    def close_down(self) -> None:
        """What Slicer does with the widget in the end."""
        self._leave()
        self.logic.SetSegmentEditorNode(None)
        self.logic.SetMRMLScene(None)
