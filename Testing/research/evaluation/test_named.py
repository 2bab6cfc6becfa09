"""`spa evaluate named`: what people want, whose profile is whose, and files that cannot be used."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np
import pytest
from rich.text import Text
from safetensors.numpy import load as load_safetensors
from safetensors.numpy import save as save_safetensors
from scipy import ndimage
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.settings import SessionSettings
from SPASegmentLib.interaction.simulated_user import dice
from SPASegmentLib.model import use
from SPASegmentLib.model.card import ModelCard, bundled, read_card
from SPASegmentLib.research.commands.named import people_table, programs_table
from SPASegmentLib.research.data.folds import FOLDS, digest, folds, weights_of
from SPASegmentLib.research.data.structures import open_structures
from SPASegmentLib.research.evaluation.methods.spa import SPAMethod
from SPASegmentLib.research.evaluation.named.alignment import align
from SPASegmentLib.research.evaluation.named.evaluation import NamedTask, evaluate_named
from SPASegmentLib.research.evaluation.named.folded import FoldedSpec, folds_of
from SPASegmentLib.research.evaluation.named.left_out import compare_left_out
from SPASegmentLib.research.evaluation.named.people import open_people, second_parts
from SPASegmentLib.research.evaluation.named.seen import seen_in_training, warning
from SPASegmentLib.research.evaluation.named.sequences import LATER, PersonJob, run_cold, taught
from SPASegmentLib.research.evaluation.results import named
from SPASegmentLib.research.evaluation.results.records import pack_records, packed, records_of_page
from SPASegmentLib.research.evaluation.results.sections import read_page

SIDE = 72


def disk(x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.asarray(np.hypot(columns - x, rows - y) < radius)


def write_people(path: Path, drawn: Sequence[Sequence[np.ndarray]], names: Sequence[str], **more: Any) -> Path:
    """Blurred bright disks of radius 9, and what every person drew of them: `drawn[image][person]`."""
    masks = np.stack([sum(m.astype(np.uint8) << k for k, m in enumerate(people)) for people in drawn])
    rng = np.random.default_rng(0)
    images = []
    for i in range(len(drawn)):
        rows, columns = np.mgrid[:SIDE, :SIDE]
        inside = 9 - np.hypot(columns - 30 - i % 5, rows - 34)
        images.append(np.clip(50 + 140 / (1 + np.exp(-inside / 2)) + rng.normal(0, 5, (SIDE, SIDE)), 0, 255))
    np.savez(path, images=np.stack(images).astype(np.uint8), masks=masks, raters=np.array(names), **more)
    return path


def radii(count: int, *sizes: float) -> List[List[np.ndarray]]:
    return [[disk(30 + i % 5, 34, r) for r in sizes] for i in range(count)]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tight, middle and wide."""
    path = tmp_path_factory.mktemp("people") / "three.npz"
    return write_people(path, radii(8, 7, 9, 11.5), ["ann", "ben", "cleo"], citation=np.array("Doe 2020"))


@pytest.fixture(scope="module")
def record(three: Path) -> Dict[str, Any]:
    return evaluate_named(NamedTask((three,), rounds=2, jobs=1, runtime="onnx"))


def test_a_person_wants_the_own_part_that_covers_most_of_the_case(tmp_path: Path) -> None:
    wide, beside = disk(30, 34, 11), disk(58, 58, 6)
    drawn = [[wide, disk(30, 34, 9), disk(30, 34, 8) | beside], [wide, disk(30, 34, 9), beside]]
    people = open_people([write_people(tmp_path / "a.npz", drawn, ["ann", "ben", "cleo"])])
    assert people.names == ("ann", "ben", "cleo") and people.images == ("a:0", "a:1")
    first = people.cases[2][0]
    assert first is not None and np.array_equal(first.target, disk(30, 34, 8)), "not what lies beside"
    assert (first.id.x, first.id.y) == (30, 34)
    assert [bool(v) for v in first.included] == [False, False, True] and len(first.raters) == 3
    assert people.cases[2][1] is None, "cleo did not draw the case of the second image"
    other = people.cases[0][1]
    assert other is not None and len(other.raters) == 2


def test_an_image_that_shows_nothing_is_named_before_anybody_works(three: Path, tmp_path: Path) -> None:
    with np.load(three) as file:
        arrays = dict(file)
    arrays["images"][4] = 50
    np.savez(tmp_path / "flat.npz", **arrays)
    with pytest.raises(InputError, match=r"flat.npz, row 4 \(counted from 0\): the image has the same value"):
        open_people([tmp_path / "flat.npz"])


def test_the_own_profile_helps_and_the_others_does_not(record: Dict[str, Any]) -> None:
    assert record["images"] == "7 to 8" and record["n_images"] == 8 and record["n"] == 2 * 3
    ann, cleo = record["people"]["ann"], record["people"]["cleo"]
    for person in (ann, cleo):
        assert person["personal"] > 0.01, "their masks differ by more than two pixels"
        assert person["differs_more_than_it_scatters"]
    assert ann["offset_from_others_mm"] == pytest.approx(7 - (9 + 11.5) / 2, abs=0.2)
    assert ann["dice_with_others"] == pytest.approx(
        np.mean([dice(disk(30, 34, 7), disk(30, 34, r)) for r in (9, 11.5)]), abs=0.01
    )
    mine = [n for n, person in enumerate(record["cases"]["person"]) if person == 0]
    without = np.mean([record["cases"]["first_round"]["without"][n] for n in mine])
    assert ann["by_round"]["included"][0] == pytest.approx(without, abs=2e-4) and ann["by_round"]["n"] == 8


def test_the_figures_are_those_of_the_cases(record: Dict[str, Any]) -> None:
    cases = record["cases"]
    later = [n for n, place in enumerate(cases["place"]) if place > LATER]
    assert len(later) == record["n"] and sorted(set(cases["person"])) == [0, 1, 2]
    first = {name: np.array([cases["first_round"][name][n] for n in later]) for name in ("without", "own", "others")}
    for name, values in first.items():
        assert record["first_round"][name][0] == pytest.approx(values.mean(), abs=2e-4)
    assert record["gain"] == pytest.approx((first["own"] - first["without"]).mean(), abs=2e-4)
    assert record["personal"] == pytest.approx((first["own"] - first["others"]).mean(), abs=2e-4)
    assert record["gain"] == pytest.approx(record["common"] + record["personal"], abs=3e-4)
    assert all(cases["first_round"]["others"][n] is None for n, place in enumerate(cases["place"]) if place <= LATER)
    assert record["change"]["all"]["with"] < record["first_round"]["own"][0]
    assert record["people"]["ann"]["before"] == "cleo"
    assert record["command"] == "spa evaluate named --npz three.npz --rounds 2 --runtime onnx"
    assert record["seen_in_training"] == {"three.npz": "no"}


def test_lessons_are_learned_in_order_and_gaps_teach_nothing() -> None:
    by_hand = Profile.new("own").updated(1.0).updated(-0.5)
    assert taught(Profile.new("own"), [1.0, None, -0.5]) == by_hand


def check_programs(programs: Dict[str, Any]) -> None:
    assert programs["n"] == 21
    one = programs["people"]["ann"]
    assert one["one_hand"][0] == pytest.approx(dice(disk(30, 34, 7), disk(30, 34, 8)), abs=0.01)
    pairs = [dice(disk(30, 34, 8), disk(30, 34, r)) for r in (9, 10.5)]
    assert one["two_people_second"][0] == pytest.approx(np.mean(pairs), abs=0.01)
    assert programs["people"]["ben"]["one_hand"][0] == 1.0
    gap = one["spa_recommended"][0] - one["one_hand"][0]
    assert one["spa_minus_one_hand"][0] == pytest.approx(gap, abs=2e-4)


def test_what_the_card_says_of_training(three: Path) -> None:
    def card(**training: Any) -> ModelCard:
        return ModelCard("a", {}, "", training, {}, "", "")

    assert seen_in_training([three], card(data=["LIDC"], mixture={"lidc_idri": 1.0})) == {"three.npz": "no"}
    assert seen_in_training([three], card(data=[], mixture={"structures/three": 0.1})) == {"three.npz": "yes"}
    assert seen_in_training([three], card(data=["three: CC0; Doe 2020"])) == {"three.npz": "yes"}
    assert seen_in_training([three], card(data=["four: CC0; Doe 2020"])) == {"three.npz": "same study"}
    began = card(data=[], initial={"name": "b", "data": ["three: CC0"]})
    assert seen_in_training([three], began) == {"three.npz": "yes"}
    assert "were trained on three.npz" in warning({"three.npz": "yes"}, "a") and not warning({"three.npz": "no"}, "a")
    assert "may be the same" in warning({"three.npz": "same study"}, "a")


def folded(folder: Path, three: Path, without: Sequence[int] = (), **changes: Any) -> Path:
    """The bundled weights five times, as if each had been trained without a fold; and without people, too.

    What the cards say of the last of these is changed.
    """
    content, card = bundled().read_bytes(), read_card(bundled().with_suffix(".json"))
    names = ("ann", "ben", "cleo")
    for person in (None, *without):
        for fold in range(FOLDS):
            weights = weights_of(folder, fold, person)
            weights.parent.mkdir(parents=True)
            weights.write_bytes(content)
            left = {"fold": fold, "of": FOLDS, "people": [] if person is None else [names[person]]}
            left.update(changes if person == (without[-1] if without else None) else {})
            mine = replace(card, training={"data": ["three: CC0"], "left_out": {three.stem: left}}, onnx={})
            weights.with_suffix(".json").write_text(json.dumps(asdict(mine)))
    return folder


@pytest.fixture(scope="module")
def by_fold(three: Path, tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Any]:
    folder = folded(tmp_path_factory.mktemp("weights"), three, without=[2])
    return evaluate_named(NamedTask((three,), rounds=2, jobs=1, folds=folder))


@pytest.mark.slow
def test_folds_of_the_same_weights_change_nothing(by_fold: Dict[str, Any], three: Path) -> None:
    alone = evaluate_named(NamedTask((three,), rounds=2, jobs=1))
    assert by_fold["folds"] == FOLDS and by_fold["cases"] == alone["cases"] and by_fold["gain"] == alone["gain"]
    assert by_fold["seen_in_training"] == {"three.npz": "no"}, "what they began with had not seen it"
    assert "--folds weights" in by_fold["command"]
    assert by_fold["sha256_of_all"] == [alone["sha256"]] * 10, "five folds, and five without cleo"


@pytest.mark.slow
def test_people_left_out_are_measured_where_there_are_weights(by_fold: Dict[str, Any]) -> None:
    left_out = by_fold["left_out"]
    assert list(left_out["people"]) == ["cleo"] and left_out["n"] == 8
    assert left_out["lost"] == [0.0, 0.0], "weights that know no less lose nothing"
    mine = [k for k, person in enumerate(by_fold["cases"]["person"]) if person == 2]
    first = np.mean([by_fold["cases"]["first_round"]["without"][k] for k in mine])
    assert left_out["excluded"][0] == pytest.approx(first, abs=2e-4)
    assert left_out["rounds_to"]["0.75"]["more"] == 0.0
    page = "\n".join(named.left_out({"named-three": by_fold}))
    assert f"| three, click, 5 folds | cleo | 8 | {100 * first:.1f}, {100 * first:.1f} | +0.0 [+0.0, +0.0] |" in page
    assert named.left_out({}) == [] or len(named.left_out({})) == 3


@pytest.mark.slow
def test_records_of_other_weights_by_fold_share_a_page(by_fold: Dict[str, Any], tmp_path: Path) -> None:
    """Their networks are called alike."""
    other = {**by_fold, "sha256": "0" * 64}
    page = tmp_path / "docs" / "page.md"
    packed(page).parent.mkdir(parents=True)
    others = {**by_fold, "protocol": "structures", "sha256": "1"}
    pack_records({"named-neurons": by_fold, "structures-click": others}, page)
    assert list(records_of_page({"named-rats": other}, page)) == ["named-neurons", "named-rats", "structures-click"]


def test_a_box_says_nothing_of_how_large_a_person_draws(three: Path) -> None:
    people = open_people([three])
    method = SPAMethod(use.load(None, "cpu", "onnx").network, SessionSettings(rounds=1))
    first = []
    for own in people.cases:
        (way,) = run_cold(method, PersonJob(own[:1], "box", 1))
        assert way is not None
        first.append(way.recommended[0])
    wanted = [disk(30, 34, radius) for radius in (7, 9, 11.5)]
    shown = [dice(wanted[1], mask) for mask in wanted]
    assert np.argmax(first) == np.argmax(shown) == 1, "one mask for all three, near what most people want"


@pytest.mark.slow
def test_an_image_is_measured_by_the_weights_of_its_fold(three: Path, tmp_path: Path) -> None:
    folder = folded(tmp_path, three)
    task = NamedTask((three,), rounds=1, jobs=1, folds=folder)
    before = evaluate_named(task)["cases"]
    other = weights_of(folder, 2)
    state = {name: np.array(-values) for name, values in load_safetensors(other.read_bytes()).items()}
    other.write_bytes(save_safetensors(state))
    card = json.loads(other.with_suffix(".json").read_text())
    card["sha256"] = hashlib.sha256(other.read_bytes()).hexdigest()
    other.with_suffix(".json").write_text(json.dumps(card))
    after = evaluate_named(task)["cases"]
    assert after["id"] == before["id"]
    changed = {
        name for name, a, b in zip(
            before["id"], before["first_round"]["without"], after["first_round"]["without"]
        ) if a != b
    }  # fmt: skip
    of_fold = np.flatnonzero(folds(open_structures(three).patients) == 2)
    assert len(of_fold) and changed == {f"three:{row}" for row in of_fold}


def test_weights_that_do_not_say_what_they_left_out_are_refused(three: Path, tmp_path: Path) -> None:
    def refused(**changes: Any) -> str:
        folder = folded(tmp_path / str(len(list(tmp_path.iterdir()))), three, **changes)
        with pytest.raises(InputError) as error:
            evaluate_named(NamedTask((three,), jobs=1, folds=folder))
        return str(error.value)

    assert "fold-0.safetensors does not say that fold 0 of three.npz was left out" in refused(people=["ann"])
    assert "fold-1.safetensors does not say that fold 1 of three.npz" in refused(fold=0)
    said = refused(without=[0], people=["ben"])
    assert "has other images or patients than when fold-0.safetensors was trained" in refused(images="0" * 16)
    assert "person-1.safetensors does not say that fold 0 of three.npz was left out and ann with it" in said
    with pytest.raises(InputError, match="the weights of all 5 folds; train them with spa train-people"):
        evaluate_named(NamedTask((three,), jobs=1, folds=tmp_path / "nothing"))
    with pytest.raises(InputError, match="give one --npz, and no --weights"):
        NamedTask((three,), weights=Path("a.safetensors"), folds=tmp_path)


@pytest.mark.slow
def test_people_are_trained_and_measured_by_fold(three: Path, tmp_path: Path) -> None:
    """One step of each; everybody's weights say what they have not seen."""
    config = tmp_path / "person.yaml"
    config.write_text(
        "network: {encoder: compact, image_size: 64, channels: 32, components: 4}\nbatch: 2\n"
        "train: {steps: 1, warmup: 1, unroll: {rounds: 1, predictions: 4}}\n"
        "sources: [{kind: people, share: 1, file: none.npz}]\n"
    )
    arguments = ["train-people", str(config), "--file", three.name, "--data", str(three.parent), "--device", "cpu"]
    made = CliRunner().invoke(app, [*arguments, "--output", str(tmp_path / "out"), "--each-person"])
    assert made.exit_code == 0, made.output
    assert "20 sets of weights" in made.output
    card = read_card(weights_of(tmp_path / "out", 4, 1).with_suffix(".json"))
    drawn = open_structures(three)
    of = digest(drawn.patients, drawn.images)
    assert card.training["left_out"] == {"three": {"fold": 4, "of": 5, "people": ["ben"], "images": of}}
    record = evaluate_named(NamedTask((three,), rounds=1, jobs=1, folds=tmp_path / "out"))
    assert list(record["left_out"]["people"]) == ["ann", "ben", "cleo"]
    longer = write_people(tmp_path / three.name, radii(9, 7, 9, 11.5), ["ann", "ben", "cleo"])
    with pytest.raises(InputError, match="three.npz has other images or patients than when fold-0"):
        evaluate_named(NamedTask((longer,), rounds=1, jobs=1, folds=tmp_path / "out"))
    config.write_text("sources: [{kind: synthetic, share: 1}]\n")
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 2 and "no sources of the kind people" in " ".join(refused.output.split())


def test_files_that_cannot_be_used_are_refused_in_words(three: Path, tmp_path: Path) -> None:
    def refused(*paths: Path) -> str:
        with pytest.raises(InputError) as error:
            evaluate_named(NamedTask(paths, jobs=1, runtime="onnx"))
        return str(error.value)

    two = write_people(tmp_path / "two.npz", radii(7, 7, 9), ["ann", "ben"])
    assert "two.npz has 2 people and three.npz has 3" in refused(three, two)
    renamed = write_people(tmp_path / "renamed.npz", radii(7, 7, 9, 11), ["ann", "ben", "dora"])
    assert "The people of renamed.npz are ann, ben, dora" in refused(three, renamed)
    labels = np.zeros((1, SIDE, SIDE), np.uint8)
    np.savez(tmp_path / "labels.npz", images=labels, labels=labels, classes=np.array(["a"]))
    assert "holds labels and no people's masks" in refused(tmp_path / "labels.npz")
    one = write_people(tmp_path / "one.npz", radii(7, 9), ["ann"])
    assert "has one person only" in refused(one)
    empty = write_people(tmp_path / "empty.npz", radii(7, 2, 2), ["ann", "ben"])
    assert "No image of empty.npz has a case" in refused(empty)
    few = write_people(tmp_path / "few.npz", radii(6, 7, 9), ["ann", "ben"])
    assert "judged on images 7 and later, and there are 6" in refused(few)
    idle = write_people(
        tmp_path / "idle.npz", [[*row[:2], disk(5, 5, 3)] for row in radii(7, 7, 9, 9)], ["ann", "ben", "c"]
    )
    assert "c drew nothing that the others drew" in refused(idle)
    assert "three.npz is given twice" in refused(three, three)
    (tmp_path / "more").mkdir()
    again = write_people(tmp_path / "more" / "three.npz", radii(7, 7, 9, 11), ["ann", "ben", "cleo"])
    assert "have the same name; rename one" in refused(three, again)
    for names in (["ann", "ann", "cleo"], ["ann", "", "cleo"]):
        unclear = write_people(tmp_path / "unclear.npz", radii(7, 7, 9, 11), names)
        assert "give each a name of its own" in refused(unclear)
    with pytest.raises(InputError, match="there are click, box"):
        NamedTask((three,), start="mask")


def test_second_files_that_do_not_belong_are_refused(three: Path, tmp_path: Path) -> None:
    people = open_people([three])
    two = write_people(tmp_path / "two.npz", radii(8, 7, 9), ["ann", "ben"])
    with pytest.raises(InputError, match="the same 3 people, in the same order, as three.npz; it has 2 people"):
        second_parts(two, [three], people)
    shorter = write_people(tmp_path / "shorter.npz", radii(7, 7, 9, 11), ["a", "b", "c"])
    with pytest.raises(InputError, match="does not hold the same images"):
        second_parts(shorter, [three], people)
    with pytest.raises(InputError, match="give one --npz"):
        second_parts(two, [three, three], people)
    nobody = write_people(tmp_path / "nobody.npz", [[np.zeros((SIDE, SIDE), bool)] * 3] * 8, ["a", "b", "c"])
    with pytest.raises(InputError, match="Nobody has drawn anything of the cases of three.npz in nobody.npz"):
        second_parts(nobody, [three], people)


def test_everybody_has_a_row_whatever_they_are_called(record: Dict[str, Any]) -> None:
    """Also who is called as all people together are, or in the way in which Rich names a colour."""
    people = record["people"]
    called = {"all": people["ann"], "[red]": people["ben"], "cleo": people["cleo"]}
    shown = people_table({**record, "people": called})
    assert [Text.from_markup(str(name)).plain for name in shown.columns[0].cells] == ["all", "[red]", "cleo", "all"]
    of_ann, of_all = list(shown.columns[2].cells)[0], list(shown.columns[2].cells)[3]
    assert of_ann == f"{100 * people['ann']['first_round']['without'][0]:.1f}"
    assert of_all == f"{100 * record['first_round']['without'][0]:.1f}" != of_ann


def test_one_person_alone_with_the_second_program(three: Path, tmp_path: Path) -> None:
    """There are no two people to compare in it, and everything else is told."""
    nothing = np.zeros((SIDE, SIDE), bool)
    drawn = [[nothing, row[1], nothing] for row in radii(8, 7, 9, 11)]
    second = write_people(tmp_path / "second.npz", drawn, ["a", "b", "c"])
    found = evaluate_named(NamedTask((three,), rounds=1, jobs=1, runtime="onnx", second=second))["two_programs"]
    shown = programs_table(found)
    assert [list(column.cells)[1] for column in shown.columns][:2] == ["ben", "8"]
    assert [list(column.cells) for column in shown.columns][4] == ["", "-", "", "-"], "in the second"
    assert [list(column.cells)[1] for column in shown.columns][2] == "100.0", "one hand"


def test_who_has_no_case_is_not_measured_with_weights_of_their_own(three: Path, tmp_path: Path) -> None:
    drawn = radii(12, 7, 9, 11.5)
    for row in drawn[1:]:
        row[0] = np.zeros((SIDE, SIDE), bool)
    rare = write_people(tmp_path / "three.npz", drawn, ["ann", "ben", "cleo"])
    everybody = open_people([rare])
    rows = list(range(1, 12))
    assert not any(everybody.taken(rows).cases[0]), "--limit may leave a person without images"
    folder = folded(tmp_path / "weights", rare, without=[0])
    spec = FoldedSpec(folder, folds_of([rare]), SessionSettings(rounds=1), "torch")
    assert compare_left_out(everybody.taken(rows), [[None] * 11] * 3, spec, "click", 1, 1, None) == {}


def test_the_page_has_what_the_record_says(record: Dict[str, Any]) -> None:
    hand = {"n": 4, **dict.fromkeys(("one_hand", "two_people", "two_people_second"), [0.8, 0.7, 0.9])}
    hand.update(dict.fromkeys(("spa_recommended", "spa_best_seen", "spa_minus_one_hand"), [0.1, 0.0, 0.2]))
    seen = {**record, "seen_in_training": {"three.npz": "yes"}, "two_programs": {**hand, "people": {"ann": hand}}}
    people = {title: make for title, (_, make) in read_page("beyond-lungs")[1].items() if re.match("Named|Two", title)}
    page = {title: make({"named-three": seen}) for title, make in people.items()}
    assert all((len(lines) > 3) != ("left out" in title) for title, lines in page.items()), "nobody was left out here"
    first = page["Named people: whose profile helps"]
    ann = record["people"]["ann"]
    row = next(line for line in first if "| ann |" in line)
    assert row.startswith("| three, click (**seen in training**) | ann | 2 |")
    assert f"| {100 * ann['first_round']['own'][0]:.1f} |" in row and f"| {100 * ann['personal']:+.1f} [" in row
    assert "| ann | 4 | 80.0 [70.0, 90.0] |" in "\n".join(page["Two programs, one hand"])
    by_round = page["Named people: the person at work and the others (paper, Table 2)"]
    included = next(line for line in by_round if "the person at work" in line)
    assert included.count("[") == 2, "as many rounds as there are"
    assert all(len(make({})) == 3 for make in people.values()), "the head of a table alone is left out"
    assert "(**seen" not in "".join(named.profiles({"named-three": record}))


@pytest.mark.slow
def test_the_command_prints_and_writes(three: Path, tmp_path: Path) -> None:
    output = tmp_path / "record.json"
    second = write_people(tmp_path / "second.npz", radii(8, 8, 9, 10.5), ["a", "b", "c"])
    arguments = ["evaluate", "named", "--npz", str(three), "--start", "box", "--rounds", "1", "--jobs", "1"]
    arguments += ["--limit", "7", "--runtime", "onnx", "--second", str(second), "--json", str(output)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "were not trained on these images" in " ".join(result.output.split())
    found = json.loads(output.read_text())
    assert found["n_images"] == 7 and found["start"] == "box" and str(tmp_path) not in output.read_text()
    check_programs(found["two_programs"])
    refused = CliRunner().invoke(app, ["evaluate", "named", "--npz", str(tmp_path / "none.npz")])
    assert refused.exit_code == 2 and "none.npz" in refused.output


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_shared_people(shared_data: Path) -> None:
    counts: Dict[str, Tuple[int, int]] = {}
    for name in ("fluo_neurons_experts", "phase_rabbit_cells_bubil2b_amira", "phase_rat_cells_bubil1_imagej"):
        people = open_people([shared_data / "structures/train" / f"{name}.npz"])
        counts[name] = len(people.names), len(people.images)
    assert list(counts.values()) == [(5, 48), (3, 35), (5, 35)]
    rats = shared_data / "structures/train/phase_rat_cells_bubil1_imagej.npz"
    people = open_people([rats])
    again = second_parts(shared_data / "structures/named/phase_rat_cells_bubil1_amira.npz", [rats], people)
    assert len(again) == 175


def test_copies_that_were_cut_and_scaled_differently_lie_over_one_another() -> None:
    rng = np.random.default_rng(3)
    large = ndimage.gaussian_filter(rng.normal(0, 1, (200, 200)), 2.5)
    thing = ndimage.gaussian_filter(rng.normal(0, 1, (200, 200)), 8) > 0.03
    scale, shift = 1.06, (3.0, -5.0)

    def packed(image: np.ndarray, scale: float, shift: Tuple[float, float]) -> np.ndarray:
        return np.asarray(ndimage.affine_transform(image, [scale] * 2, np.array(shift) + 50, (96, 96), order=1))

    one, drawn = packed(large, 1.0, (0, 0)), packed(thing.astype(float), 1.0, (0, 0)) > 0.5
    # Pixel p of the first lies where pixel (p - shift) / scale of the second one is.
    other, again = packed(large, scale, shift), packed(thing.astype(float), scale, shift) > 0.5
    found = align(one, other)
    assert found is not None and found.correlation > 0.98
    assert found.scale == pytest.approx(1 / scale, abs=0.004)
    assert np.allclose(found.shift, -np.array(shift) / scale, atol=0.4)
    inside = np.s_[10:-10, 10:-10]
    assert dice(found.carry(again, drawn.shape)[inside], drawn[inside]) > 0.96 > dice(again[inside], drawn[inside])
    assert align(one, packed(np.ascontiguousarray(large[::-1]), 1.0, (0, 0))) is None
