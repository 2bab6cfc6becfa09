"""From slice to slice through a volume: each slice starts from the mask accepted before it."""

import numpy as np

import SPASegmentLib as spa
from SPASegmentLib.data.phantom import SPACING, ambiguous_phantom

network = spa.load_default().network
volume = ambiguous_phantom().voxels  # (k, j, i)
segment = np.zeros(volume.shape, dtype=bool)
profile = spa.Profile.new("Ada")


def work(k: int, start: object) -> None:
    """One slice: a click or a mask to start from, and the recommended mask accepted."""
    global profile
    session = spa.Session(network, spa.FrameImage(volume[k], spacing=SPACING[:2]), profile=profile)
    session.start(start) if isinstance(start, spa.Click) else session.start(mask=start)
    segment[k] = session.accept().mask
    profile = session.profile()


work(12, spa.Click(x=53, y=52))
for step in (1, -1):
    for k in (12 + step, 12 + 2 * step):
        work(k, segment[k - step])
print(f"{segment.sum()} voxels on slices {np.flatnonzero(segment.any(axis=(1, 2))).tolist()}")
