"""Looks of several sizes as hypotheses of one preference: what is recommended, what is shown, what answers do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.look_rounds import LookRound, LookRounds
from SPASegmentLib.interaction.looks import Look
from SPASegmentLib.interaction.opening import Opener
from SPASegmentLib.interaction.preference import OtherSize
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.region import Region
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.interaction.types import Box, Click, FrameImage, Proposal
from SPASegmentLib.model.network import SPANetwork

QUICK = SessionSettings(predictions=24, particles=64)
SMALL, LARGE = 9, 30
MIDDLE = Click(64, 60)


def disk(radius: float) -> np.ndarray:
    ys, xs = np.mgrid[:120, :128]
    return np.hypot(ys - MIDDLE.y, xs - MIDDLE.x) <= radius


@pytest.fixture(scope="module")
def nested() -> FrameImage:
    """A bright disk inside a grey one: a click into the middle may mean either."""
    noise = np.random.default_rng(0).normal(0, 3, (120, 128))
    return FrameImage((30.0 * disk(SMALL) + 80.0 * disk(LARGE) + noise).astype(np.float32), (0.7, 0.7))


def image() -> FrameImage:
    return FrameImage(np.random.default_rng(0).normal(size=(120, 128)).astype(np.float32))


def look_of(radii: list[float], log_weight: float) -> Look:
    region = Region(image(), 0, 0, 128, 120, 128)
    return Look(region, np.stack([disk(r) for r in radii]).astype(np.float32), float(np.mean(radii)), log_weight)


def rounds_of(looks: list[Look], settings: SessionSettings = QUICK, profile: Profile | None = None) -> LookRounds:
    def nowhere(*_: object) -> object:
        raise AssertionError("no region is looked at here")

    return LookRounds(image(), MIDDLE, looks, nowhere, settings, profile)


def radii_on_screen(proposal: Proposal) -> list[float]:
    return [float(np.sqrt(mask.sum() / np.pi)) for mask in proposal.masks]


def same(a: Proposal, b: Proposal) -> bool:
    return np.array_equal(a.masks, b.masks) and np.array_equal(a.candidates, b.candidates) and a.round == b.round


def test_where_the_extent_is_plain_the_masks_differ_in_their_outline() -> None:
    sure, unsure = look_of([10, 11, 12, 13, 14, 15], 10.0), look_of([40, 42, 44], 0.0)
    shown = rounds_of([sure, unsure]).make((), 1)
    assert shown.proposal.round == 1
    assert all(9 < radius < 16 for radius in radii_on_screen(shown.proposal))
    assert len(shown.proposal.masks) == 5
    assert shown.weights.sum() == pytest.approx(1.0) and shown.weights[6:].sum() < 1e-3
    assert shown.proposal.expected_dice > 0.8


def test_where_it_is_not_they_differ_in_extent() -> None:
    looks = [look_of([9, 10, 11], 0.0), look_of([22, 24, 26], 0.4), look_of([46, 48, 50], -0.3)]
    shown = rounds_of(looks).make((), 1)
    radii = radii_on_screen(shown.proposal)
    assert 20 < radii[0] < 28, "the mask of least expected loss is recommended"
    assert min(radii) < 12 and max(radii) > 44, "every extent is on screen"
    assert radii[1:] == sorted(radii[1:]), "smallest first"
    assert shown.proposal.expected_dice < 0.8
    assert shown.neutral_radius(1) == 10 and shown.neutral_radius(0) == 24, "offsets are measured in the mask's look"


def test_candidates_hold_an_extent_that_the_recommended_mask_is_nearly_sure_not_to_be() -> None:
    sure, unsure = look_of([10, 11, 12, 13, 14, 15], 6.0), look_of([40, 41, 42], 0.0)
    shown = rounds_of([sure, unsure]).make((), 1)
    assert shown.weights[6:].sum() == pytest.approx(1 / (1 + np.exp(6.0)))
    radii = radii_on_screen(shown.proposal)
    assert 9 < radii[0] < 16 < 38 < radii[-1], "half of a sureness of 6 is a weight of 5 %"


def test_no_two_masks_alike_and_none_empty() -> None:
    looks = [look_of([20, 20, 20], 0.0), look_of([20, 20.01], 0.0), look_of([-1, -1], 0.0)]
    shown = rounds_of(looks).make((), 1)
    assert len(shown.proposal.masks) == 1 and shown.proposal.masks[0].any()


def test_larger_and_smaller_weigh_the_looks() -> None:
    looks = [look_of([9, 10, 11], 0.0), look_of([22, 24, 26], 0.5), look_of([46, 48, 50], 0.0)]
    rounds = rounds_of(looks)
    first = rounds.make((), 1)
    larger, smaller = first.after_extent(True), first.after_extent(False)
    assert larger.proposal.round == smaller.proposal.round == 2
    assert radii_on_screen(larger.proposal)[0] > 44 and radii_on_screen(smaller.proposal)[0] < 13
    between = larger.after_extent(False)
    assert 20 < radii_on_screen(between.proposal)[0] < 28, "larger than the first, smaller than the second"
    assert between.said[-1] == OtherSize(float(larger.proposal.masks[0].sum()), False)
    assert rounds.extent_round(larger.proposal, larger.said, True) is None, "no look shows anything larger"
    assert rounds.extent_round(smaller.proposal, smaller.said, False) is None


def test_where_no_look_shows_it_the_outline_grows_until_it_cannot(nested: FrameImage, network: SPANetwork) -> None:
    session = Session(network, nested, QUICK)
    areas = [int(session.start(Click(64, 60)).masks[0].sum())]
    with pytest.raises(InputError, match="Nothing larger is to be seen here; drag a box"):
        for _ in range(QUICK.rounds):
            areas.append(int(session.larger().masks[0].sum()))
    assert len(areas) > 1 and areas == sorted(set(areas)), "larger each time, by a look or by the outline"
    assert session.proposal.round == len(areas) and int(session.proposal.masks[0].sum()) == areas[-1]


def test_predictions_are_the_hypotheses_by_their_weight() -> None:
    looks = [look_of([10, 11], 0.0), look_of([40, 41], float(np.log(3.0)))]
    shown = rounds_of(looks, replace(QUICK, predictions=40)).make((), 1)
    drawn = shown.predictions()
    areas = np.array([(map_ > 0.5).sum() for map_ in drawn])
    assert drawn.shape == (40, 120, 128)
    assert (areas > disk(30).sum()).sum() == 30, "three quarters of the weight, three quarters of the predictions"
    assert np.array_equal(drawn, shown.predictions())


def test_looks_that_all_miss_the_click_count_alike() -> None:
    elsewhere = [replace(look_of([10, 11], -np.inf), maps=np.roll(look_of([10, 11], 0.0).maps, 40, axis=2))]
    shown = rounds_of([*elsewhere, look_of([20, 21], -np.inf)]).make((), 1)
    assert np.isfinite(shown.weights).all()
    assert radii_on_screen(shown.proposal)[0] == pytest.approx(20.5, abs=1.0), "what holds the click is recommended"


def test_a_profile_weighs_within_a_look_and_not_between_them() -> None:
    looks = [look_of([9, 10, 11], 0.0), look_of([38, 40, 42], 0.0)]
    tight = Profile.new("tight")
    for _ in range(12):
        tight = tight.updated(-1.0)
    plain, weighed = (rounds_of(looks, profile=p).make((), 1).weights for p in (None, tight))
    np.testing.assert_allclose(weighed[:3].sum(), plain[:3].sum(), rtol=1e-6)
    assert weighed[0] > plain[0] and weighed[3] > plain[3]


def test_a_nested_structure_shows_both_things(network: SPANetwork, nested: FrameImage) -> None:
    session = Session(network, nested, QUICK)
    proposal = session.start(MIDDLE)
    for radius in (SMALL, LARGE):
        best = int(np.argmax([dice(mask, disk(radius)) for mask in proposal.masks]))
        assert dice(proposal.masks[best], disk(radius)) > 0.85
        assert dice(session.choose(best).masks[0], disk(radius)) > 0.85
        session.back()


def test_every_mask_on_screen_can_be_gone_on_from_and_taken_back(network: SPANetwork, nested: FrameImage) -> None:
    session = Session(network, nested, QUICK)
    first = session.start(MIDDLE)
    for index, mask in enumerate(first.masks):
        second = session.choose(index)
        assert second.round == 2
        assert dice(second.masks[0], mask) > 0.75, "the next round works at the extent of the chosen mask"
        assert same(session.choose(0), session.proposal) and session.proposal.round == 3
        assert same(session.back(), second)
        assert same(session.back(), first)


def test_candidates_after_a_choice_come_from_what_it_leaves_of_the_looks_too(
    network: SPANetwork, nested: FrameImage
) -> None:
    first = Opener(network, nested, QUICK, None).from_click(MIDDLE)
    assert isinstance(first, LookRound)
    hypotheses = [look.region.maps_to_frame(look.maps) for look in first.rounds._looks]
    frames = np.concatenate(hypotheses)
    for mask in (0, 1, 4):
        second = first.after_choice(mask)
        assert second.beside is not None and len(second.beside) == 12, "half of 24 predictions"
        np.testing.assert_array_equal(second.predictions()[12:], second.region.maps_to_frame(second.beside))
        assert len(second.proposal.masks) == 5
        # Which hypotheses they are, and how likely each is once this mask was preferred to those beside it.
        offered = first.proposal.masks[1:] if mask else first.proposal.masks
        alike = np.array([[dice(map_ > 0.5, other) for other in offered] for map_ in frames])
        likely = np.exp(100 * (alike - alike.max(axis=1, keepdims=True)))
        wanted = likely[:, mask - 1 if mask else 0] / likely.sum(axis=1)
        sureness = np.array([look.log_weight for look in first.rounds._looks])[first.rounds._owner]
        hedged = first.weights * np.exp(-0.5 * sureness)  # half of it is gone
        posterior = hedged * (0.95 * wanted + 0.05 / len(offered))
        posterior /= posterior.sum()
        here = np.stack([second.region.mask_to_region(map_, second.rounds.map_size) for map_ in frames])
        found = [int(np.abs(here - map_).mean(axis=(1, 2)).argmin()) for map_ in second.beside]
        assert all(np.abs(here[i] - map_).mean() < 0.02 for i, map_ in zip(found, second.beside))
        drawn = np.bincount(found, minlength=len(frames))
        for owner in range(len(hypotheses)):
            of_look = first.rounds._owner == owner
            assert abs(drawn[of_look].sum() - 12 * posterior[of_look].sum()) <= 1.5
        assert second.after_choice(1).beside is None, "once answered in its own region, that region has its own"
    assert first.after_click(replace(MIDDLE, x=MIDDLE.x + 2)).beside is None


def test_larger_and_smaller_are_answers(network: SPANetwork, nested: FrameImage) -> None:
    session = Session(network, nested, replace(QUICK, rounds=4))
    shown = [session.start(MIDDLE), session.choose(0)]
    assert dice(shown[1].masks[0], disk(SMALL)) > 0.85
    shown.append(session.larger())
    assert dice(shown[2].masks[0], disk(LARGE)) > 0.85
    shown.append(session.smaller())
    assert dice(shown[3].masks[0], disk(SMALL)) > 0.75
    assert [proposal.round for proposal in shown] == [1, 2, 3, 4]
    for call in (session.larger, session.smaller, lambda: session.choose(0)):
        with pytest.raises(StateError, match="last of 4 rounds"):
            call()
    for expected in shown[-2::-1]:
        assert same(session.back(), expected)
    again = Session(network, nested, replace(QUICK, rounds=4))
    again.start(MIDDLE)
    again.choose(0)
    assert same(again.larger(), shown[2]) and same(again.smaller(), shown[3])
    assert again.accept().actions == 5


def test_nothing_larger_leaves_the_round_on_screen(network: SPANetwork, nested: FrameImage) -> None:
    session = Session(network, nested, replace(QUICK, rounds=30))
    before = session.start(MIDDLE)
    with pytest.raises(InputError, match="Nothing larger"):
        for _ in range(29):
            before = session.larger()
    assert same(session.proposal, before)
    assert session.choose(0).round == before.round + 1


@pytest.mark.parametrize("start", ["box", "mask"])
def test_a_box_or_a_mask_sets_the_extent_and_larger_leaves_it(
    network: SPANetwork, nested: FrameImage, start: str
) -> None:
    session = Session(network, nested, QUICK)
    box = Box(MIDDLE.x - SMALL, MIDDLE.y - SMALL, MIDDLE.x + SMALL, MIDDLE.y + SMALL)
    first = session.start(box=box) if start == "box" else session.start(mask=disk(SMALL))
    assert all(mask.sum() < disk(1.5 * SMALL).sum() for mask in first.masks), "all five at the extent that was given"
    assert dice(first.masks[0], disk(SMALL)) > 0.8
    assert session.larger().masks[0].sum() > 1.2 * first.masks[0].sum()
    assert same(session.back(), first)


def test_without_a_network_the_family_gets_larger_and_smaller(nested: FrameImage) -> None:
    session = Session(None, nested, QUICK)
    first = session.start(mask=disk(SMALL))
    assert session.larger().masks[0].sum() > first.masks[0].sum()
    session.back()
    assert session.smaller().masks[0].sum() < first.masks[0].sum()


def test_a_correction_in_the_first_round_weighs_the_looks(network: SPANetwork, nested: FrameImage) -> None:
    session = Session(network, nested, QUICK)
    first = session.start(MIDDLE)
    ring = Click(MIDDLE.x + 20, MIDDLE.y)
    outside = session.add_click(replace(ring, positive=False))
    assert outside.round == 1 and not outside.masks[0][60, 84]
    assert dice(outside.masks[0], disk(SMALL)) > 0.75
    assert same(session.back(), first)
    inside = session.add_click(ring)
    assert inside.round == 1 and inside.masks[0][60, 84]
    assert dice(inside.masks[0], disk(LARGE)) > 0.75
    far = session.add_click(Click(3, 3, positive=False))
    assert not far.masks[0][3, 3]


def test_what_is_learned_of_a_user_is_not_the_extent(network: SPANetwork, nested: FrameImage) -> None:
    """Who takes the larger thing does not draw wider outlines."""
    for radius in (SMALL, LARGE):
        session = Session(network, nested, QUICK)
        proposal = session.start(MIDDLE)
        pick = int(np.argmax([dice(mask, disk(radius)) for mask in proposal.masks]))
        proposal = session.choose(pick)
        session.accept(int(np.argmax([dice(mask, disk(radius)) for mask in proposal.masks])))
        offset = session.offset_mm
        assert offset is not None and abs(offset) < 0.7 * 4.0
