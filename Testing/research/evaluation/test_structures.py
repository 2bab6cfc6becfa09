"""`spa evaluate structures`: which case an image is, what the record says, and files that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import pytest
from rich.text import Text
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.errors import InputError
from SPASegmentLib.research.commands.evaluate import sets_table
from SPASegmentLib.research.data.structures import open_structures
from SPASegmentLib.research.evaluation.structures import StructuresTask, evaluate_structures, structure_cases

SIDE = 72


def disk(x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.asarray(np.hypot(columns - x, rows - y) < radius)


def write_set(path: Path, labels: List[np.ndarray], classes: Tuple[str, ...], **more: Any) -> None:
    """Labels as bright things on a dark ground."""
    drawn = np.stack(labels).astype(np.uint8)
    noise = np.random.default_rng(0).normal(0, 5, drawn.shape)
    images = np.clip(40 + 150 * (drawn > 0) + noise, 0, 255).astype(np.uint8)
    np.savez(path, images=images, labels=drawn, classes=np.array(classes), **more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "sets"
    path.mkdir()
    write_set(path / "disks.npz", [disk(30 + k, 34, 9 + k) for k in range(4)], ("disk",), licence=np.array("CC0"))
    write_set(path / "pairs.npz", [disk(20, 20, 8) + 2 * disk(50, 48, 12) for _ in range(3)], ("a", "b"))
    return path


def slow_case(mask_of_class: Dict[int, np.ndarray]) -> Optional[Tuple[np.ndarray, Tuple[int, int]]]:
    """The definition once more, by flood fill and by trying every pixel: the wanted part and its innermost pixel."""
    best: Optional[np.ndarray] = None
    for mask in mask_of_class.values():
        left = {tuple(p) for p in np.argwhere(mask)}
        while left:
            part, todo = set(), [left.pop()]
            while todo:
                y, x = todo.pop()
                part.add((y, x))
                for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                    if near in left:
                        left.remove(near)
                        todo.append(near)
            if 40 <= len(part) <= 0.7 * mask.size and (best is None or len(part) > best.sum()):
                best = np.zeros(mask.shape, bool)
                best[tuple(np.array(sorted(part)).T)] = True
    if best is None:
        return None
    outside = np.argwhere(np.pad(~best, 1, constant_values=True)) - 1
    depth = {tuple(p): np.min(np.hypot(*(outside - p).T)) for p in np.argwhere(best)}
    deepest = max(depth.values())
    y, x = min(p for p, d in depth.items() if d > deepest - 1e-9)
    return best, (int(x), int(y))


def test_the_case_is_the_largest_admissible_part_clicked_at_its_innermost_pixel(tmp_path: Path) -> None:
    labels = np.zeros((4, SIDE, SIDE), np.uint8)
    labels[0][disk(20, 20, 9)], labels[0][disk(52, 50, 13)] = 1, 1  # two parts of a class
    labels[1][:, :60] = 1  # too large: 83 %
    labels[1][10:30, 62:70] = 2
    labels[2][5:11, 5:11] = 1  # too small
    labels[3][20:40, 20:30], labels[3][20:40, 30:52] = 1, 2  # classes that touch are two things
    write_set(tmp_path / "a.npz", list(labels), ("a", "b"))
    cases = structure_cases(open_structures(tmp_path / "a.npz"))
    assert [case.id.row for case in cases] == [0, 1, 3]
    for case in cases:
        expected = slow_case({v: labels[case.id.row] == v for v in (1, 2)})
        assert expected is not None
        assert np.array_equal(case.target, expected[0])
        assert (case.id.x, case.id.y) == expected[1]


def test_padding_counts_for_nothing(tmp_path: Path) -> None:
    labels = np.zeros((1, SIDE, SIDE), np.uint8)
    labels[0, 10:40, 10:40] = 1  # 900 of 1,600 pixels of the content, which is 56 %
    write_set(tmp_path / "a.npz", list(labels), ("a",), content=np.array([[5, 45, 5, 45]]))
    (case,) = structure_cases(open_structures(tmp_path / "a.npz"))
    assert case.image.shape == case.target.shape == (40, 40)
    ys, xs = np.nonzero(case.target)
    assert (ys.min(), ys.max(), xs.min(), xs.max()) == (5, 34, 5, 34)
    assert 18 <= case.id.x <= 21 and 18 <= case.id.y <= 21


def test_people_decide_by_majority_of_those_who_drew(tmp_path: Path) -> None:
    masks = np.zeros((3, SIDE, SIDE), np.uint8)
    drawn = [disk(30, 30, 14), disk(30, 30, 11), disk(30, 30, 8)]
    for bit, mask in enumerate(drawn):
        masks[0] |= mask.astype(np.uint8) << bit
    masks[1] = drawn[0].astype(np.uint8) | drawn[2].astype(np.uint8) << 2  # one of three drew nothing
    names = np.array(["ann", "ben", "cleo"])
    np.savez(tmp_path / "a.npz", images=np.zeros_like(masks), masks=masks, raters=names)
    three, two = structure_cases(open_structures(tmp_path / "a.npz"))
    assert np.array_equal(three.target, drawn[1]), "two of three"
    assert np.array_equal(two.target, drawn[0]), "one of two is half, and half is enough"


def test_means_are_over_sets_and_the_record_stands_alone(folder: Path) -> None:
    record, measured = evaluate_structures(StructuresTask(folder, rounds=2, jobs=1))
    assert (record["n_sets"], record["n_cases"]) == (2, 7)
    assert [(name, row["n_cases"]) for name, row in record["sets"].items()] == [("disks", 4), ("pairs", 3)]
    assert record["sets"]["disks"]["licence"] == "CC0"
    per_case = dict(zip(record["cases"]["id"], record["cases"]["dice_recommended"]))
    for j in range(2):
        of_sets = [
            np.mean([per_case[f"{name}:{row}"][j] for row in range(n)]) for name, n in (("disks", 4), ("pairs", 3))
        ]
        assert record["dice_recommended"][j] == pytest.approx(np.mean(of_sets), abs=2e-4)
        low, high = record["dice_recommended_ci95"][j]
        assert low <= min(of_sets) + 1e-3 and high >= max(of_sets) - 1e-3, "of two sets, either may be all there is"
    for name in ("dice_best_seen", "expected_dice"):
        assert len(record[name]) == len(record["sets"]["pairs"][name]) == 2
    assert record["dice_best_seen"][0] >= record["dice_recommended"][0] > 0.6
    assert record["command"] == "spa evaluate structures sets --rounds 2"
    assert record["intervals_over"] == "2 sets" and len(record["sha256"]) == 64
    assert str(folder) not in json.dumps(record)
    assert [len(one.results) for one in measured] == [4, 3]


def test_the_options_do_what_they_say(folder: Path) -> None:
    few, _ = evaluate_structures(StructuresTask(folder, rounds=1, limit=2, jobs=1))
    assert few["n_cases"] == 4
    box, _ = evaluate_structures(StructuresTask(folder, start="box", rounds=1, limit=2, jobs=1))
    assert box["command"] == "spa evaluate structures sets --start box --rounds 1 --limit 2"
    assert box["dice_recommended"] != few["dice_recommended"]
    clicks, _ = evaluate_structures(StructuresTask(folder, user="clicks", rounds=3, limit=1, jobs=1, runtime="onnx"))
    assert clicks["runtime"] == "onnx" and clicks["command"].endswith("--limit 1 --runtime onnx")
    assert clicks["dice_recommended"][2] > 0.9, "a click into the largest error mends a disk"


@pytest.mark.parametrize(
    ("options", "message"),
    [({"start": "mask"}, "Unknown start 'mask'; there are click, box"), ({"user": "choice+point"}, "Unknown user")],
)
def test_unknown_options_are_refused(tmp_path: Path, options: Dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        StructuresTask(tmp_path, **options)


def test_what_cannot_be_used_is_named_and_the_others_go_on(folder: Path) -> None:
    (folder / "broken.npz").write_bytes(b"not an archive")
    write_set(folder / "tiny.npz", [disk(30, 30, 2)], ("speck",))
    labels = np.zeros((1, SIDE, SIDE), np.uint8)
    np.savez(folder / "sizes.npz", images=np.zeros((1, SIDE, 50), np.uint8), labels=labels, classes=np.array(["a"]))
    np.savez(folder / "unnamed.npz", images=labels, labels=labels)
    for name, more in (
        ("mm", {"spacing": np.array([["1", "1"]])}), ("cut", {"content": np.full((1, 4), np.nan)}),
        ("words", {"content": np.array([["0", "9", "0", "9"]])}),
    ):  # fmt: skip
        write_set(folder / f"{name}.npz", [disk(30, 30, 9)], ("disk",), **more)
    heard: List[str] = []
    record, _ = evaluate_structures(StructuresTask(folder, rounds=1, limit=1, jobs=1), complain=heard.append)
    assert record["n_sets"] == 2
    assert sorted(record["skipped"]) == sorted(
        f"{name}.npz" for name in ("broken", "cut", "mm", "sizes", "tiny", "unnamed", "words")
    )
    assert heard == list(record["skipped"].values())
    for name, what in (("broken", "cannot be read"), ("sizes", "of the size of the images"), ("tiny", "has no case"),
                       ("unnamed", "no classes"), ("mm", "'spacing' must hold numbers"),
                       ("cut", "must hold whole numbers"), ("words", "'content' must hold numbers")):  # fmt: skip
        assert what in record["skipped"][f"{name}.npz"]


def test_an_image_that_shows_nothing_is_named_and_the_others_go_on(folder: Path) -> None:
    with np.load(folder / "disks.npz") as file:
        arrays = dict(file)
    arrays["images"][2] = 40
    np.savez(folder / "disks.npz", **arrays)
    write_set(folder / "flat.npz", [disk(30, 30, 9)], ("disk",))
    with np.load(folder / "flat.npz") as file:
        arrays = dict(file)
    arrays["images"][:] = 40
    np.savez(folder / "flat.npz", **arrays)
    heard: List[str] = []
    record, _ = evaluate_structures(StructuresTask(folder, rounds=1, jobs=1), complain=heard.append)
    assert {name: one["n_cases"] for name, one in record["sets"].items()} == {"disks": 3, "pairs": 3}
    assert [name.split(":")[1] for name in record["cases"]["id"]] == ["0", "1", "3", "0", "1", "2"]
    assert list(record["skipped"]) == ["disks.npz, row 2", "flat.npz, row 0", "flat.npz"]
    assert heard == list(record["skipped"].values())
    assert heard[0] == "disks.npz, row 2 (counted from 0): the image has the same value everywhere."
    assert heard[2].startswith("flat.npz has no case")


def test_a_folder_without_anything_to_measure_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no npz files"):
        evaluate_structures(StructuresTask(tmp_path, jobs=1))
    for other in (tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(InputError, match=f"{other.name} is no folder, or not there"):
            evaluate_structures(StructuresTask(other, jobs=1))
    (tmp_path / "broken.npz").write_bytes(b"")
    with pytest.raises(InputError, match="No file in .* can be used. broken.npz cannot be read"):
        evaluate_structures(StructuresTask(tmp_path, jobs=1))


def test_pictures_that_cannot_be_written_are_told_before_the_work(folder: Path, tmp_path: Path) -> None:
    record, pictures = tmp_path / "record.json", tmp_path / "pictures"
    pictures.write_text("a file")
    arguments = ["evaluate", "structures", str(folder), "--limit", "1", "--rounds", "1", "--jobs", "1"]
    result = CliRunner().invoke(app, [*arguments, "--json", str(record), "--pictures", str(pictures)])
    words = " ".join(result.output.split())
    assert result.exit_code == 2 and "cannot be written (not a directory)" in words and "Evaluating" not in words
    assert not record.exists() and pictures.read_text() == "a file"


def test_the_command_writes_record_and_pictures(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.npz").write_bytes(b"")
    record, pictures = tmp_path / "record.json", tmp_path / "pictures"
    arguments = ["evaluate", "structures", str(folder), "--limit", "2", "--rounds", "2", "--jobs", "1"]
    result = CliRunner().invoke(app, [*arguments, "--json", str(record), "--pictures", str(pictures)])
    assert result.exit_code == 0, result.output
    assert "Left out: broken.npz" in " ".join(result.output.split())
    assert json.loads(record.read_text())["n_cases"] == 4
    names = sorted(path.name for path in pictures.iterdir())
    assert names == ["disks-median.png", "disks-worst.png", "pairs-median.png", "pairs-worst.png"]
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in pictures.iterdir())


@pytest.mark.slow
@pytest.mark.shared_data
def test_the_shared_sets_have_the_cases_that_their_table_counts(shared_data: Path) -> None:
    counts = {p.stem: len(structure_cases(open_structures(p))) for p in (shared_data / "structures/unseen").glob("*")}
    assert counts.pop("histo_glands_glas") == 15
    assert len(counts) == 9 and set(counts.values()) == {20}


@pytest.mark.slow
def test_the_page_of_what_lies_beyond_lungs_holds_the_records_numbers(folder: Path, tmp_path: Path) -> None:
    runner, measured = CliRunner(), tmp_path / "records"
    for start in ("click", "box"):
        done = runner.invoke(app, [
            "evaluate", "structures", str(folder), "--start", start, "--rounds", "3", "--limit", "2", "--jobs", "1",
            "--json", str(measured / f"structures-{start}.json"), "--pictures", str(tmp_path / "pictures"),
        ])  # fmt: skip
        assert done.exit_code == 0, done.output
    page = tmp_path / "docs" / "beyond-lungs.md"
    done = runner.invoke(app, ["report", str(measured), "--output", str(page), "--examples", str(tmp_path / "e")])
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Beyond lungs\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    for start, words in (("click", "click, then choices"), ("box", "tight box, then choices")):
        record = json.loads((measured / f"structures-{start}.json").read_text())
        (row,) = [row for row in rows if row[0] == words]
        assert row[1:3] == ["sets", "4 of 2 sets"]
        wanted = [record["dice_recommended"][0], record["dice_recommended"][2], record["dice_best_seen"][0]]
        assert row[5] == "-", "there was no sixth round"
        assert [float(row[n].split()[0]) for n in (3, 4, 6)] == pytest.approx([100 * v for v in wanted], abs=0.051)
        gap = record["expected_dice"][0] - record["dice_recommended"][0]
        assert float(row[7].split()[0]) == pytest.approx(100 * gap, abs=0.06)
    by_set = [row for row in rows if row[0] in ("disks", "pairs")]
    last = [float(row[3]) for row in by_set]
    assert len(by_set) == 2 and last == sorted(last), "the worst set first"
    assert (page.parent / "beyond-lungs" / "records.json.gz").is_file()
    assert "spa evaluate structures sets --start box --rounds 3 --limit 2" in text


def test_brackets_in_the_name_of_a_set_are_shown() -> None:
    row = {"n_cases": 1, "dice_recommended": [0.9], "dice_best_seen": [0.9], "expected_dice": [0.9]}
    record = {**row, "user": "choice", "start": "click", "rounds": 1, "n_sets": 1, "sets": {"lab[red]": row}}
    names = [Text.from_markup(str(cell)).plain for cell in sets_table(record).columns[0].cells]
    assert names == ["lab[red]", "mean of sets"]
