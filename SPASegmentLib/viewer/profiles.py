"""Which profile is in use in this viewer; they are kept while it runs, in files only where the user exports them."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, List, Optional, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.interaction.profile import DEFAULT, Profile
from SPASegmentLib.interaction.profiles import Profiles
from SPASegmentLib.translation import texts

_ = texts(__name__)


class ViewerProfiles:
    """The profiles of this run, one of which is in use.

    Args:
        first: to begin with; None for an empty one.
    """

    def __init__(self, first: Optional[Profile] = None) -> None:
        self._kept = Profiles()
        self._active = self._kept.take(first or Profile.new(DEFAULT))

    @property
    def names(self) -> List[str]:
        """All names, in the order in which the profiles came."""
        return self._kept.names()

    @property
    def active(self) -> Profile:
        """The profile in use."""
        return self._kept.load(self._active)

    def taught(self) -> str:
        """Name of the profile that learns: the one in use."""
        return self._active

    def update(self, name: str, change: Callable[[Profile], Profile]) -> Optional[Tuple[Profile, Profile]]:
        """Change a profile, see `Profiles.update`."""
        return self._kept.update(name, change)

    def use(self, name: str) -> None:
        """Use another profile.

        Raises:
            InputError: there is none of this name.
        """
        if name not in self.names:
            raise InputError(_("There is no such profile any more; pick one of the list."))
        self._active = name

    def create(self) -> None:
        """Add an empty profile with a name of its own, and use it."""
        name = self._kept.free("profile")
        self._kept.create(name)
        self._active = name

    def rename(self, name: str) -> None:
        """Give the profile in use another name.

        Raises:
            InputError: the name is taken, empty, too long or not printable.
        """
        name = name.strip()
        if name != self._active:
            self._kept.rename(self._active, name)
            self._active = name

    def reset(self) -> None:
        """Forget what the profile in use has learned, and keep the profile."""
        self._kept.reset(self._active)

    def forget(self) -> None:
        """Delete the profile in use; the one before it is used from then on.

        Raises:
            InputError: it is the only one.
        """
        if len(self.names) == 1:
            raise InputError(_("This is the only profile; reset it, or add another one first."))
        at = self.names.index(self._active)
        self._kept.forget(self._active)
        self._active = self.names[max(at - 1, 0)]

    def import_from(self, path: Path) -> None:
        """Add the profile in a file and use it; it gets another name where its own is taken.

        Raises:
            InputError: the file is no profile.
        """
        self._active = self._kept.import_from(path)
