"""What the log says of a person who changes their mind on the page of a study."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from SPASegmentLib.errors import InputError

pytestmark = pytest.mark.viewer


def test_a_person_changes_their_mind(tmp_path: Path) -> None:
    pytest.importorskip("trame_slicer")
    command = [sys.executable, str(Path(__file__).with_name("study_page.py")), str(tmp_path)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "all of it held" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("at", ["[11, -40.5, 29]", "[-40, 11, 29]", "[0, 0, 1000]"])
def test_a_point_outside_of_its_image_is_told_before_anybody_takes_part(tmp_path: Path, at: str) -> None:
    """A person would look at an empty slice. Such a point is often one in L, P, S."""
    pytest.importorskip("trame_slicer")
    from SPASegmentLib.viewer.study import read_study
    from SPASegmentLib.viewer.study_app import check_references

    header = (
        "NRRD0004\ntype: uint8\ndimension: 3\nspace: right-anterior-superior\nsizes: 20 30 40\nencoding: raw\n"
        "space directions: (2,0,0) (0,-1,0) (0,0,1)\nspace origin: (10,-40,0)\n\n"
    )
    voxels = np.random.default_rng(0).integers(0, 255, 24000, dtype=np.uint8).tobytes()
    (tmp_path / "a.nrrd").write_bytes(header.encode() + voxels)
    study = tmp_path / "study.yaml"
    study.write_text(f"images: [{{image: a.nrrd, id: c1, at: {at}}}]\ntrial: []\n")
    if at.startswith("[11"):
        check_references(read_study(study))
        return
    with pytest.raises(InputError, match=r"c1 of the study cannot be used: its point at \[.*\] lies outside"):
        check_references(read_study(study))
