"""What the README shows works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from typer.testing import CliRunner

from SPASegmentLib.cli import app
from SPASegmentLib.data.phantom import ambiguous_phantom

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def test_the_library_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    phantom = ambiguous_phantom(0)
    names = {"pixels": np.kron(phantom.voxels[12], np.ones((2, 2)))}
    exec(code.replace("Click(x=120, y=84)", "Click(x=106, y=104)"), names)
    assert names["mask"].shape == names["pixels"].shape
    assert names["mask"][104, 106]


def test_the_options_it_names_exist() -> None:
    wide = {"COLUMNS": "200", "NO_COLOR": "1"}
    commands = (["segment"], ["viewer"], ["train"], ["evaluate", "lidc"], ["benchmark"])
    text = "".join(CliRunner().invoke(app, [*command, "--help"], env=wide).stdout for command in commands)
    named = set(re.findall(r"`(--[a-z-]+)", README))
    assert {"--slices", "--reference", "--choices", "--profile", "--plane"} <= named
    assert {option for option in named if option not in text} == set()


def test_make_knows_its_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", README, re.MULTILINE))
    assert {"demo", "test", "venv"} <= targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_files_it_links_to_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert "Resources/Screenshots/demo.png" in links
    assert all((ROOT / link).exists() for link in links)
