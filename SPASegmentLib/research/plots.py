"""Figures of matplotlib as files."""

from __future__ import annotations

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from SPASegmentLib.output import whole_file


def save_figure(figure: Figure, path: Path, dpi: int = 110) -> None:
    """Write a PNG, whole or not at all; without version or date in it, so that equal figures give equal files.

    Raises:
        OutputError: it cannot be written.
    """
    FigureCanvasAgg(figure)
    with whole_file(path) as partial:
        figure.savefig(partial, dpi=dpi, bbox_inches="tight", metadata={"Software": None})
