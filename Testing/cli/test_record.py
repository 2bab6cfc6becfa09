"""The log of a run, against areas counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from SPASegmentLib.commands.record import Slice, log


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * np.logical_and(a, b).sum() / (np.count_nonzero(a) + np.count_nonzero(b)))


def test_log_has_the_keys_and_numbers_that_are_promised(session: Slice) -> None:
    entry = json.loads(json.dumps(log([session], "compact", 7)))
    first, second = session.steps
    target = session.reference
    assert entry == {
        "rounds": [
            {
                "round": 1,
                "dice_recommended": pytest.approx(overlap(first.proposal.masks[0], target)),
                "dice_best_on_screen": pytest.approx(overlap(first.proposal.masks[3], target)),
                "seconds": 0.25,
            },
            {
                "round": 2,
                "dice_recommended": pytest.approx(overlap(second.proposal.masks[0], target)),
                "dice_best_on_screen": 1.0,
                "seconds": 0.125,
            },
        ],
        "accepted_dice": 1.0,
        "actions": 3,
        "weights": "compact",
        "seed": 7,
    }


def test_several_slices_count_as_one_volume(session: Slice) -> None:
    left_out = replace(session, mask=None, steps=session.steps[:1])
    entry = log([session, left_out], "compact", 0)
    wanted = int(session.reference.sum())
    assert entry["accepted_dice"] == pytest.approx(2 * wanted / (wanted + 2 * wanted))
    assert entry["actions"] == 3 + 2
    assert [r["round"] for r in entry["rounds"]] == [1, 2]


def test_without_a_reference_there_is_no_dice(session: Slice) -> None:
    steps = tuple(replace(step, reference=None) for step in session.steps)
    entry = log([replace(session, steps=steps, reference=None)], "compact", 0)
    assert entry["accepted_dice"] is None
    assert {r["dice_recommended"] for r in entry["rounds"]} == {None}
