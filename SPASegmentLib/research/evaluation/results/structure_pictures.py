"""The worst and the median case of each set of structures, drawn round by round.

The pictures are crops of the evaluated images. They go to an output folder and are no part of the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Sequence

import numpy as np

from SPASegmentLib.output import reporting_write_errors
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod
from SPASegmentLib.research.evaluation.results.pictures import draw_rounds
from SPASegmentLib.research.evaluation.structures import Measured, StructuresTask


def draw_structures(task: StructuresTask, measured: Sequence[Measured], folder: Path) -> List[Path]:
    """Run two cases of each set again, by the recommended mask's Dice in the last round, and draw them.

    Args:
        task: what was measured.
        measured: its sets.
        folder: for ``<set>-worst.png`` and ``<set>-median.png``.

    Raises:
        OutputError: something cannot be written.
    """
    with reporting_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
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
