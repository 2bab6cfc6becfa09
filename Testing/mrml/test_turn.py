"""The same slices, seen turned or mirrored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import image_array
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.stack import Stack
from SPASegmentLib.mrml.volumes import add_volume

#: right, down and normal of axial views, as they are by default, mirrored, turned, and seen from the other side.
AXIAL = [
    ((-1, 0, 0), (0, -1, 0), (0, 0, 1)),
    ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    ((-1, 0, 0), (0, 1, 0), (0, 0, -1)),
    ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    ((0, -1, 0), (-1, 0, 0), (0, 0, 1)),
    ((0, -1, 0), (1, 0, 0), (0, 0, -1)),
]


@pytest.fixture
def volume(scene: Any) -> Any:
    to_ras = np.diag([0.7, -0.9, 2.5, 1.0])
    to_ras[:3, 3] = (-20.0, 30.0, 5.0)
    return add_volume(scene, np.random.default_rng(3).normal(size=(9, 17, 24)).astype(np.float32), to_ras)


def frame(volume: Any, axes: Any, k: int) -> Frame:
    middle = np.array([-20.0 + 0.7 * 11, 30.0 - 0.9 * 8, 5.0 + 2.5 * k])
    return Frame.at(volume, tuple(middle.tolist()), Plane(*(np.array(axis, dtype=float) for axis in axes)))


def voxels(one: Frame, mask: np.ndarray) -> set:
    image = one.mask_to_labelmap(mask)
    first = np.array(image.GetExtent()[::2])
    return {tuple(each) for each in (np.argwhere(image_array(image))[:, ::-1] + first).tolist()}


@pytest.mark.parametrize("axes", AXIAL)
@pytest.mark.parametrize("own", AXIAL[:4])
def test_a_turned_slice_is_known_and_so_are_its_pixels(volume: Any, own: Any, axes: Any) -> None:
    stack, other = Stack(frame(volume, own, 3)), frame(volume, axes, 6)
    turn = stack.turn_of(other)
    assert turn is not None and stack.index_of(other) == 6
    mask = np.random.default_rng(0).random(other.shape) > 0.7
    turned = turn.mask(mask)
    assert turned.sum() == mask.sum() and voxels(stack.frame(6), turned) == voxels(other, mask)
    # Slices beyond it, along its own normal, are told by its direction.
    assert stack.index_of(other.neighbour(1)) == stack.index(turn.step + turn.direction)


def test_other_directions_are_none_of_its_slices(volume: Any, scene: Any) -> None:
    stack = Stack(frame(volume, AXIAL[0], 3))
    for name in ("coronal", "sagittal", "0.3,0.1,1"):
        plane = Plane.parse(name)
        ras = frame(volume, AXIAL[0], 3).xy_to_ras(11, 8)
        assert stack.turn_of(Frame.at(volume, ras, plane)) is None
    twin = add_volume(scene, image_array(volume.GetImageData()).copy(), np.eye(4))
    assert stack.turn_of(Frame.at(twin, (11.0, 8.0, 3.0), Plane.named("axial"))) is None


def test_an_oblique_slice_seen_mirrored(volume: Any) -> None:
    plane = Plane.from_normal((0.3, 0.1, 1.0))
    mirrored = Plane(-plane.right, plane.down, -plane.normal)
    ras = frame(volume, AXIAL[0], 4).xy_to_ras(11, 8)
    stack, other = Stack(Frame.at(volume, ras, plane)), Frame.at(volume, ras, mirrored)
    turn = stack.turn_of(other)
    assert turn is not None and turn.step == 0
    mask = np.zeros(other.shape, dtype=bool)
    mask[4:9, 5:15] = True
    assert voxels(stack.origin, turn.mask(mask)) == voxels(other, mask)


@pytest.mark.parametrize(
    ("normal", "name"),
    [((0, 0, -1), "axial"), ((0.2, 0.1, 1), "axial"), ((1, 0, 0.1), "sagittal"), ((0, -3, 0), "coronal"),
     ((0, 1, 1), "oblique")],
)
def test_directions_have_names(normal: Any, name: str) -> None:
    assert Plane.from_normal(normal).name == name
