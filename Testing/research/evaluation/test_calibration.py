"""Calibration of the expected Dice: the line, the card, and what a session says afterwards."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError, WeightsError
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.types import Box, Click, FrameImage
from SPASegmentLib.model.expected_dice import calibrated
from SPASegmentLib.model.weights import load, models_folder, read_card
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.evaluation.calibration import calibrate, curve_of, fit_line, fit_lines
from SPASegmentLib.research.training.widen import synthetic_slices


def test_the_line_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    expected = rng.uniform(0.7, 1.0, (50, 6))
    reached = 0.2 + 0.7 * expected + rng.normal(0, 0.01, expected.shape)
    design = np.stack([np.ones(expected.size), expected.ravel()], axis=1)
    wanted = np.linalg.lstsq(design, reached.ravel(), rcond=None)[0]
    assert fit_line(expected, reached) == pytest.approx(tuple(wanted), abs=1e-4)


def test_every_round_has_a_line_of_its_own_where_there_are_cases_enough() -> None:
    rng = np.random.default_rng(1)
    expected, lines = rng.uniform(0.3, 1.0, (40, 3)), np.array([[0.0, 0.3], [0.1, 0.9], [-0.2, 1.1]])
    reached = lines[:, 0] + lines[:, 1] * expected
    assert fit_lines(expected, reached) == pytest.approx(lines, abs=1e-4)
    few = fit_lines(expected[:10], reached[:10])
    assert np.array_equal(few, np.array([fit_line(expected[:10], reached[:10])] * 3))


@pytest.mark.parametrize(("offset", "slope"), [(-0.9, 2.1), (0.1, 0.8), (-0.1, 0.9), (0.4, 0.9)])
def test_the_line_is_cut_and_believed_by_half(offset: float, slope: float) -> None:
    curve = curve_of(offset, slope)
    assert curve[0][0] == 0.0 and curve[-1][0] == 1.0
    for agreement in np.linspace(0, 1, 21):
        wanted = (min(max(offset + slope * agreement, 0.0), 1.0) + agreement) / 2
        assert calibrated(float(agreement), curve) == pytest.approx(wanted, abs=2e-4)


def test_a_line_that_falls_is_refused() -> None:
    with pytest.raises(InputError, match="nothing can be learned"):
        curve_of(0.9, -0.2)


@pytest.mark.parametrize("expected", [np.full(100, 0.9), np.linspace(0, 1, 12)])
def test_too_little_is_refused(expected: np.ndarray) -> None:
    with pytest.raises(InputError, match="give it more slices"):
        fit_line(expected, expected)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the bundled weights whose card knows no calibration."""
    folder = tmp_path_factory.mktemp("weights")
    for suffix in (".safetensors", ".json"):
        shutil.copy(models_folder() / f"compact{suffix}", folder)
    path = folder / "compact.safetensors"
    _rewrite(path, {})
    return path


def _rewrite(path: Path, calibration: dict) -> None:
    import json

    card = replace(read_card(path.with_suffix(".json")), calibration=calibration)
    path.with_suffix(".json").write_text(json.dumps(asdict(card)))


def _expected(path: Path, slices: RaterSlices) -> float:
    session = Session(load(path).network, FrameImage(slices.images[0].astype(np.float32)))
    y, x = np.argwhere(slices.raters(0).all(0)).mean(0)
    return session.start(Click(float(x), float(y))).expected_dice


@pytest.mark.slow
def test_calibrated_weights_expect_what_users_reach(weights: Path, tmp_path: Path) -> None:
    slices = synthetic_slices(12, seed=3)
    file = tmp_path / "slices.npz"
    np.savez(file, images=slices.images, masks=slices.masks)
    before, checksum = _expected(weights, slices), read_card(weights.with_suffix(".json")).sha256
    record = calibrate(weights, [file], jobs=1)
    assert record["mean_error_after"] < record["mean_error_before"]
    card = read_card(weights.with_suffix(".json"))
    assert card.calibration == record and card.sha256 == checksum
    knots, dice = np.transpose(record["expected_dice"][0])
    assert _expected(weights, slices) == pytest.approx(np.interp(before, knots, dice))
    # What is measured is always the uncalibrated value: a second run finds the same.
    assert calibrate(weights, [file], jobs=1)["expected_dice"] == record["expected_dice"]


@pytest.mark.slow
def test_structures_take_part_beside_slices_or_alone(weights: Path, tmp_path: Path) -> None:
    slices = synthetic_slices(6, seed=4)  # five corrected rounds of six cases are as many values as are needed
    labels = np.stack([slices.raters(i)[0] for i in range(6)]).astype(np.uint8)
    np.savez(tmp_path / "slices.npz", images=slices.images, masks=slices.masks)
    np.savez(tmp_path / "things.npz", images=slices.images, labels=labels, classes=np.array(["thing"]))
    alone = calibrate(weights, [], jobs=1, structures=[tmp_path / "things.npz"])
    assert alone["n_cases"] == 6 and alone["files"] == ["things.npz"]
    things = [tmp_path / "things.npz"]
    both = calibrate(weights, [tmp_path / "slices.npz"], 4, jobs=1, structures=things, per_set=2)
    assert both["n_cases"] == 6 and both["files"] == ["slices.npz", "things.npz"]
    assert read_card(weights.with_suffix(".json")).calibration == both


def test_two_raters_are_enough_where_that_is_said(weights: Path, tmp_path: Path) -> None:
    slices = synthetic_slices(2, seed=4)
    np.savez(tmp_path / "two.npz", images=slices.images, masks=slices.masks & 0b11)
    for how, message in (
        ([], "slices with 2 masks; choose with --raters"),
        (["--raters", "2"], "Calibration needs at least 6 cases (30 values, 5 of a case), and there are 1"),
        (["--raters", "0"], "Calibration needs at least 6 cases (30 values, 5 of a case), and there are 1"),
    ):
        arguments = ["calibrate", "--weights", str(weights), "--npz", str(tmp_path / "two.npz"), "--limit", "1"]
        result = CliRunner().invoke(app, [*arguments, "--jobs", "1", *how])
        assert result.exit_code == 2 and message in " ".join(result.output.split()), result.output


def test_too_few_cases_are_refused_before_any_session(weights: Path, tmp_path: Path) -> None:
    slices = synthetic_slices(6, seed=4)
    images = slices.images.copy()
    np.savez(tmp_path / "slices.npz", images=images, masks=slices.masks)
    images[1:] = 9  # of one value
    labels = np.stack([slices.raters(i)[0] for i in range(6)]).astype(np.uint8)
    np.savez(tmp_path / "blank.npz", images=images, labels=labels, classes=np.array(["thing"]))
    before, done = weights.with_suffix(".json").read_bytes(), []
    progress = lambda count, of: done.append(count)  # noqa: E731
    for files, structures, limit, count in (
        (["slices.npz"], [], 4, 4), ([], ["blank.npz"], None, 1), (["slices.npz"], ["blank.npz"], 3, 4),
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"needs at least 6 cases .*, and there are {count}; give it more"):
            calibrate(
                weights, [tmp_path / name for name in files], limit, 1, progress,
                [tmp_path / name for name in structures],
            )  # fmt: skip
    assert done == [] and weights.with_suffix(".json").read_bytes() == before


@pytest.mark.slow
def test_calibration_leaves_images_out_that_show_nothing(weights: Path, tmp_path: Path) -> None:
    slices, heard = synthetic_slices(6, seed=4), []
    images = slices.images.copy()
    images[2] = 9
    labels = np.stack([slices.raters(i)[0] for i in range(6)]).astype(np.uint8)
    np.savez(tmp_path / "slices.npz", images=images, masks=slices.masks & 0b11)
    np.savez(tmp_path / "things.npz", images=images, labels=labels, classes=np.array(["thing"]))
    record = calibrate(
        weights, [tmp_path / "slices.npz"], jobs=1, structures=[tmp_path / "things.npz"], raters=2,
        complain=heard.append,
    )  # fmt: skip
    assert record["n_cases"] == 10
    assert [text.split(" (")[0] for text in heard] == ["slices.npz, row 2", "things.npz, row 2"]


def test_calibration_without_files_is_a_sentence(weights: Path) -> None:
    result = CliRunner().invoke(app, ["calibrate", "--weights", str(weights)])
    assert result.exit_code != 0
    text = " ".join(result.output.split())
    assert "Calibration needs files: slices (--npz), structures (--structures), or both." in text


def test_sessions_use_the_curve_of_their_round(weights: Path) -> None:
    image = FrameImage(synthetic_slices(1, seed=3).images[0].astype(np.float32))
    middle = Click(image.shape[1] / 2, image.shape[0] / 2)
    after_click = [[[0.0, 0.25], [1.0, 0.25]], [[0.4, 0.5]], [[0.0, 0.75], [0.5, 0.75]]]
    after_box = [[0.8, 0.0], [0.9, 0.0]]  # offsets and slopes, as older versions wrote them
    _rewrite(weights, {"expected_dice": after_click, "expected_dice_of_extent": after_box})
    session = Session(load(weights).network, image)
    assert session.start(middle).expected_dice == 0.25
    assert [session.choose(0).expected_dice for _ in range(3)] == [0.5, 0.75, 0.75]
    session = Session(load(weights).network, image)
    assert session.start(box=Box(middle.x - 9, middle.y - 9, middle.x + 9, middle.y + 9)).expected_dice == 0.8
    assert session.choose(0).expected_dice == 0.9
    # Corrections have curves of their own, whatever the round.
    after_clicks = [[[0.0, 0.35], [1.0, 0.35]], [[0.4, 0.45]]]
    _rewrite(weights, {"expected_dice": after_click, "expected_dice_corrected": after_clicks})
    session = Session(load(weights).network, image)
    assert session.start(middle).expected_dice == 0.25
    edge = np.argwhere(session.proposal.masks[0])[0]
    corrected = [session.add_click(Click(float(edge[1] - k), float(edge[0]), k < 2)).expected_dice for k in range(3)]
    assert corrected == [0.35, 0.45, 0.45] and session.choose(0).expected_dice == 0.45
    # The oldest cards have one line.
    _rewrite(weights, {"expected_dice": [0.5, 0.0]})
    session = Session(load(weights).network, image)
    assert session.start(middle).expected_dice == 0.5 == session.choose(0).expected_dice


@pytest.mark.parametrize(
    "line", [[1.0], "no", [0.0, float("nan")], [], [[0.0, 1.0], [1.0]], [[[0.5, 0.1], [0.5, 0.2]]]]
)
def test_a_card_with_a_damaged_calibration_is_refused(weights: Path, line: object) -> None:
    _rewrite(weights, {"expected_dice": line})
    with pytest.raises(WeightsError, match="calibration"):
        load(weights)
