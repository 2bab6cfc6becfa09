"""Product, soak, throughput and accuracy on small cases: what they return makes sense. No time is judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from SPASegmentLib.errors import SPAError
from SPASegmentLib.research.benchmark.accuracy import measure_accuracy
from SPASegmentLib.research.benchmark.clock import Parts, memory_mib, peak_mib, timed
from SPASegmentLib.research.benchmark.throughput import measure_training
from SPASegmentLib.research.benchmark.worker import in_process
from SPASegmentLib.research.training.widen import synthetic_slices

SMALL = (12, 96, 96)


@pytest.mark.slow
def test_product_measures_clicks_rounds_and_what_is_around_them(scene: object) -> None:
    from SPASegmentLib.research.benchmark.product import measure_product

    record = measure_product(threads=1, slices=1, shape=(40, 96, 96))
    assert set(record["times"]) == {"click to five masks", "further round", "accept"}
    assert "and amortised, no particles: further round" in record["extras"]
    around = record["surroundings"]
    assert set(around) >= {"frame extraction", "region crop", "preview segments", "write", "sum"}
    parts = [around[name]["wall_s"]["median"] for name in around if name != "sum"]
    assert around["sum"]["wall_s"]["median"] == pytest.approx(sum(parts), abs=1e-5)
    assert record["memory_mib"]["peak"] >= record["memory_mib"]["with network and volume"] > 0


@pytest.mark.slow
def test_the_first_click_of_a_process_is_measured_with_both_runtimes() -> None:
    records = in_process("cold", {"repeats": 1}, 1)
    kinds = [(record["threads"], record["runtime"]) for record in records]
    assert kinds == [("1", "onnx"), ("1", "torch"), ("all", "onnx"), ("all", "torch")]
    for record in records:
        assert record["click"]["cpu_s"]["median"] > record["round"]["cpu_s"]["median"] > 0
    for onnx, pytorch in (records[:2], records[2:]):
        assert onnx["peak_mib"] < pytorch["peak_mib"]


@pytest.mark.slow
def test_soak_adds_no_nodes_and_counts_rounds(scene: object) -> None:
    from SPASegmentLib.research.benchmark.soak import measure_soak

    record = measure_soak(sessions=8, seconds=600.0, shape=SMALL)
    assert record["sessions"] == len(record["memory_mib"]) == 8
    assert 8 < record["rounds"] <= 24
    assert record["nodes_added_second_half"] == 0


@pytest.mark.slow
def test_training_steps_are_split() -> None:
    config = {"channels": 16, "image_size": 64, "latent_dim": 3, "components": 4, "mlp_dim": 16}
    record = measure_training(steps=1, batch=2, config=config, rounds=2)
    assert set(record["split_cpu_s"]) == {"data", "forward", "backward", "optimiser"}
    assert record["frames"] == 2
    assert record["frames_per_s"] > 0


@pytest.mark.slow
def test_accuracy_changes_one_setting_at_a_time(tmp_path: Path) -> None:
    slices = synthetic_slices(4, seed=3)
    np.savez(tmp_path / "slices.npz", images=slices.images, masks=slices.masks)
    settings = (("default", {}), ("N = 6", {"predictions": 6}), ("bfloat16", {"bfloat16": True}))
    seen = []
    records = measure_accuracy(
        [tmp_path / "slices.npz"], limit=2, settings=settings, progress=lambda done, total: seen.append((done, total))
    )
    assert [r["setting"] for r in records] == ["default", "N = 6", "bfloat16"]
    assert [r["default"] for r in records] == [True, False, False]
    assert seen[-1] == (6, 6)
    for record in records:
        assert len(record["dice_recommended"]) == 6
        assert all(0 < value <= 1 for value in record["dice_recommended"])


def test_a_part_that_fails_says_why() -> None:
    with pytest.raises(SPAError, match="no measurement 'nothing'"):
        in_process("nothing", {})


def test_clock_counts_work_and_memory() -> None:
    result, taken = timed(lambda: sum(range(100_000)))
    assert result == 4999950000
    assert taken.cpu_s > 0
    assert 0 < memory_mib() <= peak_mib()
    parts = Parts()
    for _ in range(3):
        with parts.part("work"):
            sum(range(1000))
    assert parts.record()["work"]["cpu_s"]["n"] == 2
