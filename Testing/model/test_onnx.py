"""ONNX Runtime gives PyTorch's masks, from graphs that belong to the weights; which of the two runs is decided once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import DependencyError, InputError, WeightsError
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.types import Click
from SPASegmentLib.model import onnx_network, use, weights
from SPASegmentLib.model.card import bundled, file_sha256, read_card
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.model.onnx_graphs import GRAPHS, graph_file
from SPASegmentLib.model.onnx_network import OnnxNetwork
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.research.benchmark.subject import make_frame
from SPASegmentLib.research.training.export import export

SMALL = {"channels": 32, "image_size": 64, "latent_dim": 4, "components": 5, "mlp_dim": 32}
ROOT = Path(__file__).resolve().parents[2]


def store(folder: Path, fusion: str = "token") -> Path:
    torch.manual_seed(0)
    path = folder / "small.safetensors"
    network = SPANetwork(NetworkConfig(fusion=fusion, **SMALL)).eval()
    weights.save(network, weights.ModelCard("small", {}, "", {}, {}, "", ""), path)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights with their graphs."""
    path = store(tmp_path_factory.mktemp("onnx"))
    export(path)
    return path


def answers(network: Network, seed: int = 0) -> list[np.ndarray]:
    """Mixtures and probabilities over three rounds: no mask and no distribution before, then both, then more points."""
    rng = np.random.default_rng(seed)
    image = network.prepare(rng.standard_normal((network.image_size,) * 2).astype(np.float32))
    found, before = [], None
    for points in (1, 2, 5):
        places = rng.uniform(0, network.image_size - 1, (points, 2)).astype(np.float32)
        mask = None if points == 1 else 9 * rng.standard_normal((network.map_size,) * 2).astype(np.float32)
        before = image.preference(places, np.arange(points, dtype=np.float32) % 2, mask, before)
        latents = rng.standard_normal((7, before[1].shape[1])).astype(np.float32)
        found += [*before, 1 / (1 + np.exp(-image.logits(latents, 3)))]
    return found


def assert_alike(path: Optional[Path]) -> None:
    onnx, pytorch = (use.load(path, "cpu", runtime) for runtime in ("onnx", "torch"))
    assert isinstance(onnx.network, OnnxNetwork) and isinstance(pytorch.network, SPANetwork)
    assert (onnx.runtime, pytorch.runtime) == ("onnx", "torch")
    for fact in ("image_size", "map_size", "one_pass", "whole_frame", "expected_dice"):
        assert getattr(onnx.network, fact) == getattr(pytorch.network, fact), fact
    for own, other in zip(answers(onnx.network), answers(pytorch.network)):
        assert own.dtype == np.float32 and own.shape == other.shape
        np.testing.assert_allclose(own, other, atol=1e-3)


def test_exported_graphs_give_the_masks_of_pytorch(small: Path) -> None:
    assert_alike(small)


def test_bundled_graphs_are_those_of_the_bundled_weights() -> None:
    card = read_card(bundled().with_suffix(".json"))
    assert card.onnx["graphs"] == {name: file_sha256(graph_file(bundled(), name)) for name in GRAPHS}
    assert_alike(None)


def test_a_session_is_the_same_with_either() -> None:
    frame, click = make_frame(160)
    masks = []
    for runtime in ("onnx", "torch"):
        session = Session(use.load(None, "cpu", runtime).network, frame, SessionSettings())
        session.start(click)
        session.choose(2)
        session.add_click(Click(click.x + 30, click.y, False))
        masks.append(session.proposal.masks)
    assert np.count_nonzero(masks[0][0] ^ masks[1][0]) <= 2


def test_the_command_writes_the_same_graphs_each_time(tmp_path: Path) -> None:
    path, seen = store(tmp_path), []
    for _ in range(2):
        done = CliRunner().invoke(app, ["export", str(path)])
        assert done.exit_code == 0, done.output
        assert "small.encoder.onnx, small.prompts.onnx, small.masks.onnx and small.json" in done.output
        seen.append(read_card(path.with_suffix(".json")).onnx["graphs"])
    assert seen[0] == seen[1] == {name: file_sha256(graph_file(path, name)) for name in GRAPHS}
    assert weights.load(path).card.sha256 == file_sha256(path), "the weights are what they were"


def test_weights_with_the_papers_fusion_have_no_graphs(tmp_path: Path) -> None:
    path = store(tmp_path, "embedding")
    with pytest.raises(InputError, match="Only networks with token fusion"):
        export(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small.json", "small.safetensors"]
    assert use.load(path, "cpu").runtime == "torch"
    with pytest.raises(WeightsError, match="spa export"):
        use.load(path, "cpu", "onnx")


@pytest.mark.parametrize("graph", GRAPHS)
def test_graphs_that_are_damaged_or_missing_are_refused(small: Path, tmp_path: Path, graph: str) -> None:
    for path in (small, small.with_suffix(".json"), *(graph_file(small, name) for name in GRAPHS)):
        shutil.copy(path, tmp_path)
    damaged = graph_file(tmp_path / small.name, graph)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    with pytest.raises(WeightsError, match=f"small.{graph}.onnx does not have the checksum"):
        use.load(tmp_path / small.name, "cpu", "onnx")
    damaged.unlink()
    with pytest.raises(WeightsError, match=f"small.{graph}.onnx cannot be read"):
        use.load(tmp_path / small.name, "cpu", "onnx")


@pytest.mark.parametrize("runtime", ["auto", "onnx"])
@pytest.mark.parametrize(
    ("key", "value"),
    [("sha256", None), ("calibration", []), ("network", "compact"), ("onnx", None), ("onnx", "graphs"),
     ("graphs", None), ("graphs", {name: None for name in GRAPHS}), ("image_size", "large"), ("components", [])],
)  # fmt: skip
def test_a_card_that_holds_something_else_is_refused_in_words(
    small: Path, tmp_path: Path, key: str, value: Any, runtime: str
) -> None:
    for file in small.parent.glob("small*"):
        shutil.copy(file, tmp_path)
    path = tmp_path / "small.json"
    fields = json.loads(path.read_text())
    (fields if key in fields else fields["onnx"])[key] = value
    path.write_text(json.dumps(fields))
    with pytest.raises(WeightsError, match="small"):
        use.load(path.with_suffix(".safetensors"), "cpu", runtime)


def test_graphs_of_a_newer_kind_ask_for_a_newer_runtime(small: Path, tmp_path: Path) -> None:
    path = graph_file(tmp_path / small.name, "masks")
    path.write_bytes(b"a graph of the future")
    with pytest.raises(DependencyError, match="install a newer one: pip install -U onnxruntime"):
        onnx_network._open(path, hashlib.sha256(path.read_bytes()).hexdigest())


@pytest.mark.parametrize(("with_graphs", "cuda", "device", "runtime", "chosen"), [
    (True, False, "auto", "auto", "onnx"), (True, True, "auto", "auto", "torch"), (True, True, "cpu", "auto", "onnx"),
    (True, True, "auto", "onnx", "onnx"), (True, False, "auto", "torch", "torch"),
    (False, False, "cpu", "auto", "torch"),
])  # fmt: skip
def test_what_runs_is_decided_by_device_weights_and_user(
    small: Path, with_graphs: bool, cuda: bool, device: str, runtime: str, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(use, "cuda_is_usable", lambda: cuda)
    card = weights.ModelCard("any", {}, "", {}, {}, "", "", onnx={"graphs": {}} if with_graphs else {})
    assert use.chosen_runtime(small, card, device, runtime) == chosen


@pytest.mark.parametrize("torch_here", [True, False])
def test_graphs_that_were_left_behind_are_no_loss_where_pytorch_is(
    small: Path, tmp_path: Path, torch_here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (small, small.with_suffix(".json")):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(use.pytorch, "is_installed", lambda: torch_here)
    if torch_here:
        assert use.load(tmp_path / small.name, "cpu").runtime == "torch"
    else:
        with pytest.raises(WeightsError, match="small.encoder.onnx cannot be read"):
            use.load(tmp_path / small.name, "cpu")


def test_there_are_three_words_for_it() -> None:
    with pytest.raises(InputError, match="auto, onnx, torch"):
        use.load(None, "cpu", "tensorflow")


@pytest.mark.parametrize(("line", "said"), [
    ("raise ImportError('libonnx.so: cannot open shared object file')", "cannot be imported .libonnx.so: cannot open"),
    ("raise ModuleNotFoundError('No module named onnxruntime', name='onnxruntime')", "not installed; install it: pip"),
])  # fmt: skip
def test_a_runtime_that_is_missing_or_broken_is_named(
    line: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onnxruntime.py").write_text(line + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [n for n in sys.modules if n.split(".")[0] == "onnxruntime"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(onnx_network, "failed", False)
    with pytest.raises(DependencyError, match=said):
        onnx_network.import_runtime()
    assert onnx_network.failed is ("cannot be imported" in said)


@pytest.mark.parametrize("driver", [True, False])
def test_pytorch_is_not_imported_where_it_cannot_have_cuda(
    driver: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec: Any = type("Spec", (), {"submodule_search_locations": [str(tmp_path)], "origin": "__init__.py"})
    monkeypatch.setattr(use.importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(use.shutil, "which", lambda name: "nvidia-smi" if driver else None)
    assert use._may_have_cuda(), "a build without the file is damaged, which an import will tell"
    for text, built in (("cuda: Optional[str] = None", False), ("cuda = '12.4'", True), ("x = 1", False)):
        (tmp_path / "version.py").write_text(f"debug = False\n{text}\nhip = None\n")
        assert use._may_have_cuda() is (built and driver)


WITHOUT_TORCH = """
import sys

class NoTorch:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "segment_anything", "safetensors"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NoTorch())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "torch" else found(name, *rest)
import numpy as np
import SPASegmentLib as spa
rows, columns = np.mgrid[:120, :120]
inside = np.hypot(rows - 60, columns - 60) < 18
loaded = spa.load_default()
image = 100.0 * inside + np.random.default_rng(0).normal(size=inside.shape)
session = spa.Session(loaded.network, spa.FrameImage(image))
def dice(mask):
    return 2 * (mask & inside).sum() / (mask.sum() + inside.sum())

proposal = session.start(spa.Click(60, 60))
proposal = session.choose(1 + int(np.argmax([dice(mask) for mask in proposal.masks[1:]])))
session.accept()
assert loaded.runtime == "onnx" and "torch" not in sys.modules
print(max(dice(mask) for mask in proposal.masks))
"""


def test_a_click_needs_no_pytorch() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) > 0.85


def test_waiting_threads_leave_the_cores_to_others() -> None:
    """With ONNX Runtime's own settings a click on two cores took 2.6 times as long as on one."""
    network = use.load_default(device="cpu", runtime="onnx").network
    assert isinstance(network, OnnxNetwork)
    for name in GRAPHS:
        options = network._graphs[name].get_session_options()
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
        assert not options.enable_cpu_mem_arena


def test_onnx_runtime_keeps_and_sends_nothing_about_its_user(tmp_path: Path) -> None:
    """Left to itself version 1.32 writes a device identifier and events into the user's cache, and uploads them."""
    code = "import SPASegmentLib as spa; assert spa.load_default().runtime == 'onnx'"
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "USERPROFILE": str(tmp_path)}
    environment = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", code], env={**environment, **home}, check=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
