"""A preference that goes from image to image: what was accepted on one decides what is recommended on the next."""

from pathlib import Path
from tempfile import TemporaryDirectory

import SPASegmentLib as spa
from SPASegmentLib.data.phantom import ambiguous_phantom

network = spa.load_default().network
profile = spa.Profile.new("Ada")
for seed in range(3):
    # Nodules with a hazy rim, of which this user always takes the smallest mask.
    pixels = ambiguous_phantom(seed).voxels[12]
    session = spa.Session(network, spa.FrameImage(pixels, spacing=(0.8, 0.8)), profile=profile)
    proposal = session.start(spa.Click(x=53, y=52))
    areas = [int(mask.sum()) for mask in proposal.masks]
    session.accept(areas.index(min(areas)))
    profile = session.profile()
    print(f"recommended {areas[0]} pixels, accepted {min(areas)}: {profile.describe()}")

with TemporaryDirectory() as folder:
    path = Path(folder) / "ada.json"
    profile.save(path)
    print(f"saved after {spa.Profile.load(path).accepted} masks")
