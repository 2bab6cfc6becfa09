"""``spa train``, ``spa baselines`` and ``spa evaluate`` on files made here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.model.weights import load
from SPASegmentLib.research.data.split import kept_for_testing
from SPASegmentLib.research.evaluation.cases import POLICY_USERS, SEQUENCE, draw_ids, of_split
from SPASegmentLib.research.evaluation.slices import open_files
from SPASegmentLib.research.training.recipe import only_training
from SPASegmentLib.research.training.sources import Shards
from SPASegmentLib.research.training.widen import synthetic_slices

ROOT = str(Path(__file__).resolve().parents[2])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    slices = synthetic_slices(6, seed=5)
    np.savez(folder / "slices.npz", images=slices.images, masks=slices.masks)
    return folder


CONFIG = """
network: {channels: 16, image_size: 64, latent_dim: 3, components: 4, mlp_dim: 16}
batch: 4
train: {steps: 4, warmup: 1, checkpoint_every: 2, log_every: 1, unroll: {rounds: 2, predictions: 4}}
sources:
  - {kind: shards, share: 0.5, files: [slices.npz]}
  - {kind: synthetic, share: 0.5, count: 4}
"""


def test_train_writes_weights_that_evaluate_reads(data: Path, tmp_path: Path) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text(CONFIG)
    run = CliRunner().invoke(app, ["train", str(config), "--data", str(data), "--output", str(tmp_path / "run")])
    assert run.exit_code == 0, run.output
    loaded = load(tmp_path / "run" / "tiny.safetensors")
    assert loaded.card.training["steps"] == 4
    assert loaded.network.config.channels == 16
    record = tmp_path / "record.json"
    run = CliRunner().invoke(
        app,
        ["evaluate", "lidc", "--npz", str(data / "slices.npz"), "--rounds", "2", "--limit", "2", "--json", str(record),
         "--weights", str(tmp_path / "run" / "tiny.safetensors"), "--jobs", "1"],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    found = json.loads(record.read_text())
    assert found["n_cases"] == 2
    assert len(found["dice_recommended"]) == len(found["iou_recommended_ci95"]) == 2
    assert {"protocol", "user", "failure_rate", "noc", "dice_best_on_screen"} <= set(found)


def test_training_with_a_changed_value_and_a_name_of_its_own(data: Path, tmp_path: Path) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text(CONFIG)
    change = "train.unroll.weights.energy=0"
    arguments = ["train", str(config), "--data", str(data), "--output", str(tmp_path / "run"), "--name", "other"]
    run = CliRunner().invoke(app, [*arguments, "--set", change, "--set", "train.steps=2"])
    assert run.exit_code == 0, run.output
    card = load(tmp_path / "run" / "other.safetensors").card
    assert card.name == "other"
    assert card.training["changes"] == [change, "train.steps=2"]
    assert card.training["steps"] == 2
    run = CliRunner().invoke(app, [*arguments[:-1], "../other"])
    assert run.exit_code == 2
    assert "no path" in run.stderr


@pytest.mark.slow
def test_a_training_in_the_folder_of_another_one_is_refused(data: Path, tmp_path: Path) -> None:
    """Whatever it is that differs: the weights keep the card of what they have seen."""
    first, run = tmp_path / "first.yaml", tmp_path / "run"
    first.write_text(CONFIG)
    others = {
        "seed": (CONFIG.replace("log_every: 1,", "log_every: 1, seed: 7,"), data, "train.seed"),
        "share": (CONFIG.replace("share: 0.5, count", "share: 1.5, count"), data, "shares"),
        "count": (CONFIG.replace("count: 4", "count: 5"), data, "data"),
        "files": (CONFIG, tmp_path, "data"),
        "initial": (CONFIG + "initial: begun.safetensors\n", data, "began with random weights, not with begun"),
    }
    slices = synthetic_slices(6, seed=6)
    np.savez(tmp_path / "slices.npz", images=slices.images, masks=slices.masks)

    def train(config: Path, folder: Path, output: Path) -> Any:
        return CliRunner().invoke(app, ["train", str(config), "--data", str(folder), "--output", str(output)])

    done = train(first, data, run)
    assert done.exit_code == 0, done.output
    shutil.copy(run / "first.safetensors", tmp_path / "begun.safetensors")
    shutil.copy(run / "first.json", tmp_path / "begun.json")
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    for name, (text, folder, words) in others.items():
        config = tmp_path / f"{name}.yaml"
        config.write_text(text)
        done = train(config, folder, run)
        assert done.exit_code == 2 and words in done.stderr and "another folder" in done.stderr, (name, done.output)
    with only_training(run):
        done = train(first, data, run)
        assert done.exit_code == 2 and "Another training is at work" in done.stderr, done.output
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before
    same = tmp_path / "same.yaml"
    same.write_text(CONFIG)
    assert train(same, data, run).exit_code == 0
    cards = [load(run / f"{name}.safetensors").card for name in ("first", "same")]
    assert cards[0].sha256 == cards[1].sha256 and cards[1].training["last_run"]["steps"] == 0


def test_a_baseline_is_trained_and_measured_on_listed_cases(data: Path, tmp_path: Path) -> None:
    npz, folder, cases = str(data / "slices.npz"), str(tmp_path / "baselines"), str(tmp_path / "cases.json")
    train = ["baselines", "train", "--npz", npz, "--name", "unet-0", "--steps", "2", "--output", folder]
    run = CliRunner().invoke(app, train)
    assert run.exit_code == 0, run.output
    run = CliRunner().invoke(app, ["evaluate", "cases", "--npz", npz, "--seed", "3", "--output", cases])
    assert run.exit_code == 0, run.output
    record = tmp_path / "record.json"
    run = CliRunner().invoke(
        app,
        ["evaluate", "lidc", "--npz", npz, "--method", "unet", "--baselines", folder, "--cases", cases,
         "--rounds", "2", "--jobs", "1", "--json", str(record)],
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    found = json.loads(record.read_text())
    assert found["case_list"] == "cases.json"
    assert found["n_cases"] == len(json.loads(Path(cases).read_text())["cases"])
    assert found["trained"][0]["steps"] == 2


def test_a_baseline_keeps_patients_out_and_says_how_it_does_on_them(data: Path, tmp_path: Path) -> None:
    shutil.copy(data / "slices.npz", tmp_path)
    (tmp_path / "index.csv").write_text("file,row,patient\n" + "".join(f"slices,{k},p{k // 2}\n" for k in range(6)))
    train = ["baselines", "train", "--npz", str(tmp_path / "slices.npz"), "--name", "unet-0", "--steps", "2"]
    run = CliRunner().invoke(app, [*train, "--hold-out-every", "3", "--patience", "1", "--output", str(tmp_path / "b")])
    assert run.exit_code == 0, run.output
    card = json.loads((tmp_path / "b" / "unet-0" / "card.json").read_text())
    assert (card["slices"], card["kept_out"], card["curve"][0][0]) == (4, 2, 2)
    assert f"patients kept out, at last: {100 * card['curve'][0][1]:.1f}." in " ".join(run.output.split())
    run = CliRunner().invoke(app, [*train, "--hold-out-every", "0", "--output", str(tmp_path / "b")])
    assert run.exit_code == 2 and "other data" in run.stderr


def test_a_training_by_split_sees_nothing_of_what_the_split_measures(tmp_path: Path) -> None:
    slices = synthetic_slices(40, seed=5)
    np.savez(tmp_path / "slices.npz", images=slices.images, masks=slices.masks)
    (tmp_path / "index.csv").write_text("file,row,patient\n" + "".join(f"slices,{k},p{k // 4}\n" for k in range(40)))
    for split in ("slices", "patients"):
        source = Shards(kind="shards", share=1, files=("slices.npz",), index="index.csv", split=split)
        seen = source.slices(tmp_path, slices.images.shape[1])
        ids = of_split(draw_ids(open_files([tmp_path / "slices.npz"]), "combination", raters=0),
                       open_files([tmp_path / "slices.npz"]), split)  # fmt: skip
        measured = {slices.images[case.row].tobytes() for case in ids}
        assert len(measured) > 0 and not measured & {image.tobytes() for image in seen.images}
        rows = kept_for_testing(split, Path("slices.npz"), 40, np.array([f"p{k // 4}" for k in range(40)]))
        assert len(seen) == 40 - rows.sum()
        record = tmp_path / f"{split}.json"
        run = CliRunner().invoke(
            app, ["evaluate", "lidc", "--npz", str(tmp_path / "slices.npz"), "--raters", "0", "--split", split,
                  "--method", "seed-mask", "--rounds", "1", "--jobs", "1", "--json", str(record)],
        )  # fmt: skip
        assert run.exit_code == 0, run.output
        found = json.loads(record.read_text())
        assert found["n_cases"] == len(ids) and f"--raters 0 --split {split}" in found["command"]


def test_results_and_their_page(data: Path, tmp_path: Path) -> None:
    npz, records, page = str(data / "slices.npz"), tmp_path / "records", tmp_path / "docs" / "results.md"
    arguments = ["results", "--npz", npz, "--only", "consensus", "--jobs", "1", "--output", str(records)]
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 0, run.output
    assert {p.name for p in records.iterdir()} == {"consensus-combination.json", "consensus-rater.json"}
    assert "done before" not in run.output
    assert CliRunner().invoke(app, arguments).output.count("done before") == 2
    page.parent.mkdir()
    run = CliRunner().invoke(app, ["report", str(records), "--output", str(page)])
    assert run.exit_code == 0, run.output
    assert "best fixed consensus (oracle)" in page.read_text()


def test_new_records_join_those_of_a_page_that_is_there(data: Path, tmp_path: Path) -> None:
    npz, both, page = str(data / "slices.npz"), tmp_path / "both", tmp_path / "page" / "results.md"
    measure = ["results", "--npz", npz, "--only", "consensus", "--jobs", "1", "--output", str(both)]
    assert CliRunner().invoke(app, measure).exit_code == 0
    page.parent.mkdir()
    for name in ("combination", "rater"):
        (tmp_path / name).mkdir()
        shutil.copy(both / f"consensus-{name}.json", tmp_path / name)
        assert CliRunner().invoke(app, ["report", str(tmp_path / name), "--output", str(page)]).exit_code == 0
    whole = tmp_path / "whole" / "results.md"
    whole.parent.mkdir()
    assert CliRunner().invoke(app, ["report", str(both), "--output", str(whole)]).exit_code == 0
    assert page.read_text() == whole.read_text()
    assert "Dice by round, single raters" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "lidc", "--npz", "gone.npz"], "gone.npz cannot be read"),
        (["evaluate", "lidc", "--npz", "{data}/slices.npz", "gone.npz"], "gone.npz cannot be read"),
        (["evaluate", "lidc", "--npz", "{data}/slices.npz", "--protocol", "guess"], "Unknown protocol"),
        (["evaluate", "lidc", "--npz", "{data}/slices.npz", "--update", "magic"], "preference_update"),
        (["evaluate", "cases", "--npz", "{data}/slices.npz", "--protocol", "guess"], "Unknown protocol"),
        (["baselines", "train", "--npz", "{data}/slices.npz", "--name", "magic"], "no baseline 'magic'"),
        (["baselines", "train", "--npz", "{data}/slices.npz", "--patience", "3"], "Patience needs a validation curve"),
        (["evaluate", "lidc", "--npz", "{data}/slices.npz", "--split", "magic"], "one of slices, patients, both"),
        (["results", "--npz", "{data}/slices.npz", "--only", "magic"], "No record begins with 'magic'"),
        (["report", "{data}"], "no records"),
        (["train", "gone.yaml", "--data", "{data}"], "gone.yaml cannot be read"),
        (["train-people", "gone.yaml", "--data", "{data}", "--file", "gone.npz"], "gone.yaml cannot be read"),
        (["hold-out", "gone.yaml", "--data", "{data}"], "gone.yaml cannot be read"),
        (["calibrate", "--weights", "gone.safetensors", "--npz", "{data}/slices.npz"], "gone.safetensors"),
        (["calibrate-volumes", "gone"], "gone"),
        (["export", "gone.safetensors"], "gone.safetensors"),
        (["average", "gone.safetensors", "other.safetensors", "--output", "new.safetensors"], "gone.safetensors"),
        (["evaluate", "masks", "{data}"], "holds no images"),
        (["evaluate", "masks", "gone"], "gone"),
        (["evaluate", "structures", "gone"], "gone"),
        (["evaluate", "named", "--npz", "gone.npz"], "gone.npz cannot be read"),
        (["evaluate", "volumes", "gone", "--without", "itk"], "gone"),
        (["evaluate", "lidc", "--npz", "{data}/slices.npz", "--weights", "gone.safetensors"], "gone.safetensors"),
        (["evaluate", "lidc", "--npz", "{data}/slices.npz", "--raters", "7"], "raters"),
        (["results", "--npz", "gone.npz"], "gone.npz cannot be read"),
        (["benchmark", "accuracy", "--npz", "gone.npz"], "gone.npz cannot be read"),
        (["study", "report", "gone.csv"], "gone.csv"),
    ],
)
def test_bad_arguments_end_in_one_sentence(data: Path, arguments: list[str], message: str) -> None:
    run = CliRunner().invoke(app, [a.format(data=data) for a in arguments])
    assert run.exit_code == 2
    assert message in run.stderr
    assert run.stderr.strip().count("\n") == 0
    assert all(line.startswith("Left out: ") for line in run.stdout.splitlines()), "a bar of nothing above the error"


def test_the_options_of_evaluate_lidc_say_what_they_do_there() -> None:
    """Another click than that of the other evaluations, and a limit that the policy protocol cannot go below."""
    group = typer.main.get_command(app).commands["evaluate"]  # type: ignore[attr-defined]
    help_of = {option.name: option.help for option in group.commands["lidc"].params}
    assert "a random pixel of what all raters share" in help_of["start"] and "innermost" not in help_of["start"]
    assert f"{SEQUENCE * len(POLICY_USERS)} cases" in help_of["limit"]


def test_hold_out_needs_somebody_to_hold_out(data: Path, tmp_path: Path) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text(CONFIG)
    run = CliRunner().invoke(app, ["hold-out", str(config), "--data", str(data), "--output", str(tmp_path / "h.npz")])
    assert run.exit_code == 2
    assert "tiny.yaml holds nobody out; give a source the key hold_out_every" in run.stderr
    assert not (tmp_path / "h.npz").exists()
    changed = ["--set", "sources.1.hold_out_every=5"]
    run = CliRunner().invoke(app, ["hold-out", str(config), "--data", str(data), *changed])
    assert run.exit_code == 2 and "the data must say whom each slice is of" in run.stderr


def test_training_without_its_packages_says_what_to_install(tmp_path: Path) -> None:
    code = "import sys; sys.modules['yaml'] = None; from SPASegmentLib.cli import main; main()"
    command = [sys.executable, "-c", code, "train", "x.yaml", "--data", "."]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": ROOT})
    assert done.returncode == 2
    assert 'This needs the package yaml; run pip install "spa-segment[train]"' in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "tiny.yaml", "--data", "gone"], "gone is no folder, or not there"),
        (["train-people", "tiny.yaml", "--data", "tiny.yaml", "--file", "a.npz"], "tiny.yaml is no folder"),
        (["hold-out", "tiny.yaml", "--data", "gone"], "gone is no folder, or not there"),
        (["train", "tiny.yaml", "--data", ".", "--other-sam"], "give --sam, too"),
    ],
)
def test_what_a_training_lacks_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: List[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    run = CliRunner().invoke(app, arguments)
    assert run.exit_code == 2 and message in run.stderr and "Training" not in run.stdout
    assert [each.name for each in tmp_path.iterdir()] == ["tiny.yaml"]
