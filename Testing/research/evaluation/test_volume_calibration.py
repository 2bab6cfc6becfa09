"""The numbers that say how far weights are believed through volumes: the fits, and what goes into the card."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.belief import Belief
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.model.card import bundled
from SPASegmentLib.model.use import load
from SPASegmentLib.research.evaluation.volumes import calibration
from SPASegmentLib.research.evaluation.volumes.calibration import calibrate_volumes, imprecise


def test_the_regression_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(400), rng.standard_normal((400, 2)) * (1, 30)])
    wanted = (x @ (0.5, 1.5, -0.05) + rng.logistic(size=400) > 0).astype(float)
    weights = rng.random(400)
    found = calibration._logistic(x, wanted, weights, 1e-9)
    other = LogisticRegression(C=1e9).fit(x[:, 1:], wanted, sample_weight=weights)
    assert found == pytest.approx([other.intercept_[0], *other.coef_[0]], rel=0.02)


def test_accepted_masks_are_a_little_off() -> None:
    yy, xx = np.mgrid[:80, :80]
    disk = np.hypot(yy - 40, xx - 40) < 20
    reached = [dice(imprecise(disk, (1.0, 1.0), np.random.default_rng(seed)), disk) for seed in range(20)]
    assert 0.85 < np.mean(reached) < 0.97 and min(reached) > 0.7


@pytest.mark.slow
def test_the_card_keeps_what_it_had(tmp_path: Path) -> None:
    for file in bundled().parent.glob("compact.*"):
        shutil.copy(file, tmp_path)
    weights, card = tmp_path / "compact.safetensors", tmp_path / "compact.json"
    before = json.loads(card.read_text(encoding="utf-8"))["calibration"]
    k, y, x = np.mgrid[:19, :48, :48].astype(float)
    mask = np.hypot(y - 24, x - 24) < 9 * np.sqrt(np.maximum(1 - ((k - 9) / 5) ** 2, 0))
    noise = np.random.default_rng(0).standard_normal(mask.shape)
    for what, values in (("image", 80 * mask + 6 * noise), ("mask", mask)):
        image = nibabel.Nifti1Image(values.transpose(2, 1, 0).astype(np.float32), np.diag([1.0, 1.0, 2.5, 1.0]))
        nibabel.save(image, tmp_path / f"ball_{what}.nii.gz")
    facts = calibrate_volumes(weights, [tmp_path])
    assert facts["n_volumes"] == 1 and facts["n_slices"] > 20
    after = json.loads(card.read_text(encoding="utf-8"))["calibration"]
    assert {name: value for name, value in after.items() if name != "volumes"} == {
        name: value for name, value in before.items() if name != "volumes"
    }
    network = load(weights, runtime="onnx").network
    belief = Belief.of_card(network.volume_numbers)
    assert belief != Belief() and [list(row) for row in belief.outline] == after["volumes"]["outline"]
    # What structures are followed with is not fitted anew: see `fit`.
    assert belief.presence == Belief().presence and belief.outline[-2:] == Belief().outline[-2:]


def test_without_volumes_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No volume can be used"):
        calibrate_volumes(bundled(), [tmp_path])
    with pytest.raises(InputError, match="belong together"):
        calibrate_volumes(bundled(), [], [Path("some.npz")])


def test_patients_that_are_left_out_are_left_out_of_shards_too(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 250, (3, 48, 48)).astype(np.uint8)
    masks = np.zeros((3, 48, 48), np.uint8)
    masks[:, 15:32, 15:32] = 0b1111
    np.savez(tmp_path / "shard.npz", images=images, masks=masks)
    rows = "".join(f"shard,{row},P1,0,{row}\n" for row in range(3))
    (tmp_path / "index.csv").write_text(f"file,row,patient,nodule,slice\n{rows}", encoding="utf-8")
    with pytest.raises(InputError, match="No volume can be used"):
        calibrate_volumes(bundled(), [], [tmp_path / "shard.npz"], tmp_path / "index.csv", skip=["P1"])
