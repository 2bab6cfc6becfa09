"""The scripted module: what it registers, its panel, and its self test."""

from __future__ import annotations

import hashlib
import time
import unittest
from pathlib import Path
from types import SimpleNamespace
from typing import Any, List
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest
import vtk


@pytest.fixture
def module(host: Any) -> Any:
    """The module as Slicer makes it on start-up."""
    import SPASegment

    parent = SimpleNamespace()
    made = SPASegment.SPASegment(parent)
    host.app.startupCompleted.emit()
    return SimpleNamespace(python=SPASegment, parent=parent, made=made)


def test_start_up_registers_effect_and_sample_data(host: Any, module: Any) -> None:
    from slicerhost import effects, modules

    assert [effect.name for effect in effects.REGISTERED] == ["SPA"]
    assert not effects.REGISTERED[0].self().icon().isNull()
    source = modules.SampleDataLogic.sources["SPAPhantom"]
    assert Path(source["thumbnailFileName"]).is_file()
    volume = source["customDownloader"](source)
    assert volume.GetName() == "SPAPhantom"
    logic = host.views["Red"].sliceLogic()
    assert logic.GetSliceCompositeNode().GetBackgroundVolumeID() == volume.GetID()


@pytest.mark.parametrize("where", ["in the effect", "in another one"])
def test_a_closed_scene_is_let_go_of(module: Any, desk: Any, where: str) -> None:
    """Accepted masks know their volume, which may have a gigabyte; Slicer leaves the effect before the nodes go."""
    ended: List[bool] = []
    desk.click()
    desk.workflow.accept()
    if where == "in another one":
        desk.editor.setActiveEffectByName("")
    desk.volume.AddObserver("DeleteEvent", lambda *_: ended.append(True))
    desk.volume = None
    desk.host.scene.Clear(0)
    assert ended


@pytest.mark.parametrize("knows_titles", [True, False], ids=["since 5.12", "before"])
def test_the_samples_category_is_shown_in_the_user_s_language(
    host: Any, monkeypatch: pytest.MonkeyPatch, knows_titles: bool
) -> None:
    """Scripts and tutorials name it in every language alike, where Slicer shows something else."""
    from SegmentEditorSPALib import SampleData
    from slicerhost import modules

    monkeypatch.setattr(SampleData, "_", lambda text: f"<{text}>")
    if not knows_titles:
        monkeypatch.delattr(modules.SampleDataLogic, "registerCustomSampleDataCategory")
    SampleData.register("SPASegment.png")
    name, title = "Segmentation by choices (SPA)", "<Segmentation by choices (SPA)>"
    categories = {source["category"] for source in modules.SampleDataLogic.sources.values()}
    assert categories == ({name} if knows_titles else {title})
    if knows_titles:
        assert modules.SampleDataLogic.titles[name] == title


def test_the_real_sample_is_shown_where_it_is_worth_a_click(host: Any, module: Any) -> None:
    import slicer
    from SegmentEditorSPALib import SampleData
    from slicerhost import modules

    source = modules.SampleDataLogic.sources["SPABrainMR"]
    volume = source["customDownloader"](source)
    voxels = slicer.util.arrayFromVolume(volume)
    assert voxels.shape == (189, 233, 197) and volume.GetSpacing() == (1.0, 1.0, 1.0)
    logic = host.views["Red"].sliceLogic()
    assert logic.GetSliceCompositeNode().GetBackgroundVolumeID() == volume.GetID()
    assert abs(logic.GetSliceOffset() - SampleData.BRAIN_RAS[2]) < 1
    # The ventricle is dark, the brain around it is not.
    i, j, k = (int(round(at - origin)) for at, origin in zip(SampleData.BRAIN_RAS, volume.GetOrigin()))
    assert voxels[k, j, i] < 80 < 150 < voxels[k, j, i - 20]
    path = Path(SampleData.brain_file())
    assert path.stat().st_size < 2e6
    licence = path.with_name("AverageBrainMR.txt").read_text(encoding="utf-8")
    assert "Permission to use, copy, modify, and distribute" in licence and "Copyright (C) 1993-2009" in licence


@pytest.mark.parametrize("name", ["SPAPhantom", "SPABrainMR"])
def test_a_sample_is_loaded_from_a_console_too(host: Any, module: Any, name: str) -> None:
    """`SampleData.downloadSample` fetches addresses, verifies the files and reads them; it calls no downloader."""
    from slicerhost import modules

    from SPASegmentLib.mrml.io.volumes import read_image

    source = modules.SampleDataLogic.sources[name]
    (uri,), (file_name,), (checksum,) = source["uris"], source["fileNames"], source["checksums"]
    path = Path(url2pathname(urlsplit(uri).path))
    assert uri.startswith("file:///") and path.name == file_name and source["nodeNames"] == [name]
    assert checksum == "SHA256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    image, shown = read_image(str(path)), source["customDownloader"](source)
    import slicer

    assert np.array_equal(image.values, slicer.util.arrayFromVolume(shown))
    to_ras = vtk.vtkMatrix4x4()
    shown.GetIJKToRASMatrix(to_ras)
    found = [[to_ras.GetElement(row, column) for column in range(4)] for row in range(4)]
    assert np.allclose(image.to_ras, found, atol=1e-9)


def test_self_test(host: Any, module: Any) -> None:
    host.window.show()
    result = unittest.TestResult()
    unittest.TestLoader().loadTestsFromTestCase(module.python.SPASegmentTest).run(result)
    assert not result.errors and not result.skipped
    assert not result.failures, result.failures[0][1]
    assert result.testsRun >= 3


@pytest.mark.slow
def test_the_self_test_leaves_the_user_s_profiles_alone(host: Any, module: Any) -> None:
    """Whichever of them is in use, and also where the test is run as "Reload and Test" does it."""
    from SegmentEditorSPALib import ProfileActions

    from SPASegmentLib.interaction.profile import Profile

    store = ProfileActions.store()
    for name in ("default", "mine"):
        store.save(name, Profile.new(name).updated(1.0).updated(1.2))
    ProfileActions.activate("mine")
    before = {path.name: path.read_text() for path in store.folder.iterdir()}
    host.window.show()
    test = module.python.SPASegmentTest("runTest")
    test.runTest()
    assert {path.name: path.read_text() for path in store.folder.iterdir()} == before
    assert ProfileActions.active() == "mine" and ProfileActions.store().folder == store.folder


def test_reload_and_test_says_what_it_leaves_out(host: Any, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from SegmentEditorSPALib import Dependencies

    said = []
    host.window.show()
    monkeypatch.setattr(Dependencies, "missing", lambda with_network=True, *_: ["torch"] if with_network else [])
    tests = module.python.SPASegmentTest("runTest")
    tests.delayDisplay = said.append
    tests.runTest()
    assert said == ["Skipped, not installed: torch"]
    assert host.scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 1


def test_without_a_main_window(host: Any, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in Slicer's generic tests: no layout manager, no main window."""
    import slicer
    from slicerhost.editor import qMRMLSegmentEditorWidget

    from SPASegmentLib.data.phantom import ambiguous_phantom
    from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
    from SPASegmentLib.mrml.volumes import add_volume

    monkeypatch.setattr(host.app, "_layout_manager", None)
    monkeypatch.setattr(slicer.util, "mainWindow", lambda: None)
    for text in (module.parent.title, module.parent.helpText, module.parent.acknowledgementText):
        assert text.strip()
    assert module.parent.categories and module.parent.contributors
    widget = module.python.SPASegmentWidget()
    widget.setup()
    widget.enter()
    widget.cleanup()
    phantom = ambiguous_phantom()
    volume = add_volume(host.scene, phantom.voxels, phantom.ijk_to_ras, "image")
    segmentation = create_segmentation(volume)
    editor = qMRMLSegmentEditorWidget()
    editor.setMRMLScene(host.scene)
    node = host.scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor.setMRMLSegmentEditorNode(node)
    editor.setSegmentationNode(segmentation)
    editor.setSourceVolumeNode(volume)
    node.SetSelectedSegmentID(add_segment(segmentation, "lesion"))
    editor.setActiveEffectByName("SPA")
    effect = editor.activeEffect().self()
    effect.workflow.from_segment()
    assert not effect.workflow.busy and "slice view" in effect.panel.status.text
    editor.setActiveEffectByName("")
    editor.close_down()
    editor.deleteLater()


@pytest.fixture
def panel(host: Any, module: Any) -> Any:
    widget = module.python.SPASegmentWidget()
    widget.setup()
    widget.enter()
    yield widget.panel
    widget.cleanup()


def wait(host: Any, panel: Any) -> None:
    end = time.monotonic() + 60
    while panel.model.busy:
        assert time.monotonic() < end
        host.qt.processEvents()


def test_open_the_effect(host: Any, module: Any, panel: Any) -> None:
    from SPASegmentLib.mrml.segmentation import create_segmentation

    panel.sample.click()
    volume = host.scene.GetFirstNodeByName("SPAPhantom")
    editor = host.open_editor()
    segmentation = create_segmentation(volume)
    editor.setSegmentationNode(segmentation)
    editor.setSourceVolumeNode(volume)
    panel.open.click()
    assert ("module", "SegmentEditor") in host.messages
    assert editor.activeEffect().name == "SPA"
    assert segmentation.GetSegmentation().GetNumberOfSegments() == 1
    assert editor.mrmlSegmentEditorNode().GetSelectedSegmentID()


def test_open_the_effect_where_nothing_is_selected(host: Any, module: Any, panel: Any) -> None:
    editor = host.open_editor()
    panel.open.click()
    assert "no image" in panel.say.text and not host.messages and editor.activeEffect() is None
    panel.sample.click()
    volume = host.scene.GetFirstNodeByName("SPAPhantom")
    labels = host.scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    panel.open.click()
    assert panel.say.text == "" and editor.activeEffect().name == "SPA"
    node = editor.mrmlSegmentEditorNode()
    assert node.GetSourceVolumeNode() is volume and node.GetSelectedSegmentID()
    # What the user has selected stays selected.
    other = host.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    editor.setSourceVolumeNode(other)
    panel.open.click()
    assert node.GetSourceVolumeNode() is other
    # Where no view shows an image, the first one that is no label map is taken.
    for view in host.views.values():
        view.sliceLogic().GetSliceCompositeNode().SetBackgroundVolumeID(labels.GetID())
    editor.setSourceVolumeNode(None)
    panel.open.click()
    assert node.GetSourceVolumeNode() is volume


def test_what_happened_is_said_above_the_sections(host: Any, panel: Any) -> None:
    """On a screen of 1280 x 800 what lies below them is not seen."""
    from slicerhost import qt

    panel.say.parent().show()
    qt.answered("mine")
    panel.profiles.new.click()
    host.qt.processEvents()
    assert "mine" in panel.say.text and panel.say.y < panel.model.widget.y and panel.say.y < 200


def test_dialogs_show_what_they_are_about(host: Any, panel: Any, tmp_path: Path) -> None:
    from slicerhost import qt

    section = panel.profiles
    qt.answered("mine")
    section.new.click()
    qt.ASKED.clear()
    qt.answered("mine")
    section.rename.click()
    assert qt.ASKED[0][1] == "mine" and panel.say.text == ""
    for button in (section.reset, section.forget):
        qt.answered(False)
        button.click()
        kind, question = host.messages[-1]
        assert kind == "question" and "profile mine" in question
    qt.answered(str(tmp_path / "out"))
    section.exporting.click()
    assert [path.name for path in tmp_path.glob("out*")] == ["out.json"] and "out.json" in panel.say.text
    (tmp_path / "out.json").write_text("another one")
    qt.answered(str(tmp_path / "out"), False)
    section.exporting.click()
    assert host.messages[-1] == ("question", "out.json exists. Replace it?")
    assert (tmp_path / "out.json").read_text() == "another one"
    qt.answered(str(tmp_path / "kept.JSON"))
    section.exporting.click()
    assert (tmp_path / "kept.JSON").is_file()
    qt.ASKED.clear()
    qt.answered("https://example.org/weights.safetensors", "")
    panel.model.fetch.click()
    assert len(qt.ASKED) == 2 and min(width for _, _, width in qt.ASKED) >= 600


@pytest.mark.parametrize("used", [True, False])
def test_deleted_weights_are_said(host: Any, panel: Any, monkeypatch: pytest.MonkeyPatch, used: bool) -> None:
    from SegmentEditorSPALib import Dependencies, Model, ModelSection
    from slicerhost import qt

    from SPASegmentLib.model.weights import models_folder

    folder = ModelSection.folder()
    folder.mkdir(parents=True)
    for name in ("compact.safetensors", "compact.json"):
        (folder / name).write_bytes((models_folder() / name).read_bytes())
    if used:
        qt.QSettings().setValue(Model.WEIGHTS_KEY, str(folder / "compact.safetensors"))
    panel.refresh()
    # Also where the bundled ones cannot be loaded, since PyTorch is gone.
    monkeypatch.setattr(Dependencies, "ensure", lambda with_network=True, runtime="": "SPA needs PyTorch.")
    qt.answered(True)
    panel.model.delete.click()
    wait(host, panel)
    assert "Deleted: compact.safetensors." in panel.say.text and Model.choice()[0] == ""
    assert ("needs PyTorch" in panel.say.text) == used
    assert not list(folder.iterdir())


def test_profiles(host: Any, panel: Any, tmp_path: Path) -> None:
    from SegmentEditorSPALib import ProfileActions
    from slicerhost import qt

    from SPASegmentLib.interaction.profile import Profile

    section = panel.profiles
    qt.answered("mine")
    section.new.click()
    assert ProfileActions.active() == "mine" and section.profiles.currentText == "mine"
    learned = Profile.new("mine").updated(-1.5).updated(-1.4).updated(-1.6)
    ProfileActions.store().save("mine", learned)
    qt.answered(str(tmp_path / "out.json"))
    section.exporting.click()
    assert Profile.load(tmp_path / "out.json") == learned
    qt.answered("mine")
    section.new.click()
    assert "already" in panel.say.text
    # On Windows and macOS these would be the same file.
    for taken in ("Mine", "DEFAULT"):
        qt.answered(taken)
        section.rename.click()
        assert "already" in panel.say.text
    assert ProfileActions.store().names() == ["default", "mine"]
    qt.answered("a/b")
    section.new.click()
    assert "letters" in panel.say.text
    qt.answered("ours")
    section.rename.click()
    assert ProfileActions.store().names() == ["default", "ours"] and "tighter" in section.learned.text
    qt.answered(str(tmp_path / "ours.json"))
    section.exporting.click()
    assert Profile.load(tmp_path / "ours.json") == learned.renamed("ours")
    qt.answered(True)
    section.reset.click()
    assert ProfileActions.store().load("ours").accepted == 0
    qt.answered(str(tmp_path / "out.json"))
    section.importing.click()
    assert ProfileActions.active() == "mine" and ProfileActions.store().load("mine") == learned
    qt.answered(True)
    section.forget.click()
    assert ProfileActions.active() == "default" and ProfileActions.store().names() == ["default", "ours"]
    # A name that the viewer allows, and that cannot be a file's.
    learned.renamed("- the outlines of: " + 60 * "x").save(tmp_path / "long.json")
    qt.answered(str(tmp_path / "long.json"))
    section.importing.click()
    assert ProfileActions.active() == "the outlines of_ " + 33 * "x"
    qt.answered(True)
    section.forget.click()
    (tmp_path / "broken.json").write_text("{")
    qt.answered(str(tmp_path / "broken.json"))
    section.importing.click()
    assert "damaged" in panel.say.text


def test_a_damaged_profile_can_be_reset(host: Any, panel: Any) -> None:
    from SegmentEditorSPALib import ProfileActions
    from slicerhost import qt

    store = ProfileActions.store()
    store.create("mine")
    for name in ("mine", "default"):
        store.path(name).write_text("{", encoding="utf-8")
        ProfileActions.activate(name)
        panel.refresh()
        assert f"{name} cannot be read" in panel.profiles.learned.text
        qt.answered(True)
        panel.profiles.reset.click()
        assert store.load(name).accepted == 0 and store.load(name).name == name
        assert "cannot be read" not in panel.profiles.learned.text


def test_other_weights(host: Any, panel: Any, tmp_path: Path) -> None:
    from SegmentEditorSPALib import Model
    from slicerhost import qt

    from SPASegmentLib.model.weights import models_folder

    for name in ("compact.safetensors", "compact.json"):
        (tmp_path / name).write_bytes((models_folder() / name).read_bytes())
    path = str(tmp_path / "compact.safetensors")
    qt.answered(path)
    panel.model.local.click()
    wait(host, panel)
    assert Model.choice()[0] == path
    sha256 = Model.loaded(Model.choice()).sha256
    assert sha256[:12] in panel.model.model.text and sha256 in panel.say.text.replace("\u200b", "")
    (tmp_path / "bad.json").write_bytes((tmp_path / "compact.json").read_bytes())
    (tmp_path / "bad.safetensors").write_bytes(b"x" * 100)
    qt.answered(str(tmp_path / "bad.safetensors"))
    panel.model.local.click()
    wait(host, panel)
    assert "bad.safetensors" in panel.say.text and Model.choice()[0] == path
    panel.model.bundled.click()
    wait(host, panel)
    assert Model.choice() == ("", "auto", "auto")


def test_the_scene_s_copy_becomes_a_profile_of_one_s_own(host: Any, panel: Any) -> None:
    from SegmentEditorSPALib import ProfileActions, SceneProfile

    from SPASegmentLib.interaction.profile import Profile

    section = panel.profiles
    assert not section.from_scene.enabled
    colleague = Profile.new("colleague").updated(1.2).updated(1.1).updated(1.3)
    SceneProfile.save(host.scene, colleague, "somebody")
    panel.refresh()
    section.from_scene.click()
    assert ProfileActions.active() == "colleague" and ProfileActions.store().load("colleague") == colleague
    assert "wider" in section.learned.text
    section.from_scene.click()
    assert ProfileActions.store().names() == ["default", "colleague"]
    SceneProfile._node(host.scene).SetParameter("Profile", "{")
    section.from_scene.click()
    assert "damaged" in panel.say.text or not section.from_scene.enabled
