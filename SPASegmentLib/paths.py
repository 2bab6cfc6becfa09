"""What is read is never written over: all paths of a command are compared before its work begins."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Tuple

from SPASegmentLib.errors import InputError, reason
from SPASegmentLib.output import check_writable

#: What a path is called in messages, and the path; None where it was not given.
Named = Tuple[str, Optional[Path]]
#: Headers that name the files with their voxels, and how much of one is read to find them.
_HEADERS, _HEADER_SIZE = (".nhdr", ".nrrd", ".mhd", ".mha"), 1 << 16


def decoded(line: bytes) -> str:
    """A line of a header: programs write names of files in UTF-8, or in Latin-1."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def check_paths(inputs: Iterable[Named], outputs: Iterable[Named], make_folders: bool = False) -> None:
    """Refuse an output that is an input or another output, by whatever name, or that cannot be written.

    Links, hard links, and names that differ in case where the file system does not heed it, count as what they lead
    to. A file that an input's header names is an input too.

    Args:
        inputs: files; a folder counts as itself only.
        outputs: files.
        make_folders: missing folders of outputs will be made.

    Raises:
        InputError: two paths are one file.
        OutputError: an output cannot be written.
    """
    read: Dict[object, str] = {}
    for name, path in inputs:
        for each in [] if path is None else [path, *_beside(path)]:
            read.setdefault(identity(each), name)
    written: Dict[object, str] = {}
    for name, path in outputs:
        if path is None:
            continue
        file = identity(path)
        if file in read:
            raise InputError(f"{name} ({path}) is the same file as {read[file]}; give another name.")
        if written.get(file, name) != name and not _is_special(path):
            raise InputError(f"{name} and {written[file]} are the same file ({path}); give two names.")
        written[file] = name
        check_writable(path, make_folders)


def card_beside(weights: Path) -> Path:
    """Where the card of a weights file lies, or is to lie; also of a path that names no file."""
    return weights.parent / f"{weights.stem}.json"


def weights_files(weights: Optional[Path], name: str = "--weights") -> List[Named]:
    """A weights file and the card beside it, as inputs."""
    if weights is None:
        return []
    return [(name, weights), (f"the card of {name}", card_beside(weights))]


def identity(path: Path) -> object:
    """The same for all names of one file, whether it exists or not."""
    end = os.path.realpath(path)
    try:
        there = os.stat(end)
        return there.st_dev, there.st_ino
    except OSError:
        pass
    folder, name = os.path.split(end)
    if _ignores_case(folder):
        name = unicodedata.normalize("NFC", name).casefold()
    try:
        there = os.stat(folder)
    except OSError:
        return os.path.normcase(os.path.join(folder, name))
    return there.st_dev, there.st_ino, name


def check_given_once(paths: Iterable[Path]) -> None:
    """Refuse a list that names a file or folder twice: what is in it would count twice.

    Raises:
        InputError: two paths lead to one.
    """
    seen: Dict[object, Path] = {}
    for path in paths:
        end = identity(path)
        if end in seen:
            raise InputError(f"{path} is given twice (as {seen[end]} too); give each once.")
        seen[end] = path


def listed(folder: Path, pattern: str) -> List[Path]:
    """What lies below a folder by names that fit a pattern, in order; nothing where there is no such folder.

    Raises:
        InputError: the folder may not be read, or its drive is gone; `Path.glob` alone would find nothing in it.
    """
    try:
        if not folder.is_dir():
            return []
        os.scandir(folder).close()
        return sorted(folder.glob(pattern))
    except OSError as error:
        raise InputError(f"{folder} cannot be read ({reason(error).lower()}).") from error


def _is_special(path: Path) -> bool:
    """Whether a path is a device or a pipe, which may take several outputs."""
    return path.exists() and not path.is_file()


def _ignores_case(folder: str) -> bool:
    """Whether names in a folder that differ in case only are one file."""
    while not os.path.exists(folder) or os.path.basename(folder).swapcase() == os.path.basename(folder):
        above = os.path.dirname(folder)
        if above == folder:
            return os.name == "nt"
        folder = above
    try:
        other = os.path.join(os.path.dirname(folder), os.path.basename(folder).swapcase())
        return os.path.samefile(folder, other)
    except OSError:
        return False


def _beside(path: Path) -> List[Path]:
    """The files that a header names; also the other half of an Analyze pair."""
    if path.suffix.lower() in (".hdr", ".img"):
        both = (path.with_suffix(ending) for ending in (".hdr", ".img"))
        return [other for other in both if other != path and other.is_file()]
    if path.suffix.lower() not in _HEADERS:
        return []
    try:
        with path.open("rb") as file:
            text = "\n".join(map(decoded, file.read(_HEADER_SIZE).split(b"\n")))
    except OSError:
        return []
    found = []
    for line in re.split(r"\n\s*\n", text)[0].splitlines():
        # `data file: scan.raw`, `ElementDataFile = scan.raw`, the lines of a LIST, or a pattern with a number.
        words = re.split(r"[:=]\s*", line.strip(), maxsplit=1)[-1].strip()
        pattern = words.split(" ")[0]
        if "%" in pattern:
            like = re.sub(r"%0?\d*[du]", "*", pattern)
            found += list(path.parent.glob(like)) if not os.path.isabs(like) and "%" not in like else []
        elif words and len(words) < 256 and "\0" not in words and (path.parent / words).is_file():
            found.append(path.parent / words)
    return found
