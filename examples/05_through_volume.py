"""Through the volume: one accepted slice, where the structure ends, and the slice that SPA is least sure of."""

import SPASegmentLib as spa
from SPASegmentLib.data.phantom import SPACING, ambiguous_phantom

network = spa.load_default().network
voxels = ambiguous_phantom().voxels  # (k, j, i)
volume = spa.ThroughVolume(network, lambda k: spa.FrameImage(voxels[k], SPACING[:2]), spacing_mm=SPACING[2])

session = spa.Session(network, volume.frame(12))
session.start(spa.Click(x=53, y=52))
volume.set_anchor(12, session.accept().mask)
extent = volume.run().extent
print(f"slices {extent.first} to {extent.last}, {extent.mm:.0f} mm")

volume.set_end(extent.last + 1)  # "ends here", as the user says
volume.set_end(extent.first - 1)
volume.run()
doubtful = volume.next_doubtful()
session = volume.session(doubtful)  # five masks; the recommended one is what was found
volume.set_anchor(doubtful, session.accept().mask)
result = volume.run()
print(f"{len(result.masks)} slices, expected Dice {result.expected_dice:.2f}; answered: {list(volume.anchors)}")
