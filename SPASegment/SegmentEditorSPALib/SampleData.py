"""Volumes to try SPA on: a phantom, made on the spot, and a real image that comes with the module."""

from __future__ import annotations

import os
from typing import Any, Callable

import slicer

from . import Dependencies
from .Translate import tr as _

PHANTOM, BRAIN = "SPAPhantom", "SPABrainMR"
#: In the left lateral ventricle (RAS, mm).
BRAIN_RAS = (-10.0, -15.0, 23.0)


def brain_file() -> str:
    """The average MR of 152 heads; its licence lies beside it."""
    module = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(module, "Resources", "SampleData", "AverageBrainMR.nii.gz")


def load_phantom(source: Any = None) -> Any:
    """Make the ambiguous phantom and show it at its lesion; Slicer's module Sample Data calls it.

    Returns:
        The volume node, None if what it takes to make it is missing.
    """

    def load() -> Any:
        from SPASegmentLib.data.phantom import ambiguous_phantom
        from SPASegmentLib.mrml.volumes import add_volume

        phantom = ambiguous_phantom()
        return add_volume(slicer.mrmlScene, phantom.voxels, phantom.ijk_to_ras, PHANTOM), phantom.lesion_ras

    return _shown(load)


def load_brain(source: Any = None) -> Any:
    """Load the average brain MR and show it at the lateral ventricles; Slicer's module Sample Data calls it.

    Returns:
        The volume node, None if what it takes to read it is missing.
    """

    def load() -> Any:
        from SPASegmentLib.mrml.io.volumes import read_image
        from SPASegmentLib.mrml.volumes import add_image

        return add_image(slicer.mrmlScene, read_image(brain_file()), BRAIN), BRAIN_RAS

    return _shown(load)


def _shown(load: Callable[[], Any]) -> Any:
    """A volume that is loaded with a point (RAS, mm), in all slice views at that point."""
    problem = Dependencies.ensure(with_network=False)
    if problem:
        slicer.util.errorDisplay(problem)
        return None
    volume, point = load()
    slicer.util.setSliceViewerLayers(volume)
    if slicer.app.layoutManager() is not None:
        slicer.util.resetSliceViews()
        for name in slicer.app.layoutManager().sliceViewNames():
            node = slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode()
            node.JumpSliceByOffsetting(*point)
    return volume


def register(icon: str) -> None:
    """Offer both in the module Sample Data."""
    import SampleData

    for name, load in ((PHANTOM, load_phantom), (BRAIN, load_brain)):
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category=_("Segmentation by choices (SPA)"),
            sampleName=name,
            # Nothing is fetched; without the lists Slicer refuses the source.
            uris=[],
            fileNames=[],
            customDownloader=load,
            thumbnailFileName=icon,
        )
