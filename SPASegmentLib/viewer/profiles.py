"""The profiles of this viewer: kept while it runs, and in files only where the user exports them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.profile import DEFAULT, Profile


class Profiles:
    """Profiles by name; one of them is in use.

    Args:
        first: to begin with; None for an empty one.
    """

    def __init__(self, first: Optional[Profile] = None) -> None:
        first = first or Profile.new(DEFAULT)
        self._profiles: Dict[str, Profile] = {first.name: first}
        self._active = first.name

    @property
    def names(self) -> List[str]:
        """All names, in the order in which the profiles came."""
        return list(self._profiles)

    @property
    def active(self) -> Profile:
        """The profile in use."""
        return self._profiles[self._active]

    def taught(self) -> str:
        """Name of the profile that learns: the one in use."""
        return self._active

    def update(self, name: str, change: Callable[[Profile], Profile]) -> Optional[Tuple[Profile, Profile]]:
        """Change a profile, which keeps its name.

        Returns:
            What it was and what it is; None if there is none of this name any more.
        """
        before = self._profiles.get(name)
        if before is None:
            return None
        self._profiles[name] = change(before)
        return before, self._profiles[name]

    def use(self, name: str) -> None:
        """Use another profile.

        Raises:
            InputError: there is none of this name.
        """
        if name not in self._profiles:
            raise InputError("There is no such profile any more; pick one of the list.")
        self._active = name

    def create(self) -> None:
        """Add an empty profile with a name of its own, and use it."""
        name = self._free("profile")
        self._profiles[name] = Profile.new(name)
        self._active = name

    def rename(self, name: str) -> None:
        """Give the profile in use another name.

        Raises:
            InputError: the name is taken, empty, too long or not printable.
        """
        name = name.strip()
        if name == self._active:
            return
        if name in self._profiles:
            raise InputError("There is a profile of this name already; choose another name.")
        self._profiles[self._active] = replace(self.active, name=name)
        self._profiles = {profile.name: profile for profile in self._profiles.values()}
        self._active = name

    def reset(self) -> None:
        """Forget what the profile in use has learned, and keep the profile."""
        self._profiles[self._active] = self.active.reset()

    def forget(self) -> None:
        """Delete the profile in use; the one before it is used from then on.

        Raises:
            InputError: it is the only one.
        """
        if len(self._profiles) == 1:
            raise InputError("This is the only profile; reset it, or add another one first.")
        at = self.names.index(self._active)
        del self._profiles[self._active]
        self._active = self.names[max(at - 1, 0)]

    def import_from(self, path: Path) -> None:
        """Add the profile in a file and use it; it gets another name where its own is taken.

        Raises:
            InputError: the file is no profile.
        """
        profile = Profile.load(path)
        name = self._free(profile.name)
        self._profiles[name] = replace(profile, name=name)
        self._active = name

    def _free(self, wanted: str) -> str:
        """This name, or the first of "name 2", "name 3", ... that is not taken."""
        name, count = wanted, 2
        while name in self._profiles:
            name, count = f"{wanted[:90]} {count}", count + 1
        return name
