"""Pictures, outlines, the worker and the installation of packages, each by itself."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from types import SimpleNamespace
from typing import Any, List

import numpy as np
import pytest


def disk(radius: float, centre: float = 20.0, size: int = 41) -> np.ndarray:
    y, x = np.mgrid[:size, :size]
    return (np.hypot(x - centre, y - centre) <= radius).astype(np.float32)


def test_contours_enclose_the_mask(host: Any) -> None:
    from SegmentEditorSPALib.Outline import contours, dashes, smooth

    mask = disk(10)
    (path,) = contours(mask)
    assert np.allclose(path[0], path[-1])
    for curve in (path, smooth(path)):
        x, y = curve[:-1, 0], curve[:-1, 1]
        area = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
        assert area == pytest.approx(mask.sum(), rel=0.03)
    two = disk(4, 8) + disk(4, 30)
    assert len(contours(two)) == 2 and contours(np.zeros((5, 5))) == []
    # A mask that reaches the edge of the image is closed there.
    (full,) = contours(np.ones((5, 7)))
    assert np.allclose(full.min(axis=0), (-0.5, -0.5)) and np.allclose(full.max(axis=0), (6.5, 4.5))
    straight = np.array([[0.0, 0.0], [100.0, 0.0]])
    drawn = sum(float(np.linalg.norm(np.diff(piece, axis=0), axis=1).sum()) for piece in dashes(straight))
    assert drawn == pytest.approx(8 * 7 + 2)


@pytest.fixture
def runner(host: Any) -> Any:
    from SegmentEditorSPALib.JobRunner import JobRunner

    made = JobRunner()
    yield made
    made.cancel()


def until(host: Any, condition: Any) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        host.qt.processEvents()
        time.sleep(0.002)


def test_work_runs_in_one_other_thread_and_answers_in_this_one(host: Any, runner: Any) -> None:
    seen: List[Any] = []
    for _ in range(2):
        runner.submit(threading.get_ident, lambda ident: seen.append((ident, threading.get_ident())), seen.append)
        until(host, lambda: not runner.busy)
    assert seen[0] == seen[1] and seen[0][0] != seen[0][1] == threading.get_ident()


def test_who_has_no_job_is_held_by_nobody(host: Any) -> None:
    """Slicer deletes the effect with its editor; a timer that stays connected would keep what it calls."""
    from SegmentEditorSPALib.JobRunner import JobRunner

    def worked() -> Any:
        made, seen = JobRunner(), []
        made.submit(lambda: 1, seen.append, seen.append)
        until(host, lambda: not made.busy)
        made.submit(lambda: 2, seen.append, seen.append)
        made.cancel()
        made.cancel()
        assert seen == [1]
        return weakref.ref(made)

    left = worked()
    gc.collect()
    assert left() is None


def test_errors_and_cancelled_work(host: Any, runner: Any) -> None:
    results: List[Any] = []
    errors: List[BaseException] = []
    runner.submit(lambda: 1 / 0, results.append, errors.append)
    until(host, lambda: not runner.busy)
    assert isinstance(errors[0], ZeroDivisionError) and not results
    begun, gate, ran = threading.Event(), threading.Event(), []
    runner.submit(lambda: begun.set() or gate.wait(), results.append, errors.append)
    assert begun.wait(60)
    runner.submit(lambda: ran.append(1), results.append, errors.append)
    runner.cancel()
    gate.set()
    runner.submit(lambda: "last", results.append, errors.append)
    until(host, lambda: not runner.busy)
    assert results == ["last"] and len(errors) == 1 and not ran
    assert not runner._timer.active


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch, host: Any) -> Any:
    """Dependencies as on a Slicer that lacks two packages, outside of tests."""
    from SegmentEditorSPALib import Dependencies

    lacking = {"torch", "onnxruntime", "segment_anything"}
    found = Dependencies.importlib.util.find_spec
    monkeypatch.setattr(
        Dependencies.importlib.util, "find_spec", lambda name: None if name in lacking else found(name)
    )
    version = Dependencies._version_of
    monkeypatch.setattr(Dependencies, "_version_of", lambda name: "" if name in lacking else version(name))
    monkeypatch.setattr(host.app, "testingEnabled", lambda: False)
    return SimpleNamespace(lacking=lacking, python=Dependencies, set=monkeypatch.setitem)


def test_nothing_is_installed_unasked(host: Any, without: Any, monkeypatch: Any) -> None:
    import slicer

    asked: List[str] = []
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda text: asked.append(text) and None)
    assert without.python.missing() == ["onnxruntime"]
    assert "Nothing was installed" in without.python.ensure()
    (question,) = asked
    assert "onnxruntime>=1.17" in question and "PyPI" in question and "at most 30 MB" in question
    assert "torch" not in question


def test_before_slicer_5_12_pip_installs_onnx_runtime_alone(host: Any, without: Any, monkeypatch: Any) -> None:
    import slicer
    from slicerhost import qt

    asked: List[Any] = []

    def install(requirements: List[str]) -> None:
        asked.append(requirements)
        without.lacking.discard("onnxruntime")

    monkeypatch.setattr(slicer.util, "pip_install", install, raising=False)
    without.set(sys.modules, "slicer.packaging", None)
    qt.answered(True)
    assert without.python.ensure() == "" and without.python.has_runtime()
    assert asked == [["onnxruntime>=1.17"]]
    assert without.python.ensure() == "" and len(asked) == 1, "what is there is not asked for"


def test_from_slicer_5_12_on_slicer_installs_what_was_agreed_to(host: Any, without: Any, monkeypatch: Any) -> None:
    import slicer
    from slicerhost import qt

    asked: List[Any] = []

    def pip_ensure(requirements: List[str], prompt_install: bool, requester: str) -> None:
        asked.append((requirements, prompt_install, requester))
        if len(asked) == 1:
            raise subprocess.CalledProcessError(1, "pip")
        without.lacking.discard("onnxruntime")

    packaging = SimpleNamespace(pip_ensure=pip_ensure)
    without.set(sys.modules, "slicer.packaging", packaging)
    monkeypatch.setattr(slicer, "packaging", packaging, raising=False)
    qt.answered(True, True)
    assert "installation failed" in without.python.ensure()
    assert without.python.ensure() == "" and asked[1] == (["onnxruntime>=1.17"], False, "SPA")


def test_pytorch_comes_from_its_extension_when_it_is_wanted(host: Any, without: Any, monkeypatch: Any) -> None:
    import slicer
    from slicerhost import qt

    asked: List[Any] = []

    class Logic:
        def installTorch(self, askConfirmation: bool, torchVersionRequirement: str) -> Any:  # noqa: N802, N803
            asked.append((askConfirmation, torchVersionRequirement))
            without.lacking.discard("torch")
            return object()

    def install(requirements: List[str]) -> None:
        asked.append(requirements)
        without.lacking.clear()

    monkeypatch.setattr(without.python, "has_torch", lambda: "torch" not in without.lacking)
    assert "install the extension PyTorch" in without.python.install_torch()
    without.set(sys.modules, "PyTorchUtils", SimpleNamespace(PyTorchUtilsLogic=Logic))
    monkeypatch.setattr(slicer.util, "pip_install", install, raising=False)
    without.set(sys.modules, "slicer.packaging", None)
    qt.answered(True)
    assert without.python.install_torch() == ""
    assert asked == [(True, ">=2.2"), ["onnxruntime>=1.17", "segment-anything>=1.0"]]


def test_an_installation_of_torch_that_fails_is_said(host: Any, without: Any, monkeypatch: Any) -> None:
    """Without a connection the extension PyTorch raises whatever its tools do."""

    class Logic:
        def installTorch(self, askConfirmation: bool, torchVersionRequirement: str) -> Any:  # noqa: N802, N803
            raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(without.python, "has_torch", lambda: False)
    without.set(sys.modules, "PyTorchUtils", SimpleNamespace(PyTorchUtilsLogic=Logic))
    assert "installation of PyTorch failed" in without.python.install_torch()


def test_a_pytorch_that_is_there_needs_no_onnx_runtime(host: Any, without: Any) -> None:
    without.lacking -= {"torch", "segment_anything"}
    assert without.python.has_runtime() and without.python.missing() == []


def test_variations_of_a_segment_need_fewer_packages(host: Any, without: Any) -> None:
    assert not without.python.has_runtime()
    assert without.python.missing(with_network=False) == [] and without.python.ensure(with_network=False) == ""
    without.lacking.add("scipy")
    assert without.python.missing(with_network=False) == ["scipy"]


def test_the_hint_that_another_round_changes_little(host: Any) -> None:
    """A disk of 18 pixels: candidates half a pixel off are alike, some pixels off they are not."""
    from SegmentEditorSPALib.Texts import round_text

    def text(*radii: float) -> str:
        masks = np.stack([disk(radius, 25, 51) > 0 for radius in (18, *radii)])
        return round_text(SimpleNamespace(round=3, masks=masks), 6)

    assert text(14, 16, 20, 22) == "Round 3 of 6"
    alike = SimpleNamespace(round=6, masks=np.stack([disk(18, 25, 51) > 0]))
    assert round_text(alike, 6) == "Round 6 of 6", "there is no other round"
    for radii in ((17.5, 17.7, 18.3, 18.5), ()):
        assert text(*radii).startswith("Round 3 of 6") and "change little" in text(*radii)


def test_how_much_larger_a_candidate_is(host: Any) -> None:
    from SegmentEditorSPALib.Texts import size_text

    masks = np.zeros((5, 10, 20), dtype=bool)
    for mask, rows in zip(masks, (5, 6, 3, 5, 10)):
        mask[:rows] = True
    proposal = SimpleNamespace(masks=masks)
    assert [size_text(proposal, n) for n in range(1, 5)] == ["+20 %", "\u221240 %", "\u00b10 %", "+100 %"]
    empty = SimpleNamespace(masks=np.zeros((2, 3, 3), dtype=bool))
    assert size_text(empty, 1) == "\u00b10 %"


def test_a_candidate_where_the_recommended_mask_is_empty(host: Any) -> None:
    """A share of nothing says nothing."""
    from SegmentEditorSPALib.Texts import size_text

    from SPASegmentLib.interaction.differences import compare_all

    masks = np.zeros((2, 40, 40), dtype=bool)
    masks[1, 10:20, 10:30] = True
    proposal = SimpleNamespace(masks=masks, differences=compare_all(masks, (0.5, 0.5)))
    assert size_text(proposal, 1) == "+50 mm2"


def test_what_can_be_chosen_is_what_there_is(host: Any) -> None:
    from SegmentEditorSPALib.Texts import difference_text

    said = [difference_text(SimpleNamespace(masks=np.ones((1 + k, 3, 3), dtype=bool)), 0) for k in (0, 1, 3)]
    assert "choose" not in said[0] and "Enter accepts it" in said[0] and "click" in said[0]
    assert "1 chooses" in said[1] and "1 to 3 choose" in said[2]


def test_the_outline_of_what_is_uncertain(host: Any) -> None:
    """Between the two thin dashed lines lies what a quarter to three quarters of the predictions have."""
    from SegmentEditorSPALib.Presentation import Outlines

    y, x = np.mgrid[:81, :81]
    recommended = np.clip(1.0 - (np.hypot(x - 40, y - 40) - 10) / 20, 0, 1).astype(np.float32)
    maps = SimpleNamespace(probability=lambda index: recommended)
    outlines = Outlines(SimpleNamespace(recommended=recommended, maps=maps))
    plain, uncertain = (outlines.lines(0, wanted) for wanted in (False, True))
    assert len(plain) == 1 and len(uncertain) == 2 and uncertain[0].dashed and uncertain[0].thin
    radii = sorted(float(np.hypot(*(path - 40).T).mean()) for path in uncertain[0].paths)
    assert radii == [pytest.approx(15, abs=0.3), pytest.approx(25, abs=0.3)]


def test_outlines_are_found_once_however_often_the_pointer_comes_back(host: Any) -> None:
    """Each time it came over a picture of a radiograph, it waited for a third of a second."""
    from SegmentEditorSPALib.Presentation import Outlines

    y, x = np.mgrid[:81, :81]
    asked = []

    def probability(index: int) -> np.ndarray:
        asked.append(index)
        return (np.hypot(x - 40, y - 40) < 10 + 5 * index).astype(np.float32)

    outlines = Outlines(SimpleNamespace(recommended=probability(0), maps=SimpleNamespace(probability=probability)))
    asked.clear()
    for marked in (0, 2, 0, 1, 2, 0):
        lines = outlines.lines(marked, uncertainty=True)
        radii = [float(np.hypot(*(path - 40).T).mean()) for line in lines[1:] for path in line.paths]
        assert radii == pytest.approx([10 + 5 * index for index in ((marked, 0) if marked else (0,))], abs=0.5)
        assert [line.dashed for line in lines] == [True, False, True][: 2 + (marked > 0)]
    assert sorted(asked) == [0, 1, 2]
