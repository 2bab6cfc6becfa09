"""Draws the icons of the extension and of its module: a slice, a lesion with three opinions on its edge, a click."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch

ROOT = Path(__file__).resolve().parents[2]
TARGETS = (ROOT / "Resources/Icons/SPA.png", ROOT / "SPASegment/Resources/Icons/SPASegment.png")
# Okabe and Ito's colours, told apart by colour-blind readers too.
BLUE, ORANGE, WHITE = "#56B4E9", "#E69F00", "#FFFFFF"


def lesion(radius: float, wobble: float) -> tuple[np.ndarray, np.ndarray]:
    """Outline of a lobed blob around (64, 65), in pixels of a 128 x 128 icon."""
    t = np.linspace(0, 2 * np.pi, 200)
    r = radius * (1 + wobble * np.sin(3 * t + 0.6) + 0.5 * wobble * np.cos(2 * t))
    return 64 + r * np.cos(t), 65 + r * np.sin(t)


def main() -> None:
    """Write the icon to both places."""
    figure = plt.figure(figsize=(1.28, 1.28), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 128), ylim=(128, 0))
    axes.axis("off")
    axes.add_patch(FancyBboxPatch((10, 10), 108, 108, boxstyle="round,pad=6,rounding_size=22", fc="#12283A", ec="none"))
    axes.fill(*lesion(40, 0.08), color="#3E5A6E")
    axes.fill(*lesion(27, 0.11), color="#A9BCC8")
    axes.plot(*lesion(46, 0.07), color=BLUE, lw=3.2, dashes=(2.2, 1.2))
    axes.plot(*lesion(35, 0.09), color=WHITE, lw=4)
    axes.plot(*lesion(24, 0.12), color=ORANGE, lw=3.2, dashes=(1, 0.9), dash_capstyle="round")
    axes.plot(64, 65, marker="+", ms=15, mew=4, color="#12283A")
    for target in TARGETS:
        figure.savefig(target, transparent=True)


if __name__ == "__main__":
    main()
