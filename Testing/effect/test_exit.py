"""The process ends cleanly in the middle of a job, and does not wait for work that was cancelled before it began."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import os, sys, time
from pathlib import Path
os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path[:0] = [{root!r}, {root!r} + "/SPASegment", {root!r} + "/Testing/host"]
from slicerhost.application import Host
from slicerhost.desk import Desk
from SPASegmentLib.data.phantom import ambiguous_phantom
phantom = ambiguous_phantom()
host = Host(Path(sys.argv[1]))
desk = Desk(host, phantom.voxels, phantom.ijk_to_ras, phantom.lesion_ras)
desk.click()
desk.workflow.choose(1)
time.sleep(0.02)
assert desk.workflow.busy
host.close()
print("closed")
"""


def test_exit_in_the_middle_of_a_job(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT.format(root=str(ROOT)), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == "closed" and "Traceback" not in done.stderr
