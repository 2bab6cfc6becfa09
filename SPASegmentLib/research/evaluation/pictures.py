"""Example rounds as pictures, chosen by rank: best, middle and worst cases of a record, or of a set of structures.

The pictures are crops of the evaluated images. They go to an output folder and are no part of the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.output import make_folder, write_text
from SPASegmentLib.research.evaluation.case_lists import find_cases
from SPASegmentLib.research.evaluation.cases import Case, open_case
from SPASegmentLib.research.evaluation.methods.method import Screen
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod
from SPASegmentLib.research.evaluation.results.records import Record, cases_of
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.structures import Measured, StructuresTask
from SPASegmentLib.research.evaluation.task import Task
from SPASegmentLib.research.plots import save_figure

#: Cases of each kind.
SHOWN = 3
#: Space around what anybody marked, in pixels, and the least side of a picture.
MARGIN, LEAST_SIDE = 8, 40
TARGET, RECOMMENDED, CANDIDATE = "#39ff14", "#ff5c00", "#7fd4ff"


def ranked(record: Record, count: int = SHOWN) -> Dict[str, List[int]]:
    """Positions of cases in a record, by the recommended mask's Dice in the last round."""
    order = np.argsort([-values[-1] for values in cases_of(record)["dice_recommended"]], kind="stable")
    middle = max(0, (len(order) - count) // 2)
    return {
        "best": order[:count].tolist(),
        "median": order[middle : middle + count].tolist(),
        "worst": order[-count:][::-1].tolist(),
    }


def draw_examples(record: Record, task: Task, files: Sequence[EvaluationFile], folder: Path) -> Path:
    """Run the ranked cases again and draw their rounds: a PNG for each, and a Markdown page that shows them.

    Args:
        record: of this task.
        task: what was measured; not of the policy protocol.
        files: the data.
        folder: for the page and its pictures.

    Raises:
        InputError: the record is of other data.
        OutputError: something cannot be written.
    """
    ids = {f"{c.file}:{c.row}:{c.raters}": c for c in find_cases(files, task.protocol, task.seed)[0]}
    names = cases_of(record)["id"]
    other = next((name for name in names if name not in ids), None)
    if other is not None:
        raise InputError(
            f"The record is of other data: {', '.join(file.name for file in files)} has no case {other}; give the "
            "files that were measured."
        )
    make_folder(folder)
    method = task.spec()()
    lines = [
        "# Example rounds", "",
        f"`{record['command']}`, chosen by the recommended mask's Dice in the last round. Green: what the user wants; "
        "orange: the recommended mask; blue: the candidates.", "",
    ]  # fmt: skip
    for rank, positions in ranked(record).items():
        lines += [f"## {rank.capitalize()} of {len(names)}", ""]
        for position in positions:
            case = open_case(ids[names[position]], files)
            path = folder / f"{rank}-{names[position].replace(':', '-')}.png"
            draw_rounds(case, list(method.screens(case, task.simulated_user(), task.rounds)), path)
            lines += [f"![{names[position]}]({path.name})", ""]
    page = folder / "examples.md"
    write_text("\n".join(lines), page)
    return page


def draw_structures(task: StructuresTask, measured: Sequence[Measured], folder: Path) -> List[Path]:
    """Run the worst and the median case of each set of structures again, and draw their rounds.

    Args:
        task: what was measured.
        measured: its sets.
        folder: for ``<set>-worst.png`` and ``<set>-median.png``.

    Raises:
        OutputError: something cannot be written.
    """
    make_folder(folder)
    method = task.spec()()
    assert isinstance(method, SPAMethod)
    drawn = []
    for one in measured:
        order = np.argsort(one.values("dice_recommended")[:, -1], kind="stable")
        for rank, position in (("worst", order[0]), ("median", order[len(order) // 2])):
            job = one.jobs[int(position)]
            drawn.append(folder / f"{one.name}-{rank}.png")
            draw_rounds(job.case, list(job.screens(method)), drawn[-1])
    return drawn


def draw_rounds(case: Case, screens: Sequence[Screen], path: Path) -> None:
    """A PNG with a picture for each round: wanted, recommended and offered outlines.

    Raises:
        OutputError: it cannot be written.
    """
    figure = Figure(figsize=(2.6 * len(screens), 2.9))
    (x0, x1), (y0, y1) = _window(case, screens)
    near = case.image[max(0, int(y0)) : int(y1) + 1, max(0, int(x0)) : int(x1) + 1]
    for j, screen in enumerate(screens):
        axes = figure.add_subplot(1, len(screens), j + 1)
        axes.imshow(case.image, cmap="gray", interpolation="nearest", vmin=near.min(), vmax=near.max())
        for mask in screen.masks[1:]:
            _outline(axes, mask, CANDIDATE, 0.7)
        _outline(axes, case.target, TARGET, 1.6)
        _outline(axes, screen.masks[0], RECOMMENDED, 1.6)
        axes.plot(case.id.x, case.id.y, "+", color=TARGET, markersize=7)
        best = max(dice(mask, case.target) for mask in screen.masks)
        axes.set_title(f"{j + 1}: {dice(screen.masks[0], case.target):.2f} (best {best:.2f})", fontsize=8)
        axes.set_xlim(x0, x1)
        axes.set_ylim(y1, y0)
        axes.set_axis_off()
    save_figure(figure, path, dpi=100)


def _outline(axes: Axes, mask: np.ndarray, colour: str, width: float) -> None:
    if mask.any() and not mask.all():
        axes.contour(mask, [0.5], colors=[colour], linewidths=[width])


def _window(case: Case, screens: Sequence[Screen]) -> Tuple[Tuple[float, float], Tuple[float, float]]:
    """(x0, x1), (y0, y1) around what was wanted and recommended."""
    marked = case.raters.any(0) | np.any([screen.masks[0] for screen in screens], axis=0)
    ys, xs = np.nonzero(marked)
    side = max(int(np.ptp(xs)), int(np.ptp(ys)), LEAST_SIDE - 2 * MARGIN) / 2 + MARGIN
    x, y = (xs.min() + xs.max()) / 2, (ys.min() + ys.max()) / 2
    return (x - side, x + side), (y - side, y + side)
