"""A click on a NumPy array, a choice, and the mask that is accepted."""

import numpy as np

import SPASegmentLib as spa

# A bright disk with a hazy rim, 0.7 mm a pixel; any intensity unit will do.
rows, columns = np.mgrid[:160, :160]
distance = np.hypot(rows - 80, columns - 90)
pixels = 900 / (1 + np.exp((distance - 18) / 3)) + np.random.default_rng(0).normal(-850, 30, distance.shape)

session = spa.Session(spa.load_default().network, spa.FrameImage(pixels, spacing=(0.7, 0.7)))
proposal = session.start(spa.Click(x=90, y=80))
for number, difference in enumerate(proposal.differences, 1):
    print(f"candidate {number}: {difference.description}")

proposal = session.choose(1)
print(f"round {proposal.round}: the recommended mask has {proposal.masks[0].sum()} pixels")

mask = session.accept().mask
print(f"accepted: {mask.sum()} of {mask.size} pixels")
