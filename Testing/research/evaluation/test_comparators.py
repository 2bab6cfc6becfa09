"""The comparators of the paper's Table 1 one by one: what each is told, what is frozen, and their validation curves."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import List, Optional, Tuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from SPASegmentLib.model.weights import load_default
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.evaluation.baselines.click_network import AdaptedNetwork, ClickNetwork, bundled_network
from SPASegmentLib.research.evaluation.baselines.crops import CROP, SLOTS, Crops, CropSource
from SPASegmentLib.research.evaluation.baselines.curve import RISE, KeptOut, ending, flat_at
from SPASegmentLib.research.evaluation.baselines.kinds import KINDS, boxes_around
from SPASegmentLib.research.evaluation.baselines.mrnet import Expertise, MRNet, drawn_expertise, fused
from SPASegmentLib.research.evaluation.baselines.training import BaselineSettings, BaselineTrainer
from SPASegmentLib.research.evaluation.baselines.transformers import Expand, Merge, SwinUNet, TransUNet
from SPASegmentLib.research.evaluation.cases import Case, draw_ids, open_case
from SPASegmentLib.research.evaluation.methods.trained import ClickMethod, UNetMethod
from SPASegmentLib.research.evaluation.slices import EvaluationFile
from SPASegmentLib.research.evaluation.users import User
from SPASegmentLib.research.training.boxes import SLOPPY, sloppy_box
from SPASegmentLib.research.training.schedule import learning_rate

TINY = BaselineSettings(steps=4, batch=2, warmup=1, checkpoint_every=2, validate_every=2)


def one_case(disks: EvaluationFile) -> Case:
    return open_case(draw_ids([disks], "combination")[2], [disks])


def test_a_box_fits_tightly_and_its_edges_move_by_widths_and_heights() -> None:
    mask = np.zeros((10, 12), bool)
    mask[3:6, 2:8] = True
    assert sloppy_box(mask, np.zeros(4)) == (1.5, 2.5, 7.5, 5.5)
    assert sloppy_box(mask, np.array([-0.5, 0.5, 1.0, -1.0])) == (-1.5, 5.5, 10.5, 2.5)
    assert sloppy_box(np.zeros((4, 4)), np.zeros(4)) is None


def test_training_boxes_are_around_what_is_wanted_and_move_without_the_batches(slices: RaterSlices) -> None:
    source = CropSource(slices, 32, 0)
    crops, state = source.draw(), source.rng.bit_generator.state
    empty = crops.combination.clone()
    empty[0] = 0
    crops = replace(crops, combination=empty)
    torch.manual_seed(1)
    boxes = boxes_around(crops)
    assert source.rng.bit_generator.state == state
    for box, wanted, drawn in zip(boxes.numpy(), crops.combination.numpy(), crops.raters.amax(1).numpy()):
        tight = np.array(sloppy_box(wanted if wanted.any() else drawn, np.zeros(4)))
        off = (box - tight) / (tight[2] - tight[0])  # disks are as high as wide
        assert abs(off).max() < 5 * SLOPPY
    assert not torch.equal(boxes, boxes_around(crops))


class Listening(nn.Module):
    """Answers with an empty mask, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: List[Tuple[Tensor, Tensor, Optional[Tensor]]] = []

    def encode(self, image: Tensor) -> Listening:
        return self

    def expand(self, index: Tensor) -> Listening:
        return self

    def forward(
        self, features: object, points: Tensor, labels: Tensor, previous: Optional[Tensor], boxes: Optional[Tensor]
    ) -> Tensor:
        self.asked.append((points, labels, boxes))
        return torch.full((len(points), CROP, CROP), -9.0)


def test_a_box_comes_first_and_clicks_follow(disks: EvaluationFile) -> None:
    case, network = one_case(disks), Listening()
    list(ClickMethod(network, 1, True).screens(case, User("clicks"), 3))  # type: ignore[arg-type]
    assert [points.shape[1] for points, _, _ in network.asked] == [0, 1, 2]
    first, last = network.asked[0][2], network.asked[2][2]
    assert first is not None and last is not None and torch.equal(first, last)
    # The crop is centred on the first click, at the slice's own resolution.
    tight = np.array(sloppy_box(case.target, np.zeros(4))) + np.tile([CROP // 2 - case.id.x, CROP // 2 - case.id.y], 2)
    assert abs(first.numpy() - tight).max() < 1 + 5 * SLOPPY * (tight[2] - tight[0])


def test_sam_u_v2_moves_every_box_but_the_first(disks: EvaluationFile) -> None:
    case, one, many = one_case(disks), Listening(), Listening()
    list(ClickMethod(one, 1, True).screens(case, User("clicks"), 1))  # type: ignore[arg-type]
    list(ClickMethod(many, 200, True).screens(case, User("clicks"), 1))  # type: ignore[arg-type]
    (alone,), boxes = one.asked[0][2], many.asked[0][2]  # type: ignore[misc]
    assert boxes is not None and torch.equal(boxes[0], alone)
    side = alone[2] - alone[0]
    assert ((boxes[1:] - boxes[0]).std(0) / side).numpy() == pytest.approx(0.1, abs=0.03)
    assert (boxes[:, 2:] > boxes[:, :2]).all()


def test_fusion_by_expertise_by_hand() -> None:
    raters = torch.tensor([[[[1.0, 0.0]], [[1.0, 1.0]], [[0.0, 1.0]], [[0.0, 0.0]]]]).expand(3, -1, -1, -1)
    shares = torch.tensor([[0.0, 1.0, 0.0, 0.0], [0.5, 0.25, 0.125, 0.125], [0.25, 0.25, 0.25, 0.25]])
    assert fused(raters, shares).tolist() == [[[1.0, 1.0]], [[0.75, 0.375]], [[0.5, 0.5]]]


def test_expertise_is_drawn_of_three_kinds() -> None:
    torch.manual_seed(0)
    shares = drawn_expertise(600)
    assert torch.allclose(shares.sum(1), torch.ones(600))
    single, alike = (shares == 1).any(1), (shares == 0.25).all(1)
    assert all(150 < int(kind.sum()) < 250 for kind in (single, alike, ~(single | alike)))
    assert (shares[single].argmax(1).bincount(minlength=SLOTS) > 20).all()


def test_expertise_opens_and_closes_the_features_by_hand() -> None:
    """Gates that keep the features, and give them where the third rater counts for much."""
    told, features = Expertise(2), torch.tensor([[0.5, -1.0]])[:, :, None, None].expand(2, -1, 3, 3)
    with torch.no_grad():
        told.gates.weight.zero_()
        told.gates.weight[4:6, 2] = 60.0
        told.gates.bias.copy_(torch.tensor([-30.0, -30.0, 30.0, 30.0, -30.0, -30.0, 5.0, 5.0]))  # take, forget, give
        answered = told(features, torch.tensor([[0.0, 0.0, 1.0, 0.0], [0.5, 0.5, 0.0, 0.0]]))
    assert answered[0, :, 1, 2].tolist() == pytest.approx(np.tanh([0.5, -1.0]), abs=1e-6)
    assert answered[1].abs().max() < 1e-6


def test_mrnet_learns_whom_to_believe_and_shows_every_rater_alone(slices: RaterSlices, disks: EvaluationFile) -> None:
    torch.manual_seed(0)
    network = MRNet()
    KINDS["mrnet"].loss(network, CropSource(slices, 2, 0).draw()).backward()
    grad = network.expertise.gates.weight.grad
    assert grad is not None and bool((grad[:, :SLOTS].abs().sum((0, 2, 3)) > 0).all())
    with torch.no_grad():
        image = CropSource(slices, 1, 0).draw().images
        alike, *alone = network.eval()(image)[0]
        second = network.graded(network.descend(image), torch.eye(SLOTS)[1:2])[2][0]
    assert torch.allclose(alone[1], second, atol=1e-5) and not torch.allclose(alike, second, atol=1e-5)
    (screen,) = UNetMethod("mrnet", (network,)).screens(one_case(disks), User(), 3)
    assert screen.predictions is not None and len(screen.predictions) == SLOTS


def test_transformers_see_the_whole_crop_and_put_tokens_back_in_their_places() -> None:
    for network in (TransUNet(), SwinUNet()):
        image = torch.randn(1, 1, CROP, CROP, requires_grad=True)
        network.eval()(image)[0, 0, 2, 2].backward()
        assert image.grad is not None and bool(image.grad[0, 0, 2, 2] != 0)
        assert bool(image.grad[0, 0, -8:, -8:].any()) == isinstance(network, TransUNet)  # windows do not reach so far
    merge, expand = Merge(3), Expand(12, 3)
    merge.norm, merge.reduce, expand.norm = nn.Identity(), nn.Identity(), nn.Identity()  # type: ignore[assignment]
    expand.grow = nn.Identity()  # type: ignore[assignment]
    tokens = torch.randn(2, 8, 8, 3)
    assert torch.equal(expand(merge(tokens)), tokens)
    assert torch.equal(merge(tokens)[0, 1, 2].sort()[0], tokens[0, 2:4, 4:6].flatten().sort()[0])


def test_msa_trains_adapters_and_leaves_the_encoder_alone(slices: RaterSlices, tmp_path: Path) -> None:
    crops = CropSource(slices, 4, 0).draw()
    plain, adapted = ClickNetwork(bundled_network()).eval(), AdaptedNetwork()
    assert torch.equal(plain.encode(crops.images).embedding, adapted.encode(crops.images).embedding)
    trained = BaselineTrainer("msa", slices, TINY, tmp_path).run()
    assert isinstance(trained, AdaptedNetwork)
    encoder, bundled = trained.network.encoder, load_default().network.encoder
    frozen, adapters = ([p for p in encoder.parameters() if p.requires_grad == learns] for learns in (False, True))
    for now, before in ((frozen, list(bundled.parameters())), (list(encoder.buffers()), list(bundled.buffers()))):
        assert len(now) == len(before) and all(torch.equal(a, b) for a, b in zip(now, before))
    assert len(adapters) == 7 * 4 and all(bool(p.any()) for p in adapters)
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["parameters"] - card["trained_parameters"] == sum(p.numel() for p in bundled.parameters())
    assert card["begins_with"].startswith("compact, SHA-256 ")
    assert card["learning_rate"] == 0.25 * TINY.learning_rate


def test_a_curve_by_hand() -> None:
    rising = [(100, 0.5), (200, 0.6), (300, 0.7), (400, 0.7 + RISE / 2), (500, 0.69)]
    assert flat_at(rising[:4], 2) is None and flat_at(rising, 2) == 500
    assert flat_at(rising, 1) == 400 and flat_at([*rising, (600, 0.9)], 1) == 400
    assert flat_at([], 1) is None and flat_at(rising[:1], 1) is None
    assert ending([(1, 0.5), *rising[:3]]) == "50.0, 60.0, 70.0"
    assert ending([]) == ""


def test_kept_out_dice_by_hand(slices: RaterSlices) -> None:
    kept_out = KeptOut(slices, 4)

    def half(network: nn.Module, crops: Crops) -> Tensor:
        torch.rand(5)  # draws, and disturbs nobody
        found = crops.combination.clone()
        found[::2] = 0
        return found

    torch.manual_seed(3)
    state = torch.get_rng_state()
    assert kept_out.dice(nn.Identity(), half) == pytest.approx(0.5)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mrnet", pytest.param("medsam", marks=pytest.mark.slow)])
def test_the_curve_goes_on_exactly_and_changes_no_weight(name: str, slices: RaterSlices, tmp_path: Path) -> None:
    kept_out = slices.take(np.array([3]))
    whole = BaselineTrainer(name, slices, TINY, tmp_path / "whole", kept_out)
    network = whole.run()
    assert [step for step, _ in whole.curve] == [2, 4]
    BaselineTrainer(name, slices, TINY, tmp_path / "parts", kept_out).run(until=3)
    parts = BaselineTrainer(name, slices, TINY, tmp_path / "parts", kept_out)
    resumed, without = parts.run(), BaselineTrainer(name, slices, TINY, tmp_path / "without").run()
    assert parts.curve == whole.curve
    for (key, a), b, c in zip(network.state_dict().items(), *(n.state_dict().values() for n in (resumed, without))):
        assert torch.equal(a, b) and torch.equal(a, c), key
    card = json.loads((tmp_path / "parts" / "card.json").read_text())
    assert [tuple(point) for point in card["curve"]] == whole.curve
    assert card["kept_out"] == 1


def test_where_the_curve_is_flat_the_rate_falls_and_training_ends(
    slices: RaterSlices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dice stands still from the second point on; a second run has nothing to do, one without patience goes on."""
    scores = {2: 0.5, 4: 0.6, 6: 0.6}
    settings = replace(TINY, steps=40, patience=2)
    trainer = BaselineTrainer("unet-0", slices, settings, tmp_path, slices)
    monkeypatch.setattr(KeptOut, "dice", lambda self, network, recommended: scores.get(trainer.step, 0.6))
    rates = []
    while not trainer.finished:
        rates.append(trainer.rate())
        trainer.run(until=trainer.step + 1)
    assert trainer.flat == 8 and trainer.step == 10
    assert [step for step, _ in trainer.curve] == [2, 4, 6, 8, 10]
    usual = [learning_rate(step, 40, 1, settings.learning_rate) for step in range(9)]
    assert rates == [*usual[:8], *(learning_rate(step, 2, 0, usual[8]) for step in range(2))]
    assert rates[9] < 0.6 * rates[7]
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["steps"] == 10 and card["patience"] == 2
    again = BaselineTrainer("unet-0", slices, settings, tmp_path, slices)
    again.run()
    assert again.step == 10
    patient = BaselineTrainer("unet-0", slices, replace(settings, patience=None), tmp_path, slices)
    patient.run(until=11)
    assert patient.step == 11
