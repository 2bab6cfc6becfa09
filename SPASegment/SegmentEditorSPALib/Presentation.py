"""How a proposal looks and reads: pictures, outlines and texts."""

from __future__ import annotations

from typing import Any, List, Sequence, Tuple

import numpy as np
import qt

from SPASegmentLib.mrml.preview import color

from .CandidateStrip import LARGEST, SCALE, badge
from .Outline import Line, contours, smooth
from .Pictures import ppm, render, window_of
from .Translate import tr as _

#: From here on another round is expected to change little.
GOOD_ENOUGH = 0.97
#: Between these probabilities of the recommended prediction lies the outline's uncertainty.
UNCERTAIN = (0.25, 0.75)


def pixmaps(frame: Any, proposal: Any, keys: Sequence[str]) -> Tuple[List[Any], List[str]]:
    """The pictures of all masks with their keys, and a text for each."""
    spacing = frame.image.spacing
    window, grey = window_of(proposal.masks, spacing), _grey(frame)
    found, texts = [], []
    for index in range(len(proposal.masks)):
        reference = probability(proposal, 0) if index else None
        line = (1.0, 1.0, 1.0) if index else color(0)
        shape = probability(proposal, index)
        rgb = render(frame.image.pixels, spacing, shape, reference, window, grey, line, SCALE * LARGEST)
        pixmap = qt.QPixmap()
        pixmap.loadFromData(ppm(rgb))
        key = _("Enter") if index == 0 else keys[index - 1] if index <= len(keys) else str(index)
        found.append(badge(pixmap, key, color(index)))
        texts.append(difference_text(proposal, index))
    return found, texts


def outline_lines(proposal: Any, marked: int, uncertainty: bool) -> List[Line]:
    """The marked mask, the recommended one dashed beside it, and where the outline is uncertain."""
    lines = []
    if uncertainty:
        bounds = [path for level in UNCERTAIN for path in contours(proposal.recommended, level)]
        lines.append(Line([smooth(path) for path in bounds], (1.0, 1.0, 1.0), True, True))
    lines.append(_line(proposal, marked, False))
    if marked:
        # On top and thin, so that both are seen where they nearly meet.
        lines.append(_line(proposal, 0, True))
    return lines


def round_text(proposal: Any, rounds: int) -> str:
    """Where the session stands."""
    text = _("Round {round} of {rounds}").format(round=proposal.round, rounds=rounds)
    if proposal.expected_dice >= GOOD_ENOUGH:
        text += " \u00b7 " + _("another round will change little")
    return text


def difference_text(proposal: Any, index: int) -> str:
    """What the mask is, and what to do with it."""
    if index == 0:
        return _("Recommended mask. Enter accepts it; 1 to {count} choose a better one.").format(
            count=len(proposal.masks) - 1
        )
    return _("{index}: {difference}. Press {index} to go on from it, Enter to accept it.").format(
        index=index, difference=proposal.differences[index - 1].description
    )


def accepted_text(result: Any, frame: Any) -> str:
    """What was written."""
    area = int(result.mask.sum()) * frame.image.pixel_area
    return _("Accepted: {area:.0f} mm2 on this slice. Go on with the next slice, or click another structure.").format(
        area=area
    )


def probability(proposal: Any, index: int) -> np.ndarray:
    """(height, width) float32 of a mask; its outline lies at 0.5, between pixels."""
    return np.asarray(proposal.recommended if index == 0 else proposal.candidates[index - 1])


def _line(proposal: Any, index: int, dashed: bool) -> Line:
    return Line([smooth(path) for path in contours(probability(proposal, index))], color(index), dashed, dashed)


def _grey(frame: Any) -> Tuple[float, float]:
    """Intensities shown black and white: as in the slice views, where they are known."""
    display = frame.volume.GetDisplayNode()
    if display is not None and display.IsA("vtkMRMLScalarVolumeDisplayNode") and display.GetWindow() > 0:
        return (display.GetLevel() - display.GetWindow() / 2, display.GetLevel() + display.GetWindow() / 2)
    low, high = np.percentile(frame.image.pixels, (0.5, 99.5))
    return (float(low), float(high))
