"""The session: every call in every state, exact undo, determinism, and what the masks mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction import round
from SPASegmentLib.interaction.network_predictor import NetworkPredictor
from SPASegmentLib.interaction.opening import Opener
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.session import Session, SessionState
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import best_on_screen, choose, dice, offset_mask
from SPASegmentLib.interaction.types import RECOMMENDED, Box, Click, FrameImage, Proposal
from SPASegmentLib.model.network import NetworkConfig, SPANetwork

Lesion = "tuple[FrameImage, np.ndarray]"
QUICK = SessionSettings(particles=128)


def same(a: Proposal, b: Proposal) -> bool:
    return (
        np.array_equal(a.recommended, b.recommended)
        and np.array_equal(a.candidates, b.candidates)
        and np.array_equal(a.masks, b.masks)
        and np.array_equal(a.uncertainty, b.uncertainty)
        and a.round == b.round
        and a.expected_dice == b.expected_dice
        and [d.description for d in a.differences] == [d.description for d in b.differences]
    )


def test_click_shows_the_lesion_and_distinct_candidates(network: SPANetwork, lesion: Lesion) -> None:
    frame, truth = lesion
    proposal = Session(network, frame).start(Click(70, 52))
    assert proposal.recommended.shape == frame.shape
    assert proposal.masks.dtype == bool
    assert dice(proposal.masks[0], truth) > 0.75
    assert len(proposal.masks) == 1 + len(proposal.candidates) == 1 + len(proposal.differences)
    assert 2 <= len(proposal.candidates) <= 4
    shown = {m.tobytes() for m in proposal.masks}
    assert len(shown) == len(proposal.masks), "no two masks on screen are alike"
    assert all(m.any() for m in proposal.masks)
    assert 0.5 < proposal.expected_dice <= 1.0
    assert proposal.uncertainty.max() <= 1.0
    far = np.hypot(*(np.indices(frame.shape) - np.array([52, 70])[:, None, None])) > 45
    assert proposal.uncertainty[far].max() < 0.2


def test_differences_are_those_of_the_masks(network: SPANetwork, lesion: Lesion) -> None:
    frame, _ = lesion
    proposal = Session(network, frame).start(Click(70, 52))
    for mask, difference in zip(proposal.masks[1:], proposal.differences):
        assert np.array_equal(difference.added, mask & ~proposal.masks[0])
        assert np.array_equal(difference.removed, proposal.masks[0] & ~mask)
        assert difference.added_mm2 == pytest.approx(difference.added.sum() * 0.63)


@pytest.mark.parametrize("update", ["bayesian", "amortised"])
def test_choices_move_the_masks_towards_the_user(network: SPANetwork, lesion: Lesion, update: str) -> None:
    frame, truth = lesion
    wanted = offset_mask(truth, -2.0)
    session = Session(network, frame, SessionSettings(preference_update=update))
    proposal = session.start(Click(70, 52))
    first = dice(proposal.masks[0], wanted)
    rng = np.random.default_rng(0)
    while proposal.round < 5:
        proposal = session.choose(choose(proposal.masks, wanted, rng))
    assert proposal.round == 5
    assert dice(proposal.masks[0], wanted) > first + 0.1
    assert best_on_screen(proposal.masks, wanted)[1] >= dice(proposal.masks[0], wanted)


@pytest.mark.parametrize("update", ["bayesian", "amortised"])
def test_back_is_exact_and_a_replay_is_identical(
    network: SPANetwork, untrained: SPANetwork, lesion: Lesion, update: str
) -> None:
    frame, _ = lesion
    settings = replace(QUICK, preference_update=update, predictions=12)

    def answer(session: Session) -> Proposal:
        return session.choose(1) if len(session.proposal.candidates) else session.add_click(Click(70, 52))

    for net in (network, untrained):
        session = Session(net, frame, settings)
        shown = [session.start(Click(70, 52)), answer(session), answer(session), session.add_click(Click(74, 52))]
        assert not same(shown[0], shown[1])
        for expected in shown[-2::-1]:
            assert same(session.back(), expected)
        again = Session(net, frame, settings)
        assert same(again.start(Click(70, 52)), shown[0])
        assert same(answer(again), shown[1])
        assert same(answer(session), shown[1]), "after going back the same answer gives the same masks"


def test_another_seed_gives_other_candidates(network: SPANetwork, lesion: Lesion) -> None:
    frame, _ = lesion
    a, b = (Session(network, frame, SessionSettings(seed=s)).start(Click(70, 52)) for s in (0, 1))
    assert not np.array_equal(a.candidates, b.candidates)


def test_box_start(network: SPANetwork, lesion: Lesion) -> None:
    frame, truth = lesion
    proposal = Session(network, frame).start(box=Box(59, 41, 81, 63))
    assert dice(proposal.masks[0], truth) > 0.75


def test_a_box_is_clicked_on_in_its_middle(network: SPANetwork, lesion: Lesion) -> None:
    frame, _ = lesion
    for box in (Box(59, 41, 81, 63), Box(20, 30, 90, 44), Box(5, 60, 15, 110)):
        first = Opener(network, frame, QUICK, None).from_box(box)
        (click,) = first.prompts.clicks
        middle = ((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2)
        assert first.region.to_frame(click.x, click.y) == pytest.approx(middle, abs=0.01)
        assert click.positive


def test_predictions_are_those_that_the_candidates_were_chosen_from(
    network: SPANetwork, lesion: Lesion, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen_from = []
    honest = round.select_candidates

    def watched(predictions: np.ndarray, *args: object, **options: object) -> object:
        chosen_from.append(predictions)
        return honest(predictions, *args, **options)

    monkeypatch.setattr(round, "select_candidates", watched)
    session = Session(network, lesion[0], replace(QUICK, looks=False))
    session.start(Click(70, 52))
    session.choose(1)
    session.add_click(Click(70, 60, positive=False))
    for number in (3, 2, 1):
        shown = session.predictions()
        assert np.array_equal(shown, session.region.maps_to_frame(chosen_from[number - 1]))
        if number > 1:
            assert not np.array_equal(chosen_from[number - 1], chosen_from[number - 2])
            session.back()


def test_mask_start_keeps_to_the_mask(network: SPANetwork, lesion: Lesion) -> None:
    frame, truth = lesion
    proposal = Session(network, frame).start(mask=truth)
    assert dice(proposal.masks[0], truth) > 0.85


def test_seed_mask_needs_no_network(lesion: Lesion) -> None:
    frame, truth = lesion
    session = Session(None, frame)
    proposal = session.start(mask=truth)
    assert dice(proposal.masks[0], truth) > 0.95
    wanted = offset_mask(truth, 2.0)
    first = dice(proposal.masks[0], wanted)
    rng = np.random.default_rng(0)
    for _ in range(3):
        proposal = session.choose(choose(proposal.masks, wanted, rng))
    assert dice(proposal.masks[0], wanted) > first + 0.05
    assert session.accept().mask.sum() > truth.sum()


def test_corrections_are_obeyed_and_do_not_use_up_rounds(network: SPANetwork, lesion: Lesion) -> None:
    frame, _ = lesion
    session = Session(network, frame)
    proposal = session.start(Click(70, 52))
    ys, xs = np.nonzero(proposal.masks[0])
    edge = int(np.argmax(xs))
    corrected = session.add_click(Click(float(xs[edge]), float(ys[edge]), positive=False))
    assert corrected.round == proposal.round
    assert corrected.recommended[ys[edge], xs[edge]] < proposal.recommended[ys[edge], xs[edge]]


def test_accept_any_mask_on_screen(network: SPANetwork, lesion: Lesion) -> None:
    frame, _ = lesion
    for index in (RECOMMENDED, 1, 2):
        session = Session(network, frame)
        proposal = session.start(Click(70, 52))
        result = session.accept(index)
        assert np.array_equal(result.mask, proposal.masks[index])
        assert (result.accepted, result.round, result.actions) == (index, 1, 2)
        assert session.state is SessionState.ACCEPTED


def test_actions_are_counted(network: SPANetwork, lesion: Lesion) -> None:
    session = Session(network, lesion[0], QUICK)
    session.start(Click(70, 52))
    session.choose(1)
    session.back()
    session.choose(1)
    assert session.accept().actions == 5


def test_illegal_calls_say_so_and_change_nothing(network: SPANetwork, lesion: Lesion) -> None:
    frame, truth = lesion
    session = Session(network, frame, replace(QUICK, rounds=2))
    for call in (
        lambda: session.choose(1),
        session.back,
        session.accept,
        lambda: session.add_click(Click(1, 1)),
        lambda: session.proposal,
        session.profile,
        lambda: session.region,
    ):
        with pytest.raises(StateError):
            call()
        assert session.state is SessionState.IDLE
    for bad in (
        {},
        {"click": Click(70, 52), "mask": truth},
        {"click": Click(500, 3)},
        {"click": Click(float("nan"), 3)},
        {"click": Click(70, 52, positive=False)},
        {"mask": np.zeros(frame.shape, bool)},
        {"mask": truth[:5]},
        {"box": Box(200, 200, 210, 210)},
    ):
        with pytest.raises(InputError):
            session.start(**bad)  # type: ignore[arg-type]
        assert session.state is SessionState.IDLE
    first = session.start(Click(70, 52))
    with pytest.raises(StateError, match="first round"):
        session.back()
    with pytest.raises(StateError, match="started already"):
        session.start(Click(70, 52))
    for wrong in (len(first.candidates) + 1, -1):
        with pytest.raises(InputError):
            session.choose(wrong)
    with pytest.raises(InputError, match="no mask 9"):
        session.accept(9)
    with pytest.raises(InputError, match="outside the region"):
        session.add_click(Click(2000, 3))
    assert same(session.proposal, first)
    second = session.choose(1)
    with pytest.raises(StateError, match="last of 2 rounds"):
        session.choose(1)
    assert same(session.proposal, second)
    session.accept()
    for call in (lambda: session.choose(1), session.back, session.accept, session.cancel):
        with pytest.raises(StateError):
            call()


@pytest.mark.parametrize("fusion", ["token", "embedding"])
def test_sam_vit_b_sees_the_whole_frame(lesion: Lesion, fusion: str) -> None:
    """With random weights: what matters is that the paper's backbone goes through the same session."""
    torch.manual_seed(0)
    network = SPANetwork(NetworkConfig.vit_b(256, fusion)).eval().requires_grad_(False)
    frame, _ = lesion
    session = Session(network, frame, SessionSettings(predictions=8, particles=16, candidates=2))
    proposal = session.start(Click(70, 52))
    assert proposal.masks.shape[1:] == frame.shape
    region = session.region
    assert region.left <= 0 <= frame.shape[1] <= region.left + region.width
    assert session.add_click(Click(72, 52)).round == 1


def test_without_network_a_click_is_refused_with_advice(lesion: Lesion) -> None:
    with pytest.raises(InputError, match="paint or threshold"):
        Session(None, lesion[0]).start(Click(70, 52))


def test_cancelled_session_stays_cancelled(network: SPANetwork, lesion: Lesion) -> None:
    session = Session(network, lesion[0], QUICK)
    session.start(Click(70, 52))
    session.cancel()
    assert session.state is SessionState.CANCELLED
    with pytest.raises(StateError, match="shows no masks"):
        session.choose(1)


def test_a_failed_prediction_leaves_the_round_on_screen(
    network: SPANetwork, lesion: Lesion, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(network, lesion[0], QUICK)
    first = session.start(Click(70, 52))

    def out_of_memory(*_: object, **__: object) -> None:
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(NetworkPredictor, "logits", out_of_memory)
        with pytest.raises(MemoryError):
            session.choose(1)
    assert same(session.proposal, first)
    assert session.choose(1).round == 2


def test_profile_carries_the_preference_to_the_next_frame(network: SPANetwork, lesion: Lesion) -> None:
    frame, truth = lesion
    wanted = offset_mask(truth, 4.0)
    profile = Profile.new("reader")
    rng = np.random.default_rng(0)
    for _ in range(4):
        session = Session(network, frame, SessionSettings(), profile)
        proposal = session.start(Click(70, 52))
        for _ in range(4):
            proposal = session.choose(choose(proposal.masks, wanted, rng))
        session.accept(best_on_screen(proposal.masks, wanted)[0])
        profile = session.profile()
    cold = Session(network, frame).start(Click(70, 52))
    warm = Session(network, frame, profile=profile).start(Click(70, 52))
    assert dice(warm.masks[0], wanted) > dice(cold.masks[0], wanted)
    forgotten = Session(network, frame, profile=profile.reset()).start(Click(70, 52))
    assert same(forgotten, cold)


def test_where_nobody_knows_mm_no_profile_learns_or_speaks(network: SPANetwork, lesion: Lesion) -> None:
    frame = FrameImage(lesion[0].pixels, lesion[0].spacing, in_mm=False)
    taught = Profile.new("reader").updated(3.0).updated(3.0)
    cold = Session(network, frame).start(Click(70, 52))
    session = Session(network, frame, profile=taught)
    assert same(session.start(Click(70, 52)), cold)
    session.accept(1)
    assert session.offset_mm is None and session.profile() == taught


@pytest.mark.parametrize("side", [30.0, 200.0])
def test_region_can_be_set(network: SPANetwork, lesion: Lesion, side: float) -> None:
    session = Session(network, lesion[0], SessionSettings(region_mm=side, particles=64))
    session.start(Click(70, 52))
    assert session.region.width * 0.7 == pytest.approx(side, abs=1.0)


def test_fewer_than_k_distinct_predictions(untrained: SPANetwork) -> None:
    """A network whose masks are all alike must neither crash nor show the same mask twice."""
    yy, xx = np.mgrid[:64, :64]
    frame = FrameImage((yy + xx).astype(np.float32))
    session = Session(untrained, frame, SessionSettings(predictions=4, candidates=4, particles=16, rounds=3))
    proposal = session.start(Click(32, 32))
    shown = {m.tobytes() for m in proposal.masks}
    assert len(shown) == len(proposal.masks)


@pytest.mark.parametrize(
    "bad",
    [
        {"predictions": 1},
        {"candidates": 0},
        {"candidates": 9, "predictions": 4},
        {"rounds": 0},
        {"seed": -1},
        {"preference_update": "magic"},
        {"region_mm": 0.0},
        {"choice_lapse": 1.5},
        {"chunk": 0},
        {"predictions": "many"},
    ],
)
def test_settings_are_validated(bad: dict[str, object]) -> None:
    with pytest.raises(InputError):
        SessionSettings(**bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 4)), np.full((4, 4), np.nan), np.array([[1.0, np.inf]]), np.zeros((0, 4)), np.zeros((2, 2, 2))],
)
def test_unusable_images_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(InputError):
        FrameImage(pixels)


@pytest.mark.parametrize(("start", "least"), [("box", 0.99), ("click", 0.95)])
def test_the_recommended_mask_hardly_depends_on_the_seed(
    network: SPANetwork, lesion: Lesion, start: str, least: float
) -> None:
    """It is a mean of all predictions, after a click of those of one look; a mean of few moves the outline more."""
    begin: dict = {"box": Box(60, 43, 80, 61)} if start == "box" else {"click": Click(70, 52)}
    masks = [Session(network, lesion[0], SessionSettings(seed=n)).start(**begin).masks[0] for n in range(4)]
    assert min(dice(masks[0], other) for other in masks[1:]) > least
