"""`spa segment` on files, with the bundled weights."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
from PIL import Image


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2.0 * np.logical_and(a, b).sum() / (np.count_nonzero(a) + np.count_nonzero(b))


def clicked_slice(files: Any) -> int:
    index = np.linalg.inv(files.phantom.ijk_to_ras) @ [*files.phantom.lesion_ras, 1.0]
    return int(np.rint(index[2]))


def test_choices_segment_the_clicked_slice_only(spa: Callable, files: Any, read_mask: Callable, tmp_path: Path) -> None:
    output = tmp_path / "lesion.nrrd"
    done = spa("segment", files.volume, "--click", files.click, "--choices", "4,accept", "-o", output)
    assert (done.code, done.err) == (0, "")
    assert "1 slice, 3 actions" in done.out
    mask = read_mask(output)
    k = clicked_slice(files)
    assert mask.shape == files.phantom.voxels.shape
    assert np.flatnonzero(mask.any(axis=(1, 2))).tolist() == [k]
    assert dice(mask[k], files.phantom.readers["middle"][k]) > 0.7
    assert [p.name for p in tmp_path.iterdir()] == ["lesion.nrrd"]


def test_the_same_answers_give_the_same_mask(spa: Callable, files: Any, read_mask: Callable, tmp_path: Path) -> None:
    masks = []
    for name in ("a.nrrd", "b.seg.nrrd"):
        spa("segment", files.volume, "--click", files.click, "--choices", "3,accept1", "-o", tmp_path / name)
        masks.append(read_mask(tmp_path / name))
    # A segmentation file holds the part of the volume that is used.
    assert masks[0].sum() == masks[1].sum() > 0


def test_a_reference_answers_on_all_slices(spa: Callable, files: Any, read_mask: Callable, tmp_path: Path) -> None:
    output, log, figure = (tmp_path / name for name in ("lesion.nii.gz", "log.json", "rounds.png"))
    profile = tmp_path / "me.json"
    arguments = ("segment", files.volume, "--click", files.click, "--reference", files.reference, "--slices", 2)
    done = spa(*arguments, "-o", output, "--log", log, "--figure", figure, "--profile", profile, "--seed", 3)
    assert (done.code, done.err) == (0, "")
    mask, target, k = read_mask(output), files.phantom.readers["satellite"], clicked_slice(files)
    assert np.flatnonzero(mask.any(axis=(1, 2))).tolist() == list(range(k - 2, k + 3))

    entry = json.loads(log.read_text())
    assert set(entry) == {"rounds", "accepted_dice", "actions", "weights", "seed", "volume_dice"}
    assert set(entry["rounds"][0]) == {"round", "dice_recommended", "dice_best_on_screen", "seconds"}
    assert entry["seed"] == 3
    assert entry["volume_dice"] == pytest.approx(dice(mask, target))
    near = slice(k - 2, k + 3)
    assert entry["accepted_dice"] == pytest.approx(dice(mask[near], target[near]))
    assert entry["actions"] >= 2 * 5
    assert json.loads(profile.read_text())["accepted"] == 5
    with Image.open(figure) as picture:
        picture.verify()

    done = spa(*arguments, "-o", output, "--profile", profile)
    assert done.code == 0
    assert json.loads(profile.read_text())["accepted"] == 10


def test_slices_end_where_the_volume_ends(spa: Callable, files: Any, read_mask: Callable, tmp_path: Path) -> None:
    """Beyond the lesion the reader stops; nothing is written there."""
    output = tmp_path / "lesion.nrrd"
    arguments = ("--click", files.click, "--reference", files.reference, "--slices", 30, "-o", output)
    assert spa("segment", files.volume, *arguments).code == 0
    written = np.flatnonzero(read_mask(output).any(axis=(1, 2)))
    wanted = np.flatnonzero(files.phantom.readers["satellite"].any(axis=(1, 2)))
    assert set(written) <= set(wanted)
    assert np.array_equal(written, np.arange(written[0], written[-1] + 1))


@pytest.mark.parametrize("ending", [".nii.gz", ".mha"])
def test_other_formats_give_the_same_mask(
    spa: Callable, files: Any, read_mask: Callable, write_volume: Callable, tmp_path: Path, ending: str
) -> None:
    other = write_volume(tmp_path / f"scan{ending}", files.phantom.voxels, files.phantom.ijk_to_ras)
    masks = []
    for volume in (files.volume, other):
        spa("segment", volume, "--click", files.click, "--choices", "accept", "-o", tmp_path / "a.nrrd")
        masks.append(read_mask(tmp_path / "a.nrrd"))
    # NIfTI stores the geometry in single precision, hence not to the last pixel.
    assert masks[0].any()
    assert dice(*masks) > 0.95


@pytest.mark.parametrize("plane", ["coronal", "sagittal", "0.3,0.1,1"])
def test_other_planes(spa: Callable, files: Any, read_mask: Callable, tmp_path: Path, plane: str) -> None:
    output = tmp_path / "lesion.nrrd"
    done = spa("segment", files.volume, "--click", files.click, "--plane", plane, "--choices", "accept", "-o", output)
    assert (done.code, done.err) == (0, "")
    mask = read_mask(output)
    k, j, i = np.nonzero(mask)
    ras = files.phantom.ijk_to_ras @ [i, j, k, np.ones(len(i))]
    normal = np.array({"coronal": [0, 1, 0], "sagittal": [1, 0, 0]}.get(plane, [0.3, 0.1, 1.0]), float)
    normal /= np.linalg.norm(normal)
    depth = (ras[:3].T - files.phantom.lesion_ras) @ normal
    half_a_voxel = 0.5 * np.abs(files.phantom.ijk_to_ras[:3, :3].T @ normal).sum()
    half_a_step = 0.5 / np.abs(np.linalg.solve(files.phantom.ijk_to_ras[:3, :3], normal)).max()
    assert np.ptp(depth) <= 2 * half_a_voxel + 1e-3 and np.abs(depth).max() <= half_a_voxel + half_a_step + 1e-3
    assert files.phantom.readers["generous"][mask].mean() > 0.9


def test_a_person_is_asked(spa: Callable, files: Any, read_mask: Callable, tmp_path: Path) -> None:
    output = tmp_path / "lesion.nrrd"
    done = spa("segment", files.volume, "--click", files.click, "-o", output, typed="2\nx\nb\n4\na1\n")
    assert (done.code, done.err) == (0, "")
    assert "not one of the answers" in done.out
    assert done.out.count("Round 1") == 2  # back, once
    assert "5 actions" in done.out
    assert read_mask(output).any()


def test_a_person_may_leave_without_a_mask(spa: Callable, files: Any, tmp_path: Path) -> None:
    done = spa("segment", files.volume, "--click", files.click, "-o", tmp_path / "lesion.nrrd", typed="1\ns\n")
    assert done.code == 2
    assert done.err == "Error: No mask was accepted, so nothing was written.\n"
    assert not list(tmp_path.iterdir())


def test_through_the_volume(spa: Callable, files: Any, read_mask: Callable, tmp_path: Path) -> None:
    output, log = tmp_path / "lesion.nrrd", tmp_path / "log.json"
    arguments = ("segment", files.volume, "--click", files.click, "--reference", files.reference)
    done = spa(*arguments, "--through", "--visits", 2, "-o", output, "--log", log)
    assert (done.code, done.err) == (0, "")
    mask, target, k = read_mask(output), files.phantom.readers["satellite"], clicked_slice(files)
    there, entry = np.flatnonzero(mask.any(axis=(1, 2))), json.loads(log.read_text())
    assert there[0] < k < there[-1] and f"{len(there)} slices over {2.5 * len(there):.0f} mm" in done.out
    assert entry["through"]["slices"] == len(there) and entry["through"]["mm"] == pytest.approx(2.5 * len(there))
    assert entry["through"]["visits"] == 2 and f" {entry['actions']} actions" in done.out
    assert entry["volume_dice"] == pytest.approx(dice(mask, target)) and entry["volume_dice"] > 0.6


def test_a_slice_that_shows_nothing_leaves_no_gap(
    spa: Callable, files: Any, write_volume: Callable, read_mask: Callable, tmp_path: Path
) -> None:
    voxels, k, output = files.phantom.voxels.copy(), clicked_slice(files), tmp_path / "lesion.nrrd"
    voxels[k + 1] = voxels.min()  # as where a volume lacks a slice
    volume = write_volume(tmp_path / "gap.nrrd", voxels, files.phantom.ijk_to_ras)
    arguments = ("segment", volume, "--click", files.click, "--reference", files.reference)
    done = spa(*arguments, "--through", "--visits", 3, "-o", output)
    assert (done.code, done.err) == (0, "")
    mask, target = read_mask(output), files.phantom.readers["satellite"]
    there = np.flatnonzero(mask.any(axis=(1, 2)))
    assert there.tolist() == [*range(there[0], there[-1] + 1)] and there[0] < k + 1 < there[-1]
    assert dice(mask[k + 1], target[k + 1]) > 0.6


def test_a_person_says_where_it_ends(spa: Callable, files: Any, read_mask: Callable, tmp_path: Path) -> None:
    output, log = tmp_path / "lesion.nrrd", tmp_path / "log.json"
    arguments = ("segment", files.volume, "--click", files.click, "--through", "--visits", 2, "--log", log)
    # "e" is no answer on the clicked slice; the slices that SPA asks about first are those where it may have ended.
    done = spa(*arguments, "-o", output, typed="e\na\ne\n2\ne\n")
    assert (done.code, done.err) == (0, ""), done.out
    assert done.out.count("That is not one of the answers") == 1
    entry, there = json.loads(log.read_text()), np.flatnonzero(read_mask(output).any(axis=(1, 2)))
    assert (entry["through"]["visits"], entry["through"]["ends"], entry["actions"]) == (2, 2, 2 + 2 + 3)
    assert there[0] < clicked_slice(files) < there[-1] and len(there) == entry["through"]["slices"]


@pytest.mark.parametrize(
    "arguments",
    [("--through", "--slices", 2), ("--visits", 2), ("--through", "--visits", 2, "--choices", "accept")],
)
def test_options_that_contradict_each_other_are_refused(
    spa: Callable, files: Any, tmp_path: Path, arguments: Any
) -> None:
    done = spa("segment", files.volume, "--click", files.click, *arguments, "-o", tmp_path / "a.nrrd")
    assert done.code == 2 and not (tmp_path / "a.nrrd").exists()
    assert ("give --reference" if "--choices" in arguments else "--through") in done.err


def test_a_file_without_mm_is_told_of_none(spa: Callable, files: Any, tmp_path: Path) -> None:
    """Nobody knows how large a pixel of a photograph is: no mm are reported, and that a profile is no use is said."""
    y, x = np.mgrid[:90, :120]
    picture, log, profile = tmp_path / "skin.png", tmp_path / "log.json", tmp_path / "me.json"
    noise = np.random.default_rng(0).normal(0, 6, x.shape)
    Image.fromarray((90 + 90 * (np.hypot(x - 60, y - 45) < 15) + noise).astype(np.uint8)).save(picture)
    arguments = ("segment", picture, "--click=-60,-45,0", "--choices", "accept", "--through", "-o", tmp_path / "a.nrrd")
    done = spa(*arguments, "--log", log, "--profile", profile)
    assert done.code == 0 and done.out.count("--profile is not used and learns nothing") == 1
    assert "1 slice, 1 of them answered" in done.out and " mm" not in done.out
    assert json.loads(log.read_text())["through"]["mm"] is None and json.loads(profile.read_text())["accepted"] == 0


def test_a_photograph_is_seen_in_its_colours(
    spa: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a terminal that has colours, whoever answers sees what the file shows."""
    pixels = np.full((96, 128, 3), (40, 200, 40), np.uint8)
    pixels[np.hypot(*np.ogrid[-40:56, -60:68]) < 18] = (220, 30, 30)
    Image.fromarray(pixels).save(tmp_path / "mole.png")
    for name, value in {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    output = tmp_path / "mole.seg.nrrd"
    done = spa("segment", tmp_path / "mole.png", "--click=-60,-40,0", "-o", output, typed="2\na\n")
    assert (done.code, done.err) == (0, "")
    drawn = [tuple(map(int, each)) for each in re.findall(r"[34]8;2;(\d+);(\d+);(\d+)", done.out)]
    assert sum(r > 4 * b and r > 4 * g for r, g, b in drawn) > 100 and sum(g > 4 * b for _, g, b in drawn) > 100
