"""Which profile is in use, and what the user does with profiles."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any, Callable, List, Optional, Tuple

import qt
import slicer

from SPASegmentLib.errors import SPAError
from SPASegmentLib.interaction.profile import DEFAULT
from SPASegmentLib.interaction.profiles import Profiles

from . import Dependencies, SceneProfile
from .Translate import tr as _

ACTIVE_KEY, USER_KEY = "SPA/Profile", "SPA/User"


#: Where tests keep profiles of their own, empty for the user's.
_elsewhere: List[Path] = []


def keep_in(folder: Optional[str]) -> None:
    """Use the profiles in a folder instead of the user's, the default one first; None for the user's again."""
    _elsewhere[:] = [] if folder is None else [Path(folder)]


def store() -> Profiles:
    """The profiles beside the application's settings."""
    folder = Path(slicer.app.slicerUserSettingsFilePath).parent / "SPA" / "Profiles"
    return Profiles(_elsewhere[0] if _elsewhere else folder)


def active() -> str:
    """Name of the profile in use."""
    if _elsewhere:
        return DEFAULT
    name = str(qt.QSettings().value(ACTIVE_KEY, DEFAULT) or DEFAULT)
    return name if name in store().names() else DEFAULT


def activate(name: str) -> None:
    """Use another profile from now on."""
    qt.QSettings().setValue(ACTIVE_KEY, name)


def learned_text() -> str:
    """What the profile in use has learned, or what is wrong with it; empty while SPA's libraries are missing."""
    if Dependencies.missing(with_network=False):
        return ""
    try:
        profile = store().load(active())
    except SPAError as error:
        return str(error)
    return _("{learned} (masks accepted: {count})").format(count=profile.accepted, learned=profile.describe())


def user() -> str:
    """A random number that stands for this user in scenes; it says nothing about anybody."""
    settings = qt.QSettings()
    if not settings.value(USER_KEY, ""):
        settings.setValue(USER_KEY, uuid.uuid4().hex)
    return str(settings.value(USER_KEY, ""))


def name_in_scene() -> str:
    """Name of the scene's copy, empty if there is none."""
    return SceneProfile.name(slicer.mrmlScene)


def another_user_s_copy() -> bool:
    """Whether the scene holds a copy that somebody else has put there; it is not replaced unasked."""
    return SceneProfile.owner(slicer.mrmlScene) not in ("", user())


def take_from_scene() -> str:
    """Add the scene's copy to the profiles and use it; returns the name that it has here.

    Raises:
        InputError: the copy is damaged.
    """
    profile = SceneProfile.load(slicer.mrmlScene)
    if profile is None:
        return active()
    name = store().take(profile)
    activate(name)
    return name


class ProfileActions:
    """The effect's side of profiles."""

    def __init__(self, panel: Any, scripted_effect: Any, checked: Callable[[Callable[[], None]], None]) -> None:
        self._panel, self._effect, self._checked = panel, scripted_effect, checked
        self._taught = DEFAULT

    def current(self) -> Any:
        """The profile in use."""
        return store().load(active())

    def begin(self) -> Any:
        """The profile in use, for a session that begins; what it teaches goes there, whatever is used by then."""
        self._taught = active()
        return store().load(self._taught)

    def use(self, name: str) -> None:
        """Use another one from the next session on; an empty name stands for the scene's copy."""

        def change() -> None:
            if name:
                activate(name)
            else:
                take_from_scene()
            self.keep_in_scene(replace=not name)

        self._checked(change)
        self.refresh()

    def taught(self) -> str:
        """Name of the profile that the session on screen teaches."""
        return self._taught

    def update(self, name: str, change: Callable[[Any], Any]) -> Optional[Tuple[Any, Any]]:
        """Change a profile by what accepted masks teach, see `Profiles.update`."""
        changed = store().update(name, change)
        self.keep_in_scene()
        self.refresh()
        return changed

    def keep_in_scene(self, replace: bool = False) -> None:
        """Bring the scene's copy up to date, if the user wants one; another user's only where it is to be replaced."""
        if self._effect.parameter("ProfileInScene") == "1" and (replace or not another_user_s_copy()):
            SceneProfile.save(slicer.mrmlScene, self.current().renamed(active()), user())

    def copy_wanted(self, wanted: bool) -> None:
        """The user has said whether the scene is to hold a copy."""
        if wanted:
            self._checked(lambda: self.keep_in_scene(replace=True))
        else:
            SceneProfile.remove(slicer.mrmlScene)
        self.refresh()

    def refresh(self) -> None:
        """Bring the panel up to date; what was learned is read with SPA's libraries, so not before these are there."""

        def show() -> None:
            other = name_in_scene() if another_user_s_copy() else ""
            self._panel.show_profiles(store().names(), active(), learned_text(), other)

        self._checked(show)
