"""The panel of the module "SPA": the way to the effect, the model, profiles and an image to try."""

from __future__ import annotations

from typing import Any

import slicer

from .ModelSection import ModelSection
from .ProfileSection import ProfileSection
from .SampleData import load_phantom
from .Translate import tr as _
from .Widgets import button, label

WEBSITE = "https://github.com/SlicerSPA/SlicerSPA"


def open_effect() -> None:
    """Go to Segment Editor with SPA picked; a first segment is added if there is none."""
    slicer.util.selectModule("SegmentEditor")
    editor = slicer.modules.SegmentEditorWidget.editor
    segmentation = editor.segmentationNode()
    if segmentation is not None and segmentation.GetSegmentation().GetNumberOfSegments() == 0:
        segment = segmentation.GetSegmentation().AddEmptySegment()
        editor.mrmlSegmentEditorNode().SetSelectedSegmentID(segment)
    editor.setActiveEffectByName("SPA")


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
        self.open = button(_("Open Segment Editor with SPA"), open_effect)
        self.sample = button(_("Load an image to try it on (phantom)"), load_phantom)
        layout.addWidget(self.open)
        layout.addWidget(self.sample)
        layout.addWidget(label(_(
            "Slicer's own samples MRBrainTumor1 and CTChest (module Sample Data) are good to try, too."
        )))
        self.say = label("")
        self.model = ModelSection(self.say.setText)
        self.profiles = ProfileSection(self.say.setText)
        layout.addWidget(self.model.widget)
        layout.addWidget(self.profiles.widget)
        layout.addWidget(self.say)
        layout.addWidget(label(_(
            '<a href="{url}">Documentation</a>. SPA is for research, not for clinical use.'
        ).format(url=WEBSITE)))
        layout.addStretch(1)
        self.refresh()

    def close(self) -> None:
        """Give up whatever is under way."""
        self.model.close()

    def refresh(self) -> None:
        """Bring texts and buttons up to date."""
        self.model.refresh()
        self.profiles.refresh()
