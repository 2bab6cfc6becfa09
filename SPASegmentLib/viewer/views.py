"""The three slice views of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import slicer
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.views import ViewLayoutDefinition

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import array_from_matrix, volume_grid
from SPASegmentLib.mrml.plane import Plane, Point, xy_to_ras
from SPASegmentLib.mrml.quiet import quiet
from SPASegmentLib.mrml.volumes import add_volume, is_in_mm, remove_volume
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Tag of the view, as Slicer calls it, and its orientation.
VIEWS = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}

#: Uncertainty (entropy in bits) below this is not shown.
_CERTAIN = 0.1

#: Two fingers show no less of a volume than this part of its longest side, and no more than so many times that.
_CLOSEST, _FARTHEST = 500, 5


@dataclass(frozen=True)
class SlicePosition:
    """Where a view stands: its offset along its normal and the range of it, in mm."""

    offset: float
    lowest: float
    highest: float
    step: float


class SliceViews:
    """Axial, sagittal and coronal view of one scene, streamed to the page.

    Args:
        server: trame server.
        slicer_app: trame-slicer's SlicerApp.
    """

    def __init__(self, server: Any, slicer_app: Any) -> None:
        manager = slicer_app.view_manager
        # The page has controls of its own; those of trame-slicer would need files that a running server cannot add.
        nothing = {"slice_view_ui_f": lambda *_: None, "three_d_view_ui_f": lambda *_: None}
        register_rca_factories(manager, server, **nothing, interactive_quality=70)
        makers = {
            "Axial": ViewLayoutDefinition.axial_view,
            "Sagittal": ViewLayoutDefinition.sagittal_view,
            "Coronal": ViewLayoutDefinition.coronal_view,
        }
        # VTK warns that there is no X server, which is as it should be.
        with quiet():
            self._views: Dict[str, Any] = {tag: manager.create_view(makers[name](tag)) for tag, name in VIEWS.items()}
            manager.set_current_view_ids(list(VIEWS))
        self._scene = slicer_app.scene
        self._overlay: Optional[Any] = None
        for view in self._views.values():
            # Eight samples per pixel take ten times as long without a graphics card, for images that need none.
            view.render_window().SetMultiSamples(0)
            view.set_background_color([0, 0, 0])

    def on_change(self, callback: Any) -> None:
        """Call back when any view has moved."""
        for view in self._views.values():
            view.modified.connect(lambda *_: callback())

    def show(self, volume: Optional[Any]) -> None:
        """Show a volume from its middle, along its own axes, with a ruler if its size is known; None for nothing."""
        kinds = slicer.vtkMRMLAbstractViewNode
        measured = volume is None or is_in_mm(volume)
        for view in self._views.values():
            view.set_ruler(kinds.RulerTypeThin if measured else kinds.RulerTypeNone)
            view.set_background_volume_id(None if volume is None else volume.GetID())
            view.reset_view()

    def go_to(self, tag: str, point: Point) -> None:
        """Scroll one view to the slice through a point (mm)."""
        self._views[tag].get_view_node().JumpSliceByOffsetting(*point)

    def middle(self, tag: str) -> Point:
        """The point (mm) in the middle of a view."""
        return self.point(tag, 0.5, 0.5)

    def point(self, tag: str, right: float, down: float) -> Point:
        """The point (mm) at these shares of a view's width and height, from its upper left corner."""
        node = self._views[tag].get_view_node()
        width, height = node.GetDimensions()[:2]
        return xy_to_ras(node, right * width - 0.5, (1 - down) * height - 0.5)

    def geometry(self, tag: str) -> List[float]:
        """From pixels of a view to mm: size in pixels, then the upper 3 x 4 of the matrix, row by row."""
        node = self._views[tag].get_view_node()
        return [*node.GetDimensions()[:2], *array_from_matrix(node.GetXYToRAS())[:3].ravel().tolist()]

    def fit(self) -> None:
        """Show the whole volume in all views."""
        for view in self._views.values():
            view.fit_view_to_content()
            view.schedule_render()

    def zoom(self, tag: str, closer: bool) -> None:
        """Magnify one view or take it back."""
        view = self._views[tag]
        view.zoom_in() if closer else view.zoom_out()

    def pinch(self, tag: str, factor: float, at: Tuple[float, float], to: Tuple[float, float]) -> None:
        """Magnify one view, but not without end, and move it, as two fingers do.

        Args:
            tag: of the view.
            factor: above 1 to come closer.
            at: a place, in shares of the view's width and height, from its upper left corner.
            to: where what was there is then.

        Raises:
            InputError: there is no such view, or these are no numbers.
        """
        if tag not in VIEWS or not (np.isfinite([factor, *at, *to]).all() and factor > 0):
            raise InputError(_("There is no such view."))
        view = self._views[tag]
        node, volume = view.get_view_node(), self._scene.GetNodeByID(view.get_background_volume_id() or "")
        if volume is None:
            return
        bounds = np.zeros(6)
        volume.GetRASBounds(bounds)
        longest = float(np.max(bounds[1::2] - bounds[::2]))
        old = np.array(node.GetFieldOfView())
        wanted = min(max(old[0] / factor, longest / _CLOSEST), longest * _FARTHEST)
        new = old * [wanted / old[0], wanted / old[0], 1.0]
        start, end = (np.array([right - 0.5, 0.5 - down]) for right, down in (at, to))
        origin = np.array(node.GetXYZOrigin())
        origin[:2] += start * old[:2] - end * new[:2]
        with view.trigger_modified_once():
            node.SetFieldOfView(*new)
            node.SetXYZOrigin(*origin)

    def step(self, tag: str, slices: int) -> None:
        """Scroll one view."""
        position = self.position(tag)
        self.move(tag, position.offset + slices * position.step)

    def move(self, tag: str, offset: float) -> None:
        """Scroll one view to an offset in mm, within the volume."""
        position = self.position(tag)
        self._views[tag].set_slice_value(min(max(offset, position.lowest), position.highest))

    def position(self, tag: str) -> SlicePosition:
        """Where a view stands."""
        view = self._views[tag]
        low, high = view.get_slice_range()
        return SlicePosition(view.get_slice_value(), low, high, view.get_slice_step())

    def plane(self, tag: str) -> Plane:
        """Direction and orientation of a view."""
        return Plane.of_slice_node(self._views[tag].get_view_node())

    def tag_of(self, plane: Plane) -> str:
        """The view whose direction is closest to a plane's."""
        return max(VIEWS, key=lambda tag: abs(float(self.plane(tag).normal @ plane.normal)))

    def shows(self, frame: Frame) -> bool:
        """Whether any view shows a frame's slice."""
        nodes = (view.get_view_node() for view in self._views.values())
        return any(frame.is_in(array_from_matrix(node.GetSliceToRAS())) for node in nodes)

    def flat(self, volume: Optional[Any]) -> str:
        """The view that shows all of a volume of one slice; empty for any other volume."""
        if volume is None:
            return ""
        grid = volume_grid(volume)
        single = [axis for axis, size in enumerate(grid.shape) if size == 1]
        if len(single) != 1:
            return ""
        across = grid.to_world[:3, single[0]]
        return max(VIEWS, key=lambda tag: abs(float(self.plane(tag).normal @ across)))

    def render(self) -> None:
        """Draw all views again."""
        for view in self._views.values():
            view.schedule_render()

    def show_uncertainty(self, frame: Optional[Frame], uncertainty: Optional[np.ndarray] = None) -> None:
        """Lay the uncertainty (height, width) of a frame over its view; None takes it away."""
        for view in self._views.values():
            view.set_foreground_volume_id(None)
        if self._overlay is not None:
            remove_volume(self._overlay)
            self._overlay = None
        if frame is None or uncertainty is None:
            return
        overlay = add_volume(self._scene, uncertainty[None].astype(np.float32), frame.to_world, "Uncertainty", False)
        overlay.SetSaveWithScene(False)
        overlay.SetHideFromEditors(True)
        display = overlay.GetDisplayNode()
        display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeYellow")
        display.SetAutoWindowLevel(0)
        display.SetWindowLevel(1.0, 0.5)
        display.SetAutoThreshold(0)
        display.SetThreshold(_CERTAIN, 1.0)
        display.SetApplyThreshold(1)
        self._overlay = overlay
        view = self._views[self.tag_of(frame.plane)]
        view.set_foreground_volume_id(overlay.GetID())
        view.set_foreground_opacity(0.6)
