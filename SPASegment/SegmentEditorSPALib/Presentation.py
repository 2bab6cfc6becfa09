"""How a proposal looks: pictures and outlines."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import qt

from SPASegmentLib.interaction.pictures import color, render_all, window_of
from SPASegmentLib.mrml.colours import seen

from .CandidateStrip import LARGEST, SCALE, Picture
from .Outline import Line, contours, smooth
from .Texts import difference_text, size_text
from .Translate import tr as _

#: Between these probabilities of the recommended prediction lies the outline's uncertainty.
UNCERTAIN = (0.25, 0.75)


def pictures(frame: Any, proposal: Any, keys: Sequence[str]) -> List[Picture]:
    """The pictures of all masks, with their keys and how much larger they are."""
    spacing = frame.image.spacing
    window, shapes = window_of(proposal.masks, spacing), [probability(proposal, k) for k in range(len(proposal.masks))]
    found = []
    drawn = render_all(seen(frame), spacing, shapes, window, _grey(frame), SCALE * LARGEST)
    for index, rgb in enumerate(drawn):
        pixmap = qt.QPixmap()
        pixmap.loadFromData(ppm(rgb))
        key = _("Enter") if index == 0 else keys[index - 1] if index <= len(keys) else str(index)
        caption = size_text(proposal, index) if index else ""
        found.append(Picture(pixmap, key, color(index), caption, difference_text(proposal, index)))
    return found


class Outlines:
    """The outlines of a proposal.

    Each is found once: the pointer goes over the pictures again and again, and a radiograph is a third of a second.

    Args:
        proposal: whose masks are on screen.
    """

    def __init__(self, proposal: Any) -> None:
        self._proposal = proposal
        self._paths: Dict[int, List[np.ndarray]] = {}
        self._uncertain: Optional[List[np.ndarray]] = None

    def lines(self, marked: int, uncertainty: bool) -> List[Line]:
        """The marked mask, the recommended one dashed beside it, and where the outline is uncertain."""
        lines = []
        if uncertainty:
            lines.append(Line(self._bounds(), (1.0, 1.0, 1.0), True, True))
        lines.append(self._line(marked, False))
        if marked:
            # On top and thin, so that both are seen where they nearly meet.
            lines.append(self._line(0, True))
        return lines

    def _line(self, index: int, dashed: bool) -> Line:
        if index not in self._paths:
            self._paths[index] = [smooth(path) for path in contours(probability(self._proposal, index))]
        return Line(self._paths[index], color(index), dashed, dashed)

    def _bounds(self) -> List[np.ndarray]:
        if self._uncertain is None:
            recommended = self._proposal.recommended
            self._uncertain = [smooth(path) for level in UNCERTAIN for path in contours(recommended, level)]
        return self._uncertain


def probability(proposal: Any, index: int) -> np.ndarray:
    """(height, width) float32 of a mask; its outline lies at 0.5, between pixels."""
    return np.asarray(proposal.maps.probability(index))


def ppm(rgb: np.ndarray) -> bytes:
    """The picture (height, width, 3) uint8 as a file that Qt reads; the fastest way in from Python."""
    return b"P6 %d %d 255\n" % (rgb.shape[1], rgb.shape[0]) + np.ascontiguousarray(rgb).tobytes()


def _grey(frame: Any) -> Tuple[float, float]:
    """Intensities shown black and white: as in the slice views, where they are known."""
    display = frame.volume.GetDisplayNode()
    if display is not None and display.IsA("vtkMRMLScalarVolumeDisplayNode") and display.GetWindow() > 0:
        return (display.GetLevel() - display.GetWindow() / 2, display.GetLevel() + display.GetWindow() / 2)
    low, high = np.percentile(frame.image.pixels, (0.5, 99.5))
    return (float(low), float(high))
