"""Stand-ins for Slicer's scripted effects: what C++ does around an effect written in Python."""

from __future__ import annotations

import os
import sys
from typing import Any, Dict, List, Optional

from PySide6 import QtWidgets

from slicerhost import qt

#: Effects that have been registered, in order.
REGISTERED: List[Any] = []


class qSlicerSegmentEditorAbstractEffect:  # noqa: N801
    """The enumerations."""

    ModificationModeSet, ModificationModeAdd, ModificationModeRemove, ModificationModeRemoveAll = 0, 1, 2, 3
    NotConfirmed, ConfirmedWithoutDialog, ConfirmedWithDialog = 0, 1, 2


class qSlicerSegmentEditorScriptedEffect:  # noqa: N801
    """The C++ side of a scripted effect; attributes that Slicer does not have cannot be set."""

    _ATTRIBUTES = ("name", "title", "perSegment", "requireSegments", "showEffectCursorInSliceView")

    def __init__(self, parent: Any) -> None:
        for key, value in (
            ("name", ""), ("title", ""), ("perSegment", True), ("requireSegments", True), ("_self", None),
            ("_editor", None), ("_frame", None), ("_source", ""), ("showEffectCursorInSliceView", True),
        ):
            object.__setattr__(self, key, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._ATTRIBUTES:
            raise AttributeError(f"qSlicerSegmentEditorScriptedEffect has no attribute {name}")
        object.__setattr__(self, name, value)

    def setPythonSource(self, path: str) -> bool:  # noqa: N802
        """The module is named after the folder and the class after the file; it must have been imported."""
        folder, name = os.path.basename(os.path.dirname(path)), os.path.splitext(os.path.basename(path))[0]
        if folder not in sys.modules:
            raise AssertionError(f"import {folder} first: Slicer would load the file as a plain module")
        object.__setattr__(self, "_source", path)
        object.__setattr__(self, "_self", getattr(sys.modules[folder], name)(self))
        return True

    def self(self) -> Any:
        return self._self

    def register(self) -> None:
        REGISTERED.append(self)

    # What an effect may call.

    def parameterSetNode(self) -> Optional[Any]:  # noqa: N802
        return None if self._editor is None else self._editor.mrmlSegmentEditorNode()

    def parameter(self, name: str) -> str:
        node = self.parameterSetNode()
        value = None if node is None else node.GetAttribute(f"{self.name}.{name}")
        if value is None:
            raise AssertionError(f"the parameter {name} is not defined")
        return str(value)

    def setParameterDefault(self, name: str, value: Any) -> None:  # noqa: N802
        if self.parameterSetNode().GetAttribute(f"{self.name}.{name}") is None:
            self.setParameter(name, value)

    def setParameter(self, name: str, value: Any) -> None:  # noqa: N802
        if not isinstance(value, (str, int, float)):
            raise TypeError(f"parameters are texts and numbers, not {value!r}")
        self.parameterSetNode().SetAttribute(f"{self.name}.{name}", str(value))
        if self._editor.activeEffect() is self:
            qt.guarded(self._self.updateGUIFromMRML)

    def saveStateForUndo(self) -> None:  # noqa: N802
        self._editor.logic.SaveStateForUndo()

    def sourceVolumeImageData(self) -> Any:  # noqa: N802
        """The source volume on the segmentation's lattice."""
        logic = self._editor.logic
        logic.UpdateReferenceGeometryImage()
        return logic.GetAlignedSourceVolume() if logic.UpdateAlignedSourceVolume() else None

    def modifySelectedSegmentByLabelmap(self, labelmap: Any, mode: int) -> None:  # noqa: N802
        if not isinstance(mode, int):
            raise TypeError("the mode is an int")
        self._editor.modify(labelmap, mode)

    def confirmCurrentSegmentVisible(self) -> int:  # noqa: N802
        node = self.parameterSetNode()
        display = node.GetSegmentationNode().GetDisplayNode()
        if display is not None and not display.GetSegmentVisibility(node.GetSelectedSegmentID()):
            return int(qt._answer("the segment is hidden"))
        return qSlicerSegmentEditorAbstractEffect.ConfirmedWithoutDialog

    def addOptionsWidget(self, widget: Any) -> None:  # noqa: N802
        self.optionsFrame().layout().addRow(widget)

    def optionsFrame(self) -> Any:  # noqa: N802
        if self._frame is None:
            frame = qt.QFrame()  # type: ignore[attr-defined]
            QtWidgets.QFormLayout(frame).setContentsMargins(0, 0, 0, 0)
            object.__setattr__(self, "_frame", frame)
        return self._frame


class AbstractScriptedSegmentEditorEffect:
    """The base class of effects; callbacks do nothing until an effect says otherwise."""

    def __init__(self, scriptedEffect: Any) -> None:  # noqa: N803
        self.scriptedEffect = scriptedEffect

    def register(self) -> None:
        self.scriptedEffect.register()


def _nothing(self: Any, *args: Any) -> None:
    return None


CALLBACKS = (
    "activate", "deactivate", "setupOptionsFrame", "processViewNodeEvents", "setMRMLDefaults", "layoutChanged",
    "referenceGeometryChanged", "sourceVolumeNodeChanged", "interactionNodeModified", "updateGUIFromMRML",
    "updateMRMLFromGUI",
)
for _name in CALLBACKS:
    setattr(AbstractScriptedSegmentEditorEffect, _name, _nothing)


def instance(prototype: Any, editor: Any) -> Any:
    """A clone of a registered effect for one editor widget, as Slicer's factory makes it."""
    clone = prototype.self().clone()
    assert isinstance(clone, qSlicerSegmentEditorScriptedEffect)
    object.__setattr__(clone, "_editor", editor)
    return clone


def modules() -> Dict[str, Any]:
    """Python modules that effects import."""
    effects = type(sys)("SegmentEditorEffects")
    effects.AbstractScriptedSegmentEditorEffect = AbstractScriptedSegmentEditorEffect  # type: ignore[attr-defined]
    binding = type(sys)("qSlicerSegmentationsEditorEffectsPythonQt")
    binding.qSlicerSegmentEditorScriptedEffect = qSlicerSegmentEditorScriptedEffect  # type: ignore[attr-defined]
    return {"SegmentEditorEffects": effects, "qSlicerSegmentationsEditorEffectsPythonQt": binding}
