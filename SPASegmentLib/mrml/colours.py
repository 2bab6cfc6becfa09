"""What a slice looks like: its colours, where a volume has them; the network sees grey (`Frame.image`)."""

from __future__ import annotations

import numpy as np

from SPASegmentLib.mrml.aligned import plane_of
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import image_array
from SPASegmentLib.mrml.sampling import reslice


def seen(frame: Frame) -> np.ndarray:
    """The pixels of a frame for pictures, in the numbers that the volume's display goes by.

    Args:
        frame: a slice whose volume is as it was when the frame was cut (`Frame.check`).

    Returns:
        (height, width) float32 of a grey volume; of a colour volume (height, width, 3) red, green, blue, a view of
        the voxels where the pixels are voxels.

    Raises:
        InputError: see `Frame.image`.
    """
    voxels = image_array(frame.volume.GetImageData())
    if voxels.ndim == 3:
        return frame.image.pixels
    if frame.aligned:
        return plane_of(voxels, frame.to_index, frame.shape)[..., :3]
    return np.stack([reslice(voxels[..., n], frame.shape, frame.to_index) for n in range(3)], axis=-1)
