"""A reader through volumes: what counts as an action, what a record says, and the baselines on the same answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import nibabel
import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.interaction.through import ThroughVolume
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.model.use import load_default
from SPASegmentLib.research.data.stacks import Stack
from SPASegmentLib.research.evaluation.record import write_record
from SPASegmentLib.research.evaluation.results import volume_tables
from SPASegmentLib.research.evaluation.volumes.baselines import itk_interpolation, replay, without_learning
from SPASegmentLib.research.evaluation.volumes.evaluation import BASELINES, WITH_ITK, VolumesTask, evaluate_volumes
from SPASegmentLib.research.evaluation.volumes.reader import Mark, Reader, Trace, even_anchors, volume_dice

QUICK = SessionSettings(particles=64)


def ball(slices: int = 11, radius: float = 9.0, side: int = 48) -> np.ndarray:
    """(slices, side, side) bool: a ball in the middle, 2 slices shorter than the volume on either side."""
    k, y, x = np.mgrid[:slices, :side, :side].astype(float)
    along = (k - slices // 2) / (slices // 2 - 1)
    return np.hypot(y - side / 2, x - side / 2) < radius * np.sqrt(np.maximum(1 - along**2, 0))


def stack_of(mask: np.ndarray) -> Stack:
    noise = np.random.default_rng(0).standard_normal(mask.shape)
    return Stack("ball", "somebody", (80 * mask + 6 * noise).astype(np.float32), mask, (1.0, 1.0, 2.5))


@pytest.fixture(scope="module")
def network() -> Network:
    return load_default(runtime="onnx").network


@pytest.fixture(scope="module")
def trace(network: Network) -> Trace:
    return Reader(network, stack_of(ball()), QUICK, 10).through()


def test_every_action_has_a_dice_and_every_mark_its_action(trace: Trace) -> None:
    assert len(trace.dice) == len(trace.seconds) == 10
    assert trace.dice[0] == 0.0  # a click alone is no volume
    assert trace.marks[0].actions >= 2 and trace.slices[0] == 5
    assert trace.one_anchor == trace.dice[trace.marks[0].actions - 1] > 0.5
    assert [mark.actions for mark in trace.marks] == sorted({mark.actions for mark in trace.marks})
    assert all(later >= earlier for earlier, later in zip(trace.seconds, trace.seconds[1:]))
    # Between two marks the volume stands as it is.
    settled = {mark.actions for mark in trace.marks}
    for action in range(trace.marks[0].actions + 1, 11):
        if action not in settled:
            assert trace.dice[action - 1] == trace.dice[action - 2]


def test_ends_are_marked_on_the_first_slice_without_the_structure(trace: Trace) -> None:
    ends = [mark.index for mark in trace.marks if mark.mask is None]
    first, last = stack_of(ball()).ends
    assert set(ends) == {first - 1, last + 1}


def test_the_dice_is_that_of_the_marks(trace: Trace, network: Network) -> None:
    # The volume once more, from nothing but the marks.
    volume = ThroughVolume(network, stack_of(ball()).frame, 2.5, QUICK)
    for mark in trace.marks:
        if mark.mask is None:
            volume.set_end(mark.index)
        else:
            volume.set_anchor(mark.index, mark.mask)
    found = np.zeros_like(ball())
    for k, mask in volume.run().masks.items():
        found[k] = mask
    assert dice(found, ball()) == pytest.approx(trace.dice[-1])


@pytest.mark.parametrize("actions", [2, 3, 5])
def test_a_reader_whose_actions_do_not_suffice_stops(network: Network, actions: int) -> None:
    rng = np.random.default_rng(3)
    ragged = ball() & (rng.random(ball().shape) < 0.6)  # nothing that a choice would reach
    assert len(Reader(network, stack_of(ragged), QUICK, actions).through().dice) == actions


def test_slice_by_slice_begins_with_the_same_mask_and_grows(trace: Trace, network: Network) -> None:
    found = Reader(network, stack_of(ball()), QUICK, 10).slice_by_slice(trace)
    first = trace.marks[0]
    assert first.mask is not None
    assert found.dice[first.actions - 1] == pytest.approx(volume_dice({first.index: first.mask}, ball()))
    assert len(found.dice) == 10 and found.dice[-1] > found.dice[first.actions - 1]
    assert found.slices[:2] == [5, 6]


def test_a_reader_who_fills_between_begins_with_the_same_mask_and_takes_ends_then_middles(
    trace: Trace, network: Network
) -> None:
    seen: List[List[int]] = []

    def fill(stack: Stack, settled: Dict[int, np.ndarray]) -> Dict[int, np.ndarray]:
        seen.append(sorted(settled))
        return {k: ball()[k] for k in settled}

    found = Reader(network, stack_of(ball()), QUICK, 60).filled_between(trace, fill)
    first = trace.marks[0]
    assert first.mask is not None and (first.index, len(found.dice)) == (5, 60)
    assert found.dice[first.actions - 1] == pytest.approx(volume_dice({first.index: first.mask}, ball()))
    # With the structure: 2 to 8. Ends first, then the middle of the largest gap, until there is nothing left.
    assert found.slices == [5, 2, 8, 4, 7, 3, 6] and seen[0] == [2, 5] and seen[-1] == list(range(2, 9))
    assert found.dice[-1] == pytest.approx(1.0) and found.dice == sorted(found.dice)
    # A click, perhaps choices, and the acceptance: at least two actions for every slice.
    steps = np.diff([mark.actions for mark in found.marks])
    assert steps.min() >= 2


def test_even_anchors_halve_the_largest_gap(network: Network) -> None:
    stack = stack_of(ball())
    first, last = stack.ends
    volume = ThroughVolume(network, stack.frame, 2.5, QUICK)
    volume.set_anchor(5, ball()[5])
    next_slice = even_anchors(stack)
    assert next_slice(volume) == last + 1
    volume.set_end(last + 1)
    assert next_slice(volume) == first - 1
    volume.set_end(first - 1)
    volume.set_anchor(6, ball()[6])
    assert next_slice(volume) in (2, 3)  # between 0 and 5


def two_squares() -> Trace:
    low, high = np.zeros((2, 30, 30), bool)
    low[12:17, 12:17] = True
    high[9:20, 9:20] = True
    return Trace(marks=[Mark(2, 1, low), Mark(4, 7, high)], early=[])


def test_baselines_get_the_same_answers_at_the_same_actions() -> None:
    wanted = np.zeros((9, 30, 30), bool)
    for k in range(1, 8):
        half = 2 + (k - 1) / 2
        at = np.abs(np.arange(30) - 14) <= half
        wanted[k] = at[:, None] & at[None]
    stack = replace(stack_of(ball(9, side=30)), mask=wanted)
    seen: List[List[int]] = []

    def fill(_stack: Stack, settled: Dict[int, np.ndarray]) -> Dict[int, np.ndarray]:
        seen.append(sorted(settled))
        return without_learning(stack, settled)

    found = replay(stack, two_squares(), fill, 6)
    assert seen == [[1], [1, 7]]
    assert found.dice[0] == 0.0 and found.dice[1] == found.dice[2] < found.dice[3] == found.dice[5]
    # Between the two, interpolated distances give every slice.
    masks = without_learning(stack, {1: two_squares().marks[0].mask, 7: two_squares().marks[1].mask})
    assert all(np.array_equal(masks[k], wanted[k]) for k in (1, 3, 5, 7))


def test_itk_fills_between_and_nothing_beyond() -> None:
    pytest.importorskip("itk")
    trace = two_squares()
    settled = {mark.index: mark.mask for mark in trace.marks if mark.mask is not None}
    masks = itk_interpolation()(stack_of(np.zeros((9, 30, 30), bool)), settled)
    assert sorted(masks) == list(range(1, 8))
    areas = [int(masks[k].sum()) for k in range(1, 8)]
    assert areas == sorted(areas) and 25 < areas[3] < 121


def write(folder: Path, name: str, mask: np.ndarray) -> None:
    volume = stack_of(ball()).images if mask.any() else np.random.default_rng(1).random(mask.shape)
    affine = np.diag([1.0, 1.0, 2.5, 1.0])
    for what, values in (("image", volume), ("mask", mask.astype(np.uint8))):
        nibabel.save(
            nibabel.Nifti1Image(np.asarray(values, np.float32).transpose(2, 1, 0), affine),
            folder / f"{name}_{what}.nii.gz",
        )


def test_a_record_has_all_figures_for_spa_and_each_baseline(tmp_path: Path) -> None:
    write(tmp_path, "good", ball())
    write(tmp_path, "nothing", np.zeros_like(ball()))
    said: List[str] = []
    task = VolumesTask((tmp_path, tmp_path / "nowhere"), actions=4, without=("itk",), runtime="onnx", jobs=1)
    record = evaluate_volumes(task, complain=said.append)
    assert len(said) == 2 and record["skipped"] == said and record["n_volumes"] == 1
    assert set(record["baselines"]) == set(BASELINES) - set(WITH_ITK)
    for one in (record, *record["baselines"].values()):
        assert len(one["dice_by_action"]) == len(one["dice_by_action_ci95"]) == len(one["seconds_by_action"]) == 4
        assert 0 <= one["dice_one_anchor"] <= 1 and len(one["dice_one_anchor_ci95"]) == 2
        assert set(one["reached"]) == set(one["actions_to_reach"]) == {"0.8", "0.85", "0.88", "0.9"}
    assert 0 <= record["ends_within_one"] <= 1 and 0 < record["slices_touched"] <= 1
    assert record["volumes"]["good/good_image"]["slices"] == 7
    records = {"volumes-some": record}
    rows = volume_tables.by_actions(records)[2:-1]
    assert len(rows) == 4 and rows[0].startswith(f"| {tmp_path.name}, nowhere | SPA, through the volume | 1 |")
    assert f"{100 * record['dice_by_action'][3]:.1f} [" in rows[0]
    assert rows[0].endswith("] |" + (len(volume_tables.ACTIONS) - 1) * " - |")
    assert len(volume_tables.reaching(records)) == len(rows) + 3
    assert len(volume_tables.leads(records)) == len(rows) + 2
    lead = np.array(record["dice_by_action"]) - record["baselines"]["no learning"]["dice_by_action"]
    assert record["baselines"]["no learning"]["lead_by_action"] == pytest.approx(lead, abs=2e-4)
    assert volume_tables.each_volume(records)[2].startswith("| good/good_image | 7 | 2 to 8 |")
    write_record(record, tmp_path / "record.json")
    assert json.loads((tmp_path / "record.json").read_text())["command"].startswith("spa evaluate volumes")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Give folders"),
        ({"folders": (Path("x"),), "without": ("magic",)}, "Unknown baseline"),
        ({"npz": (Path("x.npz"),)}, "belong together"),
        ({"folders": (Path("x"), Path("y/../x"))}, "is given twice"),
        ({"npz": (Path("x.npz"),) * 2, "index": Path("x.csv")}, "is given twice"),
    ],
)
def test_options_that_do_not_fit_are_told(options: Dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        VolumesTask(**options)


def test_without_any_volume_it_says_why(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No volume can be used. .*nowhere"):
        evaluate_volumes(VolumesTask((tmp_path / "nowhere",), without=("itk",), jobs=1))
