"""What is said of a volume."""

from __future__ import annotations

from typing import Dict

import numpy as np
import pytest

from SPASegmentLib.interaction.patch import Patch
from SPASegmentLib.interaction.volume_result import SliceRange, SliceResult, SliceState, VolumeResult
from SPASegmentLib.mrml.plane import Plane
from SPASegmentLib.mrml.volume_texts import applied_text, found_text, progress_text


def result(**states: SliceState) -> VolumeResult:
    """One pixel on each slice that is not absent; slices are named k1, k2, ..."""
    found: Dict[int, SliceResult] = {}
    for name, state in states.items():
        # Slice 0 is one of which it is not known whether the structure reaches it.
        mask = np.full((1, 1), state is not SliceState.ABSENT and (name != "k0" or len(states) > 3))
        found[int(name[1:])] = SliceResult((4, 4), float(mask.sum()), state, 0.9, 1.0, Patch(mask.astype(np.float16)))
    there = [k for k, one in found.items() if one.area]
    extent = SliceRange(there[0], there[-1], 2.5 * len(there)) if there else None
    return VolumeResult(found, 0.874, extent, True)


@pytest.mark.parametrize(
    ("states", "words"),
    [
        ({"k1": SliceState.ANCHOR}, ("One slice, 2.5 mm.", "No slice is doubtful; Enter applies.")),
        (
            {"k1": SliceState.SURE, "k2": SliceState.ANCHOR, "k3": SliceState.DOUBTFUL, "k4": SliceState.ABSENT},
            ("3 slices, 7.5 mm.", "about 87 %", "One slice is doubtful: N goes there"),
        ),
        ({f"k{n}": SliceState.DOUBTFUL for n in range(6)}, ("6 slices, 15 mm.", "6 slices are doubtful: N goes to")),
        (
            {"k0": SliceState.DOUBTFUL, "k1": SliceState.ANCHOR, "k2": SliceState.DOUBTFUL},
            ("2 slices, 5.0 mm.", "2 slices are doubtful, also beyond its ends: N"),
        ),
        ({"k1": SliceState.ABSENT}, ("found nothing", "another slice")),
    ],
)
def test_what_was_found(states: Dict[str, SliceState], words: tuple) -> None:
    text = found_text(result(**states))
    assert all(each in text for each in words), text


def test_where_the_size_of_voxels_is_unknown_none_is_given() -> None:
    found = result(k1=SliceState.ANCHOR, k2=SliceState.SURE)
    assert " mm" not in found_text(found, in_mm=False) and found_text(found, in_mm=False).startswith("2 slices.")
    assert applied_text(found, False, in_mm=False) == "Applied: 2 slices."


def test_masks_of_other_directions_are_told() -> None:
    found = result(k1=SliceState.ANCHOR)
    said = found_text(found, elsewhere=[Plane.named("sagittal"), Plane.named("coronal"), Plane.named("sagittal")])
    assert said.startswith(found_text(found)) and said.endswith("do not count here (coronal: 1, sagittal: 2).")


def test_what_was_written_and_what_masking_kept_out() -> None:
    found = result(k1=SliceState.ANCHOR, k2=SliceState.SURE)
    assert applied_text(found, False) == "Applied: 2 slices, 5.0 mm."
    assert applied_text(found, True).endswith("mm. The masking settings kept some of it out.")


def test_what_was_taken_from_other_segments() -> None:
    found = result(k1=SliceState.ANCHOR, k2=SliceState.SURE)
    assert applied_text(found, False, taken_from=("Liver",)).endswith("5.0 mm. Some of it was taken from Liver.")
    said = applied_text(found, True, taken_from=("Liver", "Spleen"))
    assert said.endswith("kept some of it out. Some of it was taken from 2 other segments.")


def test_progress_never_goes_beyond_its_end() -> None:
    assert "7 of 7" in progress_text(7, 3) and "2 of 9" in progress_text(2, 9)
