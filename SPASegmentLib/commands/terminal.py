"""What the terminal shows: the five masks as small pictures and as a table, and the rounds of a session."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text
from scipy import ndimage

from SPASegmentLib.commands.record import Answer, Step
from SPASegmentLib.interaction.pictures import ADDED, REMOVED
from SPASegmentLib.interaction.types import RECOMMENDED, FrameImage, Proposal

OUTLINE = (255, 255, 255)
GAP = 2


def show_proposal(
    console: Console, proposal: Proposal, frame: FrameImage, seen: Optional[np.ndarray] = None
) -> None:
    """Print the masks of one round: pictures where the terminal has colours, and a table.

    Args:
        console: where to print.
        proposal: the masks.
        frame: the image they lie on.
        seen: (height, width) or, red, green and blue from 0 to 255, (height, width, 3) of what is drawn below them;
            None for the grey of `frame`.
    """
    if console.is_terminal and not console.no_color:
        console.print(_pictures(console, proposal, frame.spacing, frame.pixels if seen is None else seen))
    console.print(masks_table(proposal, frame))


def masks_table(proposal: Proposal, frame: FrameImage) -> Table:
    """The masks of one round in words."""
    table = Table(title=f"Round {proposal.round}", title_justify="left")
    table.add_column("mask", justify="right")
    table.add_column("area", justify="right")
    table.add_column("expected Dice", justify="right")
    table.add_column("against the recommended mask")
    for index, mask in enumerate(proposal.masks):
        recommended = index == RECOMMENDED
        table.add_row(
            "recommended" if recommended else str(index),
            frame.area_text(mask),
            f"{proposal.expected_dice:.2f}" if recommended else "",
            "" if recommended else proposal.differences[index - 1].description,
        )
    return table


def rounds_table(steps: Sequence[Step], title: str) -> Table:
    """The rounds of a session that had a reference: Dice of the masks, and the Dice that was expected."""
    table = Table(title=f"{title} (Dice)", title_justify="left")
    columns = ("round", "recommended", "best on screen", "expected", "seconds", "answer")
    for name in columns:
        table.add_column(name, justify="left" if name == "answer" else "right")
    for step in steps:
        scores = step.dice()
        best = int(np.argmax(scores))
        table.add_row(
            str(step.proposal.round),
            f"{scores[RECOMMENDED]:.3f}",
            f"{scores[best]:.3f} ({'recommended' if best == RECOMMENDED else best})",
            f"{step.proposal.expected_dice:.3f}",
            f"{step.seconds:.2f}",
            _in_words(step.answer),
        )
    return table


def _in_words(answer: Answer) -> str:
    mask = str(answer.mask) if answer.mask else "the recommended mask"
    return {
        "choose": f"chooses {mask}",
        "larger": "wants the larger thing",
        "smaller": "wants the smaller thing",
        "back": "goes back",
        "stop": "stops",
    }.get(answer.kind, f"accepts {mask}")


def window_around(masks: np.ndarray, spacing: Tuple[float, float], margin: float) -> Tuple[slice, slice]:
    """Rows and columns of a square in mm around masks.

    Args:
        masks: (height, width) bool; a centred window is given where it is empty.
        spacing: (x, y) size of a pixel in mm.
        margin: the side, as a multiple of the masks' longer side.

    Returns:
        (y, x) slices within the frame.
    """
    height, width = masks.shape
    ys, xs = np.nonzero(masks) if masks.any() else (np.array([0, height - 1]), np.array([0, width - 1]))
    half = 0.5 * margin * max((np.ptp(ys) + 1) * spacing[1], (np.ptp(xs) + 1) * spacing[0])
    spans: List[slice] = []
    for index, step, size in ((ys, spacing[1], height), (xs, spacing[0], width)):
        side = min(int(np.ceil(2 * half / step)), size)
        low = int(np.clip((index.min() + index.max() + 1) / 2 - side / 2, 0, size - side))
        spans.append(slice(low, low + side))
    return spans[0], spans[1]


def _pictures(console: Console, proposal: Proposal, spacing: Tuple[float, float], pixels: np.ndarray) -> Text:
    """The masks side by side; each character shows two pixels, one above the other."""
    count = len(proposal.masks)
    side = int(np.clip((console.width - GAP * (count - 1)) // count, 8, 32)) // 2 * 2
    window = window_around(np.asarray(proposal.masks.any(0)), spacing, 1.25)
    # Colours are drawn as they are; what grey means is found here.
    low, high = np.percentile(pixels[window], (1, 99)) if pixels.ndim == 2 else (0.0, 255.0)
    shown = np.clip((pixels[window] - low) / max(float(high - low), 1e-6), 0, 1) * 200
    anatomy = shown[..., None].repeat(3, axis=2) if pixels.ndim == 2 else shown
    masks = [mask[window] for mask in proposal.masks]
    pictures = [_picture(anatomy, mask, masks[RECOMMENDED], side) for mask in masks]
    text = Text(" " * GAP).join(Text(("rec." if i == RECOMMENDED else str(i)).center(side)) for i in range(count))
    for row in range(0, side, 2):
        text.append("\n")
        for index, picture in enumerate(pictures):
            text.append(" " * GAP if index else "")
            for upper, lower in zip(picture[row], picture[row + 1]):
                text.append("\u2580", style=f"rgb({_rgb(upper)}) on rgb({_rgb(lower)})")
    return text


def _picture(anatomy: np.ndarray, mask: np.ndarray, recommended: np.ndarray, side: int) -> np.ndarray:
    """(side, side, 3) picture of one mask on the anatomy: its outline, and what it adds and removes."""
    scale = (side / anatomy.shape[0], side / anatomy.shape[1])
    image = ndimage.zoom(anatomy, (*scale, 1), order=1, grid_mode=True, mode="nearest")
    mask, recommended = (
        ndimage.zoom(m.astype(np.float32), scale, order=1, grid_mode=True, mode="nearest") > 0.5
        for m in (mask, recommended)
    )
    for area, colour in ((mask & ~recommended, ADDED), (recommended & ~mask, REMOVED)):
        image[area] = 0.35 * image[area] + 0.65 * np.array(colour)
    image[mask & ~ndimage.binary_erosion(mask)] = OUTLINE
    return image


def _rgb(pixel: np.ndarray) -> str:
    return ",".join(str(int(v)) for v in pixel)
