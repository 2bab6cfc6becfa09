"""Which profile is in use, and what the user does with profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional

import qt
import slicer

from .Model import choice, loaded
from .Profiles import DEFAULT, Profiles
from .Translate import tr as _

ACTIVE_KEY = "SPA/Profile"


def store() -> Profiles:
    """The profiles beside the application's settings."""
    return Profiles(Path(slicer.app.slicerUserSettingsFilePath).parent / "SPA" / "Profiles")


def active() -> str:
    """Name of the profile in use."""
    name = str(qt.QSettings().value(ACTIVE_KEY, DEFAULT) or DEFAULT)
    return name if name in store().names() else DEFAULT


def activate(name: str) -> None:
    """Use another profile from now on."""
    qt.QSettings().setValue(ACTIVE_KEY, name)


class ProfileActions:
    """The effect's side of profiles."""

    def __init__(self, panel: Any, checked: Callable[[Callable[[], None]], None]) -> None:
        self._panel, self._checked = panel, checked

    def current(self) -> Any:
        """The profile in use."""
        return store().load(active())

    def use(self, name: str) -> None:
        """Use another one from the next session on."""
        activate(name)
        self.refresh()

    def learned(self, profile: Optional[Any]) -> None:
        """Keep what an accepted mask has taught."""
        if profile is not None:
            store().save(active(), profile)
        self.refresh()

    def refresh(self) -> None:
        """Bring the panel up to date; what was learned is read with the network's libraries, so not before these."""

        def show() -> None:
            text = ""
            if loaded(choice()) is not None:
                profile = self.current()
                text = _("{learned} (masks accepted: {count})")
                text = text.format(count=profile.accepted, learned=profile.describe())
            self._panel.show_profiles(store().names(), active(), text)

        self._checked(show)
