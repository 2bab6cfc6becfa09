"""The optional 3D view: the segments' surfaces, made only while somebody looks at them."""

from __future__ import annotations

import asyncio
from typing import Any, Optional, Sequence

from trame_slicer.views import ViewLayoutDefinition

from SPASegmentLib.mrml.grid import CLOSED_SURFACE
from SPASegmentLib.mrml.quiet import quiet

#: Tag of the view.
TAG = "Surface"

#: Degrees above the horizontal, so that a segment of one slice is not seen edge-on.
_ABOVE = 30


class SurfaceView:
    """The segments in 3D; nothing is computed and no view exists before it is shown for the first time.

    Args:
        slicer_app: trame-slicer's SlicerApp, whose view factories are registered.
        slice_views: tags of the views that are always there.
    """

    def __init__(self, slicer_app: Any, slice_views: Sequence[str]) -> None:
        self._manager = slicer_app.view_manager
        self._slice_views = list(slice_views)
        self._view: Optional[Any] = None
        self._segmentation: Optional[Any] = None
        self._observation: Optional[int] = None
        self._stale = False

    @property
    def shown(self) -> bool:
        """Whether the view is on the page."""
        return self._segmentation is not None

    def show(self, segmentation: Any) -> None:
        """Show the surfaces of a segmentation's segments, and keep them up to date."""
        self.hide()
        if self._view is None:
            with quiet():
                view = ViewLayoutDefinition.threed_view(name=TAG, background_color="#000000")
                self._view = self._manager.create_view(view)
            self._view.render_window().SetMultiSamples(0)
            node = self._view.get_view_node()
            node.SetOrientationMarkerType(node.OrientationMarkerTypeAxes)
            # The page gives the view its size later.
            self._view.render_window().AddObserver("WindowResizeEvent", lambda *_: self.fit())
        self._manager.set_current_view_ids([*self._slice_views, TAG])
        self._segmentation = segmentation
        core = segmentation.GetSegmentation()
        self._observation = core.AddObserver(core.SourceRepresentationModified, self._changed)
        self._update()

    def hide(self) -> None:
        """Take the view and the surfaces away."""
        if self._segmentation is None:
            return
        core = self._segmentation.GetSegmentation()
        core.RemoveObserver(self._observation)
        core.RemoveRepresentation(CLOSED_SURFACE)
        self._segmentation = None
        self._manager.set_current_view_ids(self._slice_views)

    def fit(self) -> None:
        """Look at all surfaces, from the front and a little from above; the view stays where there are none."""
        if self._view is None or not self._has_surfaces():
            return
        self._view.reset_view()
        camera = self._view.renderer().GetActiveCamera()
        camera.Elevation(_ABOVE)
        camera.OrthogonalizeViewUp()
        self._view.renderer().ResetCameraClippingRange()
        self._view.schedule_render()

    def _changed(self, *_: Any) -> None:
        """Remember to make the surfaces anew, once for all changes of one step."""
        if not self._stale:
            self._stale = True
            asyncio.get_running_loop().call_soon(self._update)

    def _update(self) -> None:
        self._stale = False
        if self._segmentation is None or self._view is None:
            return
        had = self._has_surfaces()
        self._segmentation.GetSegmentation().RemoveRepresentation(CLOSED_SURFACE)
        self._segmentation.CreateClosedSurfaceRepresentation()
        if not had:
            self.fit()
        self._view.schedule_render()

    def _has_surfaces(self) -> bool:
        """Whether there is anything to see."""
        if self._segmentation is None:
            return False
        core = self._segmentation.GetSegmentation()
        surfaces = (core.GetSegment(name).GetRepresentation(CLOSED_SURFACE) for name in core.GetSegmentIDs())
        return any(surface is not None and surface.GetNumberOfPoints() > 0 for surface in surfaces)
