"""The plan, its records, and the page that is written from them."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
import subprocess
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pytest
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError, WeightsError
from SPASegmentLib.model.ablation import PARTS
from SPASegmentLib.model.weights import models_folder, read_card
from SPASegmentLib.research.evaluation import statistics
from SPASegmentLib.research.evaluation.baselines.kinds import NETWORKS
from SPASegmentLib.research.evaluation.cases import POLICY_USERS
from SPASegmentLib.research.evaluation.methods.trained import TRAINED
from SPASegmentLib.research.evaluation.multi_rater import evaluate
from SPASegmentLib.research.evaluation.pictures import draw_examples, ranked
from SPASegmentLib.research.evaluation.record import write_record
from SPASegmentLib.research.evaluation.results import sections, tables, trainings
from SPASegmentLib.research.evaluation.results.card import write_metrics
from SPASegmentLib.research.evaluation.results.cells import at
from SPASegmentLib.research.evaluation.results.marks import leads, marks
from SPASegmentLib.research.evaluation.results.plan import ABLATIONS, GENERATORS, LOSSES, plan
from SPASegmentLib.research.evaluation.results.records import (
    Record,
    packed,
    paired,
    read_records,
    records_of_page,
    restricted,
    run_plan,
)
from SPASegmentLib.research.evaluation.results.report import write_report
from SPASegmentLib.research.evaluation.slices import EvaluationFile, open_files
from SPASegmentLib.research.evaluation.statistics import bootstrap_interval, with_interval
from SPASegmentLib.research.evaluation.task import Task
from SPASegmentLib.research.markdown import percent
from SPASegmentLib.research.training.config import TrainConfig, load_config
from SPASegmentLib.research.training.losses import LossWeights

#: Of every record of the fixture `records`; every fifth is of the same patient.
CASES = 12
ROOT = Path(__file__).resolve().parents[3]
TERMS = [field.name for field in fields(LossWeights)]


def test_plan_covers_every_method_user_and_protocol() -> None:
    tasks = list(plan(weights=Path("w.safetensors"), jobs=3).values())
    assert {t.method for t in tasks} == {"spa", "resample", "seed-mask", "consensus", *TRAINED}
    assert {t.user for t in tasks} == {"choice", "choice+point", "choice+oracle-point", "clicks"}
    assert {t.protocol for t in tasks} == {"combination", "rater", "policy"}
    assert {n for names in TRAINED.values() for n in names} == set(NETWORKS)
    assert {t.weights for t in tasks if t.weights and "losses" not in t.weights.parts} == {Path("w.safetensors")}
    assert {t.jobs for t in tasks} == {3}
    assert len({t.command([Path("a.npz")]) for t in tasks}) == len(tasks)
    for task in tasks:
        task.spec()
        task.simulated_user()


def test_what_a_shift_gains_for_users_who_differ_by_a_shift_is_told_apart() -> None:
    gain = {"gain_ci95": [0.0, 0.1], "n": 1}
    users = {name: {**gain, "gain": 0.12 if "px" in name else 0.02} for name in POLICY_USERS}
    changes = {"all": {**gain, "gain": 0.03}, "image after the change": {**gain, "gain": -0.09}}
    policy = {"users": users, "all_users": {**gain, "gain": 0.06}, "user_changes": changes}
    lines = [line for line in marks({"policy": {"policy": policy}}) if line.startswith("| policy")]
    assert [line.rsplit("|", 3)[1:3] for line in lines] == [
        [" +6.0 [+0.0, +10.0] ", " reached "], [" +2.0 ", " **missed** "],
        [" +3.0 [+0.0, +10.0] ", " reached "], [" -9.0 [+0.0, +10.0] ", " **missed** "],
    ]  # fmt: skip


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


def made_trainings(target: str) -> Dict[str, TrainConfig]:
    """Name of the weights -> configuration of all trainings of a target of the Makefile that write to runs/losses."""
    made = subprocess.run(["make", "--dry-run", target, "DATA=data"], cwd=ROOT, capture_output=True, text=True)
    lines = [line for line in made.stdout.replace("\\\n", " ").splitlines() if "spa train" in line]
    found = {}
    for words in map(shlex.split, lines):
        name = words[words.index("--name") + 1]
        assert words[words.index("--output") + 1] == f"runs/losses/{name}"
        changes = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
        found[name] = load_config(ROOT / words[words.index("train") + 1], changes)
    return found


def test_losses_are_trained_as_the_plan_measures_them() -> None:
    """`make losses` writes what `spa results` looks for, without the terms that the table names."""
    found = {}
    for name, config in made_trainings("losses").items():
        weights = config.train.unroll.weights
        found[name] = tuple(field.name for field in fields(weights) if getattr(weights, field.name) == 0)
    assert found == {name: tuple(sorted(terms, key=TERMS.index)) for name, terms in LOSSES.items()}
    for name in LOSSES:
        assert plan()[f"loss-{name}"].weights == Path(f"runs/losses/{name}/{name}.safetensors")


def test_parts_of_the_generator_are_trained_as_the_plan_uses_them() -> None:
    """`make ablations`: a network for each part, trained and used with it, and otherwise alike."""
    configs, tasks = made_trainings("ablations"), {k: v for k, v in plan().items() if k.startswith("generator-")}
    assert set(configs) == set(tasks) == {f"generator-{part}" for part in PARTS}
    for name, task in tasks.items():
        assert name == f"generator-{task.generator}" == f"generator-{configs[name].train.unroll.generator}"
        assert task.weights == Path(f"runs/losses/{name}/{name}.safetensors")
        assert (task.update, task.refine, task.limit) == ("amortised", False, 116)
        train = configs[name].train
        alike = replace(train, unroll=replace(train.unroll, generator="all"))
        assert configs[name].model_copy(update={"train": alike}) == configs["generator-all"]


def test_losses_that_are_not_trained_are_left_out(npz: Path, tmp_path: Path) -> None:
    tasks, said = plan(losses=tmp_path, jobs=1), []
    only = {name: tasks[name] for name in tasks if name.startswith("loss-full")}
    assert run_plan(only, [npz], tmp_path, said.append) == ["loss-full", "loss-full-alone"]
    assert all("left out" in line and line.endswith("make losses trains it.") for line in said)
    with pytest.raises(WeightsError):
        run_plan({"combination": only["loss-full"]}, [npz], tmp_path, said.append)


def test_parts_of_the_generator_that_are_not_trained_are_left_out(npz: Path, tmp_path: Path) -> None:
    tasks, said = plan(losses=tmp_path, jobs=1), []
    only = {name: tasks[name] for name in ("generator-none", "generator-all")}
    assert run_plan(only, [npz], tmp_path, said.append) == list(only)
    assert all("left out" in line and line.endswith("make ablations trains it.") for line in said)


def test_the_other_fusion_is_trained_as_the_plan_measures_it(npz: Path, tmp_path: Path) -> None:
    made = subprocess.run(["make", "--dry-run", "embedding", "DATA=data"], cwd=ROOT, capture_output=True, text=True)
    line = next(line for line in made.stdout.replace("\\\n", " ").splitlines() if "spa train" in line)
    words = shlex.split(line)
    config = load_config(ROOT / words[words.index("train") + 1])
    folder = Path(words[words.index("--output") + 1])
    assert config.network.fusion == "embedding"
    weights = {task.weights for name, task in plan().items() if name.startswith("fusion-")}
    assert weights == {folder / f"{Path(words[words.index('train') + 1]).stem}.safetensors"}
    said: list[str] = []
    only = {name: task for name, task in plan(losses=tmp_path, jobs=1).items() if name.startswith("fusion-")}
    assert run_plan(only, [npz], tmp_path, said.append) == list(only)
    assert all(line.endswith("make embedding trains it.") for line in said)


def test_table_of_fusions_is_over_equal_cases(records: Dict[str, Record]) -> None:
    token, embedding = records["combination"], records["fusion-embedding-combination"]
    lines = trainings.fusions({"combination": token, "fusion-embedding-combination": embedding})
    assert [line.split("|")[2].strip() for line in lines[2:5]] == ["token", "embedding", "embedding minus token"]
    gap = np.array(embedding["cases"]["dice_recommended"]) - np.array(token["cases"]["dice_recommended"])
    assert f"| {100 * gap[:, 5].mean():+.1f} [" in lines[4]
    assert trainings.fusions({"rater": token})[2:] == [""]


def test_table_of_losses_compares_with_the_full_one(records: Dict[str, Record]) -> None:
    some = {name: records[name] for name in ("loss-full", "loss-without-energy")}
    full, without = some.values()
    values, gaps = trainings.losses(some)[2:4], trainings.losses(some)[9:]
    assert values[1].startswith("| without energy | yes |")
    assert f"{100 * without['dice_recommended'][2]:.1f} |" in values[1]
    assert f"{without['first_round']['ged_48']:.3f} |" in values[1]
    rounds = [np.array(r["cases"]["dice_best_on_screen"])[:, 0].mean() for r in (without, full)]
    assert f"{100 * (rounds[0] - rounds[1]):+.1f} [" in gaps[0].split("|")[6]
    assert trainings.losses({"loss-without-energy": without})[3:] == [""]


def test_table_of_parts_trained_anew_compares_with_the_whole_generator(records: Dict[str, Record]) -> None:
    some = {name: records[name] for name in ("generator-weights", "generator-none", "generator-all")}
    rows = trainings.generators(some)
    names = [line.split("|")[1].strip() for line in rows[2:5]]
    assert names == [ABLATIONS[row][0] for row in ("random-gaussian", "weights", "amortised")]
    assert [rows[2].split("|")[2].strip()] == at(records["generator-none"], "dice_recommended", 1)
    assert rows[2].endswith("| 80.29, 90.05 |")
    gaps = [line.split("|") for line in rows[10:-1]]
    assert [cells[1].strip() for cells in gaps] == names[:2]
    cases = [records[f"generator-{part}"]["cases"]["dice_best_on_screen"] for part in ("weights", "all")]
    part, whole = np.array(cases)[..., 5]
    low, high = bootstrap_interval(part - whole, [i % 5 for i in range(CASES)])
    shown = [float(v) for v in re.findall(r"[-+][\d.]+", gaps[1][6])]
    assert shown == pytest.approx([100 * (part - whole).mean(), 100 * low, 100 * high], abs=0.06)
    assert trainings.generators({"generator-none": records["generator-none"]})[3:] == [""]
    assert set(GENERATORS) == set(PARTS)


@pytest.mark.slow
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
    assert [i[0] for i in found["difference_ci95"]] == pytest.approx(low.tolist(), abs=1e-4)


def test_page_has_every_section_and_its_numbers(records: Dict[str, Record], tmp_path: Path) -> None:
    write_report(records, tmp_path / "docs" / "results.md")
    page = (tmp_path / "docs" / "results.md").read_text()
    for title in sections.read_page("results")[1]:
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
    alone, wide = (
        np.array(records[f"widening-volumes-{kind}"]["cases"]["dice_recommended"]) for kind in ("alone", "widened")
    )
    line = next(line for line in page.splitlines() if line.startswith(f"| volumes | {CASES} | 6 |"))
    gain = f"{100 * (wide - alone)[:, 5].mean():+.1f} ["
    assert f"| {100 * alone[:, 5].mean():.1f} | {100 * wide[:, 5].mean():.1f} | {gain}" in line
    kept = records_of_page({}, tmp_path / "docs" / "results.md")
    assert kept == json.loads(json.dumps(records))
    for rows in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):  # every row as wide as its head
        assert len({line.count("|") for line in rows.splitlines()}) == 1


def test_every_table_stands_on_a_page() -> None:
    pages = Path(sections.__file__).with_name("pages")
    named = {words.split()[0] for page in pages.glob("*.md") for words in re.findall("{{(.*)}}", page.read_text())}
    assert named == set(sections.TABLES)


def test_page_leaves_out_what_was_not_measured(records: Dict[str, Record], tmp_path: Path) -> None:
    write_report({"combination": records["combination"]}, tmp_path / "results.md")
    page = (tmp_path / "results.md").read_text()
    assert "## Failures" in page
    assert "## The profile" not in page
    assert "U-Net, majority vote" not in page


def test_the_papers_protocol_compares_both_splits_on_equal_slices(
    records: Dict[str, Record], tmp_path: Path
) -> None:
    kinds = ("candidate", "oracle")
    some = {f"protocol-{split}-{user}": records[f"protocol-{split}-{user}"] for split in ("patients", "slices")
            for user in kinds}  # fmt: skip
    rows = trainings.protocol(some)[2:-1]
    assert len(rows) == 4 and rows[0].endswith("| - |") and rows[2].endswith("88.07 |") and rows[3].endswith("88.56 |")
    by_patient, by_slice = (np.array(some[f"protocol-{split}-oracle"]["cases"]["dice_recommended"])[:, 2]
                            for split in ("patients", "slices"))  # fmt: skip
    means = f"| {CASES} | 3 | {100 * by_patient.mean():.1f} ["
    assert means in rows[3] and f"| {100 * by_slice.mean():.1f} [" in rows[3]
    assert f"| {100 * (by_slice - by_patient).mean():+.1f} [" in rows[3]
    write_report(some, tmp_path / "protocol.md")
    page = (tmp_path / "protocol.md").read_text(encoding="utf-8")
    assert page.startswith("# The paper's protocol on LIDC-IDRI") and rows[3] in page
    assert all(f"| {name} | `spa evaluate lidc" in page for name in some)
    del some["protocol-slices-oracle"]
    assert len(trainings.protocol(some)[2:-1]) == 2


def test_the_papers_protocol_is_trained_as_it_is_measured(tmp_path: Path) -> None:
    """`make protocol` leaves out by either split in turn, and measures what both leave out with these weights."""
    make = subprocess.run(
        ["make", "-n", "protocol", "DATA=D"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    parts = make.replace("\\\n", " ").replace("&&", "\n").splitlines()
    words = [shlex.split(part) for part in parts if "bin/spa" in part]
    trainings, measured = ([line for line in words if line[1] == verb] for verb in ("train", "evaluate"))
    assert len(trainings) == 2 and len(measured) == 4
    configurations = [load_config(ROOT / line[2], [line[line.index("--set") + 1]]) for line in trainings]
    assert [c.sources[0].split for c in configurations] == ["patients", "slices"]  # type: ignore[union-attr]
    files = configurations[0].sources[0].paths
    for line in measured:
        assert [line[k + 1] for k, word in enumerate(line) if word == "--npz"] == [f"D/{name}" for name in files]
        assert line[line.index("--split") + 1] == "both" and line[line.index("--raters") + 1] == "0"
        weights, record = Path(line[line.index("--weights") + 1]), Path(line[line.index("--json") + 1])
        training = next(t for t in trainings if t[t.index("--name") + 1] == weights.stem)
        assert str(weights.parent) == training[training.index("--output") + 1]
        assert record.stem.startswith(f"{weights.stem}-")


def test_new_records_take_the_place_of_those_beside_the_page(records: Dict[str, Record], tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    write_report({name: records[name] for name in ("combination", "rater")}, page)
    before = packed(page).read_bytes()
    write_report(records_of_page({}, page), page)
    assert packed(page).read_bytes() == before
    again = {**records["rater"], "dice_recommended": [0.5] * 6}
    found = records_of_page({"rater": again}, page)
    assert set(found) == {"combination", "rater"}
    assert found["rater"]["dice_recommended"] == [0.5] * 6


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"sha256": "1" * 64}, "networks called 'compact'"), ({"files": ["other.npz"]}, "sets of data")],
)
def test_records_of_two_sources_do_not_stand_on_one_page(
    records: Dict[str, Record], tmp_path: Path, changed: Dict[str, object], said: str
) -> None:
    page = tmp_path / "results.md"
    write_report({"combination": records["combination"]}, page)
    before = page.read_bytes()
    with pytest.raises(InputError, match=said):
        records_of_page({"rater": {**records["rater"], **changed}}, page)
    assert page.read_bytes() == before


def test_damaged_records_beside_a_page_are_named(records: Dict[str, Record], tmp_path: Path) -> None:
    page = tmp_path / "results.md"
    write_report({"combination": records["combination"]}, page)
    packed(page).write_bytes(packed(page).read_bytes()[:100])
    with pytest.raises(InputError, match="records.json.gz cannot be read"):
        records_of_page({}, page)


def test_a_record_without_its_cases_is_to_be_measured_again(records: Dict[str, Record]) -> None:
    lean = {k: v for k, v in records["combination"].items() if k != "cases"}
    with pytest.raises(InputError, match="measure it again"):
        marks({"combination": lean})


def test_marks_say_what_was_missed(records: Dict[str, Record]) -> None:
    good, bad = json.loads(json.dumps(records["combination"])), json.loads(json.dumps(records["combination"]))
    good["dice_recommended"], bad["dice_recommended"] = [0.851] * 6, [0.849] * 6
    assert "| reached |" in marks({"combination": good})[2]
    assert "| **missed** |" in marks({"combination": bad})[2]


def test_a_mark_is_missed_where_the_interval_of_one_baseline_in_one_round_holds_zero(
    records: Dict[str, Record],
) -> None:
    def with_lead(lead: float, last: float) -> Record:
        other = json.loads(json.dumps(records["rater"]))
        for values in other["cases"]["dice_best_seen"]:
            values[:] = [v - lead for v in values[:5]] + [values[5] - last]
        return other

    some = {"rater": records["rater"], "probabilistic-rater": with_lead(0.02, 0.02)}
    wanted = "rater, best mask seen against the trained baselines"
    (row,) = (line for line in marks(some) if wanted in line)
    assert row.endswith("| +2.0 [+2.0, +2.0] | reached |")
    (row,) = (line for line in marks({**some, "ensemble-rater": with_lead(0.02, 0.0)}) if wanted in line)
    assert "(ensemble of three U-Nets, round 6)" in row
    assert row.endswith("| +0.0 [+0.0, +0.0] | **missed** |")


def few_patients(record: Record) -> Record:
    """What a record of as many patients as are too few for intervals says."""
    def bare(value: Any, here: bool) -> Any:
        if isinstance(value, dict):
            return {key: bare(part, here or key.endswith("_ci95")) for key, part in value.items()}
        if isinstance(value, list) and here:
            return [bare(part, here) for part in value]
        return None if here else value

    return dict(bare(json.loads(json.dumps(record)), False))


def test_a_page_of_few_patients_is_written_without_intervals(
    records: Dict[str, Record], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "LEAST_GROUPS", 8)  # of which there are five
    some = {name: few_patients(record) for name, record in records.items()}
    write_report(some, tmp_path / "results.md")
    page = (tmp_path / "results.md").read_text()
    assert "nan" not in page and "None" not in page
    for title in sections.read_page("results")[1]:
        assert f"## {title}\n" in page
    table = page[page.index("| figure |") : page.index("\n\n", page.index("| figure |"))]
    assert "[" not in table


def test_without_intervals_the_smallest_lead_is_told_and_no_mark_reached(
    records: Dict[str, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "LEAST_GROUPS", 8)

    def with_lead(lead: float, last: float) -> Record:
        other = json.loads(json.dumps(records["rater"]))
        for values in other["cases"]["dice_best_seen"]:
            values[:] = [v - lead for v in values[:5]] + [values[5] - last]
        return other

    some = {"rater": records["rater"], "probabilistic-rater": with_lead(0.02, 0.03)}
    wanted = "rater, best mask seen against the trained baselines"
    (row,) = (line for line in marks(some) if wanted in line)
    assert "(round 1)" in row and row.endswith("| +2.0 | no interval |")
    (row,) = (line for line in marks({**some, "ensemble-rater": with_lead(0.02, -0.01)}) if wanted in line)
    assert "(ensemble of three U-Nets, round 6)" in row and row.endswith("| -1.0 | **missed** |")


def shortened(record: Record, rounds: int) -> Record:
    """As `--rounds` would make it."""
    ends = {record["rounds"]: rounds, record["rounds"] - 1: rounds - 1}

    def cut(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: cut(part) for key, part in value.items()}
        return value[: ends.get(len(value))] if isinstance(value, list) else value

    cases = {
        key: [row[:rounds] for row in values] if key.startswith("dice_") else values
        for key, values in record["cases"].items()
    }
    kept = {key: cut(part) for key, part in record.items() if key != "cases"}
    return {**kept, "rounds": rounds, "cases": cases}


@pytest.mark.parametrize("rounds", [1, 2])
def test_records_of_fewer_rounds_have_their_page(records: Dict[str, Record], tmp_path: Path, rounds: int) -> None:
    """Alone, and beside others of more rounds: the rounds that both have are compared."""
    few = {name: shortened(records[name], rounds) for name in ("combination", "rater")}
    write_report(few, tmp_path / "few.md")
    page = (tmp_path / "few.md").read_text()
    assert "recommended Dice in round 1 |" in page and "recommended Dice in round 3 |" not in page
    assert f"gain from round 1 to {rounds} |" in page
    gap = paired(few["combination"], records["unet-combination"], "dice_recommended", "dice_recommended")
    whole = paired(records["combination"], records["unet-combination"], "dice_recommended", "dice_recommended")
    assert gap["difference"] == whole["difference"][:rounds], "not one round of ours minus six of theirs"
    write_report({**records, **few}, tmp_path / "mixed.md")
    assert "SPA minus" in (tmp_path / "mixed.md").read_text()


def test_volumes_alone_have_their_page(tmp_path: Path) -> None:
    kept = json.loads(gzip.decompress(packed(ROOT / "docs" / "beyond-lungs.md").read_bytes()))
    write_report(records_of_page({"volumes-a": kept["volumes-lidc"]}, tmp_path / "page.md"), tmp_path / "page.md")
    assert "## Through the volume" in (tmp_path / "page.md").read_text()


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("protocol", "The record 'combination' lacks 'protocol'; measure it again"),
        ("seconds", "The record 'combination' lacks 'seconds'"),
        ("sha256", "The record 'combination' lacks 'sha256'"),
        ("failure_rate", "The table 'What was wanted, and what was reached' cannot be made: the record 'combination'"),
        ("calibration", "against all raters' cannot be made: the record 'combination' has not what it needs"),
    ],
)
def test_a_record_that_is_not_whole_is_named(
    records: Dict[str, Record], tmp_path: Path, key: str, message: str
) -> None:
    """Such as one of another version; nothing of the page is written."""
    page = tmp_path / "docs" / "page.md"
    lacking = {name: value for name, value in records["combination"].items() if name != key}
    with pytest.raises(InputError, match=re.escape(message)):
        write_report(records_of_page({**records, "combination": lacking}, page), page)
    assert not page.exists() and not packed(page).exists()


def test_a_page_names_the_weights_that_its_records_are_of(records: Dict[str, Record], tmp_path: Path) -> None:
    """Not those of a fold, whose records come first by the alphabet."""
    ours = records["masks-brains"]
    own = {**ours, "weights": "fold-0", "sha256": "f" * 64}
    bare = {key: value for key, value in ours.items() if key not in ("weights", "sha256")}
    for name in ("fusion-a", "loss-full", "generator-a"):
        write_report({"a-consensus": bare, name: own, "masks-brains": ours}, tmp_path / "beyond-lungs.md")
        introduction = (tmp_path / "beyond-lungs.md").read_text().split("## ")[0]
        assert "Weights `compact`, SHA-256 `000000000000...`" in introduction and "fold-0" not in introduction


def test_equal_cases_give_equal_figures(records: Dict[str, Record]) -> None:
    """A mean between two roundings: over all cases the row of the default is that of the record."""
    record = json.loads(json.dumps(records["combination"]))
    for key in ("dice_recommended", "dice_best_on_screen", "dice_best_seen"):
        for k, values in enumerate(record["cases"][key]):
            values[:] = [0.85745 if k % 2 else 0.85753] * 6  # 0.85749, kept as 0.8575 in a record
        record.update(with_interval(key, np.array(record["cases"][key]), record["cases"]["patient"]))
    found = restricted(record, record)
    for key in ("dice_recommended", "dice_best_on_screen", "dice_best_seen"):
        assert at(found, key) == at(record, key)
        assert found[key] == record[key] and found[f"{key}_ci95"] == record[f"{key}_ci95"]


def test_other_measures_are_those_of_the_records(records: Dict[str, Record]) -> None:
    some = {name: json.loads(json.dumps(records[name])) for name in ("combination", "unet-combination")}
    rows = tables.other_measures(some, "combination")
    assert [row.split("|")[1].strip() for row in rows[2:-1]] == ["SPA (ours)", "U-Net, majority vote"]
    own = some["combination"]
    for name, j in (("iou_recommended", 3), ("dice_best_on_screen", 6)):
        assert f"| {100 * own[name][j - 1]:.1f} [" in rows[2]
    assert rows[2].split("|")[-2].strip() == percent(own["auc_recommended"], own["auc_recommended_ci95"])
    assert "HD95" not in rows[0]
    own["hd95_recommended_mm"], own["hd95_recommended_mm_ci95"] = [1.5] * 6, [[1.0, 2.0]] * 6
    rows = tables.other_measures(some, "combination")
    assert rows[2].endswith("| 1.50 [1.00, 2.00] | 1.50 [1.00, 2.00] |")
    assert rows[3].endswith("| - | - |")


def test_the_default_is_compared_on_the_cases_of_the_others(records: Dict[str, Record]) -> None:
    """Every second case of the other records: the default's row is over those cases too, and absent without others."""
    some = {"combination": records["combination"], "noise-10": json.loads(json.dumps(records["noise-10"]))}
    assert tables.users({"combination": records["combination"]})[2:] == [""]
    assert tables.predictions(some)[2:] == [""]
    for values in some["noise-10"]["cases"].values():
        del values[6:]
    (row, _, _) = tables.users(some)[2:]
    half = np.array(records["combination"]["cases"]["dice_recommended"])[:6]
    assert float(row.split("|")[2].split("[")[0]) == pytest.approx(100 * half[:, 0].mean(), abs=0.06)


def test_alignment_without_excluded_raters_has_one_row(records: Dict[str, Record]) -> None:
    record = {k: v for k, v in records["combination"].items() if not k.startswith("dice_excluded")}
    assert [row.split("|")[1].strip() for row in tables.table_2({"combination": record})[2:-1]] == ["included raters"]


def test_few_samples_are_all_counted(records: Dict[str, Record]) -> None:
    record = json.loads(json.dumps(records["ensemble-combination"]))
    once = record["first_round"]
    for name in ("ged_16", "ged_48"):
        del once[name], once[f"{name}_ci95"]
    once["ged_all"], once["ged_all_ci95"] = 0.25, [0.2, 0.3]
    (row,) = tables.sets({"ensemble-combination": record})[2:-1]
    assert row.startswith("| ensemble of three U-Nets | 0.250 [0.200, 0.300] | - |")


def test_budgets_stand_side_by_side(records: Dict[str, Record]) -> None:
    some = {name: json.loads(json.dumps(records[name])) for name in ("combination", "unet-combination")}
    own = some["combination"]
    some["unet-combination"]["trained"][0]["curve"] = [[3, 0.5], [6, 0.61], [9, 0.624], [12, 0.6239]]
    assert trainings.budgets(some)[2:] == [
        "| compact | SPA | 2.00 M | 100 | 3200 | 20 | - |",
        "| unet-0 | a network | 1.00 M | 9 | 36 | 1 | 61.0, 62.4, 62.4 |",
        "",
    ]
    own["history"] = "Begun elsewhere."
    own["training"].update(core_seconds=None, machine="x86_64, 1 threads", last_run={"steps": 100, "seconds": 600})
    lines = trainings.budgets(some)
    assert lines[2] == "| compact | SPA | 2.00 M | 100 | 3200 | < 10 | - |"
    assert lines[-2] == "`compact`: Begun elsewhere."
    own["training"]["last_run"]["steps"] = 50
    assert trainings.budgets(some)[2].endswith("| 3200 | - | - |")


def test_one_mask_is_compared_with_that_mask_and_several_with_the_best_seen(records: Dict[str, Record]) -> None:
    ours = records["combination"]
    for method, theirs in (("unet", "dice_recommended"), ("probabilistic", "dice_best_seen")):
        other = records[f"{method}-combination"]
        some = {"combination": ours, f"{method}-combination": other}
        (row,) = leads(some, "combination", "dice_recommended")[2:-1]
        gap = np.array(ours["cases"]["dice_recommended"])[:, 3] - np.array(other["cases"][theirs])[:, 3]
        low, high = bootstrap_interval(gap, [i % 5 for i in range(CASES)])
        shown = [float(v) for v in re.findall(r"[-+][\d.]+", row.split("|")[6])]
        assert shown == pytest.approx([100 * gap.mean(), 100 * low, 100 * high], abs=0.06)


@pytest.mark.slow
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


def test_examples_of_other_data_are_refused(npz: Path, many: EvaluationFile, tmp_path: Path) -> None:
    task = Task(method="seed-mask", rounds=1, jobs=1, limit=3)
    record = evaluate(task, [npz])
    with pytest.raises(InputError, match="is of other data: many has no case disks:[0-9:]+; give the files"):
        draw_examples(record, task, [many], tmp_path / "examples")
    assert not (tmp_path / "examples").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--npz", "gone.npz"], "gone.npz cannot be read as an npz file"),
        (["--card", "gone.json"], "gone.json cannot be read"),
    ],
)
def test_no_page_is_written_where_the_rest_cannot_be(
    records: Dict[str, Record], tmp_path: Path, options: List[str], message: str
) -> None:
    write_record(records["combination"], tmp_path / "records" / "combination.json")
    page = tmp_path / "page.md"
    done = CliRunner().invoke(app, ["report", str(tmp_path / "records"), "--output", str(page), *options])
    assert done.exit_code == 2 and message in " ".join(done.output.split())
    assert not page.exists()


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
