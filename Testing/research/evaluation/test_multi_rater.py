"""A whole evaluation and its record."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from SPASegmentLib.errors import InputError, WeightsError
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.evaluation.cases import SEQUENCE, draw_ids, showing
from SPASegmentLib.research.evaluation.multi_rater import evaluate
from SPASegmentLib.research.evaluation.record import write_record
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.statistics import bootstrap_interval
from SPASegmentLib.research.evaluation.task import Task

TWO = Task(rounds=2, jobs=1)


def test_the_record_holds_all_figures_and_processes_do_not_matter(npz: Path, tmp_path: Path) -> None:
    alone = evaluate(TWO, [npz])
    together = evaluate(replace(TWO, jobs=2), [npz])
    timing = ("seconds", "machine")
    assert {k: v for k, v in alone.items() if k not in timing} == {k: v for k, v in together.items() if k not in timing}
    write_record(alone, tmp_path / "new" / "record.json")
    found = json.loads((tmp_path / "new" / "record.json").read_text())
    assert found == json.loads(json.dumps(alone))
    assert (found["protocol"], found["user"], found["n_cases"]) == ("combination", "choice", 4)
    for name in ("dice_recommended", "dice_best_on_screen", "iou_recommended"):
        assert len(found[name]) == len(found[f"{name}_ci95"]) == 2
        for value, (low, high) in zip(found[name], found[f"{name}_ci95"]):
            assert 0 <= low <= value <= high <= 1
    assert found["failure_rate"]["0.7"] == 0
    assert found["noc"]["0.7"] >= 1
    assert found["intervals_over"] == "2 patients"
    assert {"ged_16", "ged_48", "dice_max", "dice_match"} <= set(found["first_round"])
    assert found["cases"]["id"] == [f"disks:{row}:{raters}" for row, raters in _ids(found)]
    means = np.mean(found["cases"]["dice_recommended"], axis=0)
    assert found["dice_recommended"] == pytest.approx(means.tolist(), abs=1e-4)
    assert "p0" not in json.dumps(found)  # no patient's name


def _ids(record: dict) -> list[tuple[int, int]]:
    return [tuple(map(int, name.split(":")[1:])) for name in record["cases"]["id"]]  # type: ignore[misc]


def test_distances_are_measured_where_the_pixel_size_is_known(slices: RaterSlices, npz: Path, tmp_path: Path) -> None:
    path = tmp_path / "spaced.npz"
    np.savez(path, images=slices.images, masks=slices.masks, spacing=np.full((4, 2), 0.5))
    task = replace(TWO, method="consensus", protocol="rater")
    assert "hd95_recommended_mm" not in evaluate(task, [npz])
    spaced = evaluate(task, [path])
    assert 0 < spaced["hd95_recommended_mm"][0] < 2
    # Four raters of an image are no four images.
    assert spaced["intervals_over"] == "4 images" and len(set(spaced["cases"]["patient"])) == 4
    own, rows = np.array(spaced["cases"]["dice_recommended"])[:, 0], [row for row, _ in _ids(spaced)]
    assert spaced["dice_recommended_ci95"][0] == pytest.approx(bootstrap_interval(own, rows), abs=1e-4)
    both = evaluate(task, [npz, path])  # the file without sizes first: its cases have no distance and do not count
    assert both["n_cases"] == 2 * spaced["n_cases"]
    assert both["hd95_recommended_mm"] == spaced["hd95_recommended_mm"]
    assert both["intervals_over"] == "6 patients and images"


@pytest.mark.parametrize("method", ["spa", "seed-mask", "consensus"])
def test_slices_that_show_nothing_are_left_out_by_name(slices: RaterSlices, tmp_path: Path, method: str) -> None:
    images = slices.images.copy()
    images[1] = 50
    np.savez(tmp_path / "flat.npz", images=images, masks=slices.masks)
    heard: list[str] = []
    record = evaluate(replace(TWO, method=method), [tmp_path / "flat.npz"], complain=heard.append)
    assert heard == ["flat.npz, row 1 (counted from 0): the image has the same value everywhere."]
    assert [row for row, _ in _ids(record)] == [0, 2, 3]
    np.savez(tmp_path / "flat.npz", images=np.full_like(images, 50), masks=slices.masks)
    with pytest.raises(InputError, match="All images of these cases have the same value everywhere"):
        evaluate(replace(TWO, method=method), [tmp_path / "flat.npz"])


def test_a_sequence_with_a_slice_that_shows_nothing_is_left_out(many: EvaluationFile) -> None:
    ids, heard = draw_ids([many], "policy"), []
    images = many.slices.images.copy()
    images[ids[SEQUENCE + 3].row] = 7
    file = EvaluationFile("many", RaterSlices(images, many.slices.masks), many.patients)
    assert showing(ids, [file], "policy", heard.append) == ids[:SEQUENCE] and len(heard) == 1


def test_what_the_record_says_of_looks_is_what_was_done(npz: Path) -> None:
    tasks = [replace(TWO, method="resample", limit=2, looks=looks) for looks in (True, False)]
    with_looks, without = (evaluate(task, [npz]) for task in tasks)
    spa = evaluate(replace(TWO, limit=2), [npz])
    assert with_looks["settings"]["looks"] and not without["settings"]["looks"]
    assert with_looks["dice_best_seen"][0] == spa["dice_best_seen"][0]
    assert with_looks["cases"]["dice_best_seen"] != without["cases"]["dice_best_seen"]
    assert "--no-looks" in without["command"]


def test_commands_name_what_differs_from_the_defaults() -> None:
    task = Task(protocol="rater", noise=0.3, refine=False, limit=5, weights=Path("/somewhere/w.safetensors"), jobs=3)
    assert task.command([Path("/data/a.npz"), Path("b.npz")]) == (
        "spa evaluate lidc --npz a.npz --npz b.npz --protocol rater --noise 0.3 --no-refine --limit 5 "
        "--weights w.safetensors"
    )


@pytest.mark.parametrize(
    ("task", "error", "message"),
    [
        (Task(noise=1.0), InputError, "between 0 and 1"),
        (Task(method="magic"), InputError, "Unknown method"),
        (Task(user="nobody"), InputError, "Unknown user"),
        (Task(generator="half"), InputError, "part of the generator"),
        (Task(method="resample", user="clicks"), InputError, "does not work with the user 'clicks', but with choice"),
        (Task(method="resample", protocol="policy"), InputError, "profile"),
        (Task(method="unet", baselines=Path("nowhere")), WeightsError, "spa baselines train"),
        (Task(cases=Path("nowhere.json")), InputError, "nowhere.json cannot be read"),
    ],
)
def test_what_does_not_fit_is_said(task: Task, error: type, message: str, npz: Path) -> None:
    with pytest.raises(error, match=message):
        evaluate(task, [npz])
