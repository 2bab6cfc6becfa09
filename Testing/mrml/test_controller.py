"""From a click to voxels and on to the next slice, without a front end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Optional, Tuple

import numpy as np
import pytest
import torch

from SPASegmentLib.errors import InputError, OutputError, StateError
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.network import NetworkConfig, SPANetwork
from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.grid import volume_grid
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.preview import segment_id
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, segment_array
from SPASegmentLib.mrml.volumes import add_volume

SETTINGS = SessionSettings(predictions=12, candidates=3, particles=32)
#: Middle and radius in mm of the ball in `ball`.
MIDDLE, RADIUS = (1.0, 2.0, 3.0), 14.0


@pytest.fixture
def ball(scene: Any, oblique: np.ndarray) -> Any:
    """A bright ball in noise, oblique, left-handed, 0.7 x 0.9 x 3 mm."""
    to_ras = oblique.copy()
    to_ras[:3, 3] = np.array(MIDDLE) - oblique[:3, :3] @ [35, 30, 8]
    k, j, i = np.mgrid[:17, :60, :70]
    points = np.einsum("rc,ckji->rkji", to_ras[:3, :3], np.stack([i, j, k])) + to_ras[:3, 3, None, None, None]
    inside = np.linalg.norm(points - np.array(MIDDLE)[:, None, None, None], axis=0) <= RADIUS
    image = np.random.default_rng(0).normal(100, 10, inside.shape) + 80 * inside
    return add_volume(scene, image.astype(np.float32), to_ras)


@pytest.fixture
def target(ball: Any) -> Tuple[Any, str, LogicEditor]:
    segmentation = create_segmentation(ball)
    return segmentation, add_segment(segmentation, "lesion"), LogicEditor(segmentation, ball)


@pytest.fixture
def controller(ball: Any, target: Tuple[Any, str, LogicEditor]) -> Controller:
    """Without a network: sessions start from what the segment holds."""
    return Controller(ball, *target, settings=SETTINGS)


@pytest.fixture
def plane(ball: Any) -> Plane:
    return Plane.of_slices(volume_grid(ball))


@pytest.fixture
def painted(ball: Any, target: Tuple[Any, str, LogicEditor], plane: Plane, disk: Callable) -> np.ndarray:
    """Paints a disk into the segment on the middle slice; returns all its voxels."""
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.writer import write_mask

    segmentation, segment, editor = target
    frame = Frame.at(ball, MIDDLE, plane)
    write_mask(editor, frame, disk(frame, MIDDLE, 10.0), segmentation, segment)
    return segment_array(segmentation, segment, volume_grid(ball))


def test_choose_accept_and_undo(controller: Controller, painted: np.ndarray, ball: Any, plane: Plane) -> None:
    segmentation, segment, editor = controller.segmentation, controller.segment_id, controller._editor
    controller.mode = "replace"
    proposal = controller.run(controller.start_from_segment(MIDDLE, plane))
    assert proposal.round == 1 and controller.session is not None and controller.frame is not None
    frame = controller.frame
    for n, mask in enumerate(proposal.masks):
        assert np.array_equal(frame.segment_mask(controller.preview.node, segment_id(n)), mask)
    following = controller.run(controller.choose(1))
    assert following.round == 2
    assert np.array_equal(frame.segment_mask(controller.preview.node, segment_id(0)), following.masks[0])
    again = controller.run(controller.back())
    assert np.array_equal(again.masks, proposal.masks)
    # Nothing has been written yet.
    assert np.array_equal(segment_array(segmentation, segment, volume_grid(ball)), painted)

    result = controller.accept(1)
    assert np.array_equal(result.mask, proposal.masks[1])
    assert np.array_equal(frame.segment_mask(segmentation, segment), proposal.masks[1])
    assert controller.preview.node is None and controller.session is None
    written = segment_array(segmentation, segment, volume_grid(ball))
    assert written.sum() == proposal.masks[1].sum()
    editor.undo()
    assert np.array_equal(segment_array(segmentation, segment, volume_grid(ball)), painted)
    editor.redo()
    assert np.array_equal(segment_array(segmentation, segment, volume_grid(ball)), written)


def test_next_slices_in_both_directions(controller: Controller, painted: np.ndarray, ball: Any, plane: Plane) -> None:
    controller.run(controller.start_from_segment(MIDDLE, plane))
    first = controller.accept().mask
    start, origin = controller.frame, controller.accepted
    assert start is not None and origin is not None and controller.profile is not None
    assert origin[0] is start and np.array_equal(origin[1], first)
    learned = controller.profile
    for step in (1, 1):
        before = controller.frame
        proposal = controller.run(controller.next_slice(step))
        assert before is not None and controller.frame is not None
        assert controller.frame.key == before.neighbour(step).key
        # It starts from the mask before: the masks look alike.
        assert (proposal.masks[0] & first).sum() > 0.6 * first.sum()
        controller.accept()
    assert controller.profile != learned
    held = segment_array(controller.segmentation, controller.segment_id, volume_grid(ball))
    assert held.any(axis=(1, 2)).sum() == 3
    # Back to the first slice for the other side.
    controller.run(controller.next_slice(-1, origin))
    assert controller.frame is not None and controller.frame.key == start.neighbour(-1).key
    controller.accept()
    held = segment_array(controller.segmentation, controller.segment_id, volume_grid(ball))
    slices = np.flatnonzero(held.any(axis=(1, 2))).tolist()
    assert len(slices) == 4 and slices == list(range(slices[0], slices[0] + 4))
    assert 8 in slices[1:3]


def test_the_volume_ends(scene: Any, noise: np.ndarray, disk: Callable) -> None:
    from SPASegmentLib.mrml.frame import Frame
    from SPASegmentLib.mrml.writer import write_mask

    volume = add_volume(scene, noise[:2])
    segmentation = create_segmentation(volume)
    segment, editor = add_segment(segmentation, "a"), LogicEditor(segmentation, volume)
    frame = Frame.at(volume, (20.0, 15.0, 1.0), Plane.named("axial"))
    write_mask(editor, frame, disk(frame, (20.0, 15.0, 1.0), 6.0), segmentation, segment)
    controller = Controller(volume, segmentation, segment, editor, settings=SETTINGS)
    controller.run(controller.start_from_segment((20.0, 15.0, 1.0), "axial"))
    controller.accept()
    with pytest.raises(InputError, match="no further slice"):
        controller.next_slice(1)
    assert controller.run(controller.next_slice(-1)).masks.any()


def test_jobs_run_in_another_thread(controller: Controller, painted: np.ndarray, plane: Plane) -> None:
    with ThreadPoolExecutor(1) as pool:
        job = controller.start_from_segment(MIDDLE, plane)
        assert not controller.busy and controller.session is None
        assert controller.show(job) is None  # not run yet
        pool.submit(job.run).result()
        first = controller.show(job)
        job = controller.choose(2)
        pool.submit(job.run).result()
        second = controller.show(job)
    assert first is not None and second is not None and second.round == 2
    assert controller.show(job) is None  # only once


def test_a_job_that_was_overtaken_changes_nothing(controller: Controller, painted: np.ndarray, plane: Plane) -> None:
    old = controller.start_from_segment(MIDDLE, plane)
    old.run()
    new = controller.start_from_segment(MIDDLE, plane)
    assert controller.show(old) is None and controller.preview.node is None
    new.run()
    assert controller.show(new) is not None
    late = controller.choose(1)
    controller.cancel()
    late.run()
    assert controller.show(late) is None
    assert controller.preview.node is None and controller.session is None
    with pytest.raises(StateError, match="no masks on screen"):
        controller.accept()


def test_no_answers_while_computing(controller: Controller, painted: np.ndarray, plane: Plane) -> None:
    controller.run(controller.start_from_segment(MIDDLE, plane))
    job = controller.choose(1)
    seen = []

    def look() -> Any:
        assert controller.busy
        for call in (controller.accept, controller.back, lambda: controller.choose(1)):
            with pytest.raises(StateError, match="still computing"):
                call()
        seen.append(True)
        return job.session.proposal

    job._work = look
    job.run()
    assert seen and controller.busy  # what came out is not on screen yet
    controller.show(job)
    assert not controller.busy


def test_a_job_that_fails_leaves_the_masks_on_screen(controller: Controller, painted: np.ndarray, plane: Plane) -> None:
    proposal = controller.run(controller.start_from_segment(MIDDLE, plane))
    with pytest.raises(InputError, match="no candidate 9"):
        controller.run(controller.choose(9))
    with pytest.raises(InputError, match="no mask 9"):
        controller.accept(9)
    assert controller.session is not None and controller.session.proposal is proposal
    controller.accept()


def test_a_write_that_fails_leaves_the_masks_on_screen(
    controller: Controller, painted: np.ndarray, plane: Plane, ball: Any
) -> None:
    controller.run(controller.start_from_segment(MIDDLE, plane))
    node = controller._editor.node
    node.SetSourceVolumeIntensityMask(True)
    node.SetSourceVolumeIntensityMaskRange(1e6, 2e6)
    controller.segment_id = add_segment(controller.segmentation, "another")
    with pytest.raises(OutputError, match="masking settings"):
        controller.accept()
    assert controller.preview.node is not None and controller.profile is None
    node.SetSourceVolumeIntensityMask(False)
    controller.accept()
    assert segment_array(controller.segmentation, controller.segment_id, volume_grid(ball)).any()


def test_calls_out_of_order(controller: Controller, painted: np.ndarray, plane: Plane) -> None:
    for call in (
        controller.accept,
        controller.back,
        lambda: controller.choose(1),
        lambda: controller.add_click(MIDDLE, True),
    ):
        with pytest.raises(StateError, match="no masks on screen"):
            call()
    with pytest.raises(StateError, match="Accept a mask first"):
        controller.next_slice()
    controller.run(controller.start_from_segment(MIDDLE, plane))
    with pytest.raises(StateError, match="Accept or cancel"):
        controller.next_slice()
    controller.cancel()
    controller.cancel()
    controller.close()
    controller.close()


def test_starts_that_cannot_be(controller: Controller, ball: Any, plane: Plane) -> None:
    with pytest.raises(InputError, match="empty on this slice"):
        controller.start_from_segment(MIDDLE, plane)
    with pytest.raises(InputError, match="outside the volume"):
        controller.start_at((1000.0, 0.0, 0.0), plane)
    with pytest.raises(InputError, match="plane is one of"):
        controller.start_at(MIDDLE, "diagonal")
    job = controller.start_at(MIDDLE, plane)
    with pytest.raises(InputError, match="network"):
        job.run()
    assert controller.session is None


@pytest.fixture
def network() -> SPANetwork:
    """A tiny network with random weights: what must hold whatever the weights say."""
    torch.manual_seed(0)
    config = NetworkConfig(channels=16, image_size=64, latent_dim=3, components=4, mlp_dim=16)
    return SPANetwork(config).eval().requires_grad_(False)


def test_clicks_and_boxes_reach_the_network(
    ball: Any, target: Tuple[Any, str, LogicEditor], network: SPANetwork, plane: Plane
) -> None:
    controller = Controller(ball, *target, network=network, settings=SETTINGS)
    proposal = controller.run(controller.start_at(MIDDLE, plane))
    assert controller.frame is not None
    x, y = controller.frame.ras_to_xy(MIDDLE)
    # The region of interest lies around the click: outside of it there is no uncertainty.
    rows, columns = np.nonzero(proposal.uncertainty > 0)
    assert rows.min() <= y <= rows.max() and columns.min() <= x <= columns.max()
    corrected = controller.run(controller.add_click(controller.frame.xy_to_ras(x + 3, y), positive=False))
    assert corrected.round == 1
    with pytest.raises(InputError, match="another slice"):
        controller.add_click(controller.frame.neighbour(2).xy_to_ras(x, y), positive=False)
    controller.cancel()
    reach = 16.0 * (plane.right + plane.down)
    corner, opposite = tuple(np.array(MIDDLE) - reach), tuple(np.array(MIDDLE) + reach)
    boxed = controller.run(controller.start_box(corner, opposite, plane))
    rows, columns = np.nonzero(boxed.uncertainty > 0)
    assert rows.min() <= y <= rows.max() and columns.min() <= x <= columns.max()
    with pytest.raises(InputError, match="two different corners"):
        controller.start_box(MIDDLE, MIDDLE, plane)


def test_a_box_may_begin_far_beside_the_volume(
    ball: Any, target: Tuple[Any, str, LogicEditor], network: SPANetwork, plane: Plane
) -> None:
    controller = Controller(ball, *target, network=network, settings=SETTINGS)
    beside = tuple(np.array(MIDDLE) - 200.0 * (plane.right + plane.down))
    for corner, opposite in ((beside, MIDDLE), (MIDDLE, beside)):
        job = controller.start_box(corner, opposite, plane)
        x, y = job.frame.ras_to_xy(MIDDLE)
        box = job.frame.box(corner, opposite)
        assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((0.0, 0.0, x, y))
    with pytest.raises(InputError, match="outside the volume"):
        controller.start_box(beside, tuple(np.array(MIDDLE) - 100.0 * (plane.right + plane.down)), plane)


@pytest.mark.parametrize("normal", [None, "0.3,0.2,1"])
def test_any_point_of_a_slice_tells_which_slice_to_start_from(
    controller: Controller, painted: np.ndarray, plane: Plane, normal: Optional[str]
) -> None:
    """The middle of a view lies beside the volume where the view was moved."""
    plane = plane if normal is None else Plane.parse(normal)
    beside = tuple(np.array(MIDDLE) + 200.0 * plane.right)
    found = [controller.run(controller.start_from_segment(point, plane)).masks[0] for point in (MIDDLE, beside)]
    assert found[0].any() and (found[0] & found[1]).sum() > 0.95 * found[0].sum()
    with pytest.raises(InputError, match="outside the volume"):
        controller.start_from_segment(tuple(np.array(MIDDLE) + 200.0 * plane.normal), plane)


def test_the_same_answers_give_the_same_voxels(ball: Any, network: SPANetwork) -> None:
    found = []
    for _ in range(2):
        segmentation = create_segmentation(ball)
        segment = add_segment(segmentation, "a")
        editor = LogicEditor(segmentation, ball)
        controller = Controller(ball, segmentation, segment, editor, network=network, settings=SETTINGS)
        proposal = controller.run(controller.start_at(MIDDLE, "axial"))
        best = int(np.argmax([mask.sum() for mask in proposal.masks]))
        controller.accept(best)
        found.append(segment_array(segmentation, segment, volume_grid(ball)))
        editor.close()
    assert found[0].any() and np.array_equal(found[0], found[1])


def test_masks_that_are_not_on_screen_yet_cannot_be_accepted(
    ball: Any, target: Tuple[Any, str, LogicEditor], network: SPANetwork, plane: Plane
) -> None:
    """The session has moved on in the worker; what the user sees is still the round before."""
    controller = Controller(ball, *target, network=network, settings=SETTINGS)
    controller.run(controller.start_at(MIDDLE, plane))
    assert controller.frame is not None
    ahead = controller.add_click(controller.frame.xy_to_ras(*controller.frame.ras_to_xy(MIDDLE)), positive=True)
    ahead.run()
    for answer in (controller.accept, lambda: controller.choose(1), controller.back):
        with pytest.raises(StateError, match="still computing"):
            answer()
    assert controller.show(ahead) is ahead.proposal
    controller.accept()
