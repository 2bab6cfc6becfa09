"""Cases are fixed: drawn from a seed, listed in files, found by the data's fingerprint."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Set

import numpy as np
import pytest
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError
from SPASegmentLib.research.data.shards import RaterSlices
from SPASegmentLib.research.data.split import kept_for_testing
from SPASegmentLib.research.evaluation.case_lists import find_cases, lists_folder, read_cases, write_cases
from SPASegmentLib.research.evaluation.cases import (
    POLICY_USERS,
    SEQUENCE,
    CaseId,
    draw_ids,
    of_split,
    open_case,
    showing,
    thinned,
)
from SPASegmentLib.research.evaluation.multi_rater import evaluate
from SPASegmentLib.research.evaluation.slices import EvaluationFile, open_files
from SPASegmentLib.research.evaluation.task import Task


def test_cases_do_not_depend_on_their_neighbours(disks: EvaluationFile) -> None:
    ids = draw_ids([disks], "combination", 3)
    assert ids == draw_ids([disks], "combination", 3)
    assert [c.row for c in ids] == [0, 1, 2, 3]
    fewer = EvaluationFile("disks", disks.slices.take(np.array([0, 1])), disks.patients)
    assert draw_ids([fewer], "combination", 3) == ids[:2]
    assert {(c.x, c.y) for c in draw_ids([disks], "combination", 4)} != {(c.x, c.y) for c in ids}
    assert thinned(ids, "combination", 2) == [ids[0], ids[3]]


@pytest.mark.parametrize("protocol", ["combination", "rater", "policy"])
def test_every_file_has_draws_of_its_own_and_the_first_what_it_has_alone(
    many: EvaluationFile, protocol: str
) -> None:
    assert many.patients is not None
    copies = [EvaluationFile(name, many.slices, np.char.add(name, many.patients)) for name in "abc"]
    ids = draw_ids(copies, protocol)
    drawn = [{case.row: (case.x, case.y, case.seed) for case in ids if case.file == name} for name in "abc"]
    rows = drawn[0].keys() & drawn[1].keys() & drawn[2].keys()
    assert rows
    for row in rows:
        assert len({each[row][2] for each in drawn}) == 3
    assert len({tuple(each[row][:2] for row in rows) for each in drawn}) == 3
    alone = {case.row: (case.x, case.y, case.seed) for case in draw_ids(copies[:1], protocol)}
    assert all(drawn[0][row] == alone[row] for row in alone.keys() & drawn[0].keys())


def test_target_is_the_majority_of_the_listed_raters_and_the_click_lies_in_the_consensus(
    disks: EvaluationFile,
) -> None:
    for id_ in draw_ids([disks], "combination", 1):
        case = open_case(id_, [disks])
        bits = [k for k in range(4) if id_.raters >> k & 1]
        expected = np.mean([(disks.slices.masks[id_.row] >> k) & 1 for k in bits], axis=0) >= 0.5
        assert np.array_equal(case.target, expected)
        assert np.flatnonzero(case.included).tolist() == bits
        assert case.raters.all(0)[id_.y, id_.x]
        assert case.patient == f"p{id_.row // 2}"


def test_combinations_are_uniform() -> None:
    slices = RaterSlices(np.zeros((3000, 4, 4), np.uint8), np.full((3000, 4, 4), 15, np.uint8))
    counts = np.bincount([c.raters for c in draw_ids([EvaluationFile("x", slices)], "combination")], minlength=16)
    assert counts[0] == 0
    assert counts[1:].min() > 140
    assert counts[1:].max() < 260


def test_every_rater_has_a_turn(disks: EvaluationFile) -> None:
    ids = draw_ids([disks], "rater")
    assert [(c.row, c.raters) for c in ids] == [(row, 1 << k) for row in range(4) for k in range(4)]
    targets = [open_case(c, [disks]).target.sum() for c in ids[:4]]
    assert targets == sorted(targets)


def test_raters_keep_their_bits_where_others_are_missing(slices: RaterSlices) -> None:
    masks = slices.masks.copy()
    masks[0] = (masks[0] & 0b0111) | ((masks[0] & 0b1000) << 2)  # the fourth reader is bit 5
    file = EvaluationFile("x", RaterSlices(slices.images, masks))
    assert [c.raters for c in draw_ids([file], "rater")[:4]] == [1, 2, 4, 32]
    assert open_case(draw_ids([file], "rater")[3], [file]).target.any()


def test_slices_with_missing_raters_are_left_out(slices: RaterSlices) -> None:
    masks = slices.masks.copy()
    masks[0] &= 0b0111
    file = EvaluationFile("x", RaterSlices(slices.images, masks))
    assert [c.row for c in draw_ids([file], "combination")] == [1, 2, 3]
    with pytest.raises(InputError, match="No slice"):
        draw_ids([EvaluationFile("x", RaterSlices(slices.images, masks & 1))], "combination")
    with pytest.raises(InputError, match="Unknown protocol"):
        draw_ids([file], "guess")


def test_sequences_are_of_different_patients_and_every_user_wants_the_click(many: EvaluationFile) -> None:
    ids = draw_ids([many], "policy")
    assert len(ids) == 2 * SEQUENCE
    assert len(set(ids)) == len(ids)
    first = [many.patient(c.row) for c in ids[:SEQUENCE]]
    assert len(set(first)) == SEQUENCE
    for id_ in ids[:3]:
        areas = {}
        for name in POLICY_USERS:
            case = open_case(id_, [many], name)
            assert case.target[id_.y, id_.x]
            areas[name] = int(case.target.sum())
        assert areas["intersection"] == areas["smallest"] < areas["majority"] < areas["union"] == areas["largest"]
        assert areas["majority -2 px"] < areas["majority -1 px"] < areas["majority"] < areas["majority +1 px"]
    assert thinned(ids, "policy", 1) == ids[:SEQUENCE]
    assert thinned(ids, "policy", 2 * SEQUENCE * len(POLICY_USERS)) == ids


def test_too_few_slices_for_a_sequence(disks: EvaluationFile) -> None:
    with pytest.raises(InputError, match="here are 4"):
        draw_ids([disks], "policy")


def test_a_list_is_used_for_its_own_data_only(disks: EvaluationFile, many: EvaluationFile, tmp_path: Path) -> None:
    listed = [c for c in draw_ids([disks], "combination", 0) if c.row != 2]
    write_cases(listed, "combination", 0, [disks], tmp_path / "disks-combination.json")
    assert read_cases(tmp_path / "disks-combination.json") == listed
    assert find_cases([disks], "combination", 0, tmp_path) == (listed, "disks-combination.json")
    assert find_cases([disks], "combination", 1, tmp_path)[1] == "drawn with seed 1"
    changed = EvaluationFile("disks", RaterSlices(disks.slices.images, disks.slices.masks & 7 | 8))
    assert find_cases([changed], "combination", 0, tmp_path)[1] == "drawn with seed 0"
    assert find_cases([many], "combination", 0, tmp_path)[1] == "drawn with seed 0"


def test_other_files_are_no_lists(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"format": "something"}')
    with pytest.raises(InputError, match="no list of cases"):
        read_cases(tmp_path / "other.json")
    (tmp_path / "other.bin").write_bytes(b"\xff\xfe")
    (tmp_path / "half.json").write_text('{"format": ')
    for name, why in (
        ("gone.json", "No such file or directory"), ("other.bin", "its letters are not encoded as UTF-8"),
        ("half.json", r"Expecting value: line 1 column 12 \(char 11\)"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=rf"^{name} cannot be read as a list of cases: {why}\.$"):
            read_cases(tmp_path / name)


HEAD = {
    "format": "spa-cases", "version": 1, "protocol": "combination", "seed": 0,
    "files": {"disks": {"slices": 4, "masks_sha256": "0"}}, "columns": ["file", "row", "raters", "x", "y", "seed"],
}  # fmt: skip
ROW = ["disks", 0, 15, 44, 50, 7]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cases": []}, "odd.json lists no cases"),
        ({"cases": None}, "odd.json lists no cases"),
        ({"cases": 3}, "odd.json lists no cases"),
        ({"cases": [ROW, ROW[:5]]}, "odd.json, case 2: file, row, raters, x, y, seed must be a name and 5 whole"),
        ({"cases": [[*ROW, 1]]}, "odd.json, case 1: "),
        ({"cases": [["disks", -1, *ROW[2:]]]}, "odd.json, case 1: .* from 0 up"),
        ({"cases": [["disks", "0", *ROW[2:]]]}, "odd.json, case 1: "),
        ({"cases": [["disks", 0.5, *ROW[2:]]]}, "odd.json, case 1: "),
        ({"cases": [[7, *ROW[1:]]]}, "odd.json, case 1: "),
        ({"cases": ["disks"]}, "odd.json, case 1: "),
        ({"cases": [ROW], "protocol": "policy"}, "odd.json lists 1 cases; .* are in 12s"),
        ({"cases": [ROW], "protocol": "guess"}, "odd.json does not say the protocol"),
        ({"cases": [ROW], "seed": None}, "odd.json does not say the protocol"),
        ({"cases": [ROW], "files": ["disks"]}, "odd.json does not say the protocol"),
        ({"cases": [ROW], "raters": "2"}, "odd.json does not say the protocol"),
    ],
)
def test_lists_that_make_no_sense_are_refused(tmp_path: Path, changes: Dict[str, Any], message: str) -> None:
    (tmp_path / "odd.json").write_text(json.dumps({**HEAD, **changes}))
    with pytest.raises(InputError, match=message) as caught:
        read_cases(tmp_path / "odd.json")
    assert "\n" not in str(caught.value)


def test_a_list_is_of_its_own_protocol_and_number_of_raters(npz: Path, disks: EvaluationFile, tmp_path: Path) -> None:
    single, any_number = tmp_path / "single.json", tmp_path / "any-combination.json"
    write_cases(draw_ids([disks], "rater"), "rater", 0, [disks], single)
    write_cases(draw_ids([disks], "combination", raters=0), "combination", 0, [disks], any_number, raters=0)
    task = Task(method="seed-mask", rounds=1, limit=1, jobs=1)
    assert evaluate(replace(task, protocol="rater", cases=single), [npz])["case_list"] == "single.json"
    with pytest.raises(InputError, match="cases of the protocol 'rater', not of 'combination'; give --protocol rater"):
        evaluate(replace(task, cases=single), [npz])
    with pytest.raises(InputError, match="single.json lists cases of --raters 4, not of 2; leave --raters out"):
        evaluate(replace(task, protocol="rater", cases=single, raters=2), [npz])
    for raters in (4, 0):  # that nobody asks for any number, or that number
        assert evaluate(replace(task, cases=any_number, raters=raters), [npz])["n_cases"] == 1
    assert find_cases([disks], "combination", 0, tmp_path)[1] == "drawn with seed 0", "a list of other slices"
    assert find_cases([disks], "combination", 0, tmp_path, raters=0)[1] == "any-combination.json"


def test_a_seed_beside_a_list_is_its_own_or_refused(npz: Path, disks: EvaluationFile, tmp_path: Path) -> None:
    """Whatever is drawn for a case stands in the list: another seed would change nothing."""
    third = tmp_path / "third.json"
    write_cases(draw_ids([disks], "combination", 3), "combination", 3, [disks], third)
    task = Task(method="seed-mask", rounds=1, limit=1, jobs=1, cases=third)
    with pytest.raises(InputError, match="third.json lists cases drawn with --seed 3, not with 7; leave --seed out"):
        evaluate(replace(task, seed=7), [npz])
    for seed in (0, 3):  # that nobody asks for any, or that one
        assert evaluate(replace(task, seed=seed), [npz])["n_cases"] == 1


def test_the_command_lists_cases_of_any_number_of_raters(slices: RaterSlices, tmp_path: Path) -> None:
    np.savez(tmp_path / "two.npz", images=slices.images, masks=slices.masks & 0b11)
    arguments = ["evaluate", "cases", "--npz", str(tmp_path / "two.npz"), "--output", str(tmp_path / "list.json")]
    refused = CliRunner().invoke(app, arguments)
    assert refused.exit_code == 2 and "slices with 2 masks; choose with --raters" in refused.stderr
    assert CliRunner().invoke(app, [*arguments, "--raters", "2"]).exit_code == 0
    files = open_files([tmp_path / "two.npz"])
    assert read_cases(tmp_path / "list.json", "combination", 2) == draw_ids(files, "combination", raters=2)


def test_a_click_outside_of_the_image_is_of_other_files(disks: EvaluationFile) -> None:
    with pytest.raises(InputError, match="The click of case disks:0 lies outside the image"):
        open_case(CaseId("disks", 0, 15, 96, 50, 7), [disks])
    with pytest.raises(InputError, match="disks:-1 is not in these files"):
        open_case(CaseId("disks", -1, 15, 44, 50, 7), [disks])


@pytest.mark.parametrize("case", [CaseId("other", 0, 15, 44, 50, 7), CaseId("disks", 4, 15, 44, 50, 7)])
def test_a_list_of_other_files_is_refused(disks: EvaluationFile, case: CaseId) -> None:
    with pytest.raises(InputError, match=f"The case {case.file}:{case.row} is not in these files"):
        of_split([case], [disks], "slices")
    with pytest.raises(InputError, match=f"The case {case.file}:{case.row} is not in these files"):
        showing([case], [disks], "combination", print)


@pytest.mark.parametrize(("protocol", "count"), [("combination", 464), ("rater", 1856), ("policy", 96)])
def test_committed_lists_hold_numbers_only(protocol: str, count: int) -> None:
    ids = read_cases(lists_folder() / f"val-{protocol}.json")
    assert len(ids) == len(set(ids)) == count
    for id_ in ids:
        assert id_.file == "val"
        assert all(type(v) is int for v in (id_.row, id_.raters, id_.x, id_.y, id_.seed))


@pytest.mark.parametrize("protocol", ["combination", "rater", "policy"])
def test_committed_lists_are_what_the_command_draws(protocol: str, shared_data: Path) -> None:
    files = open_files([shared_data / "lidc_idri" / "val.npz"])
    ids, name = find_cases(files, protocol, 0)
    assert name == f"val-{protocol}.json"
    assert ids == draw_ids(files, protocol, 0)


def test_patients_come_from_the_file_or_from_the_index_beside_it(slices: RaterSlices, tmp_path: Path) -> None:
    np.savez(tmp_path / "named.npz", images=slices.images, masks=slices.masks, patients=slices.patients)
    np.savez(tmp_path / "plain.npz", images=slices.images, masks=slices.masks)
    assert open_files([tmp_path / "named.npz"])[0].patient(2) == "p1"
    assert open_files([tmp_path / "plain.npz"])[0].patient(2) is None
    rows = ["file,row,patient", *(f"plain,{i},q{i}" for i in (3, 2, 1, 0)), "other,0,z"]
    (tmp_path / "index.csv").write_text("\n".join(rows) + "\n")
    assert open_files([tmp_path / "plain.npz"])[0].patient(2) == "q2"
    assert open_files([tmp_path / "named.npz"])[0].patient(2) == "p1"
    assert open_files([tmp_path / "named.npz", tmp_path / "plain.npz"])[1].patient(0) == "q0"


ROWS = [f"plain,{i},Müller {i % 2}" for i in range(4)]


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(["file;row;patient", *(row.replace(",", ";") for row in ROWS)]).encode(),
        "\r\n".join(["File,Row,Patient", *ROWS, ",,"]).encode("utf-8-sig"),
        "\n".join(["file,row,patient", *(row.replace("plain", "plain.npz") for row in ROWS)]).encode("utf-16"),
    ],
    ids=["semicolons", "mark", "utf-16"],
)
def test_indices_of_spreadsheet_programs_are_read(slices: RaterSlices, tmp_path: Path, content: bytes) -> None:
    np.savez(tmp_path / "plain.npz", images=slices.images, masks=slices.masks)
    (tmp_path / "index.csv").write_bytes(content)
    assert open_files([tmp_path / "plain.npz"])[0].patient(3) == "Müller 1"


@pytest.mark.parametrize(
    ("rows", "encoding", "message"),
    [
        (["file,row,patient", *ROWS], "cp1252", "index.csv, line 2: .* save it as UTF-8"),
        (["file,row,patient", *ROWS[:2], "file,row,patient", *ROWS[2:]], "utf-8", "line 4: the heading"),
        (["file,row,patient", *ROWS[:3]], "utf-8", "lists 3 of the 4 slices of plain, and 0 that it has not"),
        (["file,row,patient", *ROWS, "plain,4,p"], "utf-8", "lists 4 of the 4 slices of plain, and 1 that it has not"),
        (["file,row,patient", "other,0,p"], "utf-8", "lists 0 of the 4 slices of plain"),
        (["file,row,patient", *ROWS, "plain,2,somebody else"], "utf-8", "line 6: row 2 of plain is of 'Müller 0'"),
        (["file,row,patient", *ROWS[:3], "plain,three,p"], "utf-8", "line 5: a file, a number of a row and a patient"),
        (["file,row", "plain,0"], "utf-8", "index.csv needs the columns file, row, patient; it lacks patient"),
        ([""], "utf-8", "index.csv needs the columns"),
    ],
)  # fmt: skip
def test_an_index_that_does_not_fit_is_refused(
    slices: RaterSlices, tmp_path: Path, rows: list[str], encoding: str, message: str
) -> None:
    np.savez(tmp_path / "plain.npz", images=slices.images, masks=slices.masks)
    (tmp_path / "index.csv").write_bytes("\n".join(rows).encode(encoding))
    with pytest.raises(InputError, match=message):
        open_files([tmp_path / "plain.npz"])


def test_spacing_is_read_and_checked(slices: RaterSlices, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", images=slices.images, masks=slices.masks, spacing=np.full((4, 2), 0.7))
    np.savez(tmp_path / "b.npz", images=slices.images, masks=slices.masks, spacing=np.zeros((4, 2)))
    assert open_files([tmp_path / "a.npz"])[0].spacing(1) == (0.7, 0.7)
    with pytest.raises(InputError, match="positive sizes"):
        open_files([tmp_path / "b.npz"])
    for spacing, message in (
        (np.full((4, 2), "0.7"), "c.npz: 'spacing' must hold numbers, not <U3"),
        (np.full((4, 2), None), "c.npz cannot be read as an npz file"),
        (np.full((4, 2), np.nan), "positive sizes"),
        (np.full((4, 3), 0.7), "positive sizes"),
    ):
        np.savez(tmp_path / "c.npz", images=slices.images, masks=slices.masks, spacing=spacing)
        with pytest.raises(InputError, match=message):
            open_files([tmp_path / "c.npz"])
    with pytest.raises(InputError, match="same name"):
        open_files([tmp_path / "a.npz", tmp_path / "a.npz"])


def test_slices_of_three_raters_are_measured_when_asked_for(slices: RaterSlices) -> None:
    """A researcher's own data need not have four raters; the message says what there is."""
    three = EvaluationFile("three", RaterSlices(slices.images, slices.masks & 0b111, slices.patients))
    with pytest.raises(InputError, match=r"slices with 3 masks; choose with --raters"):
        draw_ids([three], "combination")
    ids = draw_ids([three], "rater", raters=3)
    assert len(ids) == 3 * len(slices)
    assert {case.raters for case in ids} == {1, 2, 4}
    found, how = find_cases([three], "combination", 0, raters=3)
    assert len(found) == len(slices) and how == "drawn with seed 0"
    assert all(0 < case.raters < 8 for case in found)


def test_every_slice_with_a_mask_has_a_case_where_any_number_of_raters_will_do() -> None:
    """Rows with 0 to 4 raters; in the last two nobody agrees, so that the click lies in what is wanted."""
    masks = np.zeros((6, 12, 12), np.uint8)
    for row, readers in enumerate((0, 1, 2, 4)):
        for k in range(readers):
            masks[row, 3 : 6 + k, 3:6] |= 1 << k
    masks[4, 1, 1:4], masks[4, 9, 5:8] = 1, 2
    masks[5, 2, 2], masks[5, 5, 5], masks[5, 8, 8] = 1, 4, 32
    file = EvaluationFile("x", RaterSlices(np.zeros_like(masks), masks))
    rows: Dict[int, Set[int]] = {}
    for seed in range(100):
        for case in draw_ids([file], "combination", seed, raters=0):
            rows.setdefault(case.row, set()).add(case.raters)
            target = open_case(case, [file]).target
            assert target[case.y, case.x], case
    assert len(rows[3]) > 10 and rows.pop(3) <= set(range(1, 16))
    assert rows == {1: {1}, 2: {1, 2, 3}, 4: {1, 2, 3}, 5: {1, 4, 32, 5, 33, 36}}
    four = [case for case in draw_ids([file], "combination", 7, raters=0) if case.row == 3]
    assert four == draw_ids([file], "combination", 7)
    assert [case.row for case in draw_ids([file], "rater", raters=0)] == [1, 2, 2, 3, 3, 3, 3]


def test_cases_of_a_split_are_those_no_training_by_it_sees(many: EvaluationFile) -> None:
    ids = draw_ids([many], "combination")
    found = {split: {case.row for case in of_split(ids, [many], split)} for split in ("slices", "patients")}
    for split in found:
        kept = kept_for_testing(split, Path("many.npz"), len(many.slices), many.patients)
        assert found[split] == set(np.flatnonzero(kept)) and 0 < len(found[split]) < len(ids)
    assert of_split(ids, [many], None) == ids
    with pytest.raises(InputError, match="slices, patients, both, not 'magic'"):
        of_split(ids, [many], "magic")
    with pytest.raises(InputError, match="an index must say whose slices"):
        of_split(ids, [EvaluationFile("many", many.slices)], "patients")
    with pytest.raises(InputError, match="is kept for testing"):
        of_split([case for case in ids if case.row not in found["slices"]], [many], "slices")
