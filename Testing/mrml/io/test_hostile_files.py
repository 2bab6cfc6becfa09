"""Whatever a header says, a file is read or refused in words; nothing else happens to the process that reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pydicom")

FORMATS = ("nrrd", "metaimage", "nifti", "packed nifti", "dicom")


def read_and_refused(name: str, count: int, folder: Path) -> tuple:
    program = Path(__file__).with_name("hostile.py")
    command = [sys.executable, "-X", "faulthandler", str(program), name, str(count), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0 and done.stderr == "", done.stderr[-3000:]
    read, refused = map(int, done.stdout.split())
    return read, refused


@pytest.mark.parametrize("name", FORMATS)
def test_some_changed_headers(tmp_path: Path, name: str) -> None:
    assert sum(read_and_refused(name, 100, tmp_path)) == 100


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_two_thousand_changed_headers(tmp_path: Path, name: str) -> None:
    read, refused = read_and_refused(name, 2000, tmp_path)
    assert read + refused == 2000
    # Both happen often: what is changed matters, and not everything is refused.
    assert read > 100 and refused > 100
