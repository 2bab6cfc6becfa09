"""The plan, its records, and the page that is written from them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Dict

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.evaluation.baselines.kinds import NETWORKS
from SPASegmentLib.evaluation.cases import POLICY_USERS, SEQUENCE
from SPASegmentLib.evaluation.lidc import evaluate, write_record
from SPASegmentLib.evaluation.methods.trained import TRAINED
from SPASegmentLib.evaluation.policy import LATER, OPPOSITES, SequenceResult, policy_summary
from SPASegmentLib.evaluation.results import tables
from SPASegmentLib.evaluation.results.card import write_metrics
from SPASegmentLib.evaluation.results.pictures import draw_examples, ranked
from SPASegmentLib.evaluation.results.plan import plan
from SPASegmentLib.evaluation.results.records import Record, paired, read_records, run_plan
from SPASegmentLib.evaluation.results.report import SECTIONS, write_report
from SPASegmentLib.evaluation.rounds import CaseRounds, summary
from SPASegmentLib.evaluation.slices import open_files
from SPASegmentLib.evaluation.statistics import bootstrap_interval
from SPASegmentLib.evaluation.task import Task
from SPASegmentLib.model.weights import models_folder, read_card

CASES = 12


def made_up(name: str, task: Task) -> Record:
    """A record of cases that were never run, in the form of a real one."""
    rng = np.random.default_rng(len(name) + 7 * sum(map(ord, name)))

    def rounds() -> CaseRounds:
        dice = np.sort(rng.uniform(0.6, 0.95, 6))
        values = {
            "dice_recommended": dice, "iou_recommended": dice / (2 - dice), "dice_best_on_screen": dice + 0.01,
            "dice_best_seen": dice + 0.02, "expected_dice": dice + 0.05, "dice_included_raters": dice - 0.1,
            "dice_excluded_raters": dice - 0.2,
        }  # fmt: skip
        once = {k: rng.random() for k in ("ged_16", "ged_48", "dice_max", "dice_max_of_predictions", "dice_match",
                                          "dice_match_candidates", "uncertainty_correlation")}  # fmt: skip
        return CaseRounds(values, once, rng.uniform(0.8, 0.9, (6, 6)), rng.random((3, 15)) + 1)

    results = [rounds() for _ in range(CASES)]
    patients = [f"p{i % 5}" for i in range(CASES)]
    record: Record = {
        "protocol": task.protocol, "method": task.method, "user": task.user, "rounds": 6,
        **summary(results, patients), "intervals_over": "5 patients", "files": ["val.npz"], "weights": "compact",
        "sha256": "0" * 64, "parameters": 2e6, "training": {"steps": 100, "batch": 32, "machine": "a core"},
        "command": task.command([Path("val.npz")]), "machine": "here", "seconds": 1.0, "torch": "2",
        "cases": {
            "id": [f"val:{i}:1" for i in range(CASES)], "patient": [i % 5 for i in range(CASES)],
            **{k: [r.rounds[k].tolist() for r in results]
               for k in ("dice_recommended", "dice_best_on_screen", "dice_best_seen")},
        },
    }  # fmt: skip
    if task.method in TRAINED:
        record["trained"] = [
            {"name": n, "description": "a network", "parameters": 1e6, "steps": 9, "batch": 4, "core_seconds": 60}
            for n in TRAINED[task.method]
        ]
    if task.protocol == "policy":
        later = SEQUENCE - LATER
        sequences = [
            SequenceResult(
                0, user, tuple(f"p{i}" for i in range(SEQUENCE)), [rounds() for _ in range(SEQUENCE)],
                [rounds() for _ in range(SEQUENCE)], [rounds() for _ in range(later)] if user in OPPOSITES else [],
            )
            for user in POLICY_USERS
        ]  # fmt: skip
        record["policy"] = policy_summary(sequences)
    return record


@pytest.fixture(scope="module")
def records() -> Dict[str, Record]:
    made = {name: made_up(name, task) for name, task in plan().items()}
    masks = {"protocol": "masks", "files": ["brains"], "diameters_px": {"5": 9.0, "50": 20.4, "95": 88.0}}
    return {**made, "masks-brains": {**made_up("masks", Task()), **masks}}


def test_plan_covers_every_method_user_and_protocol() -> None:
    tasks = plan(weights=Path("w.safetensors"), jobs=3).values()
    assert {t.method for t in tasks} == {"spa", "resample", "seed-mask", "consensus", *TRAINED}
    assert {t.user for t in tasks} == {"choice", "choice+point", "choice+oracle-point", "clicks"}
    assert {t.protocol for t in tasks} == {"combination", "rater", "policy"}
    assert {n for names in TRAINED.values() for n in names} == set(NETWORKS)
    assert all(t.weights == Path("w.safetensors") and t.jobs == 3 for t in tasks)
    assert len({t.command([Path("a.npz")]) for t in tasks}) == len(list(tasks))
    for task in tasks:
        task.spec()
        task.simulated_user()


def test_finished_records_are_not_run_again(npz: Path, tmp_path: Path) -> None:
    tasks = {
        "a": Task(method="consensus", rounds=2, jobs=1),
        "b": Task(method="seed-mask", rounds=2, limit=2, jobs=1),
        "c": Task(method="ensemble", baselines=tmp_path, jobs=1),
    }
    said: list[str] = []
    assert run_plan(tasks, [npz], tmp_path / "out", said.append) == ["c"]
    assert [line.split(":")[0] for line in said] == ["a", "b", "c"]
    before = (tmp_path / "out" / "a.json").read_bytes()
    tasks["b"] = replace(tasks["b"], limit=3)
    said.clear()
    run_plan(tasks, [npz], tmp_path / "out", said.append)
    assert said[0] == "a: done before"
    assert said[1].startswith("b: 3 cases")
    assert (tmp_path / "out" / "a.json").read_bytes() == before
    assert set(read_records(tmp_path / "out")) == {"a", "b"}
    with pytest.raises(InputError, match="no records"):
        read_records(tmp_path)


def test_records_of_other_weights_are_run_again(npz: Path, tmp_path: Path) -> None:
    tasks, said = {"a": Task(rounds=1, limit=1, jobs=1)}, []
    run_plan(tasks, [npz], tmp_path, said.append)
    run_plan(tasks, [npz], tmp_path, said.append)
    record = json.loads((tmp_path / "a.json").read_text())
    record["sha256"] = "other"
    (tmp_path / "a.json").write_text(json.dumps(record))
    run_plan(tasks, [npz], tmp_path, said.append)
    assert ["done before" in line for line in said] == [False, True, False]


def test_differences_are_over_common_cases(records: Dict[str, Record]) -> None:
    a, b = records["combination"], json.loads(json.dumps(records["unet-combination"]))
    for values in b["cases"].values():
        del values[1], values[4]
    found = paired(a, b, "dice_recommended", "dice_best_seen")
    keep = [i for i in range(CASES) if i not in (1, 5)]
    gap = np.array(a["cases"]["dice_recommended"])[keep] - np.array(
        records["unet-combination"]["cases"]["dice_best_seen"]
    )[keep]  # fmt: skip
    assert found["n"] == len(keep)
    assert found["difference"] == pytest.approx(gap.mean(0).tolist(), abs=1e-4)
    low, _ = bootstrap_interval(gap, [i % 5 for i in keep])
    assert [i[0] for i in found["ci95"]] == pytest.approx(low.tolist(), abs=1e-4)


def test_page_has_every_section_and_its_numbers(records: Dict[str, Record], tmp_path: Path) -> None:
    write_report(records, tmp_path / "docs" / "results.md")
    page = (tmp_path / "docs" / "results.md").read_text()
    for title, _, _ in SECTIONS:
        assert f"## {title}\n" in page
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", page):
        assert (tmp_path / "docs" / picture).stat().st_size > 5000
    combination = records["combination"]
    value, (low, high) = combination["dice_recommended"][2], combination["dice_recommended_ci95"][2]
    line = next(line for line in page.splitlines() if line.startswith("| SPA (ours)") and "88.07" in line)
    assert f"{100 * value:.1f} [{100 * low:.1f}, {100 * high:.1f}]" in line
    assert line.endswith("88.07 | 88.56 |")
    others = next(line for line in page.splitlines() if line.startswith("| brains |"))
    assert f"| 9, 20, 88 | {100 * records['masks-brains']['dice_recommended'][0]:.1f} [" in others
    lean = json.loads((tmp_path / "docs" / "results" / "records.json").read_text())
    assert set(lean) == set(records)
    assert "cases" not in lean["combination"]
    for rows in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):  # every row as wide as its head
        assert len({line.count("|") for line in rows.splitlines()}) == 1


def test_page_leaves_out_what_was_not_measured(records: Dict[str, Record], tmp_path: Path) -> None:
    write_report({"combination": records["combination"]}, tmp_path / "results.md")
    page = (tmp_path / "results.md").read_text()
    assert "## Failures" in page
    assert "## The profile" not in page
    assert "U-Net, majority vote" not in page


def test_marks_say_what_was_missed(records: Dict[str, Record]) -> None:
    good, bad = json.loads(json.dumps(records["combination"])), json.loads(json.dumps(records["combination"]))
    good["dice_recommended"], bad["dice_recommended"] = [0.851] * 6, [0.849] * 6
    assert "| reached |" in tables.marks({"combination": good})[2]
    assert "| **missed** |" in tables.marks({"combination": bad})[2]


def test_examples_are_chosen_by_rank_and_drawn(npz: Path, tmp_path: Path) -> None:
    task = Task(method="seed-mask", protocol="rater", rounds=2, jobs=1)
    record = evaluate(task, [npz])
    last = [values[-1] for values in record["cases"]["dice_recommended"]]
    chosen = ranked(record, 2)
    assert sorted(last, reverse=True)[:2] == [last[i] for i in chosen["best"]]
    assert sorted(last)[:2] == [last[i] for i in chosen["worst"]]
    page = draw_examples(record, task, open_files([npz]), tmp_path / "examples")
    pictures = re.findall(r"\(([^)]+\.png)\)", page.read_text())
    assert len(pictures) == 9
    assert all((page.parent / name).stat().st_size > 3000 for name in pictures)


def test_a_card_gets_the_metrics_of_its_own_weights(records: Dict[str, Record], tmp_path: Path) -> None:
    path = tmp_path / "compact.json"
    shutil.copy(models_folder() / "compact.json", path)
    before = read_card(path)
    with pytest.raises(InputError, match="other weights"):
        write_metrics(records, path)
    own = {"combination": {**records["combination"], "sha256": before.sha256}}
    write_metrics(own, path)
    after = read_card(path)
    (figures,) = (v for v in after.metrics.values() if isinstance(v, dict))
    assert figures["dice_recommended"] == records["combination"]["dice_recommended"]
    assert replace(after, metrics={}) == replace(before, metrics={})
    with pytest.raises(InputError, match="needs the record"):
        write_metrics({}, path)


def test_records_are_written_and_read(records: Dict[str, Record], tmp_path: Path) -> None:
    write_record(records["combination"], tmp_path / "combination.json")
    assert read_records(tmp_path)["combination"] == json.loads(json.dumps(records["combination"]))
