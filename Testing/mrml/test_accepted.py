"""What was accepted, undone and learned, by the voxels alone."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np
import pytest

from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.mrml.accepted import KEPT, Accepted
from SPASegmentLib.mrml.editor import LogicEditor
from SPASegmentLib.mrml.frame import Frame
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.segmentation import add_segment, create_segmentation
from SPASegmentLib.mrml.volumes import add_volume
from SPASegmentLib.mrml.writer import write


class Kept:
    """Profiles in memory."""

    def __init__(self) -> None:
        self.profiles: Dict[str, Profile] = {"a": Profile.new("a"), "b": Profile.new("b")}
        self.name = "a"

    def taught(self) -> str:
        return self.name

    def update(self, name: str, change: Callable[[Profile], Profile]) -> Optional[Tuple[Profile, Profile]]:
        if name not in self.profiles:
            return None
        before = self.profiles[name]
        self.profiles[name] = change(before)
        return before, self.profiles[name]


class Desk:
    """A segment that squares are accepted into."""

    def __init__(self, scene: Any) -> None:
        voxels = np.random.default_rng(0).normal(size=(30, 24, 24)).astype(np.float32)
        self.volume = add_volume(scene, voxels)
        self.segmentation = create_segmentation(self.volume)
        self.segment_id = add_segment(self.segmentation, "a")
        self.editor = LogicEditor(self.segmentation, self.volume, undo_states=40)
        self.kept = Kept()
        self.accepted = Accepted(self.kept)

    @property
    def profile(self) -> Profile:
        return self.kept.profiles[self.kept.name]

    def accept(self, k: int, low: int = 4, high: int = 10, offset: Optional[float] = 1.0, mode: str = "add") -> None:
        frame = Frame.at(self.volume, (12.0, 12.0, float(k)), Plane.named("axial"))
        mask = np.zeros(frame.image.shape, dtype=bool)
        mask[low:high, low:high] = True
        written = write(self.editor, frame, mask, self.segmentation, self.segment_id, mode)  # type: ignore[arg-type]
        offsets = () if offset is None else (offset,)
        self.accepted.add_slices(((frame, mask),), written, offsets, frozenset([frame.key]))

    def undo(self, steps: int = 1) -> int:
        for _ in range(steps):
            self.editor.undo()
        back, gone = self.accepted.look()
        return back - gone

    def redo(self, steps: int = 1) -> int:
        for _ in range(steps):
            self.editor.redo()
        back, gone = self.accepted.look()
        return back - gone


@pytest.fixture
def desk(scene: Any) -> Desk:
    return Desk(scene)


def test_undo_and_redo_are_followed_step_by_step_and_in_leaps(desk: Desk) -> None:
    profiles = [desk.profile]
    for n, offset in enumerate((1.0, -2.0, 0.5)):
        desk.accept(n, offset=offset)
        profiles.append(desk.profile)
    assert desk.accepted.look() == (0, 0) and desk.accepted.slices == 3
    for n in (2, 1, 0):
        assert desk.undo() == -1 and desk.profile == profiles[n] and desk.accepted.slices == n
    assert desk.accepted.latest(desk) is None
    assert desk.redo(3) == 3 and desk.profile == profiles[3] and desk.accepted.slices == 3
    assert desk.undo(2) == -2 and desk.profile == profiles[1]
    latest = desk.accepted.latest(desk)
    assert latest is not None and latest[0].key == desk.accepted._entries[0].masks[-1][0].key
    desk.segment_id = add_segment(desk.segmentation, "b")
    assert desk.accepted.latest(desk) is None and desk.accepted.standing(desk) == []


@pytest.mark.parametrize("leap", [False, True])
@pytest.mark.parametrize("second", [(6, 14, "add"), (6, 8, "replace"), (5, 9, "add"), (4, 10, "add")])
def test_masks_that_lie_over_each_other(desk: Desk, second: Tuple[int, int, str], leap: bool) -> None:
    """On one slice, overlapping, smaller in place of it, within it, or the same again, which writes nothing."""
    low, high, mode = second
    profiles = [desk.profile]
    desk.accept(3)
    profiles.append(desk.profile)
    desk.accept(3, low, high, -2.0, mode)
    profiles.append(desk.profile)
    steps = 1 if mode == "add" and low >= 4 and high <= 10 else 2
    if steps == 1:
        # The second one is there already, so that there is one step to undo.
        assert desk.undo() == -2 and desk.profile == profiles[0]
        assert desk.redo() == 2 and desk.profile == profiles[2]
    elif leap:
        assert desk.undo(2) == -2 and desk.profile == profiles[0]
        assert desk.redo(2) == 2 and desk.profile == profiles[2]
    else:
        for go, order in ((desk.undo, (1, 0)), (desk.redo, (1, 2))):
            for n in order:
                go()
                assert desk.profile == profiles[n] and desk.accepted.slices == min(n, 1)


def test_a_new_mask_takes_the_place_of_what_was_undone(desk: Desk) -> None:
    desk.accept(3, offset=1.0)
    desk.undo()
    desk.accept(3, offset=-1.0)
    assert desk.profile == Profile.new("a").updated(-1.0) and desk.accepted.look() == (0, 0)
    assert desk.undo() == -1 and desk.profile == Profile.new("a")


def test_profiles_are_told_apart(desk: Desk) -> None:
    desk.accept(1, offset=1.0)
    desk.kept.name = "b"
    desk.accept(2, offset=-1.0)
    desk.undo(2)
    assert desk.kept.profiles == {"a": Profile.new("a"), "b": Profile.new("b")}
    desk.redo()
    assert desk.kept.profiles == {"a": Profile.new("a").updated(1.0), "b": Profile.new("b")}


def test_a_profile_that_was_reset_or_deleted_meanwhile_stays_so(desk: Desk) -> None:
    desk.accept(1)
    desk.kept.profiles["a"] = Profile.new("a").updated(3.0)
    desk.undo()
    assert desk.profile == Profile.new("a").updated(3.0)
    del desk.kept.profiles["a"]
    assert desk.redo() == 1 and set(desk.kept.profiles) == {"b"}


def test_what_teaches_nothing_is_undone_all_the_same(desk: Desk) -> None:
    desk.accept(1, offset=None)
    assert desk.profile == Profile.new("a") and desk.accepted.slices == 1
    assert desk.undo() == -1 and desk.accepted.slices == 0


def test_masks_too_old_to_be_undone_are_counted_and_not_kept(desk: Desk) -> None:
    profiles: List[Profile] = []
    for n in range(KEPT + 5):
        desk.accept(n, offset=0.1 * n)
        profiles.append(desk.profile)
    assert len(desk.accepted._entries) == KEPT and desk.accepted.slices == KEPT + 5
    for n in range(3):
        desk.undo()
        assert desk.profile == profiles[-2 - n] and desk.accepted.slices == KEPT + 4 - n
    desk.accepted.count_anew()
    assert desk.accepted.slices == 0
    desk.redo()
    assert desk.profile == profiles[-3]


def test_what_has_left_the_scene_is_forgotten(desk: Desk) -> None:
    desk.accept(1)
    desk.accepted.forget_what_is_gone()
    assert desk.accepted.slices == 1
    desk.editor.close()
    desk.segmentation.GetScene().RemoveNode(desk.segmentation)
    desk.accepted.forget_what_is_gone()
    assert desk.accepted.slices == 0 and desk.accepted.look() == (0, 0)


def standing(desk: Desk) -> List[Tuple[float, int]]:
    """Height (mm) and number of pixels of what stands."""
    found = desk.accepted.standing(desk)
    return [(frame.xy_to_ras(0, 0)[2], int(mask.sum())) for frame, mask in found]


def test_masks_too_old_to_be_undone_stand_all_the_same(desk: Desk) -> None:
    count = KEPT + 6
    for n in range(count):
        desk.accept(n)
    assert standing(desk) == [(float(n), 36) for n in range(count)]
    latest = desk.accepted.latest(desk)
    assert latest is not None and latest[0].xy_to_ras(0, 0)[2] == count - 1
    # What is erased stands no more, and what has left the scene is forgotten.
    frame = Frame.at(desk.volume, (12.0, 12.0, 2.0), Plane.named("axial"))
    write(desk.editor, frame, np.zeros(frame.image.shape, dtype=bool), desk.segmentation, desk.segment_id, "replace")
    assert [height for height, _size in standing(desk)] == [0.0, 1.0, *(float(n) for n in range(3, count))]
    desk.editor.close()
    desk.segmentation.GetScene().RemoveNode(desk.segmentation)
    desk.accepted.forget_what_is_gone()
    assert standing(desk) == [] and desk.accepted.latest(desk) is None


def test_masks_too_old_to_be_undone_keep_no_pixels_of_their_slices(desk: Desk) -> None:
    for n in range(KEPT + 2):
        desk.accept(n)
    desk.accepted.standing(desk)
    old = [frame for entry in desk.accepted._old for frame, _mask in entry.masks]
    assert len(old) == 2 and all(frame._image is None for frame in old)


def test_the_pixels_of_one_slice_are_kept_and_no_others(desk: Desk) -> None:
    """Of a radiograph, twenty accepted structures kept 30 MB each."""
    for n in (*range(6), *[7] * 6):
        desk.accept(n)
    frames = {id(frame): frame for entry in desk.accepted._entries for frame, _mask in entry.masks}
    assert len(frames) == 7, "one for each slice"
    assert sum(frame._image is not None for frame in frames.values()) <= 1
    assert [height for height, _size in standing(desk)] == [*map(float, range(6)), 7.0]


def test_what_the_next_slice_starts_from_is_found_without_a_look_at_all_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each Page Up looked at all slices accepted before: half a second after a hundred."""
    checked: List[float] = []
    check = Frame.check

    def counted(frame: Frame) -> None:
        checked.append(frame.xy_to_ras(0, 0)[2])
        check(frame)

    for n in range(12):
        desk.accept(n)
    monkeypatch.setattr(Frame, "check", counted)
    latest = desk.accepted.latest(desk)
    assert latest is not None and latest[0].xy_to_ras(0, 0)[2] == 11.0 and set(checked) == {11.0}
    desk.undo(2)
    desk.accept(3, 8, 14)
    checked.clear()
    latest, expected = desk.accepted.latest(desk), desk.accepted.standing(desk)[-1]
    assert latest is not None and latest[0] is expected[0] and np.array_equal(latest[1], expected[1])
    assert latest[0].xy_to_ras(0, 0)[2] == 3.0 and latest[1].sum() == 36 + 36 - 4


def test_a_slice_is_looked_up_once_for_all_masks_on_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty masks on a radiograph were four seconds."""
    looked: List[Frame] = []
    segment_mask = Frame.segment_mask

    def counted(frame: Frame, *segment: Any) -> np.ndarray:
        looked.append(frame)
        return segment_mask(frame, *segment)

    for n in range(8):
        desk.accept(3, 2 + n, 8 + n)
    monkeypatch.setattr(Frame, "segment_mask", counted)
    assert standing(desk) == [(3.0, 6 * 6 + 7 * 11)] and len(looked) == 1


def test_what_was_erased_is_not_gone_on_from(desk: Desk) -> None:
    for n in (2, 5, 4, 5):
        desk.accept(n)
    frame = Frame.at(desk.volume, (12.0, 12.0, 5.0), Plane.named("axial"))
    nothing = np.zeros(frame.shape, dtype=bool)
    write(desk.editor, frame, nothing, desk.segmentation, desk.segment_id, "replace")
    latest, expected = desk.accepted.latest(desk), desk.accepted.standing(desk)[-1]
    assert latest is not None and latest[0] is expected[0] and latest[0].xy_to_ras(0, 0)[2] == 4.0


def test_masks_accepted_on_a_slice_again_and_again_are_kept_as_one(desk: Desk) -> None:
    for _ in range(KEPT + 6):
        desk.accept(1)
    desk.accept(2)
    assert len(desk.accepted._old) == 1
    assert standing(desk) == [(1.0, 36), (2.0, 36)]


def test_masks_accepted_on_a_slice_of_another_image_are_kept_apart(desk: Desk) -> None:
    from SPASegmentLib.mrml.grid import image_array

    desk.accept(1)
    image_array(desk.volume.GetImageData())[1] += 1.0
    for _ in range(KEPT + 3):
        desk.accept(1)
    assert len(desk.accepted._old) == 2
    assert standing(desk) == [(1.0, 36)]


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    ("second", "size"), [((8, 16, "add"), 36 + 64 - 4), ((12, 16, "add"), 36 + 16), ((12, 16, "replace"), 16)]
)
def test_masks_on_one_slice_stand_together(desk: Desk, second: Tuple[int, int, str], size: int, old: bool) -> None:
    low, high, mode = second
    desk.accept(3)
    desk.accept(3, low, high, mode=mode)
    for n in range(KEPT if old else 0):
        desk.accept(4 + n)
    assert (3.0, size) in standing(desk)


def test_a_mask_that_was_replaced_was_not_undone(desk: Desk) -> None:
    """Where it lay the segment is as before it, and yet what it has taught counts."""
    profiles = [desk.profile]
    for low, high in ((4, 10), (12, 16)):
        desk.accept(3, low, high, mode="replace")
        profiles.append(desk.profile)
    assert desk.accepted.look() == (0, 0) and desk.profile == profiles[2] and desk.accepted.slices == 1
    for n in (1, 0):
        assert desk.undo() == -1 and desk.profile == profiles[n]
    assert desk.redo(2) == 2 and desk.profile == profiles[2]


def test_voxels_that_another_segment_has_taken_over_were_not_undone(desk: Desk) -> None:
    first, profiles = desk.segment_id, [desk.profile]
    desk.accept(3)
    profiles.append(desk.profile)
    desk.segment_id = add_segment(desk.segmentation, "b")
    desk.accept(3, 2, 14, -1.0)
    assert desk.accepted.look() == (0, 0) and desk.accepted.slices == 1
    assert desk.profile == profiles[1].updated(-1.0), "both are taught"
    desk.accept(7)
    # Step by step back: the first mask is there again, and known, until it is undone itself.
    assert desk.undo() == -1 and desk.undo() == -1 and desk.profile == profiles[1]
    assert desk.accepted.latest(desk) is None
    desk.segment_id = first
    assert [size for _height, size in standing(desk)] == [36]
    assert desk.undo() == -1 and desk.profile == profiles[0] and standing(desk) == []
    assert desk.redo(3) == 3


def test_what_was_erased_is_known_again_once_it_comes_back(desk: Desk) -> None:
    desk.accept(3)
    frame = Frame.at(desk.volume, (12.0, 12.0, 3.0), Plane.named("axial"))
    write(desk.editor, frame, np.zeros(frame.image.shape, dtype=bool), desk.segmentation, desk.segment_id, "replace")
    assert desk.accepted.look() == (0, 1)  # to other eyes an undo
    desk.accept(7)
    assert desk.undo(2) == 0, "one is back, one is gone"
    assert standing(desk) == [(3.0, 36)] and desk.profile == Profile.new("a").updated(1.0)


def test_an_undo_that_brings_another_mask_back_is_told_as_both(desk: Desk) -> None:
    desk.accept(3)
    frame = Frame.at(desk.volume, (12.0, 12.0, 3.0), Plane.named("axial"))
    write(desk.editor, frame, np.zeros(frame.image.shape, dtype=bool), desk.segmentation, desk.segment_id, "replace")
    desk.accepted.look()
    desk.accept(7)
    for _ in range(2):
        desk.editor.undo()
    assert desk.accepted.look() == (1, 1)


def test_another_image_is_no_undo(desk: Desk) -> None:
    """As a sequence shows its next time point: other voxels, and segments of their own."""
    from SPASegmentLib.mrml.grid import image_array

    desk.accept(3)
    taught, image = desk.profile, image_array(desk.volume.GetImageData())
    own = desk.segmentation.GetSegmentation()
    before, image[:] = image.copy(), image[::-1].copy()
    desk.volume.GetImageData().Modified()
    other = create_segmentation(desk.volume)
    desk.segmentation.SetAndObserveSegmentation(other.GetSegmentation())
    other.GetSegmentation().AddEmptySegment(desk.segment_id, "a")
    assert desk.accepted.look() == (0, 0) and desk.profile == taught
    assert standing(desk) == [] and desk.accepted.latest(desk) is None
    # Back at the first time point.
    image[:] = before
    desk.volume.GetImageData().Modified()
    desk.segmentation.SetAndObserveSegmentation(own)
    assert desk.accepted.look() == (0, 0) and standing(desk) == [(3.0, 36)]


def test_what_was_accepted_before_the_volume_was_moved_is_left_out(desk: Desk) -> None:
    desk.accept(3)
    desk.volume.SetOrigin(0.0, 0.0, 1.0)
    assert standing(desk) == [] and desk.accepted.look() == (0, 0)
    desk.accept(8)
    assert [height for height, _size in standing(desk)] == [8.0]
    # What is SPA's own is so wherever the volume is now.
    assert len(desk.accepted.added(desk)) == 2


def test_only_what_was_put_in_is_spa_s_own(desk: Desk) -> None:
    desk.accept(3, 4, 10)
    desk.accept(3, 8, 14)
    for old in (False, True):
        for n in range(KEPT if old else 0):
            desk.accept(5 + n, offset=None)
        (first, *more), extent = desk.accepted.added(desk), (0, 23, 0, 23, 3, 3)
        voxels = np.logical_or.reduce([each.on(first.grid, extent) for each in (first, *more)])
        wanted = np.zeros((24, 24), dtype=bool)
        wanted[4:10, 4:10] = wanted[8:14, 8:14] = True
        assert voxels.sum() == wanted.sum() == 36 + 36 - 4
