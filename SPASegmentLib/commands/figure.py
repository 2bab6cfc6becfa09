"""The figure of a session: a row for each round, five masks in a row."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import List, Tuple

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import patheffects
from matplotlib import pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from SPASegmentLib.commands.record import Slice, Step
from SPASegmentLib.commands.screen import window_around
from SPASegmentLib.interaction import pictures
from SPASegmentLib.interaction.types import RECOMMENDED, Click

#: Of the line around what the reader has in mind, and of the frame around what was picked.
READER, FRAME = "#FF3030", "#009E73"
#: Of what was added and removed, as `interaction.pictures` draws them, in the legend.
ADDED, REMOVED = ("#{:02x}{:02x}{:02x}".format(*colour) for colour in (pictures.ADDED, pictures.REMOVED))
ADDED_HATCH, REMOVED_HATCH = "////", "...."
#: Side of a picture, in inches and in pixels.
CELL, PIXELS = 2.35, 384

Window = Tuple[float, float, float]
HALO: List[patheffects.AbstractPathEffect] = [patheffects.withStroke(linewidth=2.6, foreground="black")]


def draw_session(session: Slice, path: Path, title: str, max_rounds: int = 6) -> None:
    """Draw the rounds of one slice into a PNG file.

    Args:
        session: what happened; with more rounds than `max_rounds` the last ones are left out.
        path: where to write.
        title: a line above the figure.
        max_rounds: at most so many rows.
    """
    steps = session.steps[:max_rounds]
    columns = max(len(step.proposal.masks) for step in steps)
    width, height = columns * (CELL + 0.1) + 0.35, len(steps) * (CELL + 0.66) + 0.9
    figure, axes = plt.subplots(len(steps), columns, squeeze=False, figsize=(width, height), dpi=110)
    shown = np.logical_or.reduce([step.proposal.masks.any(0) for step in steps])
    if session.reference is not None:
        shown = shown | session.reference
    window = pictures.window_of(shown[None], session.spacing)
    limits = tuple(np.percentile(session.pixels[window_around(shown, session.spacing, 1.2)], (0.5, 99.5)))
    for row, step in zip(axes, steps):
        for index, cell in enumerate(row):
            cell.axis("off")
            if index < len(step.proposal.masks):
                _draw_mask(cell, session, step, index, window, limits)
        row[0].annotate(
            f"round {step.proposal.round}", (-0.05, 0.5), xycoords="axes fraction", rotation=90,
            ha="right", va="center", fontsize=11, color="0.3",
        )
    if session.click is not None:
        _draw_click(axes[0, 0], session, session.click, window)
    figure.suptitle(title, x=0.5, y=1 - 0.12 / height, va="top", fontsize=13, fontweight="bold")
    figure.legend(
        handles=_legend(session), loc="lower center", ncols=5, frameon=False, fontsize=9.5, borderaxespad=0.2
    )
    figure.subplots_adjust(
        left=0.35 / width, right=0.99, bottom=0.85 / height, top=1 - 0.72 / height, wspace=0.05, hspace=0.28
    )
    figure.savefig(path, facecolor="white")
    plt.close(figure)


def _draw_mask(cell: Axes, session: Slice, step: Step, index: int, window: Window, limits: Tuple[float, ...]) -> None:
    proposal, scores = step.proposal, step.dice()
    # Probabilities, whose outlines lie between pixels.
    maps = [proposal.recommended, *proposal.candidates]
    reference = maps[RECOMMENDED] if index != RECOMMENDED else None
    cell.imshow(pictures.render(
        session.pixels, session.spacing, maps[index], reference, window, (limits[0], limits[1]),
        pictures.color(index), PIXELS,
    ))
    if index != RECOMMENDED:
        cell.annotate(
            _two_lines(proposal.differences[index - 1].description), (0.5, -0.03), xycoords="axes fraction",
            ha="center", va="top", fontsize=8.5, color="0.25",
        )
    if step.reference is not None:
        _outline(cell, pictures.sampled(step.reference, session.spacing, window, PIXELS))
    name = "recommended" if index == RECOMMENDED else str(index)
    picked = step.answer.mask == index and step.answer.kind in ("choose", "accept")
    if picked:
        cell.add_patch(
            plt.Rectangle((0, 0), 1, 1, transform=cell.transAxes, fill=False, lw=4, ec=FRAME, clip_on=False)
        )
        cell.annotate(
            {"choose": "chosen", "accept": "accepted"}[step.answer.kind], (0.03, 0.03), xycoords="axes fraction",
            fontsize=9.5, fontweight="bold", color="white",
            bbox={"boxstyle": "square,pad=0.3", "fc": FRAME, "ec": FRAME},
        )
    title = f"{name}   Dice {scores[index]:.3f}" if scores else name
    cell.set_title(title, fontsize=9.5, pad=5, fontweight="bold" if picked else "normal")


def _two_lines(description: str) -> str:
    """A description broken so that it fits under its picture."""
    return "\n".join(line for part in description.split(", ", 1) for line in textwrap.wrap(part, 30))


def _outline(cell: Axes, mask: np.ndarray) -> None:
    """What the reader has in mind, dashed."""
    if mask.any():
        lines = cell.contour(np.pad(mask, 1), levels=[0.5], colors=READER, linestyles=[(0, (2.5, 1.6))], linewidths=1.2,
                             extent=(-1, mask.shape[1], -1, mask.shape[0]))
        lines.set_path_effects(HALO)


def _draw_click(cell: Axes, session: Slice, click: Click, window: Window) -> None:
    x, y, side = window
    to_picture = PIXELS / side
    for size, width, colour in ((13, 4.5, "black"), (11, 2, "white")):
        cell.plot(
            (click.x - x) * session.spacing[0] * to_picture + PIXELS / 2 - 0.5,
            (click.y - y) * session.spacing[1] * to_picture + PIXELS / 2 - 0.5,
            "+", ms=size, mew=width, color=colour,
        )


def _legend(session: Slice) -> List[Artist]:
    handles: List[Artist] = [
        Line2D([], [], color="0.55", lw=2.2, label="mask"),
        Patch(facecolor=ADDED + "73", ec=ADDED, hatch=ADDED_HATCH, lw=0, label="added to the recommended mask"),
        Patch(facecolor=REMOVED + "73", ec=REMOVED, hatch=REMOVED_HATCH, lw=0, label="removed from it"),
    ]
    if session.reference is not None:
        handles.append(Line2D([], [], color=READER, lw=2, ls=(0, (2.5, 1.6)), label="what the reader has in mind",
                              path_effects=HALO))
    if session.click is not None:
        handles.append(Line2D([], [], color="0.4", marker="+", ms=10, mew=2, ls="none", label="click"))
    return handles
