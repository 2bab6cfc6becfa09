"""The least that trame-slicer can do: three slice views, and an effect that counts clicks.

Run as a program: ``python empty_effect.py PORT``.
"""

from __future__ import annotations

import sys
from typing import Any, Tuple

import vtk
from slicer import vtkMRMLSliceNode
from trame.app import get_server
from trame.ui.html import DivLayout
from trame.widgets import client
from trame_slicer.core import LayoutManager, SlicerApp
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.segmentation import SegmentationEffect, SegmentationEffectPipeline
from trame_slicer.views import Layout, LayoutDirection, ViewLayoutDefinition

from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
from SPASegmentLib.mrml.volumes import add_volume

SERVER = get_server("empty")


class _Pipeline(SegmentationEffectPipeline):
    def CanProcessInteractionEvent(self, event: Any) -> Tuple[bool, float]:  # noqa: N802
        return bool(self.IsActive()) and event.GetType() == int(vtk.vtkCommand.LeftButtonPressEvent), 0.0

    def ProcessInteractionEvent(self, event: Any) -> bool:  # noqa: N802
        with SERVER.state as state:
            state.clicks += 1
        return True


class _Effect(SegmentationEffect):
    def _create_pipeline(self, view_node: Any, parameter: Any) -> Any:
        return _Pipeline() if isinstance(view_node, vtkMRMLSliceNode) else None


def main() -> None:
    """Serve it."""
    app = SlicerApp()
    register_rca_factories(app.view_manager, SERVER)
    layout_manager = LayoutManager(app.scene, app.view_manager, SERVER)
    views = [ViewLayoutDefinition.axial_view(), ViewLayoutDefinition.sagittal_view()]
    views.append(ViewLayoutDefinition.coronal_view())
    layout_manager.register_layout("slices", Layout(LayoutDirection.Horizontal, views))
    layout_manager.set_layout("slices")
    phantom = ambiguous_phantom()
    volume = add_volume(app.scene, phantom.voxels, phantom.ijk_to_ras)
    segmentation = create_segmentation(volume)
    add_segment(segmentation, "a")
    app.segmentation_editor.set_active_segmentation(segmentation, volume)
    app.segmentation_editor.set_active_effect_type(_Effect)
    app.display_manager.show_volume_in_slice_background(volume)
    app.display_manager.reset_views()
    for view in app.view_manager.get_slice_views():
        view.render_window().SetMultiSamples(0)
    SERVER.state.clicks = 0
    with DivLayout(SERVER) as page:
        page.root.style = "height: 100vh; display: flex"
        layout_manager.initialize_layout_grid(page)
        client.Style("body { margin: 0 }")
    port = int(sys.argv[1])
    sys.argv = sys.argv[:1]
    SERVER.start(port=port, host="127.0.0.1", open_browser=False, timeout=0)


if __name__ == "__main__":
    main()
