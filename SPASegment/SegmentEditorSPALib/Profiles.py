"""Profiles on disk, beside the application's settings: one file for each, nothing of an image in it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Callable, List, Optional, Tuple

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.output import held

from .Translate import tr as _

if TYPE_CHECKING:
    from SPASegmentLib.interaction.profile import Profile

DEFAULT = "default"
#: Seconds that another program may take for the profiles.
PATIENCE = 2.0


class Profiles:
    """The profiles of this user of the computer.

    Attributes:
        folder: where they lie; made when the first one is saved.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def names(self) -> List[str]:
        """All names in order, the default one first whether it has been saved or not."""
        found = {path.stem for path in self.folder.glob("*.json")} if self.folder.is_dir() else set()
        return [DEFAULT, *sorted(found - {DEFAULT})]

    def load(self, name: str) -> Profile:
        """The profile of this name, empty if it has not been saved.

        Raises:
            InputError: the file is damaged.
        """
        from SPASegmentLib.interaction.profile import Profile

        path = self.path(name)
        if not path.is_file():
            return Profile.new(name)
        try:
            return Profile.load(path)
        except InputError as error:
            text = _("The profile {name} cannot be read; pick another one, or reset it in the module SPA.")
            raise InputError(text.format(name=name)) from error

    def save(self, name: str, profile: Profile) -> None:
        """Keep a profile under a name.

        Raises:
            InputError: the name cannot be a file's.
            OutputError: it cannot be written.
        """
        path = self.path(name)
        self._make_folder()
        profile.save(path)

    def update(self, name: str, change: Callable[[Profile], Profile]) -> Optional[Tuple[Profile, Profile]]:
        """Change a profile, and lose nothing of what another Slicer has taught it meanwhile.

        Returns:
            What it was and what it is; None if there is none of this name any more.

        Raises:
            InputError: the file is damaged.
            OutputError: it cannot be written, or another program is at the profiles all the time.
        """
        if name not in self.names():
            return None
        self._make_folder()
        with held(self.folder, PATIENCE) as mine:
            if not mine:
                raise OutputError(_("The profiles are in use by another program; nothing was learned now."))
            before = self.load(name)
            after = change(before)
            if after != before:
                self.save(name, after)
        return before, after

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(_("The folder of profiles cannot be made; check the disk.")) from error

    def create(self, name: str) -> None:
        """A new, empty profile.

        Raises:
            InputError: the name is taken or cannot be a file's.
        """
        from SPASegmentLib.interaction.profile import Profile

        self._refuse_taken(name)
        self.save(name, Profile.new(name))

    def rename(self, name: str, new: str) -> None:
        """Give a profile another name.

        Raises:
            InputError: the new name is taken or cannot be a file's.
        """
        self._refuse_taken(new)
        self.save(new, self.load(name))
        self.forget(name)

    def reset(self, name: str) -> None:
        """Forget what a profile has learned, and keep the profile; a damaged one is whole afterwards."""
        from SPASegmentLib.interaction.profile import Profile

        try:
            empty = self.load(name).reset()
        except InputError:
            empty = Profile.new(name)
        self.save(name, empty)

    def forget(self, name: str) -> None:
        """Delete a profile."""
        path = self.path(name)
        if path.is_file():
            os.remove(path)

    def import_from(self, path: str) -> str:
        """Take a profile from a file; returns the name that it has here.

        Raises:
            InputError: the file is no profile.
        """
        from SPASegmentLib.interaction.profile import Profile

        return self.take(Profile.load(path))

    def take(self, profile: Profile) -> str:
        """Add a profile under its own name, or under a similar one if another profile has it.

        Returns:
            The name that it has here.
        """
        # Of what `path` allows, with room for a number.
        base = re.sub(r"[^\w \-]", "_", profile.name).lstrip("- ")[:50].strip() or DEFAULT
        name, count = base, 2
        while self.path(name).is_file() and self.load(name) != profile:
            name, count = f"{base} {count}", count + 1
        self.save(name, profile)
        return name

    def export_to(self, name: str, path: str) -> None:
        """Copy a profile into a file, under the name that it has here.

        Raises:
            OutputError: it cannot be written.
        """
        self.load(name).renamed(name).save(path)

    def path(self, name: str) -> Path:
        """The file of a profile.

        Raises:
            InputError: the name cannot be a file's.
        """
        if not re.fullmatch(r"[\w][\w \-]{0,60}", name) or name != name.strip():
            raise InputError(_("The name of a profile is made of letters, digits, spaces and hyphens."))
        return self.folder / f"{name}.json"

    def _refuse_taken(self, name: str) -> None:
        # On Windows and macOS "Mine" and "mine" are one file.
        if name.casefold() in (each.casefold() for each in self.names()):
            raise InputError(_("There is a profile of this name already; choose another name."))
