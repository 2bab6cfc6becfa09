"""Installing what runs networks, by the real pip, where it cannot be done: words that say what to do, nothing lost."""

from __future__ import annotations

import errno
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List

import numpy as np
import pytest
import windows


@pytest.fixture
def pip(host: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`slicer.util.pip_install` as before Slicer 5.12: prints what pip prints, raises an error without it.

    Packages go into a folder of their own, and no index is known.
    """
    import slicer

    calls: List[List[str]] = []
    environment = {key: value for key, value in os.environ.items() if not key.upper().startswith("PIP_")}
    environment.update(PIP_CONFIG_FILE=os.devnull, PIP_RETRIES="0", PIP_DISABLE_PIP_VERSION_CHECK="1")

    def pip_install(requirements: Any) -> None:
        assert isinstance(requirements, list), "a text would be split at spaces"
        calls.append(requirements)
        words = [sys.executable, "-m", "pip", "install", "--target", str(tmp_path / "packages"), *requirements]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        print(done.stdout)
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, "pip", output=SimpleNamespace())

    monkeypatch.setattr(slicer.util, "pip_install", pip_install, raising=False)
    monkeypatch.setitem(sys.modules, "slicer.packaging", None)
    monkeypatch.setattr(host.app, "testingEnabled", lambda: False)
    return SimpleNamespace(calls=calls, environment=environment, target=tmp_path / "packages")


def wheel(folder: Path, name: str, version: str = "9.0") -> Path:
    """A small wheel for any Python."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    information = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": "",
        f"{information}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
        archive.writestr(f"{information}/RECORD", "".join(f"{file},,\n" for file in [*files, f"{information}/RECORD"]))
    return path


def test_a_folder_of_wheels_takes_no_network(host: Any, pip: Any, tmp_path: Path) -> None:
    from SegmentEditorSPALib import Dependencies
    from slicerhost import qt

    folder = tmp_path / "wheels for the clinic"
    for name in ("onnxruntime", "safetensors"):
        wheel(folder, name)
        importlib.import_module(name)
    qt.answered(False)
    assert "Nothing was installed" in Dependencies.install_from(str(folder)) and not pip.calls
    qt.answered(True)
    said = Dependencies.install_from(str(folder))
    # The tests have both in use already; a Slicer that lacks them goes on without a restart.
    assert said == "" or "Restart Slicer" in said
    (call,) = pip.calls
    assert call == ["--no-index", "--find-links", str(folder), "onnxruntime>=1.17", "safetensors>=0.4"]
    assert {path.name for path in pip.target.iterdir()} >= {"onnxruntime", "safetensors"}
    question = host.messages[-1][1]
    assert "Nothing is downloaded" in question and str(folder) in question


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("empty folder", "no wheel"), ("other system", "no wheels for Python"), ("damaged", "arrived damaged"),
        ("proxy", "proxy let nothing through"), ("no connection", "was not reached"),
    ],
)  # fmt: skip
def test_what_pip_says_becomes_what_to_do(
    host: Any, pip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, words: str
) -> None:
    from SegmentEditorSPALib import Dependencies
    from slicerhost import qt

    folder = tmp_path / "wheels"
    folder.mkdir()
    if trouble in ("proxy", "no connection"):
        # With a second try pip says what went wrong.
        pip.environment.update(PIP_INDEX_URL="https://index.invalid/simple", PIP_RETRIES="1")
        if trouble == "proxy":
            pip.environment["HTTPS_PROXY"] = "http://127.0.0.1:9"
        else:
            for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
                pip.environment.pop(name, None)
        monkeypatch.setattr(Dependencies, "missing", lambda with_network=True, runtime="": ["onnxruntime"])
        qt.answered(True)
        assert words in Dependencies.ensure()
        return
    if trouble == "other system":
        wheel(folder, "onnxruntime").rename(folder / "onnxruntime-9.0-cp39-cp39-win_amd64.whl")
        wheel(folder, "safetensors").rename(folder / "safetensors-9.0-cp39-cp39-win_amd64.whl")
    elif trouble == "damaged":
        wheel(folder, "safetensors")
        whole = wheel(folder, "onnxruntime")
        whole.write_bytes(whole.read_bytes()[:200])
    if trouble != "empty folder":
        qt.answered(True)
    assert words in Dependencies.install_from(str(folder))


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk"),
        ("OSError: [Errno 13] Permission denied: '/opt/Slicer/lib'", "rights"),
        ("[WinError 5] Access is denied: 'C:\\\\Program Files\\\\Slicer'", "rights"),
        ("[WinError 32] The process cannot access the file because it is being used by another process", "in use"),
        # macOS, of a program that lies in its disk image or belongs to somebody else.
        ("OSError: [Errno 1] Operation not permitted: '/Applications/Slicer.app/Contents/lib/Python'", "rights"),
        # What pip adds (pip/_internal/commands/install.py) where a path on Windows has more than 260 letters.
        (
            "OSError: [Errno 2] No such file or directory: 'C:\\\\Users\\\\me'\nHINT: This error might have occurred"
            " since this system does not have Windows Long Path support enabled.", "long path",
        ),
        # What Windows says of a library that a program has loaded, in the language of Windows.
        ("OSError: [WinError 5] Zugriff verweigert: 'C:\\Slicer\\capi\\onnxruntime_pybind11_state.pyd'", "in use"),
        ("OSError: [Errno 13] Permission denied: 'C:\\Slicer\\onnxruntime\\capi\\onnxruntime.dll'", "in use"),
        ("ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy ...'))", "proxy"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate ...'))", "certificate"),
        ("Failed to establish a new connection: [Errno 11001] getaddrinfo failed", "connection"),
        ("something else", ""),
    ],
)  # fmt: skip
def test_the_reason_is_found(host: Any, printed: str, why: str) -> None:
    from SegmentEditorSPALib import Installation

    assert Installation.reason(printed) == why
    assert Installation._words(why, "").endswith(".")


@pytest.mark.parametrize("trouble", ["full", "read-only", "closed"])
def test_what_is_seen_before_is_said_before_anything_is_asked(
    host: Any, pip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    from SegmentEditorSPALib import Dependencies, Installation

    if trouble == "full":
        monkeypatch.setattr(
            Installation.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 10**6, 10**6)
        )
    elif trouble == "read-only":

        def refuse(*_: Any, **__: Any) -> Any:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr(Installation, "refuse_closed_folder", refuse)
    else:  # a Slicer that was installed for all users of a computer with Windows
        monkeypatch.setattr(Installation, "packages_folder", lambda: tmp_path)
        windows.refuse_files(tmp_path, monkeypatch)
    monkeypatch.setattr(Dependencies, "missing", lambda with_network=True, runtime="": ["onnxruntime"])
    word = "disk with Slicer's Python is full" if trouble == "full" else "write-protected"
    for act in (Dependencies.ensure, Dependencies.install_again):
        assert word in act()
    assert not pip.calls and not host.messages


def test_a_runtime_that_is_too_old_counts_as_missing(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another extension may have brought it."""
    from SegmentEditorSPALib import Dependencies

    versions: Dict[str, str] = {"onnxruntime": "1.9.0"}
    monkeypatch.setattr(Dependencies, "has_torch", lambda: False)
    monkeypatch.setattr(Dependencies, "_version_of", lambda name: versions.get(name, ""))
    assert Dependencies.missing() == ["onnxruntime"] and not Dependencies.has_runtime()
    versions["onnxruntime"] = "1.17.3"
    assert Dependencies.missing() == []
    versions.clear()  # a build under another name, such as that for graphics cards, is taken as it is
    versions["onnxruntime-gpu"] = "1.9.0"
    assert Dependencies.missing() == [] and Dependencies.version("onnxruntime") == "1.9.0"


def test_a_package_in_use_asks_for_a_restart(host: Any, pip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from SegmentEditorSPALib import Dependencies, Installation
    from slicerhost import qt

    installed: List[Any] = []
    monkeypatch.setattr(Installation, "_install", lambda *given: installed.append(given))
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(__spec__=SimpleNamespace(origin="somewhere")))
    qt.answered(True)
    assert "Restart Slicer" in Dependencies.install_again()
    assert installed == [(["onnxruntime>=1.17"], "", True)]


@pytest.mark.parametrize("system", ["win32", "linux"])
def test_a_runtime_that_windows_cannot_load_gives_way_to_an_older_one(
    host: Any, pip: Any, monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    """From 1.21 on it needs newer C++ libraries than come with some Slicers, and the newest again would be no use."""
    from SegmentEditorSPALib import Dependencies, Installation
    from slicerhost import qt

    from SPASegmentLib.model import onnx_network

    asked: List[str] = []
    monkeypatch.setattr(Installation, "_install", lambda requirements, *_: asked.extend(requirements))
    monkeypatch.setattr(Dependencies, "_system", lambda: system)
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    qt.answered(True, True)
    for failed in (False, True):
        monkeypatch.setattr(onnx_network, "failed", failed)
        Dependencies.install_again()
    assert asked == ["onnxruntime>=1.17", "onnxruntime>=1.17,<1.21" if system == "win32" else "onnxruntime>=1.17"]


def test_a_broken_runtime_is_replaced_from_a_folder(
    host: Any, pip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there, so that pip would be content, and cannot be imported: no other way where there is no network."""
    from SegmentEditorSPALib import Dependencies
    from slicerhost import qt

    folder = tmp_path / "wheels"
    for name in ("onnxruntime", "safetensors"):
        wheel(folder, name)
    importlib.import_module("safetensors")
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    qt.answered(True)
    Dependencies.install_from(str(folder))
    offline = ["--no-index", "--find-links", str(folder)]
    assert [*offline, "--force-reinstall", "--no-deps", "onnxruntime>=1.17"] in pip.calls


def spec_of(package: str, folder: Path) -> Any:
    return importlib.machinery.PathFinder.find_spec(package, [str(folder)])


@pytest.mark.parametrize("left", ["what pip knows", "an empty folder"])
def test_what_is_left_of_a_runtime_is_no_runtime(
    host: Any, panel: Any, pip: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str
) -> None:
    """Another build, taken away again, took the package along; or its folder stayed, which Python imports as nothing.

    In the first case pip would be content, and nothing would be installed, as often as one restarts.
    """
    import slicer
    from SegmentEditorSPALib import Dependencies, Installation
    from slicerhost import qt

    (tmp_path / "found" / "onnxruntime" / "capi").mkdir(parents=True)
    spec = None if left == "what pip knows" else spec_of("onnxruntime", tmp_path / "found")
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: spec if name == "onnxruntime" else found(name))
    version = "1.20.0" if left == "what pip knows" else ""
    monkeypatch.setattr(Dependencies, "_version_of", lambda name: {"onnxruntime": version}.get(name, "9.0"))
    monkeypatch.setattr(Dependencies, "has_torch", lambda: False)
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)
    assert Dependencies.missing() == ["onnxruntime"] and not Dependencies.has_runtime()

    folder = tmp_path / "wheels"
    wheel(folder, "onnxruntime")

    def pip_install(requirements: List[str]) -> None:
        nonlocal spec
        pip.calls.append(requirements)
        if "--force-reinstall" in requirements or not version:
            spec = spec_of("safetensors", Path(found("safetensors").origin).parents[1])

    monkeypatch.setattr(slicer.util, "pip_install", pip_install)
    panel.refresh()
    assert panel.runtime.install.text == "Install ONNX Runtime..."
    qt.answered(True)
    assert Dependencies.ensure() == "" and len(pip.calls) == 1
    spec = None if left == "what pip knows" else spec_of("onnxruntime", tmp_path / "found")
    qt.answered(True)
    said = Dependencies.install_from(str(folder))
    assert said == "" or "onnxruntime" not in said
    assert not Installation.under_way()


def test_one_installation_at_a_time(host: Any, pip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While pip prints, Slicer hears the next click."""
    import slicer
    from SegmentEditorSPALib import Dependencies, Installation
    from slicerhost import qt

    said: List[str] = []

    def pip_install(requirements: List[str]) -> None:
        pip.calls.append(requirements)
        said.extend((Dependencies.ensure(), Dependencies.install_again(), Dependencies.install_torch()))

    monkeypatch.setattr(slicer.util, "pip_install", pip_install)
    monkeypatch.setattr(Dependencies, "missing", lambda *_, **__: ["safetensors"])
    monkeypatch.setattr(Dependencies, "has_torch", lambda: False)
    qt.answered(True)
    Dependencies.ensure()
    assert len(pip.calls) == 1 and len(said) == 3 and len(host.messages) == 1
    assert all("installation is still running" in text for text in said)
    assert not Installation.under_way()


#: What a user, or a script, may do while pip prints, and what the click that asked for the installation says then.
MEANWHILE: Dict[str, Any] = {
    "SPA left": (lambda desk: desk.editor.setActiveEffectByName(""), "Meanwhile"),
    "left and back": (lambda desk: [desk.editor.setActiveEffectByName(name) for name in ("", "SPA")], "Meanwhile"),
    "scene closed": (lambda desk: desk.host.scene.Clear(0), "Meanwhile"),
    "volume removed": (lambda desk: desk.host.scene.RemoveNode(desk.volume), "Meanwhile"),
    "another segment": (lambda desk: desk.editor.setCurrentSegmentID(desk.other), "Meanwhile"),
    "segment removed": (lambda desk: desk.segmentation.GetSegmentation().RemoveSegment(desk.segment), "not exist"),
}


@pytest.mark.parametrize("event", sorted(MEANWHILE))
def test_what_is_left_during_an_installation_gets_no_masks(
    desk: Any, pip: Any, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    """While pip prints, Slicer hears whatever else the user does."""
    import slicer
    from SegmentEditorSPALib import Dependencies
    from slicerhost import qt

    happen, said = MEANWHILE[event]
    gone = {"onnxruntime"}
    monkeypatch.setattr(Dependencies, "has_torch", lambda: False)
    monkeypatch.setattr(Dependencies, "_absent", lambda names: [name for name in names if name in gone])
    monkeypatch.delitem(sys.modules, "onnxruntime", raising=False)

    def pip_install(requirements: List[str]) -> None:
        pip.calls.append(requirements)
        happen(desk)
        gone.clear()

    monkeypatch.setattr(slicer.util, "pip_install", pip_install)
    view = desk.host.views["Red"]
    qt.answered(True)
    desk.workflow.click(view.xy(desk.lesion), view, False)
    desk.wait()
    assert len(pip.calls) == 1 and said in desk.panel.status.text
    assert not desk.workflow.choosing and not desk.workflow.busy and not desk.workflow.screen.keys.taken
    if event not in ("scene closed", "volume removed"):
        # Once more, with everything there.
        desk.editor.setCurrentSegmentID(desk.other)
        desk.activate()
        assert desk.click().round == 1


def test_the_runtime_that_is_asked_for_is_what_is_installed(
    host: Any, panel: Any, pip: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where another one works already."""
    from SegmentEditorSPALib import Dependencies, Installation, Model
    from slicerhost import qt

    gone, installed = {"onnxruntime"}, []
    monkeypatch.setattr(Dependencies, "has_torch", lambda: True)
    monkeypatch.setattr(Dependencies, "_absent", lambda names: [name for name in names if name in gone])

    def install(requirements: List[str], *_: Any) -> str:
        installed.append(requirements)
        gone.clear()
        return ""

    monkeypatch.setattr(Installation, "install", install)
    assert Dependencies.missing() == [] and Dependencies.missing(runtime="onnx") == ["onnxruntime"]
    panel.refresh()
    assert panel.runtime.install.text == "Install ONNX Runtime..."
    qt.answered(True)
    panel.runtime.install.click()
    settled(host, panel)
    assert installed == [["onnxruntime>=1.17"]]
    # PyTorch is there, what goes with it is not, and ONNX Runtime is what is kept.
    gone.add("segment_anything")
    Model.keep(Model.choice()._replace(runtime="onnx"))
    assert Dependencies.missing() == []
    qt.answered(True)
    Dependencies.install_torch()
    assert installed[-1] == ["segment-anything>=1.0"]
    gone.add("segment_anything")
    qt.answered(False)
    panel.runtime.runtime.activated.emit(Model.RUNTIMES.index("torch"))
    assert "Nothing was installed" in panel.say.text and Model.choice().runtime == "onnx"


def test_other_builds_of_the_runtime_have_their_version(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from SegmentEditorSPALib import Dependencies

    def found(name: str) -> str:
        if name == "onnxruntime-gpu":
            return "1.19.2"
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", found)
    assert Dependencies.version("onnxruntime") == "1.19.2" and Dependencies.version("safetensors") == ""


def test_again_leaves_slicer_s_own_packages_alone(host: Any, pip: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import slicer
    from SegmentEditorSPALib import Installation

    monkeypatch.setattr(slicer.util, "pip_install", pip.calls.append)
    assert Installation.install(["onnxruntime>=1.17"], again=True) == ""
    assert pip.calls == [["--force-reinstall", "--no-deps", "onnxruntime>=1.17"]]


@pytest.fixture
def panel(host: Any) -> Any:
    from SegmentEditorSPALib.ModulePanel import ModulePanel
    from slicerhost import qt

    window = qt.QFrame()
    made = ModulePanel(qt.QVBoxLayout(window))
    window.show()
    yield made
    made.close()
    window.close()


def test_masks_on_screen_survive_an_installation_that_fails(
    desk: Any, pip: Any, panel: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from slicerhost import qt

    before = desk.click().masks.copy()
    nodes = desk.host.scene.GetNumberOfNodes()
    wheel(tmp_path / "wheels", "something_else")
    qt.answered(str(tmp_path / "wheels"), True)
    panel.runtime.from_folder.click()
    assert "no wheels for Python" in panel.say.text
    assert desk.workflow.choosing and np.array_equal(desk.proposal.masks, before)
    assert desk.host.scene.GetNumberOfNodes() == nodes
    desk.panel.accept.click()
    assert desk.voxels().sum() == before[0].sum()


def settled(host: Any, panel: Any) -> None:
    while panel.model.busy:
        host.qt.processEvents()


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_the_user_says_what_runs_the_model(desk: Any, panel: Any, runtime: str) -> None:
    """In the panel, kept in the settings, used by the next click, and said."""
    from SegmentEditorSPALib import Model

    pytest.importorskip("torch" if runtime == "torch" else "onnxruntime")
    assert Model.choice().runtime == "auto" and panel.runtime.runtime.currentIndex == 0
    number = Model.RUNTIMES.index(runtime)
    panel.runtime.runtime.setCurrentIndex(number)
    panel.runtime.runtime.activated.emit(number)
    settled(desk.host, panel)
    assert Model.choice() == ("", "auto", runtime)
    assert Model.runtime_name(runtime) in panel.say.text and Model.runtime_name(runtime) in panel.model.model.text
    desk.click()
    assert Model.loaded(Model.choice()).runtime == runtime
    assert Model.runtime_name(runtime) in desk.panel.model.text


def test_pytorch_that_is_not_there_is_not_chosen(host: Any, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from SegmentEditorSPALib import Dependencies, Model

    monkeypatch.setattr(Dependencies, "has_torch", lambda: False)
    panel.refresh()
    assert panel.runtime.torch.visible and "PyTorch" not in panel.runtime.state.text
    panel.runtime.runtime.activated.emit(2)
    assert "extension PyTorch" in panel.say.text and Model.choice().runtime == "auto"
    assert panel.runtime.runtime.currentIndex == 0


def test_settings_of_earlier_versions_are_read(host: Any) -> None:
    from SegmentEditorSPALib import Model
    from slicerhost import qt

    qt.QSettings().setValue(Model.DEVICE_KEY, "cpu")
    assert Model.choice() == ("", "cpu", "auto")
    qt.QSettings().setValue(Model.RUNTIME_KEY, "abacus")
    assert Model.choice().runtime == "auto"
