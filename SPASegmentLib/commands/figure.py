"""The figure of a session: a row for each round, five masks in a row."""

from __future__ import annotations

import itertools
import textwrap
from pathlib import Path
from typing import Callable, List, Tuple

import numpy as np

from SPASegmentLib.commands.canvas import BLACK, SCALE, WHITE, Canvas, text_width
from SPASegmentLib.commands.record import Slice, Step
from SPASegmentLib.commands.terminal import window_around
from SPASegmentLib.interaction import pictures
from SPASegmentLib.interaction.types import RECOMMENDED

#: Of the line around what the reader has in mind, and of the frame around what was picked.
READER, FRAME = (255, 48, 48), (0, 158, 115)
DARK, GREY = (64, 64, 64), (115, 115, 115)
#: Side of a picture, and what lies between pictures, above and below each, in pixels.
CELL, GAP, ABOVE, BELOW = 258, 12, 26, 54
#: At the left of all rounds, above them and below them.
LEFT, TOP, BOTTOM = 34, 52, 40
#: Heights of letters: the title, names of masks, what is said below them, the legend.
TITLE, NAME, WORDS, LEGEND = 21.0, 15.0, 13.5, 15.0

Window = Tuple[float, float, float]
#: A piece of the legend: how its sign is drawn at x, y of a canvas, and what it says.
Entry = Tuple[Callable[[Canvas, float, float], None], str]


def draw_session(session: Slice, path: Path, title: str, max_rounds: int = 6) -> None:
    """Draw the rounds of one slice into a PNG or JPEG file.

    Args:
        session: what happened; with more rounds than `max_rounds` the last ones are left out.
        path: where to write, see `Canvas.save`.
        title: a line above the figure.
        max_rounds: at most so many rows.
    """
    steps = session.steps[:max_rounds]
    columns = max(len(step.proposal.masks) for step in steps)
    row_height = ABOVE + CELL + BELOW
    width, height = LEFT + columns * (CELL + GAP), TOP + len(steps) * row_height + BOTTOM
    canvas = Canvas(width, height)
    shown = np.logical_or.reduce([step.proposal.masks.any(0) for step in steps])
    if session.reference is not None:
        shown = shown | session.reference
    window = pictures.window_of(shown[None], session.spacing)
    limits = _limits(session, window_around(shown, session.spacing, 1.2))
    canvas.text(width / 2, 12, title, TITLE, bold=True, align="center")
    for row, step in enumerate(steps):
        y = TOP + row * row_height + ABOVE
        canvas.text(LEFT / 2, y + CELL / 2, f"round {step.proposal.round}", NAME, GREY, upwards=True)
        for index in range(len(step.proposal.masks)):
            x = LEFT + index * (CELL + GAP)
            _draw_mask(canvas, x, y, session, step, index, window, limits)
    if session.click is not None:
        middle_x, middle_y, side = window
        on_sheet = CELL / side
        at = (
            LEFT + CELL / 2 + (session.click.x - middle_x) * session.spacing[0] * on_sheet,
            TOP + ABOVE + CELL / 2 + (session.click.y - middle_y) * session.spacing[1] * on_sheet,
        )
        canvas.cross(*at, arm=10, line=7, colour=BLACK)
        canvas.cross(*at, arm=8.5, line=3, colour=WHITE)
    _draw_legend(canvas, width, height - BOTTOM + 4, _legend(session))
    canvas.save(path)


def _limits(session: Slice, around: Tuple[slice, slice]) -> Tuple[float, float]:
    """The values that are drawn black and white: what grey pixels have here; colours are drawn as they are."""
    if session.pixels.ndim == 3:
        return 0.0, 255.0
    low, high = np.percentile(session.pixels[around], (0.5, 99.5))
    return float(low), float(high)


def _draw_mask(
    canvas: Canvas, x: float, y: float, session: Slice, step: Step, index: int, window: Window,
    limits: Tuple[float, float],
) -> None:
    """One of the five, with its name above it and what it changes below."""
    proposal, scores = step.proposal, step.dice()
    # Probabilities, whose outlines lie between pixels.
    map_ = proposal.maps.probability(index)
    reference = proposal.recommended if index != RECOMMENDED else None
    canvas.picture(x, y, pictures.render(
        session.pixels, session.spacing, map_, reference, window, limits, pictures.color(index), CELL * SCALE,
    ))
    if step.reference is not None:
        canvas.dashes(x, y, pictures.sampled(step.reference, session.spacing, window, CELL * SCALE), READER)
    name = "recommended" if index == RECOMMENDED else str(index)
    picked = step.answer.mask == index and step.answer.kind in ("choose", "accept")
    if picked:
        word = {"choose": "chosen", "accept": "accepted"}[step.answer.kind]
        canvas.frame(x, y, CELL, 4, FRAME)
        canvas.box(x, y + CELL - 24, text_width(word, NAME, bold=True) + 14, 24, FRAME)
        canvas.text(x + 7, y + CELL - 21, word, NAME, WHITE, bold=True)
    title = f"{name}   Dice {scores[index]:.3f}" if scores else name
    canvas.text(x + CELL / 2, y - ABOVE + 1, title, NAME, bold=picked, align="center")
    if index != RECOMMENDED:
        for line, words in enumerate(_lines(proposal.differences[index - 1].description)):
            canvas.text(x + CELL / 2, y + CELL + 9 + 16 * line, words, WORDS, DARK, align="center")


def _lines(description: str) -> List[str]:
    """A description broken so that it fits under its picture."""
    return [line for part in description.split(", ", 1) for line in textwrap.wrap(part, 38)][:2]


def _draw_legend(canvas: Canvas, width: int, y: float, entries: List[Entry]) -> None:
    """The signs and their meaning in one line, in the middle."""
    sign, space = 40, 26
    widths = [sign + 8 + text_width(words, LEGEND) for _sign, words in entries]
    x = (width - sum(widths) - space * (len(entries) - 1)) / 2
    for (draw, words), long in zip(entries, widths):
        draw(canvas, x, y + 2)
        canvas.text(x + sign + 8, y, words, LEGEND)
        x += long + space


def _legend(session: Slice) -> List[Entry]:
    """What is seen on the pictures."""

    def stripes(canvas: Canvas, x: float, y: float) -> None:
        canvas.box(x, y, 40, 13, _lighter(pictures.ADDED))
        for left in range(0, 40, 4):
            canvas.box(x + left, y, 2, 13, pictures.ADDED)

    def dots(canvas: Canvas, x: float, y: float) -> None:
        canvas.box(x, y, 40, 13, _lighter(pictures.REMOVED))
        for left, top in itertools.product(range(0, 40, 3), range(0, 12, 3)):
            canvas.box(x + left, y + top, 1.5, 1.5, pictures.REMOVED)

    def dashes(canvas: Canvas, x: float, y: float) -> None:
        for left in (0, 13, 26):
            canvas.box(x + left, y + 5, 9, 4, BLACK)
            canvas.box(x + left + 1, y + 6, 7, 2, READER)

    entries: List[Entry] = [
        (lambda canvas, x, y: canvas.box(x, y + 5, 40, 3, GREY), "mask"),
        (stripes, "added to the recommended mask"),
        (dots, "removed from it"),
    ]
    if session.reference is not None:
        entries.append((dashes, "what the reader has in mind"))
    if session.click is not None:
        entries.append((lambda canvas, x, y: canvas.cross(x + 28, y + 6, 8, 3, GREY), "click"))
    return entries


def _lighter(colour: Tuple[int, int, int]) -> Tuple[int, int, int]:
    red, green, blue = ((part + 255) // 2 for part in colour)
    return red, green, blue
