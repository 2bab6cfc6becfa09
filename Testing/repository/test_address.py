"""`make address` puts the public address where it belongs, whichever form of it is given."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest

ROOT = Path(__file__).resolve().parents[2]
WITH_IT = ("CMakeLists.txt", "SPA.json", "SPA.s4ext", "CITATION.cff", "SPASegment/SPASegment.py")
#: Addresses of others in them.
OTHERS = {"Slicer/Slicer", "facebookresearch/segment-anything"}
#: As BSD's: `-i` wants a word of its own after it.
SED = """#!/bin/sh
for word in "$@"; do case "$word" in -i*) echo "sed: 1: invalid command code" >&2; exit 1;; esac; done
exec {sed} "$@"
"""

Make = Callable[[str], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Runs `make address` in a repository of its own, on a system whose sed is BSD's."""
    if shutil.which("make") is None:
        pytest.skip("make is not here")
    repository, programs = tmp_path / "repository", tmp_path / "bin"
    programs.mkdir()
    (programs / "sed").write_text(SED.format(sed=shutil.which("sed")))
    (programs / "sed").chmod(0o755)
    for name in ("Makefile", *WITH_IT):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, repository / name)
    (repository / "SPASegment" / "with space.md").write_text("https://github.com/SlicerSPA/SlicerSPA\n")
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=repository, check=True)

    def run(url: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            ["make", "address", f"URL={url}"], cwd=repository, env=environment, capture_output=True, text=True
        )

    return run


def addresses(repository: Path) -> set:
    found = set()
    for name in (*WITH_IT, "SPASegment/with space.md"):
        text = (repository / name).read_text(encoding="utf-8")
        found |= set(re.findall(r"github(?:usercontent)?\.com/([\w.-]+/[\w.-]+)", text)) - OTHERS
    return found


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/me/Slicer.SPA",
        "https://github.com/me/Slicer.SPA.git",
        "https://github.com/me/Slicer.SPA/",
        "https://github.com/me/Slicer.SPA.git/",
        "http://www.github.com/me/Slicer.SPA",
        "git@github.com:me/Slicer.SPA.git",
        "ssh://git@github.com/me/Slicer.SPA.git",
        "github.com/me/Slicer.SPA",
    ],
)
def test_every_form_of_an_address_gives_the_same(make: Make, tmp_path: Path, url: str) -> None:
    mode = (ROOT / "SPA.json").stat().st_mode
    assert make(url).returncode == 0
    repository = tmp_path / "repository"
    assert addresses(repository) == {"me/Slicer.SPA"}
    assert '"scm_url": "https://github.com/me/Slicer.SPA"' in (repository / "SPA.json").read_text()
    assert (repository / "SPA.json").stat().st_mode == mode and not list(repository.rglob("*.new"))
    # It changes again, and to what it is already.
    for again in ("https://github.com/you/spa", "https://github.com/you/spa.git"):
        assert make(again).returncode == 0
        assert addresses(repository) == {"you/spa"}


@pytest.mark.parametrize(
    "url",
    ["", "https://gitlab.com/me/Slicer", "https://github.com/me", "https://github.com/me/x/tree/main", 'a"b/$(c)&|d'],
)
def test_what_is_no_address_changes_nothing(make: Make, tmp_path: Path, url: str) -> None:
    done = make(url)
    assert done.returncode != 0 and "https://github.com/ME/SlicerSPA" in done.stdout
    assert addresses(tmp_path / "repository") == {"SlicerSPA/SlicerSPA"}
