"""What the README and the pages of docs show works as it stands there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.data.phantom import ambiguous_phantom

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
#: Written by hand; the others are written by commands, and tested with these.
NAMES = (
    "slicer", "offline", "viewer", "command-line", "library", "training", "tutorial", "tutorial-browser",
    "tutorial-researchers", "study",
)  # fmt: skip
PAGES = [README, *(ROOT / f"docs/{name}.md" for name in NAMES)]
MORE = [path for name in ("CONTRIBUTING.md", "docs/architecture.md") if (path := ROOT / name).exists()]
TEXT = "\n".join(page.read_text() for page in PAGES)


def test_the_library_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/library.md").read_text(), re.DOTALL)
    phantom = ambiguous_phantom(0)
    names = {"pixels": np.kron(phantom.voxels[12], np.ones((2, 2)))}
    exec(code.replace("Click(x=120, y=84)", "Click(x=106, y=104)"), names)
    assert names["mask"].shape == names["pixels"].shape
    assert names["mask"][104, 106]


def test_the_options_they_name_exist() -> None:
    wide = {"COLUMNS": "200", "NO_COLOR": "1"}
    measure = (*(["evaluate", what] for what in ("lidc", "masks", "structures", "named", "volumes")), ["calibrate"])
    trained = (["train"], ["train-people"], ["baselines", "train"])
    commands = (["segment"], ["viewer"], *trained, *measure, ["benchmark"], ["report"], ["study", "report"])
    text = "".join(CliRunner().invoke(app, [*command, "--help"], env=wide).stdout for command in commands)
    named = set(re.findall(r"`(--[a-z-]+)", TEXT))
    assert {"--slices", "--reference", "--choices", "--profile", "--plane"} <= named
    assert {option for option in named if option not in text} == {"--no-index", "--platform"}, "of pip"


def test_make_knows_their_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", TEXT, re.MULTILINE))
    assert {"demo", "test", "venv", "results"} <= targets
    assert {target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()


@pytest.mark.parametrize("page", PAGES + MORE, ids=lambda page: page.name)
def test_files_they_link_to_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_is_short_and_shows_a_picture_first() -> None:
    lines = README.read_text().splitlines()
    assert len(lines) <= 130
    first_picture = next(n for n, line in enumerate(lines) if line.startswith("!["))
    first_command = next(n for n, line in enumerate(lines) if line.startswith("make demo"))
    assert first_picture < first_command < 25


def test_pictures_of_tutorials_are_there_used_and_small() -> None:
    shown = {name for page in PAGES for name in re.findall(r"\]\(pictures/([^)]+)\)", page.read_text())}
    files = {path.name: path.stat().st_size for path in (ROOT / "docs/pictures").iterdir()}
    assert shown == set(files) and max(files.values()) <= 150_000


def test_the_tutorial_s_configuration_and_manifest_are_read(tmp_path: Path) -> None:
    from SPASegmentLib.research.training.config import load_config

    (text,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/tutorial-researchers.md").read_text(), re.DOTALL)
    (tmp_path / "mine.yaml").write_text(text)
    assert load_config(tmp_path / "mine.yaml").sources[0].file == "raters.csv"
    assert text in (ROOT / "docs/training.md").read_text(), "the same as on the page with all details"


@pytest.mark.parametrize("name", ["", "scan.nii.gz", "my scan (1).nii.gz"])
def test_make_opens_a_volume_of_any_name(name: str, tmp_path: Path) -> None:
    """The command that make hands to the shell, with a program in the viewer's place that prints what it is given."""
    program = tmp_path / "bin" / "spa"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    program.chmod(0o755)
    (tmp_path / "ready").touch()
    command = ["make", "--silent", f"VIEWER={tmp_path}", "-o", f"{tmp_path}/ready", "viewer", f"VOLUME={name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ("viewer|" if not name else f"viewer|{name}|")
