"""Plots of numbers for docs/results.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Sequence, Tuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from SPASegmentLib.research.evaluation.results.records import Record
from SPASegmentLib.research.evaluation.results.tables import NAMES
from SPASegmentLib.research.plots import save_figure

#: Method, the values that are drawn, colour (Okabe and Ito's, told apart by colour-blind readers too), line.
CURVES: Tuple[Tuple[str, str, str, str], ...] = (
    ("spa", "dice_recommended", "#D55E00", "-"),
    ("spa", "dice_best_seen", "#D55E00", "--"),
    ("resample", "dice_best_seen", "#000000", "--"),
    ("probabilistic", "dice_best_seen", "#0072B2", "--"),
    ("unet", "dice_recommended", "#009E73", "-"),
    ("click-network", "dice_recommended", "#CC79A7", "-"),
    ("sam-u", "dice_recommended", "#56B4E9", "-"),
)


#: File -> the record that it cannot do without, and how it is drawn.
PLOTS: Dict[str, Tuple[str, Callable[[Dict[str, Record]], Figure]]] = {
    "combination.png": ("combination", lambda records: _by_round(records, "combination")),
    "rater.png": ("rater", lambda records: _by_round(records, "rater")),
    "similarity.png": ("combination", lambda records: _similarity(records["combination"])),
    "calibration.png": ("combination", lambda records: _calibration(records["combination"])),
    "profile.png": ("policy", lambda records: _profile(records["policy"]["policy"])),
}


def draw_all(records: Dict[str, Record], folder: Path) -> None:
    """Draw what the records allow.

    Args:
        records: all of them.
        folder: for the plots.

    Raises:
        OutputError: a plot cannot be written.
    """
    for name, (needed, draw) in PLOTS.items():
        if needed in records:
            save_figure(draw(records), folder / name)


def _axes(width: float, height: float, x: str, y: str) -> Tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height))
    return figure, _subplot(figure, x, y)


def _subplot(figure: Figure, x: str, y: str, *where: int) -> Axes:
    axes = figure.add_subplot(*where)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def _band(axes: Axes, x: Sequence[float], values: Sequence[float], interval: Sequence[Sequence[float]],
          colour: str, line: str, label: str) -> None:  # fmt: skip
    low, high = np.array(interval, dtype=float).T
    axes.plot(x, values, line, color=colour, marker="o", markersize=3.5, label=label)
    axes.fill_between(x, low, high, color=colour, alpha=0.13, linewidth=0)


def _by_round(records: Dict[str, Record], protocol: str) -> Figure:
    figure, axes = _axes(7, 4.4, "round", "Dice")
    for method, values, colour, line in CURVES:
        record = records.get(protocol if method == "spa" else f"{method}-{protocol}")
        if record is not None:
            rounds = range(1, record["rounds"] + 1)
            kept = ": best mask seen" if method != "resample" and values == "dice_best_seen" else ""
            label = NAMES[method] + kept
            _band(axes, list(rounds), record[values], record[f"{values}_ci95"], colour, line, label)
    consensus = records.get(f"consensus-{protocol}")
    if consensus is not None:
        axes.axhline(consensus["dice_recommended"][0], color="0.5", linewidth=1, label=NAMES["consensus"])
    axes.set_xticks(range(1, records[protocol]["rounds"] + 1))
    axes.legend(fontsize=8, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def _similarity(record: Record) -> Figure:
    figure, axes = _axes(5, 3.2, "round", "Dice between two candidates")
    found, rounds = record["candidate_similarity"], range(1, record["rounds"] + 1)
    values = {name: np.array(found[name], dtype=float) for name in found}
    axes.fill_between(rounds, values["lower_quartile"], values["upper_quartile"], color="#0072B2", alpha=0.2,
                      linewidth=0, label="quartiles")  # fmt: skip
    axes.plot(rounds, values["median"], "o-", color="#0072B2", markersize=3.5, label="median")
    axes.set_xticks(list(rounds))
    axes.legend(fontsize=8, frameon=False)
    return figure


def _calibration(record: Record) -> Figure:
    figure = Figure(figsize=(8, 3.6))
    for i, (name, x, y) in enumerate(
        (("expected_dice", "expected Dice", "Dice reached"), ("pixels", "probability", "share of raters"))
    ):
        axes = _subplot(figure, x, y, 1, 2, i + 1)
        table = record["calibration"].get(name, [])
        counts, predicted, observed = np.array(table, dtype=float).reshape(-1, 3).T
        low = min([1.0, *predicted, *observed])
        axes.plot([low, 1], [low, 1], color="0.6", linewidth=1)
        axes.plot(predicted, observed, "-", color="#D55E00", linewidth=1)
        axes.scatter(predicted, observed, s=8 + 120 * counts / max(counts.sum(), 1), color="#D55E00")
    figure.tight_layout()
    return figure


def _profile(policy: Dict[str, Any]) -> Figure:
    figure, axes = _axes(6, 3.4, "image of the sequence", "Dice in the first round")
    found = policy["by_image"]
    images = list(range(1, len(found["cold"]) + 1))
    _band(axes, images, found["profile"], found["profile_ci95"], "#D55E00", "-", "with the profile")
    _band(axes, images, found["cold"], found["cold_ci95"], "#0072B2", "-", "without")
    axes.set_xticks(images)
    axes.legend(fontsize=8, frameon=False)
    return figure
