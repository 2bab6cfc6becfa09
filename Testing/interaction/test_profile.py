"""Profiles: what is learned from accepted masks, what it influences, and the file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
from scipy import stats

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.interaction.profile import (
    CHANGE,
    LARGEST_SCATTER,
    NOISE_COUNT,
    PRIOR_SD_MM,
    REACH_SDS,
    SLIP,
    SLIP_RANGE_MM,
    Profile,
)
from SPASegmentLib.output import held

ROOT = Path(__file__).resolve().parents[2]
OFFSETS = np.linspace(-4, 4, 33)


def _after(offsets: Any, profile: Optional[Profile] = None) -> Profile:
    profile = profile or Profile.new("Reader A")
    for offset in offsets:
        profile = profile.updated(float(offset))
    return profile


def test_an_empty_profile_influences_nothing() -> None:
    profile = Profile.new("Reader A")
    assert np.array_equal(profile.log_weight(OFFSETS), np.zeros(33))
    assert profile.describe() == "no clear preference yet"


@pytest.mark.parametrize("offset", [-0.6, -2.5, 1.5, 12.0])
def test_one_update_is_bayes_rule(offset: float) -> None:
    """Against prior times likelihood on a fine grid, under all three explanations of the mask."""
    before = _after([-1.0, -1.4])
    after = before.updated(offset)
    grid = np.linspace(-15, 15, 300001)
    step = grid[1] - grid[0]
    # Forgetting widens what was known before; what a stranger is assumed to prefer is the limit.
    widened = min(before.offset_variance / before.forgetting, PRIOR_SD_MM**2)
    this_user = stats.norm.pdf(grid, before.offset_mm, np.sqrt(widened))
    stranger = stats.norm.pdf(grid, 0.0, PRIOR_SD_MM)
    likelihood = stats.norm.pdf(offset, grid, np.sqrt(before.noise_variance))
    density = (1 - CHANGE - SLIP) * this_user * likelihood + CHANGE * stranger * likelihood
    density += SLIP / SLIP_RANGE_MM * this_user
    density /= density.sum() * step
    mean = (grid * density).sum() * step
    assert after.offset_mm == pytest.approx(mean, abs=1e-5)
    assert after.offset_variance == pytest.approx(((grid - mean) ** 2 * density).sum() * step, rel=1e-5)
    assert after.accepted == 3


def test_without_forgetting_and_scatter_the_mean_is_about_the_sample_mean() -> None:
    start = replace(Profile.new("a"), forgetting=1.0)
    offsets = np.random.default_rng(0).normal(-0.8, 0.3, 400)
    learned = _after(offsets, start)
    assert learned.offset_mm == pytest.approx(offsets.mean(), abs=0.1)
    assert np.sqrt(learned.noise_variance) == pytest.approx(0.3, abs=0.05)
    assert learned.offset_variance < 0.02


@pytest.mark.parametrize("scatter", [0.2, 2.0])
def test_the_scatter_of_the_user_is_learned(scatter: float) -> None:
    rng = np.random.default_rng(1)
    found = [np.sqrt(_after(rng.normal(0.5, scatter, 60)).noise_variance) for _ in range(40)]
    assert np.median(found) == pytest.approx(scatter, rel=0.25)


def test_a_user_who_changes_is_followed_within_two_masks() -> None:
    rng = np.random.default_rng(2)
    learned = _after(rng.normal(-1.5, 0.3, 12))
    changed = _after([1.6, 1.4], learned)
    assert learned.offset_mm == pytest.approx(-1.5, abs=0.2)
    assert changed.offset_mm == pytest.approx(1.5, abs=0.4)
    assert changed.noise_variance < 0.5, "and is not taken for one who scatters"


def test_one_mask_widens_the_scatter_by_so_much_at_most() -> None:
    """However far apart two successive masks are; a scatter of less than a millimetre is no other rule."""
    steady = _after(np.random.default_rng(0).normal(0.0, 0.15, 40))
    deviation = np.sqrt(steady.noise_variance)
    astray = replace(steady, last_offset_mm=steady.offset_mm - 4 * deviation)
    count = max(steady.forgetting * steady.noise_count, NOISE_COUNT)
    most = steady.noise_variance * (count + LARGEST_SCATTER) / (count + 1)
    assert steady.noise_variance < astray.updated(steady.offset_mm + deviation).noise_variance <= most


def test_forgetting_follows_a_user_who_drifts() -> None:
    offsets = np.linspace(-1.0, 1.0, 60)
    forgets = _after(offsets)
    remembers = _after(offsets, replace(Profile.new("a"), forgetting=1.0))
    assert abs(forgets.offset_mm - 1.0) < 0.25
    assert abs(forgets.offset_mm - 1.0) < abs(remembers.offset_mm - 1.0)


def test_a_user_who_changes_is_not_taken_for_one_who_scatters() -> None:
    rng = np.random.default_rng(3)
    changed = _after([*rng.normal(-1.5, 0.3, 30), *rng.normal(1.5, 0.3, 25)])
    assert np.sqrt(changed.noise_variance) < 0.6


def test_forgetting_ends_at_what_is_assumed_about_a_stranger() -> None:
    profile = replace(Profile.new("a"), forgetting=0.001)
    assert _after([0.5] * 5, profile).offset_variance < PRIOR_SD_MM**2


def test_one_absurd_mask_does_not_ruin_the_profile() -> None:
    learned = _after([-1.0] * 10)
    hit = learned.updated(500.0)
    assert hit.offset_mm == pytest.approx(learned.offset_mm, abs=0.05)
    assert hit.last_offset_mm == learned.last_offset_mm
    assert _after([-1.0] * 5, hit).offset_mm == pytest.approx(-1.0, abs=0.4)


def test_log_weight_turns_the_offsets_drawn_into_those_of_the_user() -> None:
    """Importance weights: the drawn offsets, weighted, are distributed as the user's."""
    profile = _after([-0.6] * 12)
    drawn = np.random.default_rng(0).normal(0.3, 0.8, 200_000)
    weights = np.exp(profile.log_weight(drawn))
    weights /= weights.sum()
    known = 1 - profile.offset_variance / PRIOR_SD_MM**2
    mean = weights @ drawn
    assert mean == pytest.approx(known * profile.offset_mm, abs=0.02)
    narrowest = min(profile.offset_variance + profile.noise_variance, 0.8**2)
    expected = 0.8**2 + known * (narrowest - 0.8**2)
    assert weights @ (drawn - mean) ** 2 == pytest.approx(expected, rel=0.05)


def test_log_weight_does_not_reach_beyond_what_was_drawn() -> None:
    drawn = np.random.default_rng(0).normal(0.0, 0.2, 5000)
    weights = np.exp(_after([6.0] * 12).log_weight(drawn))
    weights /= weights.sum()
    assert weights @ drawn < REACH_SDS * 0.21
    assert 1.0 / np.sum(weights**2) > 20, "not all of the weight may lie on a handful of masks"


def test_description() -> None:
    assert _after([-1.2] * 2).describe() == "no clear preference yet"  # too few
    assert _after([-1.2] * 30).describe() == "prefers tighter outlines, by about 1.2 mm"
    assert _after([0.8] * 30).describe() == "prefers wider outlines, by about 0.8 mm"
    assert _after([-1.2, 1.2] * 15).describe() == "no clear preference yet"
    assert _after([0.0] * 30).describe() == "no clear preference yet"


def test_profiles_are_immutable_and_reset_keeps_who_it_is() -> None:
    learned = _after([-1.0] * 6)
    with pytest.raises(FrozenInstanceError):
        learned.offset_mm = 0.0  # type: ignore[misc]
    assert learned.reset() == Profile.new("Reader A")


@pytest.mark.parametrize("offset", [float("nan"), float("inf")])
def test_unusable_updates_are_refused(offset: float) -> None:
    with pytest.raises(ValueError, match="finite offset"):
        Profile.new("a").updated(offset)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101])
def test_unusable_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="The name must be"):
        Profile.new(name)


def test_saved_and_loaded_it_is_the_same(tmp_path: Path) -> None:
    for number, profile in enumerate([
        Profile.new("Dr Müller"), _after([0.1, -0.3, 0.2])
    ]):  # fmt: skip
        file = tmp_path / f"{number}.json"
        profile.save(file)
        assert Profile.load(file) == profile
        profile.updated(1.0).save(str(file))  # over an existing one
        assert Profile.load(str(file)) == profile.updated(1.0)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["0.json", "1.json"]


def test_a_file_of_version_1_is_read_and_its_structure_dropped(tmp_path: Path) -> None:
    learned = _after([0.1, -0.3, 0.2])
    old = {**json.loads(learned.to_json()), "version": 1, "structure": "lung nodule"}
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    assert Profile.load(tmp_path / "old.json") == learned
    Profile.load(tmp_path / "old.json").save(tmp_path / "new.json")
    assert "structure" not in (tmp_path / "new.json").read_text(encoding="utf-8")
    assert Profile.new("me", "lung nodule") == Profile.new("me")


def test_the_file_holds_what_is_promised_and_nothing_else(tmp_path: Path) -> None:
    _after([0.1, -0.3]).save(tmp_path / "p.json")
    content = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    assert content["format"] == "spa-profile" and content["version"] == 2
    assert set(content) == {
        "format", "version", "name", "accepted", "offset_mm", "offset_variance", "last_offset_mm",
        "noise_variance", "noise_count", "forgetting",
    }  # fmt: skip


def _write(path: Path, **changes: Any) -> Path:
    Profile.new("a").updated(0.2).save(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    for key, value in changes.items():
        if value is None:
            del content[key]
        else:
            content[key] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"format": "spa-weights"}, "is no profile"),
        ({"version": 3}, "has version 3"),
        ({"version": True}, "has version True"),
        ({"structure": "nodule"}, "unknown structure"),
        ({"version": 1}, "missing structure"),
        ({"offset_mm": None}, "missing offset_mm"),
        ({"patient": "x"}, "unknown patient"),
        ({"offset_mm": "0.3"}, "offset_mm must be a number"),
        ({"offset_mm": float("nan")}, "offset_mm must be a number"),
        ({"offset_variance": 0}, "offset_variance must be"),
        ({"noise_variance": -1.0}, "noise_variance must be"),
        ({"forgetting": 1.5}, "forgetting must be"),
        ({"accepted": -1}, "a count"),
        ({"accepted": 1.5}, "a count"),
        ({"name": 7}, "The name must be"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(tmp_path: Path, changes: dict, reason: str) -> None:
    path = _write(tmp_path / "mine.json", **changes)
    with pytest.raises(InputError, match=reason) as caught:
        Profile.load(path)
    assert "mine.json" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"null", b"\xff\xfe\x00", b"[" * 100000])
def test_damaged_files_are_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.json").write_bytes(content)
    with pytest.raises(InputError, match="mine.json"):
        Profile.load(tmp_path / "mine.json")


def test_missing_large_and_unwritable_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none.json cannot be read"):
        Profile.load(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be read"):
        Profile.load(tmp_path)
    with (tmp_path / "volume.nrrd").open("wb") as large:
        large.truncate(50_000_000)
    with pytest.raises(InputError, match="too large"):
        Profile.load(tmp_path / "volume.nrrd")
    with pytest.raises(OutputError, match="cannot be written"):
        Profile.new("a").save(tmp_path / "nowhere" / "p.json")


def test_two_programs_that_teach_one_profile_lose_nothing(tmp_path: Path) -> None:
    path, link = tmp_path / "me.json", tmp_path / "link.json"
    link.symlink_to("me.json")
    code = "import sys; from SPASegmentLib.interaction.profile import Profile\n"
    code += "for _ in range(8): Profile.teach(sys.argv[1], [0.5])"
    running = [subprocess.Popen([sys.executable, "-c", code, str(each)], cwd=ROOT) for each in (path, link)]
    assert [process.wait(120) for process in running] == [0, 0]
    assert Profile.load(path).accepted == 16
    assert link.is_symlink() and sorted(os.listdir(tmp_path)) == ["link.json", "me.json"]


def test_what_others_have_taught_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "me.json"
    expected = Profile.new("Ada").updated(1.0).updated(-2.0).updated(0.25)
    Profile.new("Ada").updated(1.0).save(path)
    assert Profile.teach(path, [-2.0, 0.25]) == Profile.load(path) == expected
    assert Profile.teach(tmp_path / "new.json", [0.5]).name == "default"
    assert Profile.teach(path, []) == expected


def test_a_profile_that_another_program_keeps_to_itself_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("SPASegmentLib.interaction.profile.PATIENCE", 0.1)
    with held(tmp_path) as mine:
        assert mine
        with pytest.raises(OutputError, match="me.json is in use by another program"):
            Profile.teach(tmp_path / "me.json", [0.5])
