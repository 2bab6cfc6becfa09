"""Which grey values of a volume are told apart on screen."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import numpy as np
from vtk import VTK_UNSIGNED_CHAR
from vtk.util import numpy_support

#: Percent of the voxels that may be darker than black, and as many brighter than white; as in Slicer.
_TAIL = 0.1

#: At so many voxels percentiles are read off; of more, every n-th is taken.
_ENOUGH = 1_000_000


def show_grey(volume: Any) -> None:
    """Give a volume the display of Slicer's Volumes module: grey values, window and level from the image.

    Slicer takes the latter from a histogram. Where nearly all voxels have one value, or a few lie far away from all
    others, it finds one value alone, which shows nothing; `telling_range` is shown then. Colours of 8 bits are
    shown as they are.
    """
    volume.CreateDefaultDisplayNodes()
    display = volume.GetDisplayNode()
    if not display.IsA("vtkMRMLScalarVolumeDisplayNode"):
        return
    scalars = volume.GetImageData().GetPointData().GetScalars()
    if scalars.GetNumberOfComponents() > 1 and scalars.GetDataType() == VTK_UNSIGNED_CHAR:
        display.SetAutoWindowLevel(0)
        display.SetWindowLevel(255, 127.5)
        return
    if display.GetColorNode() is None:
        display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeGrey")
    if display.GetWindow() > 0:
        return
    found = telling_range(numpy_support.vtk_to_numpy(scalars))
    if found is not None:
        low, high = found
        display.SetAutoWindowLevel(0)
        display.SetWindowLevel(high - low, (high + low) / 2)


def telling_range(values: np.ndarray) -> Optional[Tuple[float, float]]:
    """From which value to which a volume shows something; None if all are the same.

    Args:
        values: of all voxels, finite.

    Returns:
        All but the darkest and the brightest 0.1 %. If these have one value, it and all but 0.1 % of the others.
    """
    low, high = _percentiles(values)
    if low == high:
        others = values[values != values.dtype.type(low)]
        if not others.size:
            return None
        darkest, brightest = _percentiles(others)
        low, high = min(low, darkest), max(high, brightest)
    return low, high


def _percentiles(values: np.ndarray) -> Tuple[float, float]:
    """Of values that occur, as those between a label map's show nothing."""
    sample = np.sort(values.ravel()[:: values.size // _ENOUGH + 1])
    tail = int(len(sample) * _TAIL / 100)
    return float(sample[tail]), float(sample[len(sample) - 1 - tail])
