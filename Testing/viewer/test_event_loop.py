"""The network runs off the event loop, and the page stays in charge meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.viewer


def test_nothing_waits_for_the_network() -> None:
    pytest.importorskip("trame_slicer")
    command = [sys.executable, str(Path(__file__).with_name("event_loop.py"))]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "all of it held" in done.stdout, done.stderr
