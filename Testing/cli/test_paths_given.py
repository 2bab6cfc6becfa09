"""Paths of all commands: an empty one is refused, and ~ is the user's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, List, Tuple, get_type_hints

import pytest
import typer

from SPASegmentLib.cli import app
from SPASegmentLib.commands.plain import path


def callbacks(group: typer.Typer) -> Iterator[Any]:
    yield from (one.callback for one in group.registered_commands)
    for part in group.registered_groups:
        if part.typer_instance is not None:
            yield part.typer_instance.registered_callback.callback if part.typer_instance.registered_callback else None
            yield from callbacks(part.typer_instance)


def test_every_path_is_read_alike() -> None:
    count = 0
    for callback in filter(None, callbacks(app)):
        for name, hint in get_type_hints(callback, include_extras=True).items():
            if name != "return" and "Path" in str(hint):
                count += 1
                found = [one for one in hint.__metadata__ if hasattr(one, "parser")]
                assert [one.parser for one in found] == [path], f"{callback.__name__}: {name}"
    assert count > 60


EMPTY: List[Tuple[List[str], str]] = [
    (["viewer", ""], "volume"),
    (["viewer", " ", "--no-browser"], "volume"),
    (["segment", "", "--click", "1,2,3", "--output", "x.nrrd"], "volume"),
    (["segment", "x.nrrd", "--click", "1,2,3", "--output="], "output"),
    (["demo", "--output", ""], "output"),
    (["train", "x.yaml", "--data", ""], "data"),
    (["evaluate", "lidc", "--npz", "x.npz", ""], "FILE"),
    (["evaluate", "volumes", "a", ""], "FOLDER"),
    (["study", "report", ""], "log"),
    (["report", ""], "records"),
    (["benchmark", "--json="], "json"),
    (["train-people", "x.yaml", "--data", ".", "--file", ""], "file"),
    (["train-people", "x.yaml", "--data", ".", "--file= "], "file"),
]


@pytest.mark.parametrize(("arguments", "name"), EMPTY, ids=lambda value: " ".join(value) if value else "")
def test_an_empty_path_is_not_the_current_folder(
    spa: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: List[str], name: str
) -> None:
    """As from "$VARIABLE" of a shell where it is not set."""
    monkeypatch.chdir(tmp_path)
    done = spa(*arguments)
    words = " ".join(done.err.replace("│", " ").split())
    assert done.code == 2 and name in words and "it is empty; give a path" in words
    assert list(tmp_path.iterdir()) == []


def test_a_tilde_is_the_users_folder_in_all_commands(
    spa: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No shell replaces it in --output=~/out."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    done = spa("study", "report", "~/log.csv", "--output=~/out")
    assert done.code == 2 and f"There is no log {home}" in done.err
    assert [each.name for each in tmp_path.iterdir()] == ["home"]
    for option in ("--output=~nobody-here/x.nrrd", "--log=~nobody-here/log.json"):
        done = spa("segment", "x.nrrd", "--click=1,2,3", option)
        assert done.code == 2 and "no user of this name" in " ".join(done.err.replace("│", " ").split())
