"""What `make dist` builds: the wheel comes out of the source distribution, and works where there is nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from typing import List

import pytest

import SPASegmentLib

ROOT = Path(__file__).resolve().parents[2]
#: What using SPA must not bring. (VTK's wheel brings matplotlib; SPA does not use it.)
HEAVY = {"torch", "scikit-learn", "monai", "pandas", "onnx"}


def build(source: Path, target: str, folder: Path) -> Path:
    words = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(words, cwd=source, check=True, capture_output=True)
    (built,) = folder.glob({"sdist": "*.tar.gz", "wheel": "*.whl"}[target])
    return built


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked; `make dist` says where it lies."""
    folder = tmp_path_factory.mktemp("sources")
    given = os.environ.get("SPA_DIST")
    (packed,) = Path(given).glob("*.tar.gz") if given else [build(ROOT, "sdist", folder)]
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return folder / f"spa_segment-{SPASegmentLib.__version__}"


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("SPA_DIST")
    if given:
        (found,) = Path(given).glob("*.whl")
        return found
    return build(sources, "wheel", tmp_path_factory.mktemp("wheel"))


def test_sources_are_whole(sources: Path) -> None:
    """Whoever packages SPA has the licence, the weights, the tests and what 3D Slicer's build needs."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    left_out = {name for name in listed.split("\0") if name and not (sources / name).exists()}
    # What is deleted but not yet committed is no loss.
    lost = {name for name in left_out if (ROOT / name).exists()}
    assert {name for name in lost if not name.startswith((".", "docs/results/"))} == set()


@pytest.mark.slow
def test_a_clean_environment_needs_nothing_but_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Needs a package index, or wheels where pip finds them."""
    venv.create(tmp_path / "venv", with_pip=True)
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        alone = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "SPA_SHARED_DATA")}
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, env=alone)

    python = str(scripts / "python")
    options: List[str] = os.environ.get("PIP_ARGS", "").split()
    done = run(python, "-m", "pip", "install", "--quiet", *options, str(wheel))
    assert done.returncode == 0, done.stderr
    installed = json.loads(run(python, "-m", "pip", "list", "--format", "json").stdout)
    assert not HEAVY & {package["name"].lower() for package in installed}

    spa = str(scripts / "spa")
    done = run(spa, "--version")
    assert SPASegmentLib.__version__ in done.stdout, done.stderr
    done = run(spa, "demo", "--output", "demo")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "demo").iterdir()} == {"demo.png", "demo.seg.nrrd", "log.json"}
    assert json.loads((tmp_path / "demo/log.json").read_text())["accepted_dice"] > 0.9
    done = run(spa, "viewer")
    assert done.returncode == 2 and "spa-segment[viewer]" in done.stderr
