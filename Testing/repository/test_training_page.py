"""The way from one's own raters to measured weights, as docs/training.md has it, on pictures and a volume made here."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.model.weights import read_card
from SPASegmentLib.research.data.shards import load_slices

PAGE = (Path(__file__).resolve().parents[2] / "docs/training.md").read_text()
SECTION = PAGE.partition("## With the masks of your own raters")[2].partition("\n## ")[0]


def block(language: str) -> str:
    return re.findall(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)[0]


def write(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".png":
        Image.fromarray(values[..., 0]).save(path)
    elif path.suffix == ".nrrd":
        place = {"space": "right-anterior-superior", "space directions": np.eye(3), "space origin": np.zeros(3)}
        nrrd.write(str(path), values, place)
    else:
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The files that the CSV of the page lists: a bright disk in noise, and four raters who draw it in other sizes."""
    manifest = block("csv")
    (tmp_path / "raters.csv").write_text(manifest)
    yy, xx = np.mgrid[:160, :160]
    distance = np.hypot(yy - 80, xx - 70)[..., None]
    rng = np.random.default_rng(0)
    for line in manifest.splitlines()[1:]:
        image, _, *masks = line.split(",")
        write(tmp_path / image, (100 * (distance < 22) + rng.uniform(0, 80, (160, 160, 1))).astype(np.uint8))
        for k, mask in enumerate(masks):
            if mask:
                write(tmp_path / mask, (distance < 19 + 2 * k).astype(np.uint8))
    return tmp_path


@pytest.mark.slow
def test_own_raters_from_a_csv_file_to_a_measured_network(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    configuration = block("yaml")
    for long, short in (("steps: 2000", "steps: 2"), ("batch: 16", "batch: 2"), ("count: 4000", "count: 4")):
        assert long in configuration
        configuration = configuration.replace(long, short)
    (data / "mine.yaml").write_text(configuration)
    commands = [shlex.split(line, comments=True) for line in block("sh").splitlines()]
    assert [command[:2] for command in commands] == [["spa", "train"], ["spa", "hold-out"], ["spa", "evaluate"]]
    for command in commands:
        arguments = ["." if argument == "DATA" else argument for argument in command[1:]]
        run = CliRunner().invoke(app, arguments)
        assert run.exit_code == 0, run.output
    card = read_card(data / "runs/mine/mine.json")
    assert card.training["initial"]["name"] == "compact"
    held_out = load_slices([data / "runs/mine/held-out.npz"])
    assert held_out.patients is not None and set(held_out.patients) == {"p1"}
    record = json.loads((data / "runs/mine/evaluation.json").read_text())
    assert record["n_cases"] >= 1
    assert record["dice_recommended"][-1] > 0.7
