"""A scene outside of Slicer, one after another."""

from __future__ import annotations

from typing import List

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from SPASegmentLib.mrml.scene import HeadlessScene


def rules() -> List[str]:
    """Conversions between representations that the process knows."""
    found = slicer.vtkSegmentationConverterFactory.GetInstance().GetConverterRules()
    return sorted(rule.GetClassName() for rule in found)


def test_every_scene_can_convert_and_none_adds_a_conversion_that_is_there() -> None:
    """A segmentation is copied in a time that grows with the square of their number."""
    with HeadlessScene():
        first = rules()
    assert first and len(set(first)) == len(first)
    for _ in range(3):
        with HeadlessScene() as headless:
            assert rules() == first
            segmentation = headless.scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
            segmentation.CreateDefaultDisplayNodes()
            segment = segmentation.GetSegmentation().AddEmptySegment("a")
            image = slicer.vtkOrientedImageData()
            image.SetDimensions(8, 8, 8)
            image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
            vtk_to_numpy(image.GetPointData().GetScalars())[:] = np.arange(512) % 8 > 4
            slicer.vtkSlicerSegmentationsModuleLogic.SetBinaryLabelmapToSegment(image, segmentation, segment)
            assert segmentation.CreateClosedSurfaceRepresentation()
            assert segmentation.GetClosedSurfaceInternalRepresentation(segment).GetNumberOfPoints() > 0
