"""The page about a study: tables, plots, the paper's figures beside them."""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence, Tuple

import numpy as np
from matplotlib.figure import Figure

from SPASegmentLib.interaction.study_log import Entry
from SPASegmentLib.output import make_folder, write_json, write_text
from SPASegmentLib.research.markdown import table
from SPASegmentLib.research.plots import save_figure
from SPASegmentLib.research.study.comparison import (
    MEASURES,
    PAPER,
    Comparison,
    Measured,
    as_record,
    compare,
    intervals,
)

#: Colours of the methods, told apart by colour-blind readers too.
COLOURS = {"spa": "#D55E00", "clicks": "#0072B2"}
NAMES = {"spa": "SPA", "clicks": "one mask and clicks"}
#: What is drawn.
DRAWN = ("seconds", "iterations")


def write_study_report(entries: Sequence[Entry], folder: Path, note: str = "") -> List[Comparison]:
    """Write ``study.md``, ``study.json`` and a plot for each of `DRAWN` into a folder.

    Args:
        entries: of a log.
        folder: is made where it is missing.
        note: a sentence about the log for the page.

    Raises:
        InputError: there is nothing to compare.
        OutputError: something cannot be written.
    """
    found = compare(entries)
    make_folder(folder)
    for key in DRAWN:
        _draw(entries, key, folder / f"{key}.png")
    write_json(as_record(found), folder / "study.json")
    write_text("\n".join(_page(entries[0].study, found, note)), folder / "study.md")
    return found


def _page(study: str, found: Sequence[Comparison], note: str) -> List[str]:
    lines = [
        f"# Study {study.rsplit('#', 1)[0]}",
        "",
        "Written by `spa study report`. Every person works on every image with SPA and with one mask and corrective "
        "clicks. Figures are over the images that a person finished with both methods and accepted a mask in; those "
        "that were first seen with SPA count as much as those first seen with clicks (see Images). SPA minus clicks is "
        "paired, with 95 % bootstrap intervals over images, which do not speak of other people. Iterations are clicks, "
        "boxes, choices and corrections. Seconds count from the image on screen to the last accepted mask, computing "
        "included. Practice does not count.",
        "",
    ]
    lines += [note, ""] if note else []
    for key, words in MEASURES.items():
        rows = [_row(one, key) for one in found if key in one.measures]
        if rows:
            lines += [f"## {words[0].upper()}{words[1:]}", ""]
            lines += [f"![{words}]({key}.png)", ""] if key in DRAWN else []
            lines += [*table(["person", "images", "SPA", "clicks", "SPA minus clicks"], rows), ""]
    lines += [
        "## Images",
        "",
        "On which no mask was accepted, that wait for the other method, and with which method those that are compared "
        "were first seen.",
        "",
    ]
    rows = [[one.name, *map(str, (one.pairs, *one.gave_up, one.single, *one.first))] for one in found]
    head = ["person", "with both", "given up, SPA", "given up, clicks", "one method only", "SPA first", "clicks first"]
    lines += [*table(head, rows), ""]
    lines += [text for one in found[:-1] if (text := _one_order_only(one))]
    lines += [
        "## The paper's study",
        "",
        "Five professionals, 100 fundus images, MedSAM with clicks or boxes against SPA on a GPU; other images, "
        "another network and other hands, so for orientation only. Iterations are stated for two of the five.",
        "",
        *table(["person", "seconds, MedSAM", "seconds, SPA", "iterations, MedSAM", "iterations, SPA"], _paper()),
        "",
    ]
    return lines


def _one_order_only(one: Comparison) -> str:
    if min(one.first) > 0 or max(one.first) == 0:
        return ""
    method = NAMES["spa" if one.first[0] else "clicks"]
    return (
        f"{one.name} has finished images in one order alone ({method} first): who sees an image again is quicker, and "
        "these figures hold that, too.\n"
    )


def _row(one: Comparison, key: str) -> List[str]:
    values = one.measures[key]
    digits = 3 if key == "dice" else 2
    means = (f"{mean:.{digits}f}" for mean in (values.spa, values.clicks))
    return [one.name, str(values.n), *means, gap_text(values, digits)]


def gap_text(values: Measured, digits: int = 2) -> str:
    """SPA minus clicks, with its interval where there are images enough for one."""
    text, (low, high) = f"{values.gap:+.{digits}f}", values.interval
    return f"{text} [{low:+.{digits}f}, {high:+.{digits}f}]" if np.isfinite(low) else text


def _paper() -> List[List[str]]:
    return [
        [str(number), *("-" if value is None else f"{value:.2f}" for value in row)]
        for number, row in enumerate(PAPER, start=1)
    ]


def _draw(entries: Sequence[Entry], key: str, path: Path) -> None:
    """Mean and interval of a measure, a pair of bars for each person."""
    found = intervals(entries, key)
    figure = Figure(figsize=(max(3.6, 1.1 * len(found) + 1.6), 3.4))
    axes = figure.add_subplot()
    for shift, method in ((-0.2, "spa"), (0.2, "clicks")):
        places: List[Tuple[float, List[float]]] = [
            (n + shift, values[method]) for n, values in enumerate(found.values()) if method in values
        ]
        x, bars = [place for place, _ in places], [values for _, values in places]
        heights = [mean for mean, _, _ in bars]
        reach = [[mean - low for mean, low, _ in bars], [high - mean for mean, _, high in bars]]
        axes.bar(x, heights, 0.38, yerr=reach, color=COLOURS[method], label=NAMES[method], capsize=3)
    axes.set_xticks(range(len(found)), list(found))
    axes.set_ylabel(MEASURES[key])
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    save_figure(figure, path)
