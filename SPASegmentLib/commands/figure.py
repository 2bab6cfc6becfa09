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
from SPASegmentLib.interaction.types import RECOMMENDED, Click

# Okabe and Ito's colours; what was added and removed differs in its hatch too.
ADDED, REMOVED, READER = "#56B4E9", "#E69F00", "#F0E442"
ADDED_HATCH, REMOVED_HATCH = "////", "...."
OUTLINE, FRAME = "#FFFFFF", "#009E73"
CELL = 2.35  # inches
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
    window = window_around(shown, session.spacing, 1.2)
    limits = tuple(np.percentile(session.pixels[window], (0.5, 99.5)))
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
        _draw_click(axes[0, 0], session.click, window)
    figure.suptitle(title, x=0.5, y=1 - 0.12 / height, va="top", fontsize=13, fontweight="bold")
    figure.legend(
        handles=_legend(session), loc="lower center", ncols=5, frameon=False, fontsize=9.5, borderaxespad=0.2
    )
    figure.subplots_adjust(
        left=0.35 / width, right=0.99, bottom=0.85 / height, top=1 - 0.72 / height, wspace=0.05, hspace=0.28
    )
    figure.savefig(path, facecolor="white")
    plt.close(figure)


def _draw_mask(
    cell: Axes, session: Slice, step: Step, index: int, window: Tuple[slice, slice], limits: Tuple[float, ...]
) -> None:
    proposal, scores = step.proposal, step.dice()
    aspect = session.spacing[1] / session.spacing[0]
    cell.imshow(
        session.pixels[window], cmap="gray", vmin=limits[0], vmax=max(limits[1], limits[0] + 1e-6),
        aspect=aspect, interpolation="bicubic",
    )
    if index != RECOMMENDED:
        difference = proposal.differences[index - 1]
        _fill(cell, difference.added[window], ADDED, ADDED_HATCH)
        _fill(cell, difference.removed[window], REMOVED, REMOVED_HATCH)
        cell.annotate(
            _two_lines(difference.description), (0.5, -0.03), xycoords="axes fraction",
            ha="center", va="top", fontsize=8.5, color="0.25",
        )
    _outline(cell, proposal.masks[index][window], OUTLINE, "solid", 1.3)
    if step.reference is not None:
        _outline(cell, step.reference[window], READER, (0, (2.5, 1.6)), 1.2)
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


def _fill(cell: Axes, mask: np.ndarray, colour: str, hatch: str) -> None:
    if not mask.any():
        return
    layer = np.zeros((*mask.shape, 4))
    layer[mask] = (*matplotlib.colors.to_rgb(colour), 0.45)
    cell.imshow(layer, aspect=cell.get_aspect(), interpolation="nearest")
    hatched = cell.contourf(mask, levels=[0.5, 1.5], colors="none", hatches=[hatch])
    hatched.set_edgecolor(colour)
    hatched.set_linewidth(0)


def _outline(cell: Axes, mask: np.ndarray, colour: str, style: object, width: float) -> None:
    if mask.any():
        lines = cell.contour(np.pad(mask, 1), levels=[0.5], colors=colour, linestyles=[style], linewidths=width,
                             extent=(-1, mask.shape[1], -1, mask.shape[0]))
        lines.set_path_effects(HALO)


def _draw_click(cell: Axes, click: Click, window: Tuple[slice, slice]) -> None:
    for size, width, colour in ((13, 4.5, "black"), (11, 2, READER)):
        cell.plot(click.x - window[1].start, click.y - window[0].start, "+", ms=size, mew=width, color=colour)


def _legend(session: Slice) -> List[Artist]:
    handles: List[Artist] = [
        Line2D([], [], color="0.55", lw=2.2, label="mask"),
        Patch(facecolor=ADDED + "73", edgecolor=ADDED, hatch=ADDED_HATCH, lw=0, label="added to the recommended mask"),
        Patch(facecolor=REMOVED + "73", edgecolor=REMOVED, hatch=REMOVED_HATCH, lw=0, label="removed from it"),
    ]
    if session.reference is not None:
        handles.append(Line2D([], [], color=READER, lw=2, ls=(0, (2.5, 1.6)), label="what the reader has in mind",
                              path_effects=HALO))
    if session.click is not None:
        handles.append(Line2D([], [], color="0.4", marker="+", ms=10, mew=2, ls="none", label="click"))
    return handles
