"""The scripted module "SPA" of 3D Slicer: registers the effect of Segment Editor, and has a panel of its own."""

import os
import sys
import tempfile
import time
import unittest

import slicer
import vtk
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

try:
    import SPASegmentLib
except ModuleNotFoundError:
    # A checkout: the library lies beside the module's folder. An installed extension has both in one folder.
    sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    import SPASegmentLib

from SPASegmentLib.translation import Text


def translate(context, text):
    """A text in the user's language; Slicer's tools for translators look for this name, too."""
    from SegmentEditorSPALib.Translate import translated

    return translated(context, text)


def _(text):
    """A text of this file in the user's language; English where a translation cannot be filled in."""
    return Text(translate("SPASegment", text), text)


FOLDER = os.path.dirname(os.path.abspath(__file__))


class SPASegment(ScriptedLoadableModule):
    """Title, category and texts of the module; registers the effect when Slicer has started."""

    def __init__(self, parent) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("SPA")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = ["Segmentations"]
        parent.contributors = ["SPA for 3D Slicer contributors"]
        parent.helpText = _(
            "Segmentation by choices: one click on a slice gives five masks, and picking one of them teaches the"
            " model what you prefer. The effect <b>SPA</b> is in the module <b>Segment Editor</b>;"
            " see the <a href=\"{url}\">documentation</a>."
        ).format(url="https://github.com/SlicerSPA/SlicerSPA")
        parent.acknowledgementText = _(
            "Implements SPA: Efficient User-Preference Alignment against Uncertainty in Medical Image Segmentation"
            " (J. Zhu, J. Wu, C. Ouyang, K. Kamnitsas, J. A. Noble, ICCV 2025)."
        )
        slicer.app.connect("startupCompleted()", self.startUp)

    def startUp(self) -> None:
        """Register the effect, the sample data, and a guard against leftovers of saved sessions."""
        import qSlicerSegmentationsEditorEffectsPythonQt

        from SPASegmentLib import translation

        translation.install(translate)
        # Imported as a package first, so that Slicer does not load the file as a plain module.
        import SegmentEditorSPALib
        from SegmentEditorSPALib import SampleData

        source = os.path.join(os.path.dirname(SegmentEditorSPALib.__file__), "SegmentEditorEffect.py")
        effect = qSlicerSegmentationsEditorEffectsPythonQt.qSlicerSegmentEditorScriptedEffect(None)
        effect.setPythonSource(source.replace("\\", "/"))
        effect.self().register()
        slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.EndImportEvent, self.onSceneImported)
        slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.EndCloseEvent, self.onSceneClosed)
        SampleData.register(os.path.join(FOLDER, "Resources", "Icons", "SPASegment.png"))

    def onSceneImported(self, scene, event) -> None:
        """Drop what a scene that was saved in the middle of a session keeps of its preview."""
        from SPASegmentLib.mrml.hierarchy import remove_ghosts

        remove_ghosts(slicer.mrmlScene)

    def onSceneClosed(self, scene, event) -> None:
        """Let go of the closed scene, whose volumes may be large; Slicer leaves effects before its nodes go."""
        workflow = sys.modules.get("SegmentEditorSPALib.Workflow")
        if workflow is not None:
            workflow.scene_closed()


class SPASegmentWidget(ScriptedLoadableModuleWidget):
    """The module's panel."""

    def setup(self) -> None:
        """Build the panel; Slicer calls this when the module is first opened."""
        ScriptedLoadableModuleWidget.setup(self)
        from SegmentEditorSPALib.ModulePanel import ModulePanel

        self.panel = ModulePanel(self.layout)

    def enter(self) -> None:
        """The module is shown (again)."""
        self.panel.refresh()

    def cleanup(self) -> None:
        """The panel is about to be deleted."""
        if hasattr(self, "panel"):
            self.panel.close()


class SPASegmentTest(ScriptedLoadableModuleTest):
    """Self test for Slicer's runner and for "Reload and test"."""

    #: Seconds to wait for masks; the first ones load the network.
    PATIENCE = 120.0

    def setUp(self) -> None:
        """Start from an empty scene, with profiles of the test's own."""
        from SegmentEditorSPALib import ProfileActions

        slicer.mrmlScene.Clear()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(ProfileActions.keep_in, None)
        ProfileActions.keep_in(folder.name)

    def runTest(self) -> None:
        """Run all tests, as "Reload and Test" does; what cannot run here is said and left out."""
        for test in (
            self.test_library_is_found, self.test_from_a_click_to_voxels, self.test_from_a_segment_without_a_network,
        ):
            self.setUp()
            try:
                test()
            except unittest.SkipTest as reason:
                self.delayDisplay(f"Skipped, {reason}")
            finally:
                self.doCleanups()

    def test_library_is_found(self) -> None:
        """The module has found its library."""
        self.assertTrue(SPASegmentLib.__version__)

    def test_from_a_click_to_voxels(self) -> None:
        """Click on the phantom, choose, accept, undo and redo through Segment Editor's widget."""
        import numpy as np
        from SegmentEditorSPALib import Dependencies, SampleData

        self.skipWithout(Dependencies.missing())
        from SPASegmentLib.data.phantom import ambiguous_phantom
        from SPASegmentLib.mrml.grid import volume_grid
        from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, segment_array

        volume = SampleData.load_phantom()
        segmentation = create_segmentation(volume)
        segment = add_segment(segmentation, "lesion")
        editor = self.openEditor(segmentation, volume, segment)
        effect = editor.activeEffect().self()
        workflow = effect.workflow

        view = slicer.app.layoutManager().sliceWidget("Red")
        to_xy = vtk.vtkMatrix4x4()
        vtk.vtkMatrix4x4.Invert(view.mrmlSliceNode().GetXYToRAS(), to_xy)
        x, y = (int(round(v)) for v in to_xy.MultiplyPoint((*ambiguous_phantom().lesion_ras, 1.0))[:2])
        slicer.util.clickAndDrag(view, start=(x, y), end=(x, y))
        self.waitFor(lambda: workflow.choosing, effect)
        first = workflow.controller.session.proposal
        workflow.choose(1)
        self.waitFor(lambda: workflow.controller.session.proposal.round == 2, effect)
        workflow.conversation.back()
        self.waitFor(lambda: workflow.controller.session.proposal.round == 1, effect)
        frame = workflow.controller.frame
        self.assertFalse(segment_array(segmentation, segment, volume_grid(volume)).any())
        workflow.accept()
        self.assertTrue(np.array_equal(frame.segment_mask(segmentation, segment), first.masks[0]))
        written = segment_array(segmentation, segment, volume_grid(volume))
        self.assertEqual(int(written.sum()), int(first.masks[0].sum()))
        editor.undo()
        self.assertFalse(segment_array(segmentation, segment, volume_grid(volume)).any())
        editor.redo()
        self.assertTrue(np.array_equal(segment_array(segmentation, segment, volume_grid(volume)), written))
        editor.setActiveEffectByName("")
        self.assertEqual(slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode"), 1)

    def test_from_a_segment_without_a_network(self) -> None:
        """Threshold the phantom's lesion, choose among variations of it without PyTorch, accept and undo."""
        import numpy as np
        from SegmentEditorSPALib import Dependencies, SampleData

        self.skipWithout(Dependencies.missing(with_network=False))
        from SPASegmentLib.data.phantom import ambiguous_phantom
        from SPASegmentLib.mrml.grid import volume_grid
        from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, segment_array

        phantom = ambiguous_phantom()
        volume = SampleData.load_phantom()
        i, j, k = np.rint(np.linalg.solve(phantom.ijk_to_ras, (*phantom.lesion_ras, 1.0))[:3]).astype(int)
        window = np.s_[k, j - 10 : j + 11, i - 10 : i + 11]
        voxels = np.zeros(phantom.voxels.shape, dtype=np.uint8)
        voxels[window] = phantom.voxels[window] > -300
        segmentation = create_segmentation(volume)
        segment = add_segment(segmentation, "lesion")
        slicer.util.updateSegmentBinaryLabelmapFromArray(voxels, segmentation, segment, volume)

        self.addCleanup(setattr, Dependencies, "has_runtime", Dependencies.has_runtime)
        Dependencies.has_runtime = lambda: False
        editor = self.openEditor(segmentation, volume, segment)
        effect = editor.activeEffect().self()
        workflow = effect.workflow
        workflow.from_segment()
        self.waitFor(lambda: workflow.choosing, effect)
        masks = workflow.controller.session.proposal.masks
        largest = int(masks.sum(axis=(1, 2)).argmax())
        workflow.mark(largest)
        workflow.accept()
        written = segment_array(segmentation, segment, volume_grid(volume))
        self.assertGreaterEqual(int(written.sum()), int(masks[largest].sum()))
        self.assertGreater(int(written.sum()), int(voxels.sum()))
        editor.undo()
        self.assertTrue(np.array_equal(segment_array(segmentation, segment, volume_grid(volume)), voxels > 0))

    def skipWithout(self, missing) -> None:
        """Skip a test that cannot run here."""
        if missing:
            self.skipTest("not installed: " + ", ".join(missing))
        if slicer.app.layoutManager() is None:
            self.skipTest("there is no slice view")

    def openEditor(self, segmentation, volume, segment):
        """A Segment Editor of its own with the effect active, taken down when the test ends."""
        editor = slicer.qMRMLSegmentEditorWidget()

        def close():
            # Slicer ends with an error if such a widget is alive at exit.
            editor.setActiveEffectByName("")
            editor.setMRMLSegmentEditorNode(None)
            editor.deleteLater()
            slicer.app.processEvents()

        self.addCleanup(close)
        editor.setMRMLScene(slicer.mrmlScene)
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
        editor.setMRMLSegmentEditorNode(node)
        editor.setSegmentationNode(segmentation)
        editor.setSourceVolumeNode(volume)
        node.SetSelectedSegmentID(segment)
        editor.setActiveEffectByName("SPA")
        self.assertIsNotNone(editor.activeEffect(), "the effect is not registered")
        return editor

    def waitFor(self, condition, effect) -> None:
        """Keep Slicer going until a condition holds."""
        end = time.monotonic() + self.PATIENCE
        # The session moves in the worker, before its masks are shown here.
        while effect.workflow.busy or not condition():
            self.assertLess(time.monotonic(), end, "no masks came: " + effect.panel.status.text)
            slicer.app.processEvents()
            time.sleep(0.01)
