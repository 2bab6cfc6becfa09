"""The reference path and SPA's path decode the same masks; records hold what the report needs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from SPASegmentLib.errors import InputError
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.research.benchmark.reference import reference_round
from SPASegmentLib.research.benchmark.rounds import CaseSpec, OwnPath, _given, measure_case
from SPASegmentLib.research.benchmark.subject import device_of, make_decided, make_frame, make_network

FIELDS = {
    "backbone", "fusion", "size", "n", "device", "threads", "reference_cpu_s", "ours_cpu_s", "ratio",
    "reference_wall_s", "ours_wall_s", "ours_first_wall_s", "session_ratio", "ours_peak_mib", "reference_peak_mib",
    "agreement", "precision", "weights", "spread",
}  # fmt: skip


@pytest.mark.parametrize("fusion", ["token", "embedding"])
def test_both_paths_decode_the_same_masks_in_every_round(fusion: str) -> None:
    torch.manual_seed(0)
    config = NetworkConfig(channels=32, image_size=64, latent_dim=4, components=5, mlp_dim=32, fusion=fusion)
    network = SPANetwork(config).eval().requires_grad_(False)
    make_decided(network)
    frame, click = make_frame(64)
    path = OwnPath(network, frame, click, 7, chunk=3)
    own = path.first()
    for number in (2, 3):
        theirs = reference_round(network, _given(path, own, torch.device("cpu")))
        assert np.abs(own.maps - theirs.predictions).max() < 1e-4
        assert np.abs(own.candidates.recommended - theirs.recommended[::2, ::2]).max() < 1e-4
        own = path.after(own, number)
    assert len(own.prompts.clicks) == 3


@pytest.mark.slow
def test_a_case_gives_complete_records() -> None:
    records = measure_case(CaseSpec("compact", "token", 128, counts=(6, 4), seconds=0.0))
    assert [r["n"] for r in records] == [6, 4]
    assert set(records[0]) >= FIELDS
    assert set(records[1]) >= FIELDS - {"ours_peak_mib", "reference_peak_mib"}
    for record in records:
        assert record["ratio"] == pytest.approx(record["reference_cpu_s"] / record["ours_cpu_s"], rel=0.02)
        assert record["agreement"]["prediction_dice_min"] > 0.999
        assert record["agreement"]["recommended_dice"] > 0.999
        assert record["weights"] == "compact"


def test_networks_without_trained_weights_make_masks_with_outlines() -> None:
    network, weights = make_network("compact", "embedding", 128)
    if weights != "random":
        pytest.skip("there are trained weights for embedding fusion")
    frame, click = make_frame(128)
    maps = OwnPath(network, frame, click, 6, chunk=6).first().maps
    assert 0.02 < float((maps > 0.5).mean()) < 0.98
    assert float(np.abs(maps - maps[0]).max()) > 0.1


def test_unknown_networks_and_devices_are_refused() -> None:
    for arguments in (("resnet", "token", 128), ("compact", "early", 128), ("vit_b", "token", 128)):
        with pytest.raises(InputError):
            make_network(*arguments)
    with pytest.raises(InputError, match="choose cpu"):
        device_of("abacus")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="no CUDA device"):
            device_of("cuda")
        assert device_of("auto") == torch.device("cpu")
