"""The scripted module "SPA" of 3D Slicer: what the extension says about itself, and its panel."""

import os
import sys

import qt
import slicer
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

try:
    from slicer.i18n import tr as _
    from slicer.i18n import translate
except ModuleNotFoundError:
    # Before Slicer 5.6 there are no translations.
    def _(text):
        """The text as it is."""
        return text

    def translate(context, text):
        """The text as it is."""
        return text

try:
    import SPASegmentLib
except ModuleNotFoundError:
    # A checkout: the library lies beside the module's folder. An installed extension has both in one folder.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    import SPASegmentLib


class SPASegment(ScriptedLoadableModule):
    """Title, category and texts of the module."""

    def __init__(self, parent) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("SPA")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = ["Segmentations"]
        parent.contributors = ["SPA for 3D Slicer contributors"]
        parent.helpText = _(
            "Segmentation by choices: one click on a slice gives five masks, and picking one of them teaches the"
            " model what you prefer. The method is at work in the library and the command <i>spa</i>;"
            " see the <a href=\"{url}\">documentation</a>."
        ).format(url="https://github.com/SlicerSPA/SlicerSPA")
        parent.acknowledgementText = _(
            "Implements SPA: Efficient User-Preference Alignment against Uncertainty in Medical Image Segmentation"
            " (J. Zhu, J. Wu, C. Ouyang, K. Kamnitsas, J. A. Noble, ICCV 2025)."
        )


class SPASegmentWidget(ScriptedLoadableModuleWidget):
    """The module's panel."""

    def setup(self) -> None:
        """Build the panel; Slicer calls this when the module is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        label = qt.QLabel(
            _("SPA {version}: the library is installed.").format(version=SPASegmentLib.__version__)
        )
        label.wordWrap = True
        self.layout.addWidget(label)
        self.layout.addStretch(1)


class SPASegmentTest(ScriptedLoadableModuleTest):
    """Self test for Slicer's runner and for "Reload and test"."""

    def setUp(self) -> None:
        """Start from an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self) -> None:
        """Run all tests."""
        self.setUp()
        self.test_module_is_registered()

    def test_module_is_registered(self) -> None:
        """Slicer knows the module, and the module has found its library."""
        self.assertEqual(slicer.modules.spasegment.title, _("SPA"))
        self.assertTrue(SPASegmentLib.__version__)
