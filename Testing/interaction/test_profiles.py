"""Profiles by name: the same rules in memory and in a folder."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any, Optional

import pytest

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.interaction.profiles import Profiles


@pytest.fixture(params=["memory", "folder"])
def profiles(request: pytest.FixtureRequest, tmp_path: Path) -> Profiles:
    """With one empty profile, "default", which a folder always has."""
    if request.param == "folder":
        return Profiles(tmp_path / "profiles")
    kept = Profiles()
    kept.create("default")
    return kept


def test_each_has_its_own_name_and_what_it_learned(profiles: Profiles) -> None:
    profiles.create("anna")
    assert profiles.update("anna", lambda profile: profile.updated(2.0)) == (
        Profile.new("anna"),
        Profile.new("anna").updated(2.0),
    )
    profiles.save("bert", Profile.new("somebody").updated(-1.0))
    assert profiles.load("bert") == Profile.new("bert").updated(-1.0)
    assert profiles.load("default").accepted == 0
    profiles.rename("anna", "carl")
    assert profiles.load("carl") == Profile.new("carl").updated(2.0)
    assert set(profiles.names()) == {"default", "bert", "carl"}
    profiles.reset("carl")
    assert profiles.load("carl") == Profile.new("carl") and profiles.load("bert").accepted == 1
    profiles.forget("carl")
    profiles.forget("carl")
    assert set(profiles.names()) == {"default", "bert"}
    assert profiles.update("carl", lambda profile: profile.updated(1.0)) is None
    assert set(profiles.names()) == {"default", "bert"}


def test_names_that_are_taken_or_cannot_be(profiles: Profiles) -> None:
    profiles.create("anna")
    profiles.update("anna", lambda profile: profile.updated(1.0))
    for taken in ("anna", "Anna", "DEFAULT"):
        with pytest.raises(InputError, match="already"):
            profiles.create(taken)
        with pytest.raises(InputError, match="already"):
            profiles.rename("default", taken)
    for name in ("", "two\nlines", "a" * 101):
        with pytest.raises(InputError):
            profiles.create(name)
        with pytest.raises(InputError):
            profiles.rename("anna", name)
    assert set(profiles.names()) == {"default", "anna"} and profiles.load("anna").accepted == 1
    assert [profiles.free("anna"), profiles.free("bert")] == ["anna 2", "bert"]


def test_what_is_taken_from_elsewhere_takes_the_place_of_nothing(profiles: Profiles, tmp_path: Path) -> None:
    profiles.create("anna")
    first, second = Profile.new("anna").updated(3.0), Profile.new("anna").updated(-3.0)
    first.save(tmp_path / "a.json")
    assert [profiles.import_from(tmp_path / "a.json"), profiles.take(first), profiles.take(second)] == [
        "anna 2", "anna 2", "anna 3",
    ]  # fmt: skip
    assert profiles.load("anna").accepted == 0 and profiles.load("anna 3") == second.renamed("anna 3")
    profiles.export_to("anna 3", tmp_path / "b.json")
    assert Profile.load(tmp_path / "b.json") == second.renamed("anna 3")


def test_in_memory_profiles_keep_their_order() -> None:
    profiles = Profiles()
    for name in ("one", "two", "three"):
        profiles.create(name)
    profiles.rename("two", "zwei")
    assert profiles.names() == ["one", "zwei", "three"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("a/b", "a_b"), ("- x", "x"), ("x" * 80, "x" * 50), ("../../etc", "______etc"), ("--", "default")],
)
def test_names_in_a_folder_stay_in_it(tmp_path: Path, name: str, kept: str) -> None:
    profiles = Profiles(tmp_path / "profiles")
    if name != kept:
        assert profiles.take(Profile.new(name)) == kept
    for refused in (name, " x", "x ") if name != "x" * 80 else (name,):
        with pytest.raises(InputError, match="letters, digits|at most 61"):
            profiles.create(refused)
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")] == [f"profiles/{kept}.json"]


@pytest.mark.parametrize("name", ["con", "NUL", "Aux", "prn", "COM1", "lpt9", "com²"])
def test_a_name_that_windows_keeps_for_itself_becomes_no_file(tmp_path: Path, name: str) -> None:
    """There a file `nul.json` is the device NUL: what is written to it is gone."""
    profiles = Profiles(tmp_path)
    profiles.create("ada")
    for refused in (name, f"{name} "):
        with pytest.raises(InputError, match="Windows keeps this name|letters, digits"):
            profiles.create(refused)
        with pytest.raises(InputError, match="Windows keeps this name|letters, digits"):
            profiles.rename("ada", refused)
    kept = profiles.take(Profile.new(name).updated(2.0))
    assert kept == f"{name}_" and profiles.load(kept).accepted == 1
    assert set(profiles.names()) == {"default", "ada", kept}
    profiles.create(f"{name} 10")
    profiles.create(f"{name}x")


def test_a_profile_that_has_such_a_name_already_goes_on(tmp_path: Path) -> None:
    """Where it is a name like others it may have been given before this was refused."""
    if os.name == "nt":
        pytest.skip("there it cannot have been")
    Profile.new("aux").updated(2.0).save(tmp_path / "aux.json")
    profiles = Profiles(tmp_path)
    assert profiles.update("aux", lambda profile: profile.updated(2.0)) is not None
    assert profiles.load("aux").accepted == 2
    profiles.rename("aux", "ada")
    assert profiles.load("ada").accepted == 2 and profiles.names() == ["default", "ada"]


def test_a_damaged_file_is_named_left_alone_and_reset(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path)
    profiles.create("anna")
    path: Optional[Path] = profiles.path("anna")
    assert path is not None
    path.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="anna cannot be read"):
        profiles.update("anna", lambda profile: profile.updated(1.0))
    assert path.read_text(encoding="utf-8") == "{"
    profiles.reset("anna")
    assert json.loads(path.read_text(encoding="utf-8"))["accepted"] == 0


def test_a_file_that_another_program_holds_is_said_and_nothing_is_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where a scanner or a synchronised folder may have it open."""
    profiles = Profiles(tmp_path)
    profiles.create("ada")
    remove = os.remove

    def held(path: Any) -> None:
        if Path(path).name == "ada.json":
            raise PermissionError(13, "in use", str(path))
        remove(path)

    monkeypatch.setattr(os, "remove", held)
    with pytest.raises(OutputError, match="The profile ada is in use by another program, or protected"):
        profiles.forget("ada")
    with pytest.raises(OutputError, match="was not deleted"):
        profiles.rename("ada", "bea")
    assert set(profiles.names()) == {"default", "ada"}
    monkeypatch.undo()
    profiles.rename("ada", "bea")
    assert set(profiles.names()) == {"default", "bea"}


def test_a_name_that_is_too_long_is_said_to_be(tmp_path: Path) -> None:
    profiles = Profiles(tmp_path)
    profiles.create("a" * 61)
    with pytest.raises(InputError, match="at most 61 characters"):
        profiles.create("b" * 62)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "profiles").write_text("")
    with pytest.raises(OutputError, match="folder of profiles cannot be made; check the disk"):
        Profiles(tmp_path / "profiles").update("default", lambda profile: profile.updated(1.0))


def test_two_programs_that_teach_one_profile_lose_nothing(tmp_path: Path) -> None:
    def teach() -> None:
        for _ in range(8):
            assert Profiles(tmp_path / "profiles").update("anna", lambda profile: profile.updated(1.0)) is not None

    Profiles(tmp_path / "profiles").create("anna")
    programs = [threading.Thread(target=teach) for _ in range(3)]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    assert Profiles(tmp_path / "profiles").load("anna").accepted == 24
