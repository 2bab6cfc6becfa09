"""The commands in records repeat a measurement, whatever files and folders are called."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any, List

import pytest

from SPASegmentLib.research.cli.options import typed
from SPASegmentLib.research.evaluation.named.evaluation import NamedTask
from SPASegmentLib.research.evaluation.single_mask import MaskTask
from SPASegmentLib.research.evaluation.structures import StructuresTask
from SPASegmentLib.research.evaluation.task import Task
from SPASegmentLib.research.evaluation.volumes.evaluation import VolumesTask

FILE, FOLDER = Path("a/my file (2).npz"), Path("b/Uwe's scans")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (Task(cases=FILE).command([FILE]), ["lidc", "--npz", FILE.name, "--cases", FILE.name]),
        (MaskTask(FOLDER, patients=("p 1",)).command(), ["masks", FOLDER.name, "--patient", "p 1"]),
        (StructuresTask(FOLDER).command(), ["structures", FOLDER.name]),
        (NamedTask((FILE,), second=FILE).command(), ["named", "--npz", FILE.name, "--second", FILE.name]),
        (VolumesTask((FOLDER,), (FILE,), FILE, patients=("p 1",), without=("even anchors",)).command(),
         ["volumes", FOLDER.name, "--npz", FILE.name, "--index", FILE.name, "--patient", "p 1", "--without",
          "even anchors"]),
    ],
)  # fmt: skip
def test_names_with_spaces_and_quotes_stay_one_word(command: str, words: List[str]) -> None:
    assert shlex.split(command) == ["spa", "evaluate", *words]


@pytest.mark.parametrize("kind", [MaskTask, StructuresTask])
def test_the_folder_in_which_one_works_has_a_name(kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert kind(Path(".")).command().split()[3] == tmp_path.name


def test_what_was_typed_is_repeated_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["/bin/spa", "benchmark", "--json", "my out/x.json", str(tmp_path / "my file")])
    assert shlex.split(typed()) == ["spa", "benchmark", "--json", "my out/x.json", "my file"]
