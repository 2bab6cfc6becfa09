"""Simulated users and methods, with the bundled weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import numpy as np
import pytest
import torch

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.interaction.types import Click
from SPASegmentLib.model.ablation import ablated
from SPASegmentLib.model.network import SPANetwork
from SPASegmentLib.model.weights import load_default
from SPASegmentLib.research.evaluation.cases import Case, draw_ids, open_case
from SPASegmentLib.research.evaluation.methods.method import Screen
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod
from SPASegmentLib.research.evaluation.methods.untrained import (
    ConsensusMethod,
    ResampleMethod,
    SeedMaskMethod,
    grown_mask,
)
from SPASegmentLib.research.evaluation.rounds import measure, run_case, summary
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.task import Task
from SPASegmentLib.research.evaluation.users import User


@pytest.fixture(scope="module")
def network() -> SPANetwork:
    return load_default().network


@pytest.fixture(scope="module")
def case(disks: EvaluationFile) -> Case:
    """The user wants the largest of the four disks."""
    id_ = draw_ids([disks], "rater")[3]
    return open_case(id_, [disks])


@pytest.fixture
def spa(network: SPANetwork) -> SPAMethod:
    return SPAMethod(network, SessionSettings(region_mm=60.0))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "resample", "noise": 0.1}, "'resample' makes nothing of --noise; leave it out"),
        ({"method": "resample", "update": "amortised"}, "of --update"),
        ({"method": "resample", "feedback_prompts": False}, "of --no-feedback-prompts"),
        ({"method": "seed-mask", "weights": Path("w.safetensors")}, "'seed-mask' makes nothing of --weights"),
        ({"method": "seed-mask", "looks": False}, "of --no-looks"),
        ({"method": "seed-mask", "refine": False}, "of --no-refine"),
        ({"method": "seed-mask", "runtime": "onnx"}, "of --runtime"),
        ({"method": "consensus", "weights": Path("w.safetensors")}, "of --weights"),
        ({"method": "consensus", "predictions": 24}, "of --predictions"),
        ({"method": "consensus", "particles": 48}, "of --particles"),
        ({"method": "consensus", "generator": "none"}, "of --generator"),
        ({"method": "consensus", "noise": 0.3}, "of --noise"),
        ({"method": "unet", "noise": 0.3}, "of --noise"),
        ({"method": "unet", "weights": Path("w.safetensors")}, "of --weights"),
        ({"method": "medsam", "user": "clicks", "looks": False}, "of --no-looks"),
    ],
)
def test_options_that_change_nothing_with_a_method_are_refused(options: Dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Task(**options).spec()


def test_options_that_change_something_are_taken(disks: EvaluationFile) -> None:
    """Each of those that seed-mask takes gives other masks: none of them is refused, nor without effect."""
    case = open_case(draw_ids([disks], "rater")[3], [disks])

    def shown(**options: Any) -> bytes:
        task = Task(method="seed-mask", rounds=4, **options)
        screens = task.spec()().screens(case, task.simulated_user(), task.rounds)
        return b"".join(screen.masks.tobytes() for screen in screens)

    for options in (
        {"predictions": 20}, {"noise": 0.9}, {"feedback_prompts": False}, {"update": "amortised"}, {"particles": 2000},
    ):  # fmt: skip
        assert shown(**options) != shown(), options


def test_users_are_checked() -> None:
    with pytest.raises(InputError, match="Unknown user"):
        User("oracle")
    with pytest.raises(InputError, match="between 0 and 1"):
        User("choice", 1.0)
    with pytest.raises(InputError, match="makes none"):
        User("clicks", 0.1)


def test_first_round_is_the_same_for_all_users_and_predictions_make_the_recommended_mask(
    spa: SPAMethod, case: Case
) -> None:
    firsts = [next(iter(spa.screens(case, User(name), 3))) for name in spa.users]
    assert all(np.array_equal(first.masks, firsts[0].masks) for first in firsts)
    for method in (spa, replace(spa, settings=replace(spa.settings, looks=False))):
        session = method.session(case, 3)
        proposal = session.start(case.click)
        predictions = session.predictions()
        assert predictions.shape == (48, 96, 96)
        # The recommended mask is the mean of many more latents, or of those of one look.
        assert dice(predictions.mean(0) > 0.5, proposal.masks[0]) > 0.85
        second = session.choose(1)
        assert np.abs(session.predictions().mean(0) - second.recommended).max() < 0.2
        assert not np.array_equal(session.predictions(), predictions)
        session.back()
        assert np.array_equal(session.predictions(), predictions)


class Recorder:
    """Notes what reaches a session."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.chosen: list[int] = []
        self.clicks: list[Click] = []
        choose, add_click = Session.choose, Session.add_click

        def noted_choose(session: Session, candidate: int) -> object:
            self.chosen.append(candidate)
            return choose(session, candidate)

        def noted_click(session: Session, click: Click) -> object:
            self.clicks.append(click)
            return add_click(session, click)

        monkeypatch.setattr(Session, "choose", noted_choose)
        monkeypatch.setattr(Session, "add_click", noted_click)


def test_choice_gives_away_nothing_but_the_choice(spa: SPAMethod, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Recorder(monkeypatch)
    screens = list(spa.screens(case, User(), 3))
    assert len(seen.chosen) == 2
    assert not seen.clicks
    for screen, pick in zip(screens, seen.chosen):
        scores = [dice(mask, case.target) for mask in screen.masks]
        assert scores[pick] == max(scores)
    seen.chosen.clear()
    for screen, pick in zip(list(spa.screens(case, User("candidate"), 3)), seen.chosen):
        scores = [dice(mask, case.target) for mask in screen.masks]
        assert pick > 0 and scores[pick] == max(scores[1:])


def test_point_has_the_candidates_label_and_the_oracles_the_targets(
    spa: SPAMethod, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Recorder(monkeypatch)
    screens = list(spa.screens(case, User("choice+point"), 3))
    assert len(seen.clicks) == len(seen.chosen) == 2
    for screen, pick, click in zip(screens, seen.chosen, seen.clicks):
        assert click.positive == screen.masks[pick][int(click.y), int(click.x)]
    seen.clicks.clear()
    list(spa.screens(case, User("choice+oracle-point"), 3))
    for click in seen.clicks:
        assert click.positive == case.target[int(click.y), int(click.x)]


def test_clicking_user_clicks_on_errors_only(spa: SPAMethod, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Recorder(monkeypatch)
    screens = list(spa.screens(case, User("clicks"), 4))
    assert not seen.chosen
    assert seen.clicks
    for screen, click in zip(screens, seen.clicks):
        y, x = int(click.y), int(click.x)
        assert screen.masks[0][y, x] != case.target[y, x] == click.positive


def test_choices_help_and_a_run_repeats(spa: SPAMethod, case: Case) -> None:
    first, again = (run_case(spa, case, User(), 4) for _ in range(2))
    assert np.array_equal(first.rounds["dice_recommended"], again.rounds["dice_recommended"])
    assert first.rounds["dice_recommended"][-1] > first.rounds["dice_recommended"][0]
    assert (np.diff(first.rounds["dice_best_seen"]) >= 0).all()
    noisy = run_case(spa, case, User(noise=0.9), 4)
    assert noisy.rounds["dice_recommended"][-1] < first.rounds["dice_recommended"][-1]


def test_values_of_a_round_by_hand(case: Case) -> None:
    empty = np.zeros(case.target.shape, bool)
    screens = [
        Screen(np.stack([case.raters[0], case.raters[1], case.raters[2]]), case.raters[0].astype(np.float32), 0.5),
        Screen(np.stack([case.target, empty]), case.target.astype(np.float32), 0.9),
    ]
    spaced = replace(case, spacing=(0.5, 0.5))
    result = measure(screens, spaced, 3)
    wanted = [dice(mask, case.target) for mask in case.raters]
    assert result.rounds["dice_recommended"] == pytest.approx([wanted[0], 1, 1])
    assert result.rounds["dice_best_on_screen"] == pytest.approx([wanted[2], 1, 1])
    assert result.rounds["dice_included_raters"] == pytest.approx([wanted[0], 1, 1])
    others = [np.mean([dice(shown, m) for m in case.raters[:3]]) for shown in (case.raters[0], case.target)]
    assert result.rounds["dice_excluded_raters"] == pytest.approx([others[0], others[1], others[1]])
    iou = (case.raters[0] & case.target).sum() / (case.raters[0] | case.target).sum()
    assert result.rounds["iou_recommended"][0] == pytest.approx(iou)
    assert result.rounds["hd95_recommended_mm"][0] == pytest.approx(1.5, abs=0.3)  # radii 6 and 9, 0.5 mm pixels
    assert result.rounds["hd95_recommended_mm"][1] == 0
    assert result.similarity[0] == pytest.approx([dice(case.raters[1], case.raters[2])])
    assert np.isnan(result.similarity[1:]).all()
    record = summary([result, result])
    assert record["change_recommended"] == pytest.approx([1 - wanted[0], 0], abs=1e-4)
    assert record["calibration"]["expected_dice_bias"][0] == pytest.approx(0.5 - wanted[0], abs=1e-4)


@pytest.mark.parametrize("looks", [True, False])
def test_resampling_learns_nothing_and_keeps_the_best(network: SPANetwork, case: Case, looks: bool) -> None:
    settings = SessionSettings(looks=looks)
    screens = list(ResampleMethod(network, settings).screens(case, User(), 3))
    for j, screen in enumerate(screens):
        again = replace(case, id=replace(case.id, seed=case.id.seed + j))
        spa = next(iter(SPAMethod(network, settings).screens(again, User(), 3)))
        assert np.array_equal(screen.masks, spa.masks), "SPA's first round, with its own looks"
    assert any(not np.array_equal(a, b) for a, b in zip(screens[0].masks, screens[1].masks))
    result = measure(screens, case, 3)
    best = [max(dice(m, case.target) for m in s.masks) for s in screens]
    assert result.rounds["dice_best_seen"] == pytest.approx(np.maximum.accumulate(best))


def test_seed_mask_method_needs_no_network(case: Case) -> None:
    spot = grown_mask(case.image, case.id.x, case.id.y)
    assert dice(spot, case.raters[1]) > 0.85
    result = run_case(SeedMaskMethod(SessionSettings()), case, User(), 3)
    assert result.rounds["dice_recommended"][-1] > 0.85


def test_a_spot_is_found_where_there_is_none() -> None:
    flat = np.full((40, 40), 7, np.uint8)
    assert grown_mask(flat, 20, 10).sum() == 49
    assert grown_mask(flat, 20, 10)[10, 20]


def test_consensus_is_the_best_fixed_mask(case: Case) -> None:
    screens = list(ConsensusMethod("rater").screens(case, User(), 6))
    assert len(screens) == 1
    mean = np.mean([dice(screens[0].masks[0], rater) for rater in case.raters])
    for n in range(1, 5):
        fixed = case.raters.sum(0) >= n
        assert mean >= np.mean([dice(fixed, rater) for rater in case.raters]) - 1e-9


def test_ablation_moves_only_its_part(network: SPANetwork) -> None:
    with torch.no_grad():
        features = network.encode(torch.randn(1, 1, 128, 128))
        context = network.context(features, torch.tensor([[[64.0, 64.0]]]), torch.ones(1, 1))
        full, prior = network.preference(context), network.generator.prior(1)
        for part, gaussians, weights in (
            ("none", prior, prior), ("gaussians", full, prior), ("weights", prior, full), ("all", full, full),
        ):  # fmt: skip
            found = ablated(network, part).preference(context)
            assert torch.equal(found.means, gaussians.means)
            assert torch.equal(found.variances, gaussians.variances)
            assert torch.equal(found.weights, weights.weights)
        assert torch.equal(network.preference(context).means, full.means)
    assert not torch.equal(full.means, prior.means)
