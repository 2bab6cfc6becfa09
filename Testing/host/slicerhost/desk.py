"""A desk to work at: the effect in an open Segment Editor, driven as a user would."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Tuple

import numpy as np


class Desk:
    """An open Segment Editor with the effect on a volume, and a user's hands."""

    def __init__(self, host: Any, voxels: np.ndarray, to_ras: np.ndarray, lesion: Tuple[float, float, float]) -> None:
        import SegmentEditorSPALib

        from slicerhost import effects
        from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
        from SPASegmentLib.mrml.volumes import add_volume

        self.host, self.qt = host, host.qt
        prototype = effects.qSlicerSegmentEditorScriptedEffect(None)
        prototype.setPythonSource(str(Path(SegmentEditorSPALib.__file__).parent / "SegmentEditorEffect.py"))
        prototype.self().register()
        self.volume = add_volume(host.scene, voxels, to_ras, "image")
        host.show_volume(self.volume)
        self.lesion = lesion
        for view in host.views.values():
            view.mrmlSliceNode().JumpSliceByOffsetting(*self.lesion)
        self.segmentation = create_segmentation(self.volume)
        self.segment = add_segment(self.segmentation, "lesion")
        self.other = add_segment(self.segmentation, "other", (0.2, 0.6, 0.9))
        self.editor = host.open_editor()
        self.node = self.editor.mrmlSegmentEditorNode()
        self.editor.setSegmentationNode(self.segmentation)
        self.editor.setSourceVolumeNode(self.volume)
        self.editor.setCurrentSegmentID(self.segment)
        self.activate()

    def activate(self) -> None:
        self.editor.setActiveEffectByName("SPA")
        self.effect = self.editor.effectByName("SPA").self()

    @property
    def panel(self) -> Any:
        return self.effect.panel

    @property
    def workflow(self) -> Any:
        return self.effect.workflow

    @property
    def controller(self) -> Any:
        return self.workflow.controller

    @property
    def proposal(self) -> Any:
        return self.controller.session.proposal

    def wait(self) -> None:
        """Until nothing is computed any more."""
        self.wait_for(lambda: not self.workflow.busy)

    def wait_for(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "no result came"
            self.qt.processEvents()
            time.sleep(0.002)
        self.qt.processEvents()

    def click(self, view: str = "Red", **keys: bool) -> Any:
        """Click on the lesion and wait for the masks."""
        self.host.views[view].click(self.lesion, **keys)
        self.wait()
        return self.controller.session.proposal

    def key(self, name: str, on: Any = None) -> None:
        """Press a key with the focus on a widget."""
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        modifier = Qt.ControlModifier if name.startswith("Ctrl+") else Qt.NoModifier
        QTest.keyClick(on or self.host.window, getattr(Qt, f"Key_{name.split('+')[-1]}"), modifier)
        self.wait()

    def voxels(self, segment: str = "") -> np.ndarray:
        """(k, j, i) bool: what a segment holds."""
        from SPASegmentLib.mrml.grid import volume_grid
        from SPASegmentLib.mrml.segmentation import segment_array

        return segment_array(self.segmentation, segment or self.segment, volume_grid(self.volume))

    def node_names(self) -> list:
        scene = self.host.scene
        return sorted(scene.GetNthNode(n).GetID() for n in range(scene.GetNumberOfNodes()))
