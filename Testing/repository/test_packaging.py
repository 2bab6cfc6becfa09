"""The wheel holds the library and the weights; the version stands in one place; licence and citation."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

import SPASegmentLib
from SPASegmentLib.model.weights import models_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_wheel_holds_the_library_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    sources = {p.relative_to(ROOT).as_posix() for p in (ROOT / "SPASegmentLib").rglob("*.py")}
    assert sources <= set(names)
    assert "SPASegmentLib/translations/SPA_de-DE.ts" in names
    information = f"spa_segment-{SPASegmentLib.__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"SPASegmentLib", information}


def test_installed_library_finds_its_weights(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "from SPASegmentLib.model.weights import load_default, models_folder; load_default(); print(models_folder())"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    folder = Path(done.stdout.strip())
    assert folder == tmp_path / "SPASegmentLib" / "_models"
    bundled = {p.name: p.read_bytes() for p in (ROOT / "Resources/Models").iterdir()}
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == bundled


def test_checkout_finds_its_weights() -> None:
    assert models_folder() == ROOT / "Resources" / "Models"


def test_wheel_installs_the_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (entry_points,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
    assert "spa = SPASegmentLib.cli:main" in archive.read(entry_points).decode()


def test_citation_names_the_paper() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["license"] == "Apache-2.0"
    paper = citation["preferred-citation"]
    assert [author["family-names"] for author in paper["authors"]] == ["Zhu", "Wu", "Ouyang", "Kamnitsas", "Noble"]
    assert paper["year"] == 2025
    assert "arXiv:2411.15513" in {identifier["value"] for identifier in paper["identifiers"]}


def test_the_version_stands_in_one_place() -> None:
    """Only history and measurements may repeat it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    texts = [name for name in listed.split("\0") if name.endswith((".py", ".toml", ".txt", ".cff", ".s4ext", ".json"))]
    product = [name for name in texts if not name.startswith(("Testing/", "Resources/", "docs/"))]
    quoted = re.compile(rf"[\s\"']{re.escape(SPASegmentLib.__version__)}[\s\"']")
    assert [name for name in product if quoted.search((ROOT / name).read_text())] == ["SPASegmentLib/__init__.py"]


def test_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE.txt").read_text()
    assert "Apache License" in text
    assert [int(n) for n in re.findall(r"^   (\d)\. ", text, re.MULTILINE)] == list(range(1, 10))
    assert "END OF TERMS AND CONDITIONS" in text


def test_weights_stay_small() -> None:
    assert sum(p.stat().st_size for p in (ROOT / "Resources/Models").iterdir()) <= 30e6
