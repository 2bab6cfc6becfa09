"""Probabilities of the masks on screen, at frame size, made when they are asked for.

Kept, they would be most of what a session holds: six rounds on a radiograph of 3000 x 2500 pixels are a gigabyte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

import numpy as np
from scipy.special import entr

from SPASegmentLib.interaction.candidates import THRESHOLD
from SPASegmentLib.interaction.islands import without_islands
from SPASegmentLib.interaction.region import Region

#: Looks of a smaller share do not count for the uncertainty.
_NEGLIGIBLE = 0.01


@dataclass(frozen=True)
class RegionMap:
    """Probabilities on a region.

    Attributes:
        region: of a frame.
        map: (h, w) float32 at any size, covering the region.
    """

    region: Region
    map: np.ndarray

    def in_frame(self) -> np.ndarray:
        """(height, width) float32; 0 beyond the region."""
        return self.region.maps_to_frame(self.map[None])[0]


@dataclass(frozen=True)
class FrameMaps:
    """Implements `types.Maps`.

    Attributes:
        shown: the recommended prediction first, then the candidates.
        believed: what the recommended prediction comes from, and its shares, which sum to 1.
        pointed: (x, y) frame pixels that the user has pointed at; the masks have no islands but those that hold one.
            None keeps all.
        recommended: (height, width) float32 to show instead of the first; None for that.
    """

    shown: Tuple[RegionMap, ...]
    believed: Tuple[Tuple[float, RegionMap], ...]
    pointed: Optional[Tuple[Tuple[int, int], ...]] = None
    recommended: Optional[np.ndarray] = None

    def probability(self, mask: int) -> np.ndarray:
        """See `types.Maps`."""
        if mask == 0 and self.recommended is not None:
            return self.recommended
        map_ = self.shown[mask].in_frame()
        # Pieces may hang together on the region's map, and not where the user sees them.
        return map_ if self.pointed is None else without_islands(map_[None], self.pointed)[0]

    def uncertainty(self) -> np.ndarray:
        """See `types.Maps`."""
        total = sum(share * believed.in_frame() for share, believed in self.believed if share > _NEGLIGIBLE)
        p = np.clip(total, 0.0, 1.0)
        return np.asarray((entr(p) + entr(1 - p)) / np.log(2), dtype=np.float32)

    def masks(self) -> np.ndarray:
        """(1 + k, height, width) bool, of all that is shown."""
        return np.stack([self.probability(index) > THRESHOLD for index in range(len(self.shown))])
