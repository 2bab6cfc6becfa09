"""A MRML scene outside of Slicer, on the slicer-core package; inside Slicer its own scene is used.

Nothing happens on import; ``slicer`` is imported when a scene is opened.
"""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Iterator, List, Tuple


class HeadlessScene:
    """A scene with the logics that segmentations, volumes and slices need.

    Slicer's application does this on start-up; slicer-core leaves it to the caller. The order matters:
    without the Segmentations logic on the scene no segment can be added. It is a context manager, or call
    `publish` and `close`.

    Attributes:
        scene: the vtkMRMLScene.
        application_logic: its vtkSlicerApplicationLogic, with empty lists of slice and view logics.
        segmentations_logic, volumes_logic: module logics, kept alive with the scene.
    """

    def __init__(self) -> None:
        import slicer
        import vtk

        self.scene = slicer.vtkMRMLScene()
        application = slicer.vtkSlicerApplicationLogic()
        application.SetMRMLScene(self.scene)
        colors = application.GetColorLogic()
        colors.SetMRMLScene(self.scene)
        colors.AddDefaultColorNodes()
        application.SetModuleLogic("Colors", colors)
        application.SetSliceLogics(vtk.vtkCollection())
        application.SetViewLogics(vtk.vtkCollection())
        self.application_logic = application
        self.segmentations_logic = slicer.vtkSlicerSegmentationsModuleLogic()
        self.volumes_logic = slicer.vtkSlicerVolumesLogic()
        converters = slicer.vtkSegmentationConverterFactory.GetInstance()
        known = len(converters.GetConverterRules())
        for logic in (self.segmentations_logic, self.volumes_logic):
            logic.SetMRMLScene(self.scene)
            logic.SetMRMLApplicationLogic(application)
        if known:
            # The logic registers its rules once more for every scene of the process, and a segmentation is copied in a
            # time that grows with the square of their number: 28 ms after 120 scenes, minutes after thousands.
            for rule in converters.GetConverterRules()[known:]:
                converters.UnregisterConverterRule(rule)
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene, True)
        self._published: List[Tuple[Any, str]] = []

    def publish(self) -> None:
        """Set ``slicer.mrmlScene`` and ``slicer.modules`` for ``slicer.util``, where they are absent."""
        import slicer

        modules = SimpleNamespace(segmentations=_Module(self.segmentations_logic), volumes=_Module(self.volumes_logic))
        for name, value in (("mrmlScene", self.scene), ("modules", modules)):
            if not hasattr(slicer, name):
                setattr(slicer, name, value)
                self._published.append((slicer, name))

    def close(self) -> None:
        """Empty the scene and take back what `publish` set; may be called twice."""
        for owner, name in self._published:
            delattr(owner, name)
        self._published.clear()
        self.scene.Clear(1)

    def __enter__(self) -> HeadlessScene:
        self.publish()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Module:
    """What ``slicer.modules.<name>`` offers: the logic."""

    def __init__(self, logic: Any) -> None:
        self._logic = logic

    def logic(self) -> Any:
        return self._logic


@contextmanager
def open_scene() -> Iterator[Any]:
    """Yield the running Slicer's scene, or a headless one that is closed at the end."""
    import slicer

    existing = getattr(slicer, "mrmlScene", None)
    if existing is not None:
        yield existing
        return
    with HeadlessScene() as headless:
        yield headless.scene
