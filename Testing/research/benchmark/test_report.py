"""The page comes from the records alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict

import pytest
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.research.benchmark.plan import cases, parse_choice
from SPASegmentLib.research.benchmark.report import read_parts, render


def spread(value: float) -> Dict[str, float]:
    return {"median": value, "min": value / 2, "max": value * 2, "n": 5}


def round_record(**changed: Any) -> Dict[str, Any]:
    agreement = dict.fromkeys(
        ("prediction_dice_mean", "prediction_dice_min", "probability_difference_mean_max", "recommended_dice",
         "candidates_dice_mean"), 0.98765
    )  # fmt: skip
    record = {
        "backbone": "vit_b", "fusion": "token", "size": 512, "n": 48, "device": "cpu", "threads": 1,
        "weights": "random", "precision": "bfloat16+float32", "reference_cpu_s": 4.0, "ours_cpu_s": 0.05, "ratio": 80.0,
        "wall_ratio": 75.5, "ours_first_cpu_s": 0.75, "session_ratio": 24.0, "session_reference_cpu_s": 24.5,
        "reference_wall_s": 4.1, "ours_wall_s": 0.06, "reference_peak_mib": 900.4,
        "spread": {"reference_cpu_s": {**spread(4.0), "n": 1}, "ours_cpu_s": spread(0.05)},
        "ours_peak_mib": 600.6, "agreement": agreement,
    }  # fmt: skip
    return {**record, **changed}


PARTS: Dict[str, Any] = {
    "machine": {
        "command": "spa benchmark", "processor": "A processor", "cores": 2, "memory_gib": 16.0, "instructions": "AVX2",
        "bfloat16_on_cpu": False, "gpu": None, "load_at_start": [0.1, 0.1, 0.1],
        "system": "Linux x86_64", "python": "3.11.0", "spa": "0.1.0", "packages": {"torch": "2.0"},
    },
    "rounds": [round_record(), round_record(n=12, ratio=120.0)],
    "product": [
        {
            "threads": 2, "frame": [512, 512], "volume": [512, 512, 300],
            "times": {"click to five masks": {"wall_s": spread(0.123), "cpu_s": spread(0.2)}},
            "surroundings": {"write": {"wall_s": spread(0.004), "cpu_s": spread(0.004)},
                             "sum": {"wall_s": {"median": 0.004}, "cpu_s": {"median": 0.004}}},
            "extras": {"defaults: click": {"wall_s": spread(0.1), "cpu_s": spread(0.1)}},
            "memory_mib": {"interpreter and libraries": 200.0, "with network and volume": 400.0, "peak": 512.3},
        }
    ],
    "cold": [
        {"runtime": "onnx", "threads": "1", "click": {"wall_s": spread(0.9), "cpu_s": spread(0.8)},
         "round": {"wall_s": spread(0.05), "cpu_s": spread(0.05)},
         "again": {"wall_s": spread(0.14), "cpu_s": spread(0.13)}, "peak_mib": 210.4},
        {"runtime": "torch", "threads": "1", "click": {"wall_s": spread(3.0), "cpu_s": spread(2.8)},
         "round": {"wall_s": spread(0.04), "cpu_s": spread(0.04)},
         "again": {"wall_s": spread(0.23), "cpu_s": spread(0.23)}, "peak_mib": 500.1},
        {"runtime": "onnx", "threads": "all", "click": {"wall_s": spread(0.8), "cpu_s": spread(0.9)},
         "round": {"wall_s": spread(0.05), "cpu_s": spread(0.05)},
         "again": {"wall_s": spread(0.12), "cpu_s": spread(0.25)}, "peak_mib": 215.0},
    ],
    "imports": [
        {"module": "SPASegmentLib", "wall_s": spread(0.012), "cpu_s": spread(0.012), "with_torch": False},
        {"module": "SPASegmentLib.cli", "wall_s": spread(0.6), "cpu_s": spread(0.6), "with_torch": True},
    ],
    "soak": {
        "sessions": 5, "rounds": 15, "memory_mib": [1.0, 2.0, 3.0, 4.0, 5.5], "scene_nodes": [9] * 5,
        "mib_per_session_second_half": 0.0123, "nodes_added_second_half": 0, "cpu_ratio_last_to_first_quarter": 1.01,
    },
    "throughput": [
        {"work": "training", "processes": 1, "frames_per_s": 20.5, "frames_per_cpu_s": 20.4, "batch": 32,
         "split_cpu_s": {"data": 0.1, "forward": 0.5, "backward": 1.4}},
    ],
    "accuracy": [
        {"weights": "compact", "setting": "default", "default": True, "dice_recommended": [0.81, 0.9],
         "dice_recommended_ci95": [[0.8, 0.82], [0.88, 0.92]], "session_cpu_s": 0.4, "files": ["val.npz"],
         "n_cases": 60, "seed": 0},
    ],
}  # fmt: skip


def write(folder: Path) -> None:
    folder.mkdir()
    for name, part in PARTS.items():
        (folder / f"{name}.json").write_text(json.dumps(part))


def test_page_is_made_from_the_json_and_always_the_same(tmp_path: Path) -> None:
    write(tmp_path / "records")
    page = tmp_path / "page.md"
    for _ in range(2):
        run = CliRunner().invoke(app, ["benchmark", "report", str(tmp_path / "records"), "--output", str(page)])
        assert run.exit_code == 0, run.output
        assert page.read_text() == render(read_parts(tmp_path / "records")) == render(PARTS)


def test_page_says_what_was_measured() -> None:
    page = render(PARTS)
    for text in ("`spa benchmark`", "**80.0**", "0.123", "512 MiB at most", "0.012 MiB", "70 %", "**default**"):
        assert text in page, text
    assert "| vit_b | token | 512 | round | 50 | 80.0 | reached |  |" in page
    # 24.5 s as published beside 0.75 - 0.05 s of encoding.
    assert "| vit_b | token | 512 | session | 25 | 24.0 | missed | 35.0 |" in page
    assert "| 4.00 | 0.0500 (0.0250 to 0.100) | **80.0** |" in page
    assert "| 4.10 | 0.0600 | 75.5 | 1, 5 |" in page
    assert "| click to five masks, 2 threads | 0.4 | 0.123 | reached |" in page
    assert "| peak memory, 2 threads | 1536 | 512.3 | reached |" in page
    assert "0.3 s: reached" in page
    assert "| onnx | 1 | 0.900 | 0.450 to 1.80 | 0.800 | 0.0500 |" in page
    assert "| 0.0250 to 0.100 | 0.0500 | 0.140 | 0.130 | 210 |" in page
    assert "| onnx | all | 0.800 |" in page
    assert "| first click, share of PyTorch's | 0.5 | 0.3 | reached |" in page
    assert "| further round, share of PyTorch's | 1 | 1.25 | missed |" in page
    assert "| peak memory, MiB beside PyTorch's | -200 | -290 | reached |" in page
    assert "| `SPASegmentLib.cli` | 0.600 | 0.300 to 1.20 | 0.600 | yes |" in page
    assert "120.0 | reached" not in page  # goals are for N = 48
    assert "CUDA is not measured" in page


def test_each_part_stands_with_its_command() -> None:
    once, again = {"command": "spa benchmark", "load_at_start": [0.1]}, {"command": "spa again", "load_at_start": [0.2]}
    runs = {"rounds": [once, again], "soak": [again], "product": [once]}
    page = render({**PARTS, "machine": {**PARTS["machine"], "runs": runs}})
    assert "* rounds, product: `spa benchmark`; load at the start [0.1]\n* rounds, soak: `spa again`; load" in page


@pytest.mark.slow
def test_a_part_measured_again_joins_the_others(tmp_path: Path) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, ["benchmark", "--quick", "--json", str(tmp_path / "rounds.json"), *arguments])

    def stored(name: str) -> Any:
        return json.loads((tmp_path / f"{name}.json").read_text())

    old = round_record(backbone="compact", size=128, ours_cpu_s=99.0)
    (tmp_path / "rounds.json").write_text(json.dumps([round_record(), old]))
    assert run("--parts", "imports").exit_code == 0
    assert stored("rounds") == [round_record(), old]
    assert [record["module"] for record in stored("imports")][0] == "SPASegmentLib"
    assert not stored("imports")[0]["with_torch"]
    assert run("--parts", "rounds", "--backbones", "compact", "--fusions", "token", "--threads", "1").exit_code == 0
    found = {(r["backbone"], r["size"]): r["ours_cpu_s"] for r in stored("rounds")}
    assert found[("vit_b", 512)] == 0.05
    assert found[("compact", 128)] < 99.0
    assert set(stored("machine")["runs"]) == {"imports", "rounds"}
    assert len(stored("machine")["runs"]["rounds"]) == 1
    earlier = {"command": "spa earlier", "load_at_start": [0.5]}
    (tmp_path / "rounds.json").write_text(json.dumps([{**record, "run": earlier} for record in stored("rounds")]))
    again = ("--parts", "rounds", "--backbones", "compact", "--fusions", "token", "--threads", "1", "--sizes", "256")
    assert run(*again).exit_code == 0
    runs = stored("machine")["runs"]["rounds"]
    assert len(runs) == 2, "either command has measured cases that are on the page"
    assert earlier in runs
    assert "## Importing" in render(read_parts(tmp_path))
    (tmp_path / "machine.json").write_text(json.dumps({**stored("machine"), "processor": "Another one"}))
    refused = run("--parts", "imports")
    assert refused.exit_code == 2
    assert "another machine or other versions (processor)" in refused.stderr


def test_parts_that_are_missing_are_left_out() -> None:
    page = render({"rounds": [round_record(device="NVIDIA X")]})
    assert "## Machine" not in page
    assert "Not measured" not in page


@pytest.mark.parametrize("part", sorted(PARTS))
@pytest.mark.parametrize("text", ['{"a": 1}', "3", "null", "[1]", "[{}]", "[]", "{", "\xff"])
def test_records_of_another_form_are_named(tmp_path: Path, part: str, text: str) -> None:
    """As of an older version; no page is written, nor is the one that is there."""
    (tmp_path / f"{part}.json").write_text(text, encoding="latin-1")
    page = tmp_path / "page.md"
    page.write_text("as it was")
    run = CliRunner().invoke(app, ["benchmark", "report", str(tmp_path), "--output", str(page)])
    words = " ".join(run.output.split())
    assert run.exit_code == 2 and (f"{part}.json" in words or "no measurements" in words), words
    assert page.read_text() == "as it was"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["benchmark", "report", "{folder}"], "no measurements"),
        (["benchmark", "--device", "gpu"], "There is no device 'gpu'; choose auto, cpu or cuda."),
        (["benchmark", "--sizes", "big"], "Sizes are whole numbers"),
        (["benchmark", "--parts", "everything"], "There is no 'everything'"),
        (["benchmark", "--backbones", "resnet"], "There is no 'resnet'"),
        (["benchmark", "--backbones", "vit_b", "--sizes", "128"], "No backbone has"),
        (["benchmark", "--weights", "gone.safetensors"], "gone"),
        (["benchmark", "accuracy", "--npz", "gone.npz"], "gone.npz cannot be read"),
    ],
)
def test_bad_arguments_end_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)  # records go below the working folder by default, where somebody's may be
    run = CliRunner().invoke(app, [a.format(folder=tmp_path) for a in arguments])
    assert run.exit_code == 2, run.output
    assert message in run.stderr
    assert not list(tmp_path.iterdir()), "what ends before anything is measured leaves nothing"


def test_quick_is_one_small_case_for_each_network() -> None:
    choice = parse_choice("128,256,512,1024", "48,24", "compact,vit_b", "token", "1,2", "cpu", True, True)
    plan = cases(choice)
    assert {(c["backbone"], c["size"]) for c in plan} == {("compact", 128), ("compact", 256), ("vit_b", 256)}
    assert all(c["counts"] == (48,) and c["threads"] == (1,) for c in plan)
