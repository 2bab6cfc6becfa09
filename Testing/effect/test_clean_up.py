"""Whatever ends a session, nothing of it is left."""

from __future__ import annotations

import gc
import shutil
import threading
from pathlib import Path
from typing import Any, Callable, Dict

import numpy as np
import pytest
import slicer
import vtk

from SPASegmentLib.model.card import bundled


def actors(desk: Any) -> int:
    """Number of things drawn in all views."""
    renderers = (v.sliceView().renderWindow().GetRenderers().GetFirstRenderer() for v in desk.host.views.values())
    return sum(renderer.GetViewProps().GetNumberOfItems() for renderer in renderers)


def leftovers(desk: Any) -> Dict[str, Any]:
    return {
        "nodes": [n for n in desk.node_names() if "Segmentation" in n],
        "observer": desk.node.HasObserver("ModifiedEvent"),
        "keys": desk.workflow.screen.keys.taken,
        "busy": desk.workflow._runner.busy,
        "timer": desk.workflow._runner._timer.active,
        "strip": desk.workflow.screen.strip._view,
    }


ENDS: Dict[str, Callable[[Any], None]] = {
    "no effect": lambda desk: desk.editor.setActiveEffectByName(""),
    "another segmentation": lambda desk: desk.editor.setSegmentationNode(None),
    "editor without node": lambda desk: desk.editor.setMRMLSegmentEditorNode(None),
    "segmentation removed": lambda desk: desk.host.scene.RemoveNode(desk.segmentation),
    "scene closed": lambda desk: desk.host.scene.Clear(0),
}


@pytest.mark.parametrize("busy", [False, True], ids=["choosing", "busy"])
@pytest.mark.parametrize("end", sorted(ENDS))
def test_effect_is_left(desk: Any, end: str, busy: bool) -> None:
    drawn = actors(desk)
    before = leftovers(desk)["nodes"]
    desk.click()
    if busy:
        desk.workflow.choose(1)
        assert desk.workflow._runner.busy
    ENDS[end](desk)
    desk.qt.processEvents()
    after = leftovers(desk)
    assert desk.editor.activeEffect() is None
    assert not after["keys"] and not after["busy"] and not after["timer"] and after["strip"] is None
    assert desk.workflow.controller is None and not desk.workflow._observed
    assert set(after["nodes"]) <= set(before)
    if end == "no effect":
        assert after["nodes"] == before and not desk.voxels().any()
        assert actors(desk) == drawn


@pytest.mark.parametrize("busy", [False, True], ids=["choosing", "busy"])
@pytest.mark.parametrize("change", ["segment", "volume"])
def test_target_changes(desk: Any, change: str, busy: bool) -> None:
    desk.click()
    if busy:
        desk.workflow.choose(1)
    if change == "segment":
        desk.editor.setCurrentSegmentID(desk.other)
    else:
        desk.host.scene.RemoveNode(desk.volume)
    desk.qt.processEvents()
    assert not desk.workflow.choosing and not desk.workflow._runner.busy and not desk.workflow.screen.keys.taken
    assert "dropped" in desk.panel.status.text
    assert desk.editor.activeEffect() is not None
    if change == "segment":
        desk.click()
        desk.panel.accept.click()
        assert desk.voxels(desk.other).any() and not desk.voxels().any()


def test_a_result_for_a_slice_that_is_gone_is_dropped(desk: Any) -> None:
    view = desk.host.views["Red"]
    desk.click()
    desk.workflow.cancel()
    view.click(desk.lesion)
    assert desk.workflow._runner.busy
    node = view.mrmlSliceNode()
    node.SetSliceOffset(node.GetSliceOffset() + 10)
    desk.wait()
    assert not desk.workflow.choosing and "another slice" in desk.panel.status.text


def test_clicks_while_busy_wait_but_not_those_at_the_same_place(desk: Any) -> None:
    desk.click()
    desk.workflow.cancel()
    r, a, s = desk.lesion
    for point in (desk.lesion, desk.lesion, (r + 7, a, s), (r + 7, a, s)):
        desk.host.views["Red"].click(point, ctrl=point != desk.lesion)
    assert "Computing" in desk.panel.status.text
    desk.wait()
    assert desk.proposal.round == 1 and desk.panel.back.enabled
    desk.workflow.conversation.back()
    desk.wait()
    assert not desk.panel.back.enabled


def test_a_click_is_dropped_when_another_segment_is_selected_while_the_network_loads(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from SegmentEditorSPALib import Model

    monkeypatch.setattr(Model, "_loaded", {})
    desk.host.views["Red"].click(desk.lesion)
    assert desk.workflow.busy and "Loading the network" in desk.panel.status.text
    desk.editor.setCurrentSegmentID(desk.other)
    assert not desk.workflow.busy and "dropped" in desk.panel.status.text
    desk.wait_for(lambda: Model.loaded(Model.choice()) is not None)
    desk.qt.processEvents()
    assert not desk.workflow.choosing and not desk.workflow.busy and "dropped" in desk.panel.status.text
    mask = desk.click().masks[0]
    desk.panel.accept.click()
    assert desk.voxels(desk.other).sum() == mask.sum() and not desk.voxels().any()


def test_choosing_survives_a_change_of_layout_and_of_zoom(desk: Any) -> None:
    first = desk.click()
    drawn = actors(desk)
    view = desk.host.views["Red"]
    view.hide()
    desk.editor.layoutChanged()
    assert desk.workflow.choosing and desk.workflow.screen.strip._view is None
    view.show()
    node = view.mrmlSliceNode()
    offset = node.GetSliceOffset()
    node.SetFieldOfView(60, 55, 1)
    assert actors(desk) == drawn
    node.SetSliceOffset(offset + 5)
    assert actors(desk) < drawn
    node.SetSliceOffset(offset)
    assert actors(desk) == drawn
    desk.panel.accept.click()
    assert desk.voxels().sum() == first.masks[0].sum()


@pytest.mark.parametrize("where", ["under way", "in the queue"])
def test_nodes_do_not_go_in_the_worker(desk: Any, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Who hears of a node's end, such as Slicer's widgets, may not be called from another thread."""
    from SegmentEditorSPALib.JobRunner import executor

    from SPASegmentLib.mrml.job import Job

    desk.click()
    desk.workflow.cancel()
    begun, gate, ended, run = threading.Event(), threading.Event(), [], Job.run
    monkeypatch.setattr(Job, "run", lambda job: begun.set() or gate.wait() or run(job))
    before = executor().submit(gate.wait) if where == "in the queue" else None
    desk.volume.AddObserver("DeleteEvent", lambda *_: ended.append(threading.get_ident()))
    desk.host.views["Red"].click(desk.lesion)
    assert desk.workflow.busy and (before is not None or begun.wait(60))
    desk.host.scene.Clear(0)
    desk.volume = None
    desk.qt.processEvents()
    gc.collect()
    gate.set()
    del before
    for _ in range(3):  # what the worker was at is forgotten when it has gone on to something else
        executor().submit(gc.collect).result(60)
    desk.wait_for(lambda: bool(ended))
    assert set(ended) == {threading.get_ident()}


def observers(thing: Any) -> int:
    """Number of observers of a VTK object: those of all tags that were ever given out and still lead to a command."""
    newest = thing.AddObserver("UserEvent", lambda *_: None)
    thing.RemoveObserver(newest)
    return sum(thing.GetCommand(tag) is not None for tag in range(1, newest))


def census(desk: Any) -> Dict[str, Any]:
    """Everything that a session could leave behind, counted."""
    from PySide6.QtCore import QEvent
    from slicerhost import qt

    # What was told to go, goes when the event loop turns.
    desk.qt.sendPostedEvents(None, QEvent.DeferredDelete.value)
    desk.qt.processEvents()
    scene, views = desk.host.scene, list(desk.host.views.values())
    observed: Dict[str, Any] = {"scene": scene, "parameters": desk.node, "volume": desk.volume}
    observed.update({"segmentation": desk.segmentation, "segments": desk.segmentation.GetSegmentation()})
    observed.update({f"node {n}": view.mrmlSliceNode() for n, view in enumerate(views)})
    observed.update({f"interactor {n}": view.sliceView().interactor() for n, view in enumerate(views)})
    return {
        "nodes": desk.node_names(),
        "actors": actors(desk),
        "observers": {name: observers(thing) for name, thing in observed.items()},
        "timers": sum(type(thing) is qt.QTimer and thing.active for thing in gc.get_objects()),
        "shortcuts": len(desk.host.window.findChildren("QShortcut")),
        "children of views": [len(view.sliceView().findChildren("QWidget")) for view in views],
        "threads": threading.active_count(),
    }


def test_the_census_counts(desk: Any) -> None:
    """What the test below relies on."""
    desk.click()
    desk.workflow.cancel()
    before = census(desk)
    desk.click()
    tag = desk.volume.AddObserver("ModifiedEvent", lambda *_: None)
    during = census(desk)
    for kind in ("nodes", "actors", "shortcuts", "children of views"):
        assert during[kind] != before[kind], kind
    assert during["observers"]["volume"] == before["observers"]["volume"] + 1
    desk.volume.RemoveObserver(tag)
    desk.workflow.choose(1)
    assert census(desk)["timers"] == before["timers"] + 1 or not desk.workflow.busy
    desk.wait()
    desk.workflow.cancel()
    assert census(desk) == before


@pytest.mark.slow  # the walks of Testing/contract are short ones
@pytest.mark.parametrize("count", [120, 500])
def test_random_actions_leave_nothing(desk: Any, count: int) -> None:
    rng = np.random.default_rng(count)
    desk.click()
    desk.workflow.cancel()
    active = census(desk)
    desk.editor.setActiveEffectByName("")
    left = census(desk)
    desk.activate()
    workflow = desk.workflow
    view = lambda: desk.host.views[str(rng.choice(["Red", "Green", "Yellow"]))]  # noqa: E731
    r, a, s = desk.lesion

    def leave() -> None:
        desk.editor.setActiveEffectByName("")
        assert census(desk) == left
        desk.activate()

    def scroll() -> None:
        node = view().mrmlSliceNode()
        node.SetSliceOffset(node.GetSliceOffset() + float(rng.choice([-2.5, 2.5])))

    actions: Dict[str, Callable[[], Any]] = {
        "click": lambda: view().click(desk.lesion),
        "box": lambda: desk.host.views["Red"].drag((r - 15, a - 15, s), (r + 15, a + 15, s)),
        "ctrl": lambda: desk.host.views["Red"].click(desk.lesion, ctrl=True),
        "choose": lambda: workflow.choose(int(rng.integers(1, 5))),
        "mark": lambda: workflow.mark(int(rng.integers(0, 5))),
        "double": lambda: workflow.conversation.accept_at_once(int(rng.integers(0, 5))),
        "back": workflow.conversation.back, "accept": workflow.accept, "cancel": workflow.cancel,
        "over": workflow.conversation.start_over,
        "next": lambda: workflow.conversation.next_slice(int(rng.choice([-1, 1]))),
        "segment": workflow.from_segment,
        "undo": desk.editor.undo, "redo": desk.editor.redo,
        "other": lambda: desk.editor.setCurrentSegmentID(str(rng.choice([desk.segment, desk.other]))),
        "pictures": desk.panel.in_view.click, "uncertainty": desk.panel.uncertainty.click,
        "layout": lambda: (view().setVisible(bool(rng.random() < 0.5)), desk.editor.layoutChanged()),
        "leave": leave, "scroll": scroll,
        "home": lambda: [v.mrmlSliceNode().JumpSliceByOffsetting(*desk.lesion) for v in desk.host.views.values()],
    }
    names = sorted(actions)
    shown = 0
    for _ in range(count):
        actions[names[int(rng.integers(len(names)))]]()
        if rng.random() < 0.7:
            desk.wait()
            shown += desk.workflow.choosing
    for each in desk.host.views.values():
        each.show()
    desk.wait()
    workflow.cancel()
    # As at the beginning: what is selected has been worked on.
    actions["home"]()
    desk.click()
    workflow.cancel()
    assert shown > count / 10, "masks were on screen much of the time"
    assert census(desk) == active
    desk.editor.setActiveEffectByName("")
    assert census(desk) == left


def test_a_click_is_dropped_when_the_view_is_scrolled_while_the_network_loads(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from SegmentEditorSPALib import Model

    view = desk.host.views["Red"]
    monkeypatch.setattr(Model, "_loaded", {})
    view.click(desk.lesion)
    assert "Loading the network" in desk.panel.status.text
    node = view.mrmlSliceNode()
    node.SetSliceOffset(node.GetSliceOffset() + 10)
    desk.wait()
    assert not desk.workflow.choosing and "another slice" in desk.panel.status.text


def test_weights_that_are_gone_say_the_way_back(desk: Any, tmp_path: Path) -> None:
    """Such as on a drive that is not there today; the settings remember them, also for another Slicer."""
    from SegmentEditorSPALib import Model

    Model.keep(Model.choice()._replace(weights=str(tmp_path / "better.safetensors")))
    desk.host.views["Red"].click(desk.lesion)
    desk.wait()
    for words in ("better.safetensors cannot be read", "Use bundled (section Model)"):
        assert words in desk.panel.status.text
    Model.keep(Model.choice()._replace(weights=""))
    assert desk.click().round == 1


def test_what_needs_no_weights_goes_on_without_those_that_are_gone(desk: Any, tmp_path: Path) -> None:
    """What the segment holds is varied by the bundled weights in their place, which is said."""
    from SegmentEditorSPALib import Model

    desk.click()
    desk.panel.accept.click()
    path = tmp_path / "better.safetensors"
    Model.keep(Model.choice()._replace(weights=str(path)))
    for button in (desk.panel.from_segment, desk.panel.volume.through):
        desk.editor.setActiveEffectByName("")
        desk.activate()
        button.click()
        desk.wait()
        said = desk.panel.status.text
        for words in ("better.safetensors cannot be read", "The bundled weights are used here", "(section Model)"):
            assert words in said, said
        assert desk.controller.network is Model.loaded(Model.choice()._replace(weights="")).network
        desk.workflow.cancel()
    # A click asks for what was chosen, as before; and once that is there it is what is used.
    desk.host.views["Red"].click(desk.lesion)
    desk.wait()
    assert not desk.workflow.choosing and "Use bundled (section Model)" in desk.panel.status.text
    for file in bundled().parent.glob(f"{bundled().stem}.*"):
        shutil.copy(file, tmp_path / file.name.replace(bundled().stem, "better", 1))
    desk.panel.from_segment.click()
    desk.wait()
    assert desk.workflow.choosing and "bundled" not in desk.panel.status.text
    assert desk.controller.network is Model.loaded(Model.choice()).network
    Model.keep(Model.choice()._replace(weights=""))


def test_what_cannot_be_shown_is_said(desk: Any) -> None:
    """A volume that is bent while its masks are computed; nothing may stay half done."""
    warp = slicer.vtkMRMLTransformNode()
    desk.host.scene.AddNode(warp)
    warp.SetAndObserveTransformToParent(vtk.vtkThinPlateSplineTransform())
    desk.click()
    desk.workflow.cancel()
    desk.host.views["Red"].click(desk.lesion)
    assert desk.workflow.busy
    desk.volume.SetAndObserveTransformNodeID(warp.GetID())
    desk.wait()
    assert "non-linear" in desk.panel.status.text and not desk.workflow.choosing
    desk.volume.SetAndObserveTransformNodeID(None)
    assert desk.click().round == 1


def warped(desk: Any) -> str:
    """Id of a non-linear transform in the scene."""
    warp = slicer.vtkMRMLTransformNode()
    desk.host.scene.AddNode(warp)
    warp.SetAndObserveTransformToParent(vtk.vtkThinPlateSplineTransform())
    return str(warp.GetID())


def cropped(desk: Any) -> None:
    """The volume cropped in place: fewer voxels, and they lie elsewhere."""
    crop = vtk.vtkExtractVOI()
    crop.SetInputData(desk.volume.GetImageData())
    crop.SetVOI(10, 80, 10, 90, 2, 20)
    moved = vtk.vtkImageChangeInformation()
    moved.SetInputConnection(crop.GetOutputPort())
    moved.SetOutputExtentStart(0, 0, 0)
    moved.Update()
    to_ras = vtk.vtkMatrix4x4()
    desk.volume.GetIJKToRASMatrix(to_ras)
    desk.volume.SetOrigin(to_ras.MultiplyPoint((10, 10, 2, 1))[:3])
    desk.volume.SetAndObserveImageData(moved.GetOutput())


def test_the_effect_begins_where_nothing_can_be_written(desk: Any) -> None:
    """A segmentation that was bent since a mask was accepted: every step that looks at the mask goes on."""
    desk.click()
    desk.panel.accept.click()
    desk.editor.setActiveEffectByName("")
    # What was painted over it makes SPA look at what is left of it.
    painted = desk.voxels().astype(np.uint8)
    k, j, i = np.argwhere(painted).mean(axis=0).astype(int)
    painted[k, j - 1 : j + 2, i - 1 : i + 2] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(painted, desk.segmentation, desk.segment, desk.volume)
    desk.segmentation.SetAndObserveTransformNodeID(warped(desk))
    desk.activate()
    assert "Click on a structure" in desk.panel.status.text and desk.workflow.volume_keys.taken
    desk.editor.setCurrentSegmentID(desk.other)
    desk.editor.setCurrentSegmentID(desk.segment)
    desk.key("D")
    assert "non-linear" in desk.panel.status.text and not desk.workflow.conversation.armed
    desk.segmentation.SetAndObserveTransformNodeID(None)
    desk.key("PageUp")
    assert desk.workflow.choosing, desk.panel.status.text


#: What may happen to what is segmented, and what the user is told.
MISHAPS: Dict[str, Any] = {
    "volume bent": (lambda desk: desk.volume.SetAndObserveTransformNodeID(warped(desk)), "non-linear"),
    "segmentation bent": (lambda desk: desk.segmentation.SetAndObserveTransformNodeID(warped(desk)), "non-linear"),
    "volume emptied": (lambda desk: desk.volume.SetAndObserveImageData(None), "no image"),
    "volume cropped": (cropped, "was moved"),
    "segment removed": (lambda desk: desk.segmentation.GetSegmentation().RemoveSegment(desk.segment), "not exist"),
}


@pytest.mark.parametrize("busy", [False, True], ids=["choosing", "busy"])
@pytest.mark.parametrize("mishap", sorted(MISHAPS))
def test_what_cannot_be_segmented_any_more_ends_the_session(desk: Any, mishap: str, busy: bool) -> None:
    desk.click()
    desk.workflow.cancel()
    before = leftovers(desk)["nodes"]
    undisturbed = desk.voxels(desk.other)
    desk.click()
    if busy:
        desk.workflow.choose(1)
    happen, told = MISHAPS[mishap]
    happen(desk)
    said = desk.panel.status.text
    assert told in said and "dropped" in said
    assert not desk.workflow.choosing and not desk.workflow.busy and not desk.workflow.screen.keys.taken
    assert leftovers(desk)["nodes"] == before
    desk.qt.processEvents()
    for view in desk.host.views.values():
        x, y, z = view.mrmlSliceNode().GetXYZOrigin()
        view.mrmlSliceNode().SetXYZOrigin(x + 3, y, z)
    talk = desk.workflow.conversation
    for act in (desk.workflow.accept, talk.back, lambda: talk.mark(1), desk.editor.layoutChanged):
        act()
    assert desk.panel.status.text == said
    assert desk.editor.activeEffect() is not None and not desk.editor.logic.CanUndo()
    if "bent" in mishap:
        for node in (desk.volume, desk.segmentation):
            node.SetAndObserveTransformNodeID(None)
        assert not desk.voxels().any() and np.array_equal(desk.voxels(desk.other), undisturbed)
        assert desk.click().round == 1


def test_a_segment_removed_with_what_was_found_in_the_volume_on_screen(desk: Any) -> None:
    """By another module, so that the editor still names it; errors in what Qt calls fail the test."""
    desk.click()
    desk.panel.accept.click()
    volume = desk.workflow.conversation.volume
    volume.go()
    desk.wait_for(lambda: volume.ready and not volume.running)
    desk.segmentation.GetSegmentation().RemoveSegment(desk.segment)
    desk.qt.processEvents()
    assert "not exist" in desk.panel.status.text and not volume.active and desk.controller is None
    desk.editor.setCurrentSegmentID(desk.other)
    assert desk.click().round == 1


def test_the_masks_on_screen_move_with_the_volume(desk: Any) -> None:
    desk.click()
    mask, frame = desk.proposal.masks[0], desk.controller.frame

    def drawn() -> Any:
        widget = desk.host.views["Red"]
        return [
            np.array(actor.GetMapper().GetInput().GetPoints().GetBounds()[:4])
            for owner, actor in desk.workflow.screen.outline._overlay._actors if owner is widget
        ][0]

    where = drawn()
    shift = slicer.vtkMRMLLinearTransformNode()
    desk.host.scene.AddNode(shift)
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 6)
    shift.SetMatrixTransformToParent(matrix)
    desk.volume.SetAndObserveTransformNodeID(shift.GetID())
    assert desk.controller.preview.node.GetParentTransformNode() is shift
    # To the left on the screen is the patient's right.
    assert drawn()[0] < where[0] - 5
    matrix.SetElement(0, 3, 0)
    shift.SetMatrixTransformToParent(matrix)
    assert np.allclose(drawn(), where, atol=0.1)
    matrix.SetElement(0, 3, 6)
    shift.SetMatrixTransformToParent(matrix)
    desk.panel.accept.click()
    assert np.array_equal(frame.segment_mask(desk.segmentation, desk.segment), mask)


def test_another_geometry_of_the_segmentation_in_mid_session(desk: Any) -> None:
    from SPASegmentLib.mrml.grid import matrix_from_array, volume_grid

    desk.click()
    mask, frame = desk.proposal.masks[0], desk.controller.frame
    grid = volume_grid(desk.volume)
    fine = grid.to_local @ np.array([[0.5, 0, 0, -0.25], [0, 0.5, 0, -0.25], [0, 0, 0.5, -0.25], [0, 0, 0, 1]])
    geometry = slicer.vtkOrientedImageData()
    i, j, k = grid.shape
    geometry.SetExtent(0, 2 * i - 1, 0, 2 * j - 1, 0, 2 * k - 1)
    geometry.SetGeometryFromImageToWorldMatrix(matrix_from_array(fine))
    desk.segmentation.GetSegmentation().SetConversionParameter(
        slicer.vtkSegmentationConverter.GetReferenceImageGeometryParameterName(),
        slicer.vtkSegmentationConverter.SerializeImageGeometry(geometry),
    )
    desk.panel.accept.click()
    assert np.array_equal(frame.segment_mask(desk.segmentation, desk.segment), mask)


@pytest.mark.parametrize("double_click", [False, True])
def test_a_profile_that_cannot_be_kept_does_not_keep_the_masks_on_screen(desk: Any, double_click: bool) -> None:
    from SegmentEditorSPALib.ProfileActions import store

    drawn = actors(desk)
    folder = store().folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Where the folder has to be made lies a file.
    folder.write_text("")
    first = desk.click()
    if double_click:
        desk.workflow.conversation.press(1)
        desk.workflow.conversation.accept_at_once(1)
        desk.wait()
    else:
        desk.panel.accept.click()
    said = desk.panel.status.text
    assert "accepted" in said and "profile" in said and "disk" in said
    assert desk.voxels().sum() == first.masks[int(double_click)].sum()
    assert not desk.workflow.choosing and not desk.workflow.screen.keys.taken
    assert desk.workflow.screen.proposal is None and actors(desk) == drawn
    assert desk.panel.next.enabled and not desk.panel.accept.enabled


def test_a_segmentation_that_cannot_be_written_is_said_before_anything_is_computed(desk: Any) -> None:
    desk.segmentation.SetAndObserveTransformNodeID(warped(desk))
    desk.host.views["Red"].click(desk.lesion)
    assert "non-linear" in desk.panel.status.text and not desk.workflow.busy


def test_fitting_the_view_while_masks_are_computed_does_not_drop_them(desk: Any) -> None:
    """The slice is the same; only its middle lies elsewhere."""
    view = desk.host.views["Red"]
    desk.click()
    desk.workflow.cancel()
    view.click(desk.lesion)
    assert desk.workflow.busy
    r, a, s = desk.lesion
    view.mrmlSliceNode().JumpSliceByCentering(r + 20, a - 10, s)
    desk.wait()
    assert desk.workflow.choosing


def test_start_from_the_segment_in_a_view_that_is_shown(desk: Any) -> None:
    mask = desk.click("Red").masks[0]
    desk.panel.accept.click()
    desk.host.views["Red"].hide()
    desk.editor.layoutChanged()
    desk.panel.from_segment.click()
    desk.wait()
    assert mask.any() and desk.workflow.screen.view is desk.host.views["Green"]
