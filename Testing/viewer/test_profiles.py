"""The profiles of one run of the viewer."""

from __future__ import annotations

from pathlib import Path

import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.profile import Profile
from SPASegmentLib.viewer.profiles import ViewerProfiles


def test_there_is_always_one_profile() -> None:
    profiles = ViewerProfiles()
    assert profiles.names == ["default"] and profiles.active.accepted == 0
    with pytest.raises(InputError, match="only profile"):
        profiles.forget()
    given = Profile.new("me").updated(1.0)
    assert ViewerProfiles(given).active == given


def test_what_is_learned_stays_with_its_profile() -> None:
    profiles = ViewerProfiles()
    profiles.update(profiles.taught(), lambda profile: profile.updated(1.0))
    profiles.create()
    assert profiles.names == ["default", "profile"] and profiles.active.accepted == 0
    profiles.update(profiles.taught(), lambda profile: profile.updated(-2.0).updated(-2.0))
    profiles.rename(" tight ")
    assert profiles.names == ["default", "tight"] and profiles.active.name == "tight"
    assert profiles.active.accepted == 2
    profiles.use("default")
    assert profiles.active.accepted == 1
    profiles.reset()
    assert profiles.active.accepted == 0 and profiles.names == ["default", "tight"]
    profiles.use("tight")
    profiles.forget()
    assert profiles.names == ["default"] and profiles.active.name == "default"


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "two\nlines", "default", "Default"])
def test_names_that_cannot_be(name: str) -> None:
    profiles = ViewerProfiles()
    profiles.create()
    before = profiles.active
    with pytest.raises(InputError):
        profiles.rename(name)
    assert profiles.active == before and profiles.names == ["default", "profile"]
    with pytest.raises(InputError, match="no such profile"):
        profiles.use("nobody")


def test_profiles_come_from_files_and_keep_what_is_there(tmp_path: Path) -> None:
    profiles = ViewerProfiles()
    profiles.update(profiles.taught(), lambda profile: profile.updated(1.0))
    Profile.new("default").updated(3.0).updated(3.0).save(tmp_path / "a.json")
    for _ in range(2):  # the same one twice is there once
        profiles.import_from(tmp_path / "a.json")
        assert profiles.names == ["default", "default 2"] and profiles.active.accepted == 2
    Profile.new("default").updated(-3.0).save(tmp_path / "a.json")
    profiles.import_from(tmp_path / "a.json")
    assert profiles.names == ["default", "default 2", "default 3"] and profiles.active.accepted == 1
    profiles.use("default")
    assert profiles.active.accepted == 1
    (tmp_path / "b.json").write_text("[]")
    with pytest.raises(InputError, match="no profile"):
        profiles.import_from(tmp_path / "b.json")
    assert len(profiles.names) == 3
