"""Consistent users: sequences with a profile, without one, and with another user's."""

from __future__ import annotations

import numpy as np
import pytest

from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.model.weights import load_default
from SPASegmentLib.research.evaluation.cases import POLICY_USERS, SEQUENCE, draw_ids, open_case
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod
from SPASegmentLib.research.evaluation.policy import (
    LATER,
    OPPOSITES,
    SequenceJob,
    SequenceResult,
    make_jobs,
    policy_summary,
    run_sequence,
)
from SPASegmentLib.research.evaluation.rounds import CaseRounds
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.users import User


def test_every_user_works_on_every_sequence(many: EvaluationFile) -> None:
    jobs = make_jobs(draw_ids([many], "policy"), [many], User(), 2)
    assert [(j.sequence, j.name) for j in jobs] == [(s, name) for s in range(2) for name in POLICY_USERS]
    job = next(j for j in jobs if j.name == "union")
    assert len(job.cases) == SEQUENCE
    assert len(job.other) == SEQUENCE - LATER
    assert np.array_equal(job.other[0].target, job.cases[LATER].raters.all(0))
    assert not next(j for j in jobs if j.name == "majority").other


@pytest.mark.slow
def test_first_image_knows_no_profile_and_later_ones_do(many: EvaluationFile) -> None:
    ids = draw_ids([many], "policy")[:SEQUENCE]
    wide = tuple(open_case(i, [many], "majority +2 px") for i in ids)
    tight = tuple(open_case(i, [many], "majority -2 px") for i in ids)
    method = SPAMethod(load_default().network, SessionSettings(region_mm=60.0))
    result = run_sequence(method, SequenceJob(0, "majority +2 px", wide, tight[LATER:], User(), 2))
    assert len(result.profile) == len(result.cold) == SEQUENCE
    assert len(result.changed) == SEQUENCE - LATER

    def first(rounds: CaseRounds) -> float:
        return float(rounds.rounds["dice_recommended"][0])

    assert first(result.profile[0]) == first(result.cold[0])
    # Disks of one kind: a profile is clearly of use there.
    assert np.mean([first(r) for r in result.profile[LATER:]]) > np.mean([first(r) for r in result.cold[LATER:]])


def rounds(first: float, last: float = 0.9) -> CaseRounds:
    return CaseRounds({"dice_recommended": np.array([first, last])}, {}, np.zeros((2, 1)), np.zeros((3, 15)))


def result(name: str, profile: float, cold: float, changed: float = 0.0) -> SequenceResult:
    later = SEQUENCE - LATER
    return SequenceResult(
        0,
        name,
        tuple(f"p{i}" for i in range(SEQUENCE)),
        [rounds(0.1)] * LATER + [rounds(profile)] * later,
        [rounds(0.1)] * LATER + [rounds(cold, 0.8)] * later,
        [rounds(changed)] * later if name in OPPOSITES else [],
    )


def test_gains_are_about_the_later_images_and_harm_is_against_the_followers_cold_start() -> None:
    results = [result("union", 0.8, 0.7, changed=0.45), result("intersection", 0.9, 0.6, changed=0.65)]
    found = policy_summary([*results, *(result(n, 0.5, 0.5) for n in POLICY_USERS if n.startswith("majority "))])
    assert found["users"]["union"]["gain"] == pytest.approx(0.1)
    assert found["users"]["intersection"]["gain_ci95"] == pytest.approx([0.3, 0.3])
    assert found["all_users"]["gain"] == pytest.approx(np.mean([0.1, 0.3, 0, 0, 0, 0]), abs=1e-4)
    changes = found["user_changes"]
    assert changes["union, then intersection"]["gain"] == pytest.approx(0.45 - 0.6)
    assert changes["intersection, then union"]["gain"] == pytest.approx(0.65 - 0.7)
    assert changes["all"]["n"] == 4 * (SEQUENCE - LATER)
    assert found["by_image"]["cold"][0] == pytest.approx(0.1)
    assert found["by_round"]["cold"][1] == pytest.approx(0.8)
    # Cold: six images reach 0.9 in round 2, six 0.8: above 0.75, and failing (10 rounds) at 0.84.
    assert found["unseen_preferences"]["majority +1 px"]["0.75"] == pytest.approx(2)
    assert found["unseen_preferences"]["majority +1 px"]["0.84"] == pytest.approx((6 * 2 + 6 * 10) / 12)
