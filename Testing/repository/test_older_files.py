"""Files that earlier versions wrote are read: `Testing/files` holds some as they were written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.model import use
from SPASegmentLib.model.card import bundled, read_card
from SPASegmentLib.model.expected_dice import UNCALIBRATED

FILES = Path(__file__).resolve().parents[1] / "files"


def test_a_profile_of_0_1_0_keeps_what_it_had_learned() -> None:
    """Made by version 0.1.0, after three accepted masks of a structure that profiles no longer name."""
    profile = Profile.load(FILES / "profile-0.1.0.json")
    assert (profile.name, profile.accepted) == ("Dr Müller", 3)
    assert profile.offset_mm == pytest.approx(0.16662004945195633)
    assert profile.noise_variance == pytest.approx(0.5781131510945501)
    assert profile.updated(0.1).accepted == 4


def test_a_card_of_0_1_0_is_read() -> None:
    """It has neither a calibration nor graphs of ONNX Runtime: PyTorch runs such weights, uncalibrated."""
    card = read_card(FILES / "card-0.1.0.json")
    assert card.name == "compact" and card.network["latent_dim"] == 8
    assert card.expected_dice_curves() == ((UNCALIBRATED,), (UNCALIBRATED,), ())
    assert not card.onnx
    assert use.chosen_runtime(bundled(), card) == "torch"


def test_weights_with_a_card_of_the_older_form_are_used(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    path = tmp_path / "compact.safetensors"
    path.write_bytes(bundled().read_bytes())
    new = json.loads(bundled().with_suffix(".json").read_text())
    old_keys = json.loads((FILES / "card-0.1.0.json").read_text()).keys()
    path.with_suffix(".json").write_text(json.dumps({key: new[key] for key in old_keys}))
    loaded = use.load(path)
    assert loaded.runtime == "torch"
    image = np.zeros((loaded.network.image_size, loaded.network.image_size), np.float32)
    assert loaded.network.prepare(image) is not None
