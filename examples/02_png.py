"""A box on a picture in a file; the accepted mask becomes a picture too. Usage: 02_png.py PICTURE X0 Y0 X1 Y1 MASK."""

import sys

import numpy as np
from PIL import Image

import SPASegmentLib as spa

picture, *corners, output = sys.argv[1:]
pixels = np.asarray(Image.open(picture).convert("L"))

session = spa.Session(spa.load_default().network, spa.FrameImage(pixels))
proposal = session.start(box=spa.Box(*map(float, corners)))
print(f"the recommended mask is expected to reach a Dice of {proposal.expected_dice:.2f}")

mask = session.accept().mask
Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(output)
print(f"{output}: {mask.sum()} pixels")
