"""The panel of the module "SPA": the way to the effect, the model, profiles and an image to try."""

from __future__ import annotations

from typing import Any

import slicer

from .ModelSection import ModelSection
from .Overlay import slice_widgets
from .ProfileSection import ProfileSection
from .RuntimeSection import RuntimeSection
from .SampleData import load_brain, load_phantom
from .StudySection import StudySection
from .Translate import tr as _
from .Widgets import breakable, button, label

WEBSITE = "https://github.com/SlicerSPA/SlicerSPA"


def open_effect() -> str:
    """Go to Segment Editor with SPA picked; what it needs is selected or added where nothing is.

    Returns:
        What is missing, in words; empty if the effect was opened.
    """
    if _first("vtkMRMLScalarVolumeNode") is None:
        return _("There is no image yet: load one, or the phantom below, then open Segment Editor.")
    slicer.util.selectModule("SegmentEditor")
    editor = slicer.modules.SegmentEditorWidget.editor
    if editor.segmentationNode() is None:
        editor.setSegmentationNode(_first("vtkMRMLSegmentationNode") or _added("vtkMRMLSegmentationNode"))
    if editor.sourceVolumeNode() is None:
        editor.setSourceVolumeNode(_volume_in_view() or _first("vtkMRMLScalarVolumeNode"))
    segments = editor.segmentationNode().GetSegmentation()
    if segments.GetNumberOfSegments() == 0:
        segments.AddEmptySegment()
    if not editor.mrmlSegmentEditorNode().GetSelectedSegmentID():
        editor.mrmlSegmentEditorNode().SetSelectedSegmentID(segments.GetNthSegmentID(0))
    editor.setActiveEffectByName("SPA")
    return ""


def _first(name: str) -> Any:
    """The first node of a class that is shown to the user, or None."""
    nodes = [slicer.mrmlScene.GetNthNodeByClass(n, name) for n in range(slicer.mrmlScene.GetNumberOfNodesByClass(name))]
    return next((node for node in nodes if _can_be_picked(node)), None)


def _can_be_picked(node: Any) -> bool:
    return not node.GetHideFromEditors() and not node.IsA("vtkMRMLLabelMapVolumeNode")


def _added(name: str) -> Any:
    node = slicer.mrmlScene.AddNewNodeByClass(name)
    node.CreateDefaultDisplayNodes()
    return node


def _volume_in_view() -> Any:
    """The volume in the background of a slice view, or None."""
    for widget in slice_widgets():
        node = slicer.mrmlScene.GetNodeByID(widget.sliceLogic().GetSliceCompositeNode().GetBackgroundVolumeID() or "")
        if node is not None and node.IsA("vtkMRMLScalarVolumeNode") and _can_be_picked(node):
            return node
    return None


class ModulePanel:
    """Builds the sections into a layout.

    Attributes:
        say: a label for what happened last.
    """

    def __init__(self, layout: Any) -> None:
        layout.addWidget(label(_(
            "SPA is an effect of <b>Segment Editor</b>: click on a structure in a slice view, and choose among five"
            " masks until one is what you want."
        )))
        self.say = label("")
        self.open = button(_("Open Segment Editor with SPA"), lambda: self._tell(open_effect()))
        self.sample = button(_("Load an image to try it on (phantom)"), load_phantom)
        layout.addWidget(self.open)
        self.brain = button(_("Load a real image to try it on (brain MR)"), load_brain)
        layout.addWidget(self.sample)
        layout.addWidget(self.brain)
        # Above the sections, which are longer than a small screen is high.
        layout.addWidget(self.say)
        layout.addWidget(label(_(
            "Slicer's own samples MRBrainTumor1 and CTChest (module Sample Data) are good to try, too."
        )))
        self.model = ModelSection(self._tell, lambda: self.runtime.refresh())
        self.runtime = RuntimeSection(self._tell, self.model.use)
        self.profiles = ProfileSection(self._tell)
        layout.addWidget(self.model.widget)
        layout.addWidget(self.runtime.widget)
        layout.addWidget(self.profiles.widget)
        self.study = StudySection(self._tell)
        layout.addWidget(self.study.widget)
        layout.addWidget(label(_(
            '<a href="{url}">Documentation</a>. SPA is for research, not for clinical use.'
        ).format(url=WEBSITE)))
        layout.addStretch(1)
        self.refresh()

    def close(self) -> None:
        """Give up whatever is under way."""
        self.model.close()

    def _tell(self, text: str) -> None:
        self.say.setText(breakable(text))

    def refresh(self) -> None:
        """Bring texts and buttons up to date."""
        self.model.refresh()
        self.runtime.refresh()
        self.profiles.refresh()
        self.study.refresh()
