"""What `spa viewer` refuses before it starts, and what it starts without."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Dict

import pytest

pytest.importorskip("trame_slicer")

from SPASegmentLib.commands.viewer import run_viewer
from SPASegmentLib.errors import InputError, WeightsError

pytestmark = pytest.mark.viewer

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"token": ""}, "--token is empty"),
        ({"token": "  "}, "--token is empty"),
        ({"volume": Path("gone.nrrd")}, "gone.nrrd' does not exist"),
        ({"profile": Path("gone.json")}, "gone.json cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused_before_the_start(arguments: Dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_viewer(**arguments)


def test_weights_that_were_asked_for_have_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="gone"):
        run_viewer(weights=tmp_path / "gone.safetensors")


def test_without_pytorch_it_works_from_what_segments_hold(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libtorch_cpu.so')")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from SPASegmentLib.viewer.app import ViewerApp
ViewerApp.run = lambda app, *rest: print("has a network:", app.workspace.has_network)
from SPASegmentLib.commands.viewer import run_viewer
run_viewer(open_browser=False)
"""
    words = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "has a network: False" in done.stdout
    assert "PyTorch is installed but cannot be imported" in done.stderr
    assert "sessions start from what a segment holds" in done.stderr
