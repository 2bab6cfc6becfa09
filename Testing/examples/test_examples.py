"""The examples run as they stand, and the public names are all there, loaded only when they are asked for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import SPASegmentLib as spa

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def run(name: str, *arguments: str) -> str:
    command = [sys.executable, str(ROOT / "examples" / name), *arguments]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_five_short_ones() -> None:
    assert [path.name[:2] for path in EXAMPLES] == ["01", "02", "03", "04", "05"]
    assert all(len(path.read_text(encoding="utf-8").splitlines()) < 40 for path in EXAMPLES)


def test_an_array() -> None:
    said = run("01_array.py")
    # The disk has about 1000 pixels, its rim not counted.
    found = re.search(r"accepted: (\d+) of 25600 pixels", said)
    assert found and 600 < int(found[1]) < 1800
    assert said.startswith("candidate 1: ")


def test_a_picture(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:120, :140]
    inside = np.hypot(rows - 60, columns - 70) < 20
    Image.fromarray((40 + 160 * inside).astype(np.uint8)).save(tmp_path / "in.png")
    run("02_png.py", str(tmp_path / "in.png"), "48", "38", "92", "82", str(tmp_path / "out.png"))
    mask = np.asarray(Image.open(tmp_path / "out.png")) > 0
    assert 2 * (mask & inside).sum() / (mask.sum() + inside.sum()) > 0.9


def test_a_profile() -> None:
    said = run("03_profile.py")
    assert "prefers tighter outlines" in said
    assert said.endswith("saved after 3 masks\n")


def test_a_volume() -> None:
    assert "on slices [10, 11, 12, 13, 14]" in run("04_volume.py")


def test_through_a_volume() -> None:
    said = run("05_through_volume.py")
    # The core's radius is 7.5 mm and the rim's 4.2 mm more, at 2.5 mm a slice.
    found = re.search(r"slices (\d+) to (\d+), (\d+) mm\n(\d+) slices, expected Dice 0\.\d+; answered: \[", said)
    assert found and 5 <= int(found[1]) <= 10 and 14 <= int(found[2]) <= 19
    assert int(found[4]) <= int(found[2]) - int(found[1]) + 1


@pytest.mark.parametrize("name", spa.__all__)
def test_public_names_are_there(name: str) -> None:
    assert getattr(spa, name).__name__ == name
    assert name in dir(spa)


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Sesion'"):
        spa.Sesion  # noqa: B018
