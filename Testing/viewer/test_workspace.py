"""The volume that is open in the viewer, its segments, undo and profile; without a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("slicer")

from vtk.util.numpy_support import vtk_to_numpy

from SPASegmentLib.errors import InputError, SPAError, StateError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import segment_array
from SPASegmentLib.mrml.volumes import add_volume, load_mask
from SPASegmentLib.mrml.writer import write_mask
from SPASegmentLib.viewer.profiles import ViewerProfiles
from SPASegmentLib.viewer.state import user_message
from SPASegmentLib.viewer.workspace import Workspace, grey_range, set_grey_range

SETTINGS = SessionSettings(predictions=8, candidates=3, particles=32)


@pytest.fixture
def workspace(scene: Any) -> Workspace:
    opened = Workspace(scene, settings=SETTINGS)
    opened.lesion = opened.open_phantom()  # type: ignore[attr-defined]
    return opened


def paint(workspace: Workspace, radius: float = 6.0) -> None:
    """A disk around the lesion's point, through the editor."""
    centre = workspace.lesion  # type: ignore[attr-defined]
    frame = Frame.at(workspace.volume, centre, Plane.named("axial"))
    x, y = frame.ras_to_xy(centre)
    rows, columns = np.indices(frame.image.shape)
    mask = np.hypot((columns - x) * frame.image.spacing[0], (rows - y) * frame.image.spacing[1]) < radius
    write_mask(workspace._editor, frame, mask, workspace.segmentation, workspace.controller.segment_id)


def voxels(workspace: Workspace, segment_id: str) -> np.ndarray:
    return segment_array(workspace.segmentation, segment_id, volume_grid(workspace.volume))


def test_nothing_is_open_at_first(scene: Any) -> None:
    workspace = Workspace(scene)
    assert not workspace.is_open and workspace.segments == [] and not workspace.unsaved
    assert not workspace.can_undo and not workspace.can_redo
    for call in (lambda: workspace.controller, workspace.undo, workspace.add, lambda: workspace.save("a.seg.nrrd")):
        with pytest.raises(StateError, match="Open a volume"):
            call()
    workspace.close()


def test_a_session_on_the_phantom(workspace: Workspace, tmp_path: Path) -> None:
    paint(workspace)
    before = voxels(workspace, workspace.controller.segment_id)
    controller = workspace.controller
    proposal = controller.run(controller.start_from_segment(workspace.lesion, "axial"))  # type: ignore[attr-defined]
    largest = int(np.argmax([mask.sum() for mask in proposal.masks]))
    controller.accept(largest)
    after = voxels(workspace, controller.segment_id)
    workspace.profiles.update(workspace.profiles.taught(), lambda _before: controller.profile)
    assert after.sum() > before.sum() and workspace.profiles.active.accepted == 1
    workspace.undo()
    assert np.array_equal(voxels(workspace, controller.segment_id), before)
    workspace.redo()
    assert np.array_equal(voxels(workspace, controller.segment_id), after)
    for name in ("a.seg.nrrd", "a.nii.gz"):
        workspace.rename(controller.segment_id, f"Lesion in {name}")
        assert workspace.unsaved
        written = workspace.save(str(tmp_path / name))
        assert workspace.unsaved, "nobody has received the file"
        workspace.saved(written)
        assert not workspace.unsaved
        workspace.rename(controller.segment_id, f"{name} once more")
        workspace.saved(written)
        assert workspace.unsaved, "what has changed since is not in it"
        mask, grid = load_mask(workspace.scene, str(tmp_path / name))
        frame = Frame.at(workspace.volume, workspace.lesion, Plane.named("axial"))  # type: ignore[attr-defined]
        assert np.array_equal(
            frame.labels(mask, grid), frame.segment_mask(workspace.segmentation, controller.segment_id)
        )
        assert mask.sum() == after.sum()


def test_segments_are_listed_named_coloured_and_deleted(workspace: Workspace) -> None:
    (first,) = workspace.segments
    assert (first.name, workspace.controller.segment_id) == ("Segment 1", first.id)
    paint(workspace)
    painted = voxels(workspace, first.id)
    second = workspace.add()
    assert workspace.controller.segment_id == second
    assert [row.name for row in workspace.segments] == ["Segment 1", "Segment 2"]
    workspace.rename(second, "  Zyste, größer  ")
    workspace.recolor(second, "#0a80ff")
    assert (workspace.segments[1].name, workspace.segments[1].color) == ("Zyste, größer", "#0a80ff")
    workspace.select(first.id)
    workspace.remove(first.id)
    assert [row.id for row in workspace.segments] == [second]
    assert workspace.controller.segment_id == second
    workspace.undo()
    assert {row.id for row in workspace.segments} == {first.id, second}
    assert np.array_equal(voxels(workspace, first.id), painted)
    workspace.redo()
    assert [row.id for row in workspace.segments] == [second]


def accept_one(workspace: Workspace) -> None:
    """Paint, and accept a mask that starts from it."""
    paint(workspace)
    controller = workspace.controller
    controller.run(controller.start_from_segment(workspace.lesion, "axial"))  # type: ignore[attr-defined]
    controller.accept(0)
    assert controller.accepted is not None


def test_another_segment_is_not_gone_on_with_the_structure_of_the_one_before(workspace: Workspace) -> None:
    first = workspace.controller.segment_id
    ways = (
        workspace.add, workspace.add_next, lambda: workspace.select(other), lambda: workspace.remove(first),
    )  # fmt: skip
    other = workspace.add()
    for change in ways:
        workspace.select(first)
        accept_one(workspace)
        workspace.select(first)
        assert workspace.controller.accepted is not None, "it is the same segment"
        change()
        assert workspace.controller.segment_id != first and workspace.controller.accepted is None
        with pytest.raises(StateError, match="Accept a mask first"):
            workspace.controller.next_slice(1)


def test_undo_that_takes_the_segment_away_takes_what_was_accepted_into_it(workspace: Workspace) -> None:
    first = workspace.controller.segment_id
    workspace.add()
    accept_one(workspace)
    while workspace.can_undo:
        workspace.undo()
    assert workspace.controller.segment_id == first and workspace.controller.accepted is None


def test_segment_edits_that_are_refused(workspace: Workspace) -> None:
    (only,) = workspace.segments
    with pytest.raises(InputError, match="only segment"):
        workspace.remove(only.id)
    for name in ("", "   ", "a" * 81, "two\nlines"):
        with pytest.raises(InputError, match="name of a segment"):
            workspace.rename(only.id, name)
    with pytest.raises(InputError, match="colour"):
        workspace.recolor(only.id, "red; background: url(x)")
    for call in (workspace.select, workspace.remove, lambda i: workspace.rename(i, "a")):
        with pytest.raises(InputError, match="no such segment"):
            call("nowhere")
    assert workspace.segments == [only] and not workspace.can_undo


def test_another_volume_takes_the_place_of_the_first(workspace: Workspace, tmp_path: Path) -> None:
    profile = Profile.new("me").updated(1.0)
    workspace.profiles = ViewerProfiles(profile)
    workspace.use_profile()
    before = {node.GetID() for node in nodes(workspace.scene)}
    storage = workspace.scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(tmp_path / "scan.nrrd"))
    other = add_volume(workspace.scene, np.random.default_rng(0).normal(size=(5, 20, 30)))
    assert storage.WriteData(other)
    for node in (other.GetDisplayNode(), other, storage):
        workspace.scene.RemoveNode(node)
    workspace.open_file(str(tmp_path / "scan.nrrd"))
    assert workspace.name == "scan.nrrd" and workspace.controller.profile == profile
    assert workspace.volume.GetImageData().GetDimensions() == (30, 20, 5)
    workspace.open_phantom()
    assert len(before) == len(list(nodes(workspace.scene)))
    (tmp_path / "scan.nrrd").write_text("broken")
    with pytest.raises(InputError):
        workspace.open_file(str(tmp_path / "scan.nrrd"))
    assert workspace.name == "Phantom" and len(before) == len(list(nodes(workspace.scene)))


def test_one_volume_of_a_file_with_several(scene: Any, tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 1000, (4, 6, 7, 2), dtype=np.int16)
    header = (
        "NRRD0004\ntype: short\ndimension: 4\nsizes: 2 7 6 4\nspace: right-anterior-superior\n"
        "space directions: none (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n"
        "kinds: list domain domain domain\nendian: little\nencoding: raw\n\n"
    )
    (tmp_path / "times.nrrd").write_bytes(header.encode() + values.astype("<i2").tobytes())
    workspace = Workspace(scene)
    with pytest.raises(InputError, match="--component 1 to 2"):
        workspace.open_file(str(tmp_path / "times.nrrd"))
    workspace.open_file(str(tmp_path / "times.nrrd"), component=2)
    shown = vtk_to_numpy(workspace.volume.GetImageData().GetPointData().GetScalars())
    assert np.array_equal(shown.reshape(4, 6, 7), values[..., 1]) and workspace.name == "times.nrrd"


def nodes(scene: Any) -> Any:
    return (scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes()))


def test_grey_values(workspace: Workspace) -> None:
    set_grey_range(workspace.volume, -1000.0, 250.0)
    assert grey_range(workspace.volume) == pytest.approx((-1000.0, 250.0))
    for low, high in ((5.0, 5.0), (9.0, 1.0), (float("nan"), 1.0)):
        with pytest.raises(InputError, match="darkest"):
            set_grey_range(workspace.volume, low, high)


def test_messages_keep_internals_to_themselves() -> None:
    assert user_message(InputError("Click inside the image.")) == "Click inside the image."
    hidden = user_message(ValueError("/secret/path/file.py line 3"))
    assert "secret" not in hidden and not isinstance(ValueError(), SPAError)


def test_every_segment_has_a_colour_of_its_own(workspace: Workspace) -> None:
    for number in range(12):
        workspace.add_next() if number % 2 else workspace.add()
    colors = [row.color for row in workspace.segments]
    assert len(set(colors)) == len(colors) == 13
    workspace.remove(workspace.segments[1].id)
    workspace.add_next()
    assert len({row.color for row in workspace.segments}) == 13
