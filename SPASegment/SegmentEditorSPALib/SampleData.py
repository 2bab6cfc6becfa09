"""A volume to try SPA on, made on the spot."""

from __future__ import annotations

from typing import Any

import slicer

from . import Dependencies
from .Translate import tr as _

NAME = "SPAPhantom"


def load_phantom(source: Any = None) -> Any:
    """Make the ambiguous phantom and show it at its lesion; Slicer's module Sample Data calls it.

    Returns:
        The volume node, None if what it takes to make it is missing.
    """
    problem = Dependencies.ensure(with_network=False)
    if problem:
        slicer.util.errorDisplay(problem)
        return None
    from SPASegmentLib.data.phantom import ambiguous_phantom
    from SPASegmentLib.mrml.volumes import add_volume

    phantom = ambiguous_phantom()
    volume = add_volume(slicer.mrmlScene, phantom.voxels, phantom.ijk_to_ras, NAME)
    slicer.util.setSliceViewerLayers(volume)
    if slicer.app.layoutManager() is not None:
        slicer.util.resetSliceViews()
        for name in slicer.app.layoutManager().sliceViewNames():
            node = slicer.app.layoutManager().sliceWidget(name).mrmlSliceNode()
            node.JumpSliceByOffsetting(*phantom.lesion_ras)
    return volume


def register(icon: str) -> None:
    """Offer the phantom in the module Sample Data."""
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=_("Segmentation by choices (SPA)"),
        sampleName=NAME,
        # Nothing is fetched; without the lists Slicer refuses the source.
        uris=[],
        fileNames=[],
        customDownloader=load_phantom,
        thumbnailFileName=icon,
    )
