"""Real brain MR, spleen CT and sarcoma volumes, which are not part of the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import numpy as np
import pytest
from scipy import ndimage

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.weights import load_default
from SPASegmentLib.mrml.controller import Controller
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.grid import image_array, volume_grid
from SPASegmentLib.mrml.io.files import save_segmentation
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation, segment_array
from SPASegmentLib.mrml.volumes import load_mask, load_volume
from SPASegmentLib.mrml.writer import write_mask

pytestmark = pytest.mark.shared_data

VOLUMES = (
    "volumes/mr_brain1_image.nrrd",
    "volumes/ct_spleen_image.nii.gz",
    "sarcoma_mr_ct/STS_001/MR_T1_image.nii.gz",
    "sarcoma_mr_ct/STS_002/CT_image.nii.gz",
)


@pytest.mark.parametrize("name", VOLUMES)
def test_a_reference_written_slice_by_slice_is_the_reference(
    scene: Any, shared_data: Path, tmp_path: Path, name: str
) -> None:
    volume = load_volume(scene, str(shared_data / name))
    reference, grid = load_mask(scene, str(shared_data / name.replace("_image", "_mask")))
    own = volume_grid(volume)
    segmentation = create_segmentation(volume)
    segment = add_segment(segmentation, "lesion")
    editor = LogicEditor(segmentation, volume)
    for axis in range(3):
        plane = Plane.from_normal(own.to_world[:3, axis])
        used = np.flatnonzero(reference.any(axis=tuple(n for n in range(3) if n != 2 - axis)))
        middle = np.array(reference.shape[::-1]) / 2
        # Along the first two axes a few slices are enough.
        for position in used if axis == 2 else used[:: max(len(used) // 3, 1)]:
            middle[axis] = position
            frame = Frame.at(volume, tuple((own.to_world @ [*middle, 1.0])[:3]), plane)
            assert frame.aligned
            mask = frame.labels(reference, grid)
            assert mask.sum() == np.take(reference, position, axis=2 - axis).sum()
            write_mask(editor, frame, mask, segmentation, segment, "replace")
    assert np.array_equal(segment_array(segmentation, segment, own), reference)
    save_segmentation(segmentation, str(tmp_path / "a.seg.nrrd"), volume)
    saved, _ = load_mask(scene, str(tmp_path / "a.seg.nrrd"))
    assert saved.sum() == reference.sum()


@pytest.mark.parametrize("name", VOLUMES)
@pytest.mark.parametrize("normal", [(0.0, 0.3, 1.0), (1.0, 1.0, 1.0)])
def test_a_reference_on_an_oblique_plane_comes_back(scene: Any, shared_data: Path, name: str, normal: Any) -> None:
    volume = load_volume(scene, str(shared_data / name))
    reference, grid = load_mask(scene, str(shared_data / name.replace("_image", "_mask")))
    centre = tuple((grid.to_world @ [*ndimage.center_of_mass(reference)[::-1], 1.0])[:3])
    frame = Frame.at(volume, centre, Plane.from_normal(normal))
    mask = frame.labels(reference, grid)
    segmentation = create_segmentation(volume)
    segment = add_segment(segmentation, "lesion")
    write_mask(LogicEditor(segmentation, volume), frame, mask, segmentation, segment)
    back = frame.segment_mask(segmentation, segment)
    assert (mask & back).sum() / (mask | back).sum() >= 0.9


@pytest.mark.parametrize("name", VOLUMES)
def test_click_choose_next_slice(scene: Any, shared_data: Path, name: str) -> None:
    volume = load_volume(scene, str(shared_data / name))
    reference, grid = load_mask(scene, str(shared_data / name.replace("_image", "_mask")))
    k = int(reference.sum(axis=(1, 2)).argmax())
    depth = ndimage.distance_transform_edt(reference[k])
    j, i = np.unravel_index(depth.argmax(), depth.shape)
    segmentation = create_segmentation(volume)
    segment = add_segment(segmentation, "lesion")
    settings = SessionSettings(region_mm=120.0)
    editor = LogicEditor(segmentation, volume)
    controller = Controller(volume, segmentation, segment, editor, load_default().network, settings)
    proposal = controller.run(
        controller.start_at(tuple((grid.to_world @ [i, j, k, 1.0])[:3]), Plane.of_slices(volume_grid(volume)))
    )
    accepted: List[int] = []
    for _ in range(4):
        areas = [int(mask.sum()) for mask in proposal.masks]
        largest = int(np.argmax(areas))
        controller.accept(largest)
        accepted.append(areas[largest])
        try:
            proposal = controller.run(controller.next_slice())
        except InputError:
            break
    controller.cancel()
    held = segment_array(segmentation, segment, volume_grid(volume))
    assert held.sum(axis=(1, 2))[held.any(axis=(1, 2))].tolist() in (accepted, accepted[::-1])
    assert held.shape == image_array(volume.GetImageData()).shape
