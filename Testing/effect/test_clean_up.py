"""Whatever ends a session, nothing of it is left."""

from __future__ import annotations

from typing import Any, Callable, Dict

import numpy as np
import pytest


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


def test_a_second_click_while_busy_is_ignored(desk: Any) -> None:
    desk.click()
    desk.workflow.cancel()
    desk.host.views["Red"].click(desk.lesion)
    desk.host.views["Red"].click(desk.lesion)
    assert "still computing" in desk.panel.status.text
    desk.wait()
    assert desk.proposal.round == 1


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


@pytest.mark.slow
def test_500_random_actions_leave_nothing(desk: Any) -> None:
    rng = np.random.default_rng(0)
    drawn, nodes = actors(desk), desk.node_names()
    workflow = desk.workflow
    actions: Dict[str, Callable[[], None]] = {
        "click": lambda: desk.host.views[str(rng.choice(["Red", "Green", "Yellow"]))].click(desk.lesion),
        "ctrl": lambda: desk.host.views["Red"].click(desk.lesion, ctrl=True),
        "choose": lambda: workflow.choose(int(rng.integers(1, 5))),
        "mark": lambda: workflow.mark(int(rng.integers(0, 5))),
        "back": workflow.back, "accept": workflow.accept, "cancel": workflow.cancel, "over": workflow.start_over,
        "next": lambda: workflow.next_slice(int(rng.choice([-1, 1]))), "undo": desk.editor.undo,
        "other": lambda: desk.editor.setCurrentSegmentID(str(rng.choice([desk.segment, desk.other]))),
        "leave": lambda: (desk.editor.setActiveEffectByName(""), desk.editor.setActiveEffectByName("SPA")),
        "home": lambda: [v.mrmlSliceNode().JumpSliceByOffsetting(*desk.lesion) for v in desk.host.views.values()],
    }
    names = sorted(actions)
    for _ in range(500):
        actions[names[int(rng.integers(len(names)))]]()
        if rng.random() < 0.7:
            desk.wait()
    desk.editor.setActiveEffectByName("")
    assert actors(desk) == drawn
    assert desk.node_names() == nodes
