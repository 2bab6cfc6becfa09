"""What the log says of a person who changes their mind on the page of a study."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.viewer


def test_a_person_changes_their_mind(tmp_path: Path) -> None:
    pytest.importorskip("trame_slicer")
    command = [sys.executable, str(Path(__file__).with_name("study_page.py")), str(tmp_path)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "all of it held" in done.stdout, done.stdout + done.stderr
