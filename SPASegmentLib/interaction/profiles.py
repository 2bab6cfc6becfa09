"""Profiles by name: in memory, or in a folder with one file for each. Nothing of an image is in them."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from SPASegmentLib.errors import InputError, OutputError
from SPASegmentLib.interaction.profile import DEFAULT, Profile
from SPASegmentLib.output import held
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Seconds that another program may take for a folder of profiles.
PATIENCE = 2.0
#: Characters of a name, which becomes a file's.
LONGEST_NAME = 61
#: Devices of Windows, whatever the ending: what is written to nul.json there is gone.
_DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9¹²³]", re.IGNORECASE)


class Profiles:
    """The profiles of one user of the computer, or of one run of a program; each is called as it is kept.

    Attributes:
        folder: where they lie, made when the first one is saved; None where they are in memory alone.
    """

    def __init__(self, folder: Optional[Path] = None) -> None:
        self.folder = None if folder is None else Path(folder)
        self._memory: Dict[str, Profile] = {}

    def names(self) -> List[str]:
        """All names: in memory as they came, in a folder sorted with the default one first, saved or not."""
        if self.folder is None:
            return list(self._memory)
        found = {path.stem for path in self.folder.glob("*.json")} if self.folder.is_dir() else set()
        return [DEFAULT, *sorted(found - {DEFAULT})]

    def load(self, name: str) -> Profile:
        """The profile of this name, empty if it has not been saved.

        Raises:
            InputError: the file is damaged.
        """
        if self.folder is None:
            return self._memory.get(name) or Profile.new(name)
        path = self.path(name)
        try:
            return Profile.load(path) if path.is_file() else Profile.new(name)
        except InputError as error:
            text = _("The profile {name} cannot be read; pick another one, or reset it.")
            raise InputError(text.format(name=name)) from error

    def save(self, name: str, profile: Profile) -> None:
        """Keep a profile under a name.

        Raises:
            InputError: the name cannot be a profile's, or a file's.
            OutputError: it cannot be written.
        """
        profile = profile.renamed(name)
        if self.folder is None:
            self._memory[name] = profile
        else:
            path = self.path(name)
            self._make_folder()
            profile.save(path)

    def forget(self, name: str) -> None:
        """Delete a profile.

        Raises:
            OutputError: another program holds it, or it is protected; it is as it was.
        """
        if self.folder is None:
            self._memory.pop(name, None)
        elif self.path(name).is_file():
            try:
                os.remove(self.path(name))
            except OSError as error:
                text = _("The profile {name} is in use by another program, or protected; it was not deleted.")
                raise OutputError(text.format(name=name)) from error

    def update(self, name: str, change: Callable[[Profile], Profile]) -> Optional[Tuple[Profile, Profile]]:
        """Change a profile, and lose nothing of what another program has taught it meanwhile.

        Returns:
            What it was and what it is; None if there is none of this name any more.

        Raises:
            InputError: the file is damaged.
            OutputError: it cannot be written, or another program is at the profiles all the time.
        """
        if name not in self.names():
            return None
        with self._alone():
            before = self.load(name)
            after = change(before)
            if after != before:
                self.save(name, after)
        return before, after

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self.folder is None:
            yield
            return
        self._make_folder()
        with held(self.folder, PATIENCE) as mine:
            if not mine:
                raise OutputError(_("The profiles are in use by another program; nothing was learned now."))
            yield

    def _make_folder(self) -> None:
        assert self.folder is not None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(_("The folder of profiles cannot be made; check the disk.")) from error

    def create(self, name: str) -> None:
        """A new, empty profile.

        Raises:
            InputError: the name is taken, or cannot be a profile's or a file's.
        """
        self._check_new(name)
        self.save(name, Profile.new(name))

    def rename(self, name: str, new: str) -> None:
        """Give a profile another name; in memory it keeps its place.

        Raises:
            InputError: the new name is taken, or cannot be a profile's or a file's.
            OutputError: the profile cannot be written under the new name, or not deleted under the old one; it keeps
                the old one.
        """
        self._check_new(new)
        names = [new if each == name else each for each in self.names()]
        self.save(new, self.load(name))
        try:
            self.forget(name)
        except OutputError:
            self.forget(new)
            raise
        if self.folder is None:
            self._memory = {each: self._memory[each] for each in names}

    def reset(self, name: str) -> None:
        """Forget what a profile has learned, and keep the profile; a damaged one is whole afterwards."""
        try:
            empty = self.load(name).reset()
        except InputError:
            empty = Profile.new(name)
        self.save(name, empty)

    def import_from(self, path: Path) -> str:
        """Take a profile from a file; returns the name that it has here.

        Raises:
            InputError: the file is no profile.
        """
        return self.take(Profile.load(path))

    def take(self, profile: Profile) -> str:
        """Add a profile under its own name, or under a similar one if another profile has it.

        Returns:
            The name that it has here.
        """
        # Of what `path` allows, with room for a number.
        allowed = re.sub(r"[^\w \-]", "_", profile.name).lstrip("- ")[:50].strip() or DEFAULT
        if _DEVICES.fullmatch(allowed):
            allowed += "_"
        base = profile.name[:90] if self.folder is None else allowed
        name, count = base, 2
        while self._is_kept(name) and self.load(name) != profile.renamed(name):
            name, count = f"{base} {count}", count + 1
        self.save(name, profile)
        return name

    def free(self, wanted: str) -> str:
        """This name, or the first of "name 2", "name 3", ... that is not taken."""
        name, count = wanted, 2
        while name in self.names():
            name, count = f"{wanted} {count}", count + 1
        return name

    def export_to(self, name: str, path: Path) -> None:
        """Copy a profile into a file, under the name that it has here.

        Raises:
            OutputError: it cannot be written.
        """
        self.load(name).renamed(name).save(path)

    def path(self, name: str) -> Path:
        """The file of a profile, of those that lie in a folder.

        Raises:
            InputError: the name cannot be a file's.
        """
        assert self.folder is not None
        if len(name) > LONGEST_NAME:
            raise InputError(_("The name of a profile has at most {count} characters.").format(count=LONGEST_NAME))
        if not re.fullmatch(r"[\w][\w \-]*", name) or name != name.strip():
            raise InputError(_("The name of a profile is made of letters, digits, spaces and hyphens."))
        return self.folder / f"{name}.json"

    def _is_kept(self, name: str) -> bool:
        return name in self._memory if self.folder is None else self.path(name).is_file()

    def _check_new(self, name: str) -> None:
        """Refuse a name that is taken, or no file's on another computer; profiles that have it already keep it."""
        if self.folder is not None and _DEVICES.fullmatch(name):
            raise InputError(_("Windows keeps this name for itself; choose another one."))
        # On Windows and macOS "Mine" and "mine" are one file.
        if name.casefold() in (each.casefold() for each in self.names()):
            raise InputError(_("There is a profile of this name already; choose another name."))
