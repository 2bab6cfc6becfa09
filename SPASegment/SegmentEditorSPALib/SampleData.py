"""Volumes to try SPA on: a phantom, made on the spot, and a real image that comes with the module."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable

import slicer

from . import Dependencies
from .Translate import tr as _

PHANTOM, BRAIN = "SPAPhantom", "SPABrainMR"
#: Of both, as scripts name it.
CATEGORY = "Segmentation by choices (SPA)"
#: In the left lateral ventricle (RAS, mm).
BRAIN_RAS = (-10.0, -15.0, 23.0)
#: Of the files; Slicer verifies its copies.
PHANTOM_SHA256 = "254efaf6b515b87e5bc7121def5ac72dd9ee4d04e0d7334155879936fc6d7e30"
BRAIN_SHA256 = "421a10e872fd6cadae7f61d358dffbcc1795a497d61ee76c5dda2503e1a1e9e6"


def brain_file() -> str:
    """The average MR of 152 heads; its licence lies beside it."""
    return _beside("AverageBrainMR.nii.gz")


def phantom_file() -> str:
    """The ambiguous phantom, for `SampleData.downloadSample`, which reads files only."""
    return _beside("Phantom.nrrd")


def _beside(name: str) -> str:
    module = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(module, "Resources", "SampleData", name)


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

    logic = SampleData.SampleDataLogic
    category, title = CATEGORY, _("Segmentation by choices (SPA)")
    if hasattr(logic, "registerCustomSampleDataCategory"):
        logic.registerCustomSampleDataCategory(category, title)
    else:
        category = title  # before Slicer 5.12 the name is what is shown

    for name, load, path, checksum in (
        (PHANTOM, load_phantom, phantom_file(), PHANTOM_SHA256),
        (BRAIN, load_brain, brain_file(), BRAIN_SHA256),
    ):
        logic.registerCustomSampleDataSource(
            category=category,
            sampleName=name,
            # Nothing is fetched: from a console, where Slicer calls no downloader, the file beside this one is copied.
            uris=[Path(path).as_uri()],
            fileNames=[os.path.basename(path)],
            nodeNames=[name],
            checksums=[f"SHA256:{checksum}"],
            customDownloader=load,
            thumbnailFileName=icon,
        )
