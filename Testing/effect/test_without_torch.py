"""Without what runs a network the effect varies what the segment holds, and says so where it cannot do more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

PREAMBLE = """
import os, sys
from pathlib import Path
os.environ["QT_QPA_PLATFORM"] = "offscreen"

class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Without())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in missing else found(name, *rest)
sys.path[:0] = [ROOT, ROOT + "/SPASegment", ROOT + "/Testing/host"]
import numpy as np
from slicerhost import qt
from slicerhost.application import Host
from slicerhost.desk import Desk

def finish():
    # After all was done the process crashed now and then while the interpreter took PySide's and VTK's objects down;
    # why was not found. How a process with the effect in it ends is tested in test_exit.py.
    print("done", flush=True)
    os._exit(0)
"""

WITHOUT_TORCH = PREAMBLE + """
from SPASegmentLib.data.phantom import ambiguous_phantom
phantom = ambiguous_phantom()
host = Host(Path(sys.argv[1]))
desk = Desk(host, phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)
desk.host.views["Red"].click(desk.lesion)
assert not desk.workflow.busy
for words in ("onnxruntime", "PyTorch is not needed", "Start from the segment"):
    assert words in desk.panel.status.text, desk.panel.status.text

# A user has thresholded: voxels above -300 around the lesion on its slice.
import slicer
from SPASegmentLib.mrml.grid import volume_grid
k, j, i = np.unravel_index(np.abs(np.indices(phantom.voxels.shape).transpose(1, 2, 3, 0)
    - np.linalg.solve(phantom.ijk_to_ras, (*desk.lesion, 1.0))[2::-1]).sum(-1).argmin(), phantom.voxels.shape)
painted = np.zeros(phantom.voxels.shape, dtype=np.uint8)
window = np.s_[k, j - 12 : j + 13, i - 12 : i + 13]
painted[window] = phantom.voxels[window] > -300
slicer.util.updateSegmentBinaryLabelmapFromArray(painted, desk.segmentation, desk.segment, desk.volume)
before = desk.voxels().sum()
desk.panel.from_segment.click()
desk.wait()
assert desk.workflow.choosing, desk.panel.status.text
first = desk.proposal
assert len(first.masks) == 5
desk.key("4")
assert desk.proposal.round == 2
desk.key("Backspace")
assert np.array_equal(desk.proposal.masks, first.masks)
desk.panel.replace.click()
largest = int(first.masks.sum(axis=(1, 2)).argmax())
desk.workflow.mark(largest)
desk.key("Return")
assert desk.voxels().sum() == first.masks[largest].sum() != before
assert desk.workflow.profiles.current().accepted == 1
desk.panel.next.click()
desk.wait()
assert desk.workflow.choosing, desk.panel.status.text
desk.panel.accept.click()
assert desk.voxels().any(axis=(1, 2)).sum() == 2
desk.editor.undo()
assert desk.voxels().any(axis=(1, 2)).sum() == 1
host.close()
assert "torch" not in sys.modules
assert not qt.ERRORS, qt.ERRORS
finish()
"""

WITHOUT_ANYTHING = PREAMBLE + """
host = Host(Path(sys.argv[1]))
image = np.random.default_rng(0).normal(size=(10, 40, 40)).astype(np.float32)
desk = Desk(host, image, np.eye(4), (20, 20, 5))
for act in (lambda: desk.host.views["Red"].click(desk.lesion), desk.panel.from_segment.click):
    act()
    assert not desk.workflow.busy and "missing" in desk.panel.status.text and "scipy" in desk.panel.status.text
from SegmentEditorSPALib.ModulePanel import ModulePanel
frame = qt.QFrame()
panel = ModulePanel(qt.QVBoxLayout(frame))
for button in (panel.profiles.new, panel.model.local, panel.model.bundled):
    panel.say.setText("")
    qt.answered(*(["x.safetensors"] if button is panel.model.local else []))
    button.setEnabled(True)
    button.click()
    assert "missing" in panel.say.text, panel.say.text
panel.sample.click()
assert "missing" in host.messages[-1][1]
from SPASegmentLib.mrml.hierarchy import remove_ghosts
assert remove_ghosts(host.scene) == 0
host.close()
assert "scipy" not in sys.modules and not qt.ERRORS, qt.ERRORS
finish()
"""

BROKEN_TORCH = PREAMBLE + """
import slicer
from SPASegmentLib.data.phantom import ambiguous_phantom
broken = Path(sys.argv[1]) / "torch"
broken.mkdir()
(broken / "__init__.py").write_text("raise OSError('libtorch_cpu.so: undefined symbol')")
sys.path.insert(0, sys.argv[1])
phantom = ambiguous_phantom()
host = Host(Path(sys.argv[1]) / "host")
desk = Desk(host, phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)
desk.host.views["Red"].click(desk.lesion)
desk.wait()
said = desk.panel.status.text
assert not desk.workflow.choosing
assert "PyTorch is installed but cannot be imported (libtorch_cpu.so" in said and "Start from the segment" in said, said
painted = np.zeros(phantom.voxels.shape, dtype=np.uint8)
k, j, i = (int(v) for v in np.rint(np.linalg.solve(phantom.ijk_to_ras, (*desk.lesion, 1.0))[2::-1]))
painted[k, j - 6 : j + 7, i - 6 : i + 7] = 1
slicer.util.updateSegmentBinaryLabelmapFromArray(painted, desk.segmentation, desk.segment, desk.volume)
desk.panel.from_segment.click()
desk.wait()
assert desk.workflow.choosing, desk.panel.status.text
desk.panel.accept.click()
host.close()
assert not qt.ERRORS, qt.ERRORS
finish()
"""

TORCH_GONE = PREAMBLE + """
from SPASegmentLib.data.phantom import ambiguous_phantom
phantom = ambiguous_phantom()
host = Host(Path(sys.argv[1]))
desk = Desk(host, phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)
from SegmentEditorSPALib import Model
# Chosen while it was there.
Model.keep(Model.choice()._replace(runtime="torch"))
desk.click()
said = desk.panel.status.text
assert desk.workflow.choosing, said
for words in ("Recommended mask", "PyTorch is not installed", "Until then ONNX Runtime runs", "section Runtime"):
    assert words in said, said
assert Model.loaded(Model.choice()).runtime == "onnx" and "ONNX Runtime" in desk.panel.model.text
# Once is enough, until the effect is picked again.
desk.workflow.mark(1)
assert "PyTorch" not in desk.panel.status.text
desk.panel.accept.click()
desk.click()
assert "PyTorch" not in desk.panel.status.text
desk.editor.setActiveEffectByName("")
desk.activate()
desk.panel.volume.through.click()
desk.wait()
assert desk.workflow.conversation.volume.ready and "Until then ONNX Runtime" in desk.panel.status.text
desk.workflow.cancel()
# The module says it too; what is picked there now is refused in words.
from SegmentEditorSPALib.ModulePanel import ModulePanel
frame = qt.QFrame()
panel = ModulePanel(qt.QVBoxLayout(frame))

def settled():
    while panel.model.busy:
        host.qt.processEvents()
    return panel.say.text

panel.model.use(Model.choice()._replace(device="cpu"))
assert "with ONNX Runtime" in settled() and "Until then" in panel.say.text, panel.say.text
assert Model.choice() == ("", "cpu", "torch")
panel.runtime.runtime.activated.emit(Model.RUNTIMES.index("onnx"))
assert "Until then" not in settled() and Model.choice().runtime == "onnx"
panel.runtime.runtime.activated.emit(Model.RUNTIMES.index("torch"))
assert "PyTorch is not installed" in settled() and Model.choice().runtime == "onnx"
panel.close()
# Weights that nothing but PyTorch runs.
import dataclasses
from SPASegmentLib.model import use
read = use.read_card
use.read_card = lambda file: dataclasses.replace(read(file), onnx={})
Model._loaded.clear()
Model.keep(Model.choice()._replace(runtime="torch"))
desk.host.views["Red"].click(desk.lesion)
desk.wait()
said = desk.panel.status.text
assert not desk.workflow.choosing and "PyTorch is not installed" in said and "Start from the segment" in said, said
host.close()
assert not qt.ERRORS, qt.ERRORS
finish()
"""

NETWORK = ("torch", "onnxruntime", "safetensors", "segment_anything")


@pytest.mark.parametrize(
    ("missing", "script"),
    [((*NETWORK, "sklearn", "threadpoolctl"), WITHOUT_TORCH), ((*NETWORK, "scipy"), WITHOUT_ANYTHING),
     (("onnxruntime",), BROKEN_TORCH), (("torch", "segment_anything"), TORCH_GONE)],
    ids=["no torch", "no packages at all", "a torch that does not work", "a chosen torch that is gone"],
)
def test_the_effect_without_packages(tmp_path: Path, missing: tuple, script: str) -> None:
    script = f"ROOT, missing = {str(ROOT)!r}, {missing!r}\n" + script
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "done"


def test_a_network_takes_over_when_it_is_there(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was accepted without a network is what the next slice starts from with one."""
    from SegmentEditorSPALib import Dependencies

    mask = desk.click().masks[0]
    desk.panel.accept.click()
    with monkeypatch.context() as without:
        without.setattr(Dependencies, "has_runtime", lambda: False)
        desk.panel.from_segment.click()
        desk.wait()
        assert desk.controller.network is None
        seed = desk.proposal.masks[0]
        assert (seed & mask).sum() > 0.8 * mask.sum()
        desk.panel.accept.click()
    desk.panel.next.click()
    desk.wait()
    assert desk.controller.network is not None and desk.workflow.choosing
    assert np.asarray(desk.proposal.masks[0]).any()


@pytest.mark.parametrize("fails_in", ["encode", "context"])
def test_the_processor_takes_over_from_a_card_that_fails(
    desk: Any, monkeypatch: pytest.MonkeyPatch, fails_in: str
) -> None:
    import torch
    from SegmentEditorSPALib import Model

    from SPASegmentLib.model import use
    from SPASegmentLib.model.network import SPANetwork

    method = getattr(SPANetwork, fails_in)

    def failing(network: Any, *arguments: Any, **named: Any) -> Any:
        if not network.fell_back:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return method(network, *arguments, **named)

    monkeypatch.setattr(Model, "_loaded", {})
    monkeypatch.setattr(use, "cuda_is_usable", lambda: True)  # or ONNX Runtime would be at work
    monkeypatch.setattr(SPANetwork, fails_in, failing)
    desk.click()
    assert desk.workflow.choosing, desk.panel.status.text
    assert "on the processor (CPU), since the graphics card failed" in desk.panel.model.text
