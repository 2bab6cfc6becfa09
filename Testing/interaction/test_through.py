"""Through the volume, with the bundled weights on a lesion whose shape is known."""

from __future__ import annotations

from typing import Callable, List, Tuple

import numpy as np
import pytest

from SPASegmentLib.errors import InputError, StateError
from SPASegmentLib.interaction.session import Session
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.interaction.through import ThroughVolume
from SPASegmentLib.interaction.types import RECOMMENDED, FrameImage
from SPASegmentLib.interaction.volume_result import SliceState
from SPASegmentLib.model.runtime import Network
from SPASegmentLib.model.use import load_default

SHAPE, STEP = (96, 112), 3.0
#: Slices that the ball of `ball` is on.
FIRST, LAST, MIDDLE = 5, 17, 11


def ball() -> np.ndarray:
    """(22, 96, 112) bool: an ellipsoid that is largest on slice 11 and wanders a little."""
    k, y, x = np.mgrid[:22, : SHAPE[0], : SHAPE[1]].astype(float)
    along = (k - MIDDLE) / 6.5
    radius = 18 * np.sqrt(np.maximum(1 - along**2, 0))
    return np.hypot(y - 46 - 2 * along, x - 55 + 3 * along) < radius


def slices_of(mask: np.ndarray, seed: int = 0) -> List[FrameImage]:
    rng = np.random.default_rng(seed)
    image = 100.0 * mask + 20.0 + 6.0 * rng.standard_normal(mask.shape)
    return [FrameImage(one.astype(np.float32), (1.0, 1.0)) for one in image]


def of_volume(through: ThroughVolume, like: np.ndarray) -> np.ndarray:
    found = np.zeros_like(like)
    for k, mask in through.result.masks.items():
        found[k] = mask
    return found


@pytest.fixture(scope="module")
def network() -> Network:
    """The bundled weights as users run them."""
    return load_default(runtime="onnx").network


@pytest.fixture()
def through(network: Network) -> ThroughVolume:
    """The ball, of which the largest slice was accepted."""
    volume = ThroughVolume(network, slices_of(ball()), STEP, SessionSettings(particles=64))
    volume.set_anchor(MIDDLE, ball()[MIDDLE])
    return volume


def test_one_mask_and_both_ends_give_the_whole_ball(through: ThroughVolume) -> None:
    through.set_end(FIRST - 1)
    through.set_end(LAST + 1)
    result = through.run()
    assert result.complete and through.ends == (FIRST - 1, LAST + 1)
    assert dice(of_volume(through, ball()), ball()) > 0.9
    assert result.extent is not None
    assert FIRST <= result.extent.first <= FIRST + 1 and LAST - 1 <= result.extent.last <= LAST
    assert result.extent.mm == result.extent.slices * STEP
    assert result.slices[MIDDLE].state is SliceState.ANCHOR
    assert np.array_equal(result.slices[MIDDLE].mask, ball()[MIDDLE])
    assert result.slices[LAST + 1].state is SliceState.ABSENT
    assert all(0 <= one.expected_dice <= 1 and 0 <= one.presence <= 1 for one in result.slices.values())


def test_a_tube_keeps_its_size_towards_its_end(network: Network) -> None:
    """Not everything narrows as a ball does."""
    yy, xx = np.mgrid[: SHAPE[0], : SHAPE[1]]
    mask = np.zeros((20, *SHAPE), bool)
    mask[2:16] = np.hypot(yy - 48, xx - 56) < 14
    volume = ThroughVolume(network, slices_of(mask), STEP)
    volume.set_anchor(4, mask[4])
    volume.set_end(16)
    volume.run()
    masks = volume.result.masks
    # A ball would have 0.44 of its area two slices before its end, and 0.2 on the last.
    assert masks[14].sum() > 0.6 * mask[14].sum() and masks[15].sum() > 0.35 * mask[15].sum()
    assert dice(of_volume(volume, mask)[4:16], mask[4:16]) > 0.9


def test_an_anchor_changes_the_slices_up_to_its_neighbours_and_no_others(through: ThroughVolume) -> None:
    through.set_anchor(FIRST + 1, ball()[FIRST + 1])
    through.set_anchor(LAST - 1, ball()[LAST - 1])
    before = through.run().slices
    through.set_anchor(14, ball()[14])
    calls: List[int] = []
    after = through.run(lambda done, _all: calls.append(done)).slices
    assert len(calls) == len(range(12, 14)) + len(range(15, LAST - 1))
    for k in range(FIRST + 1, MIDDLE + 1):
        assert after[k] is not None and np.array_equal(after[k].probability, before[k].probability)
    assert np.array_equal(after[14].mask, ball()[14])
    calls.clear()
    through.run(lambda done, _all: calls.append(done))
    assert calls == []


def test_an_erased_anchor_is_forgotten(through: ThroughVolume) -> None:
    through.set_end(FIRST - 1)
    through.set_end(LAST + 1)
    before = of_volume(through, ball()), through.run()
    through.set_anchor(14, ~ball()[14])
    through.run()
    through.remove(14)
    after = through.run()
    for k, one in before[1].slices.items():
        assert np.array_equal(after.slices[k].probability, one.probability)
    with pytest.raises(StateError, match="slice 14"):
        through.remove(14)


def test_without_an_accepted_mask_it_says_what_to_do(network: Network) -> None:
    volume = ThroughVolume(network, slices_of(ball()), STEP)
    with pytest.raises(StateError, match="Accept a mask"):
        volume.run()
    volume.set_anchor(MIDDLE, np.zeros(SHAPE, bool))  # what an end says, too
    assert volume.ends == (MIDDLE,) and volume.anchors == ()
    with pytest.raises(StateError, match="Accept a mask"):
        volume.run()
    assert volume.next_doubtful() is None


def test_cancelled_work_goes_on_where_it_was(through: ThroughVolume) -> None:
    through.set_end(FIRST - 1)
    through.set_end(LAST + 1)
    asked: List[int] = []

    def after_three() -> bool:
        asked.append(1)
        return len(asked) > 3

    result = through.run(cancelled=after_three)
    assert not result.complete and result.slices == {}
    assert through.run().complete
    whole = of_volume(through, ball())
    assert dice(whole, ball()) > 0.9


def test_a_mask_accepted_meanwhile_stops_the_work(through: ThroughVolume) -> None:
    through.set_end(FIRST - 1)
    through.set_end(LAST + 1)

    def meanwhile(done: int, _all: int) -> None:
        if done == 2:
            through.set_anchor(14, ball()[14])

    assert not through.run(meanwhile).complete
    result = through.run()
    assert result.complete and result.slices[14].state is SliceState.ANCHOR


def test_the_doubtful_slice_shows_what_was_found_and_alternatives(through: ThroughVolume) -> None:
    through.set_end(FIRST - 1)
    through.set_end(LAST + 1)
    result = through.run()
    index = through.next_doubtful()
    assert index is not None and index not in (FIRST - 1, MIDDLE, LAST + 1)
    assert through.next_doubtful(skip=[index]) != index
    session = through.session(index)
    assert np.array_equal(session.proposal.masks[RECOMMENDED], result.slices[index].mask)
    assert len(session.proposal.masks) == 5
    through.set_anchor(index, session.accept(1).mask)
    assert through.run().slices[index].state is SliceState.ANCHOR
    assert through.next_doubtful() != index


def test_a_session_of_the_front_ends_own_can_be_started(through: ThroughVolume, network: Network) -> None:
    through.set_end(LAST + 1)
    through.run()
    session = Session(network, through.frame(12), SessionSettings(particles=64))
    proposal = through.start(12, session)
    assert np.array_equal(proposal.masks[RECOMMENDED], through.result.slices[12].mask)
    with pytest.raises(InputError, match="found nothing"):
        through.session(LAST + 1)


def test_masks_that_contradict_each_other_are_told(through: ThroughVolume) -> None:
    aside = np.zeros(SHAPE, bool)
    aside[2:12, 90:105] = True
    through.set_anchor(13, aside)
    result = through.run()
    assert any("11 and 13 lie apart" in remark for remark in result.remarks)
    assert result.complete


def test_slices_may_be_made_when_they_are_needed(network: Network) -> None:
    made: List[int] = []
    slices = slices_of(np.concatenate([ball(), np.zeros((400, *SHAPE), bool)]))

    def frame_at(index: int) -> FrameImage:
        if index < -3:
            raise InputError("The volume ends here.")
        made.append(index)
        return slices[index + 3]

    volume = ThroughVolume(network, frame_at, STEP)
    volume.set_anchor(MIDDLE - 3, ball()[MIDDLE])
    result = volume.run()
    assert result.extent is not None and -3 <= result.extent.first < MIDDLE - 3
    assert max(made) < 100


def test_a_slice_is_made_once(network: Network) -> None:
    """One of an oblique plane is resampled."""
    made: List[int] = []
    slices = slices_of(ball())

    def frame_at(index: int) -> FrameImage:
        made.append(index)
        return slices[index]

    volume = ThroughVolume(network, frame_at, STEP)
    volume.set_anchor(MIDDLE, ball()[MIDDLE])
    volume.run()
    volume.set_anchor(FIRST + 1, ball()[FIRST + 1])
    volume.set_end(LAST + 1)
    volume.run()
    assert len(made) == len(set(made)) > 10


def test_a_lesion_of_one_slice_stays_on_it(network: Network) -> None:
    # Thick slices: 12 mm apart, a lesion of 5 mm.
    mask = np.zeros((9, *SHAPE), bool)
    yy, xx = np.mgrid[: SHAPE[0], : SHAPE[1]]
    mask[4] = np.hypot(yy - 40, xx - 60) < 5
    volume = ThroughVolume(network, slices_of(mask), 12.0)
    volume.set_anchor(4, mask[4])
    volume.set_end(3)
    volume.set_end(5)
    result = volume.run()
    assert list(result.masks) == [4] and result.extent is not None and result.extent.slices == 1
    assert result.expected_dice == 1.0 and volume.next_doubtful() is None
    volume.remove(3)
    volume.remove(5)
    extent = volume.run().extent
    assert extent is not None and extent.slices <= 3


def test_an_end_is_asked_for_beyond_the_outermost_masks_alone(network: Network) -> None:
    mask = np.zeros((9, *SHAPE), bool)
    mask[:, 30:50, 40:60] = True
    volume = ThroughVolume(network, slices_of(mask), STEP)
    assert not volume.asks_for_end(4), "nothing is known yet"
    for k in (3, 5):
        volume.set_anchor(k, mask[k])
    volume.set_end(7)
    assert [volume.asks_for_end(k) for k in range(9)] == [True] * 3 + [False] * 6


def test_a_structure_that_splits_keeps_both_parts(network: Network) -> None:
    yy, xx = np.mgrid[: SHAPE[0], : SHAPE[1]]
    mask = np.zeros((9, *SHAPE), bool)
    for k in range(1, 8):
        apart = 3.0 * (k - 1)  # one disk becomes two
        mask[k] = (np.hypot(yy - 48, xx - 56 - apart) < 12) | (np.hypot(yy - 48, xx - 56 + apart) < 12)
    volume = ThroughVolume(network, slices_of(mask), STEP)
    for k in (1, 7):
        volume.set_anchor(k, mask[k])
    volume.set_end(0)
    volume.set_end(8)
    volume.run()
    assert dice(of_volume(volume, mask), mask) > 0.85
    assert volume.result.slices[6].mask[48, 56 - 15] and volume.result.slices[6].mask[48, 56 + 15]


def test_the_end_is_asked_for_before_outlines(through: ThroughVolume) -> None:
    result = through.run()
    assert result.extent is not None
    asked = through.next_doubtful()
    assert asked is not None and through.asks_for_end(asked)
    through.set_end(FIRST - 1)
    through.set_end(LAST + 1)
    through.run()
    asked = through.next_doubtful()
    assert asked is not None and FIRST <= asked <= LAST and not through.asks_for_end(asked)


def test_the_end_of_the_volume_is_an_end(network: Network) -> None:
    volume = ThroughVolume(network, slices_of(ball())[:14], STEP)
    volume.set_anchor(MIDDLE, ball()[MIDDLE])
    result = volume.run()
    assert result.extent is not None and result.extent.last == 13
    with pytest.raises(InputError, match="no slice 14"):
        volume.set_anchor(14, ball()[MIDDLE])


def with_blank(blank: List[int]) -> Callable[[int], FrameImage]:
    """Slices of the ball, of which some show nothing, as where a volume lacks slices."""
    slices = slices_of(ball())

    def frame_at(index: int) -> FrameImage:
        if not 0 <= index < len(slices):
            raise InputError("The volume ends here.")
        return FrameImage(np.zeros(SHAPE, np.float32), (1.0, 1.0)) if index in blank else slices[index]

    return frame_at


@pytest.mark.parametrize("blank", [[MIDDLE + 2], [MIDDLE - 3, MIDDLE - 2, MIDDLE + 1, MIDDLE + 4]])
@pytest.mark.parametrize("ends", [(), (FIRST - 1, LAST + 1)])
def test_slices_that_show_nothing_do_not_end_the_structure(
    network: Network, blank: List[int], ends: Tuple[int, ...]
) -> None:
    volume = ThroughVolume(network, with_blank(blank), STEP)
    volume.set_anchor(MIDDLE, ball()[MIDDLE])
    for end in ends:
        volume.set_end(end)
    result = volume.run()
    assert result.complete and set(blank) <= set(result.masks)
    assert result.extent is not None and result.extent.first <= FIRST + 1 and result.extent.last >= LAST - 1
    assert dice(of_volume(volume, ball()), ball()) > 0.85
    for k in blank:  # as the slices around it say; doubtful, but nobody can be asked about what is not to be seen
        assert result.slices[k].state is SliceState.DOUBTFUL
        assert dice(result.masks[k], ball()[k]) > 0.85
    asked: List[int] = []
    while (index := volume.next_doubtful(asked)) is not None:
        asked.append(index)
    assert asked and not set(asked) & set(blank)
    # Many of them do, where nobody says that it goes on behind them.
    volume = ThroughVolume(network, with_blank([*range(MIDDLE + 1, MIDDLE + 6)]), STEP)
    volume.set_anchor(MIDDLE, ball()[MIDDLE])
    extent = volume.run().extent
    assert extent is not None and extent.last == MIDDLE


def test_slices_that_show_nothing_between_accepted_masks_have_none_of_the_gaps(network: Network) -> None:
    blank = [*range(MIDDLE - 2, MIDDLE + 3)]
    volume = ThroughVolume(network, with_blank(blank), STEP)
    for index in (MIDDLE - 3, MIDDLE + 3):
        volume.set_anchor(index, ball()[index])
    masks = volume.run().masks
    assert min(dice(masks[k], ball()[k]) for k in blank) > 0.87  # straight from one to the other
    volume.set_end(MIDDLE + 3)  # then they need not be part of it
    assert not set(blank) & set(volume.run().masks)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda network: ThroughVolume(network, [], STEP), "no slices"),
        (lambda network: ThroughVolume(network, slices_of(ball()), 0.0), "positive"),
        (lambda network: ThroughVolume(network, slices_of(ball())).set_anchor(3, np.ones((4, 4), bool)), "agree"),
    ],
)
def test_bad_input_is_told(network: Network, wrong: Callable[[Network], object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        wrong(network)


def test_without_a_network_masks_are_interpolated() -> None:
    volume = ThroughVolume(None, slices_of(ball()), STEP)
    for k in (FIRST + 2, MIDDLE, LAST - 2):
        volume.set_anchor(k, ball()[k])
    volume.set_end(FIRST - 1)
    volume.set_end(LAST + 1)
    volume.run()
    assert dice(of_volume(volume, ball()), ball()) > 0.85


def test_without_a_network_a_mask_alone_is_the_middle_of_a_ball() -> None:
    volume = ThroughVolume(None, slices_of(ball()), STEP)
    volume.set_anchor(MIDDLE, ball()[MIDDLE])
    extent = volume.run().extent
    radius = np.sqrt(ball()[MIDDLE].sum() / np.pi)
    assert extent is not None
    assert (MIDDLE - extent.first, extent.last - MIDDLE) == (int(radius / STEP), int(radius / STEP))
