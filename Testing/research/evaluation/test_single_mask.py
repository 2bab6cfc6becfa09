"""Evaluation on sets with one mask per image."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError
from SPASegmentLib.research.evaluation.single_mask import MaskTask, evaluate_masks


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients with a bright ball each; beside one of them a second, smaller piece."""
    path = tmp_path_factory.mktemp("sets") / "balls"
    rng = np.random.default_rng(0)
    ii, jj, kk = np.mgrid[:90, :80, :4]
    for name, cx in (("P_1", 35), ("P_2", 44)):
        (path / name).mkdir(parents=True)
        ball = np.hypot(ii - cx, jj - 40) < 13 - 3 * abs(kk - 1.5)
        image = 100 + 300 * ball + 20 * rng.standard_normal(ball.shape)
        mask = ball | ((ii > 80) & (jj < 6) & (name == "P_2"))
        for kind, values in (("image", image.astype(np.float32)), ("mask", mask.astype(np.uint8))):
            nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path / name / f"CT_{kind}.nii.gz")
    return path


def test_the_largest_piece_is_wanted_and_the_record_says_how(folder: Path) -> None:
    record = evaluate_masks(MaskTask(folder, rounds=2, jobs=1))
    assert (record["n_cases"], record["intervals_over"]) == (8, "2 patients")
    assert record["dice_recommended"][1] > 0.9
    assert record["command"] == "spa evaluate masks balls --rounds 2"
    # Discs of radius 8.5 and 11.5, so 17 to 23 pixels wide; the small piece counts for nothing.
    assert 16 < record["diameters_px"]["5"] < record["diameters_px"]["95"] < 24
    assert "P_1" not in json.dumps(record)  # no patient's name


def test_slices_that_show_nothing_are_left_out_by_name(tmp_path: Path) -> None:
    ball = np.hypot(*np.mgrid[:60, :60] - 30)[..., None] < 9
    image = np.repeat(100 + 300 * ball, 3, axis=2)
    image[..., 1] = 100
    for kind, values in (("image", image.astype(np.float32)), ("mask", np.repeat(ball, 3, axis=2).astype(np.uint8))):
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / f"a_{kind}.nii.gz")
    heard: list[str] = []
    assert evaluate_masks(MaskTask(tmp_path, rounds=1, jobs=1), complain=heard.append)["n_cases"] == 2
    assert heard == ["a_image.nii.gz: a slice of it has the same value everywhere."]


def test_onnx_runtime_measures_the_same(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    records = [evaluate_masks(MaskTask(folder, rounds=1, limit=2, jobs=1, runtime=name)) for name in ("torch", "onnx")]
    assert records[1]["command"] == "spa evaluate masks balls --rounds 1 --limit 2 --runtime onnx"
    assert records[1]["runtime"] == "onnx" and "runtime" not in records[0]
    assert records[0]["dice_recommended"] == pytest.approx(records[1]["dice_recommended"], abs=2e-3)


def test_patients_can_be_chosen(folder: Path) -> None:
    record = evaluate_masks(MaskTask(folder, patients=("P_2",), rounds=1, limit=3, jobs=1))
    assert (record["n_cases"], record["intervals_over"]) == (3, "1 patients")
    with pytest.raises(InputError, match="no patient 'P_9'"):
        evaluate_masks(MaskTask(folder, patients=("P_9",), jobs=1))


def test_an_object_that_is_not_there_is_explained(folder: Path) -> None:
    with pytest.raises(InputError, match="No slice in balls shows the object"):
        evaluate_masks(MaskTask(folder, label=7, jobs=1))


def test_the_command_writes_the_record(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    arguments = [
        "evaluate",
        "masks",
        str(folder),
        "--limit",
        "2",
        "--rounds",
        "1",
        "--jobs",
        "1",
        "--runtime",
        "onnx",
        "--json",
        str(path),
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    written = json.loads(path.read_text())
    assert written["n_cases"] == 2 and written["runtime"] == "onnx"
