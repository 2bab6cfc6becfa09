"""What a simulated user begins with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.research.evaluation.baselines.click_network import ClickNetwork, random_network
from SPASegmentLib.research.evaluation.baselines.crops import crop_around
from SPASegmentLib.research.evaluation.boxes import first_box, hand_drawn_box, tight_box
from SPASegmentLib.research.evaluation.cases import draw_ids, open_case
from SPASegmentLib.research.evaluation.methods.spa import frame_of
from SPASegmentLib.research.evaluation.methods.trained import ClickMethod
from SPASegmentLib.research.evaluation.multi_rater import evaluate
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.task import Task

SIDE = 96


def disk(x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.asarray(np.hypot(columns - x, rows - y) < radius)


def test_a_box_lies_on_the_pixels_edges() -> None:
    mask = np.zeros((20, 30), bool)
    mask[3:7, 10:19] = True
    box = tight_box(mask)
    assert (box.x0, box.y0, box.x1, box.y1) == (9.5, 2.5, 18.5, 6.5)
    rng = np.random.default_rng(0)
    assert first_box("click", mask, rng) is None and first_box("box", mask, rng) == box
    assert first_box("sloppy-box", mask, rng) == hand_drawn_box(mask, np.random.default_rng(0))


def test_a_hand_s_box_is_off_by_a_little_the_same_again_and_within_the_image() -> None:
    off = []
    for seed in range(20):
        mask = disk(48, 40, 12 + seed)
        tight, drawn = tight_box(mask), hand_drawn_box(mask, np.random.default_rng(seed))
        assert hand_drawn_box(mask, np.random.default_rng(seed)) == drawn != tight
        off += [(getattr(drawn, edge) - getattr(tight, edge)) / (tight.x1 - tight.x0) for edge in ("x0", "x1", "y1")]
    assert 0.03 < np.std(off) < 0.05 and abs(np.mean(off)) < 0.02
    corner = np.pad(np.ones((12, 12), bool), ((0, SIDE - 12), (0, SIDE - 12)))
    boxes = [hand_drawn_box(corner, np.random.default_rng(seed)) for seed in range(20)]
    assert min(box.x0 for box in boxes) == -0.5 and min(box.y0 for box in boxes) == -0.5


def test_on_slices_of_several_raters_too_a_session_starts_with_a_box(npz: Path) -> None:
    clicked = evaluate(Task(rounds=1, jobs=1), [npz])
    tight, drawn = (evaluate(Task(rounds=1, jobs=1, start=start), [npz]) for start in ("box", "sloppy-box"))
    assert [record["start"] for record in (clicked, tight, drawn)] == ["click", "box", "sloppy-box"]
    assert tight["command"].endswith("--start box --rounds 1")
    dice = [record["cases"]["dice_recommended"] for record in (clicked, tight, drawn)]
    assert dice[0] != dice[1] != dice[2] != dice[0]
    assert tight["dice_recommended"][0] > 0.9


def test_the_box_is_the_one_that_rivals_are_shown(disks: EvaluationFile) -> None:
    case = open_case(draw_ids([disks], "combination")[0], [disks])
    region = crop_around(frame_of(case), case.click)
    rival = ClickMethod(ClickNetwork(random_network()), box=True)
    ((x0, y0, x1, y1),) = rival._boxes(region, case, np.random.default_rng(case.id.seed)).tolist()
    ours = first_box("sloppy-box", case.target, np.random.default_rng(case.id.seed))
    assert ours is not None
    corners = [*region.to_region(ours.x0, ours.y0), *region.to_region(ours.x1, ours.y1)]
    assert corners == pytest.approx([x0, y0, x1, y1], abs=1e-4)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (Task(start="lasso"), "starts with one of click, box, sloppy-box"),
        (Task(start="box", method="resample"), "Only SPA"),
        (replace(Task(start="box"), protocol="policy"), "not for the protocol policy"),
    ],
)
def test_a_start_that_there_is_not_is_said(task: Task, message: str, npz: Path) -> None:
    with pytest.raises(InputError, match=message):
        evaluate(task, [npz])
