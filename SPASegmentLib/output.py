"""Results reach their place whole or not at all, and what stands there stays what it is: a link, a pipe, a device."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Tuple

from SPASegmentLib.errors import OutputError
from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Seconds between tries to replace a file that is in use.
_WAITS = (0.05, 0.1, 0.2, 0.4)
#: Holds a folder where folders cannot be locked.
_LOCK = ".spa-lock"


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a path to write to; it becomes `target` when the block ends without an error.

    After an error, an interruption or a full disk the target is as it was before and nothing is left beside it. Where
    the target is a link, the file behind it is written. A pipe or a device, and a file that has several names, are
    written into instead of being replaced. A file's permissions stay.

    Raises:
        OutputError: the target's folder does not exist or cannot be written to, the target is write-protected, or the
            disk is full.
    """
    with reporting_write_errors(target):
        place, replaced = _place(target)
        if replaced:
            refuse_closed_folder(place.parent)
    # The suffix stays, since writers go by it; the folder is new, so that no name in it can clash.
    with reporting_write_errors(target), temporary_folder(".spa-", place.parent if replaced else None) as folder:
        partial = folder / target.name.lower()  # not all writers know endings in capitals
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())  # a full disk may only show here
        if not replaced:
            _pour(partial, place)
            return
        if place.exists():
            os.chmod(partial, stat.S_IMODE(place.stat().st_mode))
        _put(partial, place)


@contextmanager
def temporary_folder(prefix: str, within: Optional[Path] = None) -> Iterator[Path]:
    """A new folder until the block ends.

    It is removed as far as that is possible: where a drive has gone away, nothing can be, and what the block did or
    failed at is the news, not that.

    Args:
        prefix: of its name.
        within: the folder that it is made in; None for the system's.

    Raises:
        OSError: it cannot be made.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=within))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(partial: Path, place: Path) -> None:
    """Put a file where another one may be; on Windows a file that a program has open cannot be replaced.

    Virus scanners have it open for a moment, so that several tries are worth it.

    Raises:
        OutputError: it stays in use.
    """
    for wait in (*_WAITS, None):
        try:
            os.replace(partial, place)
            return
        except PermissionError as error:
            if wait is None:
                raise OutputError(
                    _("{target} is in use by another program; close it there, then try again.").format(target=place)
                ) from error
            time.sleep(wait)


def check_writable(target: Path, make_folder: bool = False) -> None:
    """Find out before any work is done whether `target` can be written.

    Args:
        target: a file.
        make_folder: its folder will be made if it does not exist.

    Raises:
        OutputError: it cannot.
    """
    with reporting_write_errors(target):
        if target.is_dir():
            raise OutputError(_("{target} is a folder; give the name of a file.").format(target=target))
        place, replaced = _place(target)
        folder = place.parent
        while make_folder and not folder.exists() and folder != folder.parent:
            folder = folder.parent
        if replaced:
            refuse_closed_folder(folder)


def refuse_closed_folder(folder: Path) -> None:
    """Find out whether files can be made in a folder; nothing is left in it.

    `tempfile` is not asked: where Windows refuses, it tries other names for hours (gh-66305; mended in 2026, while all
    versions of Slicer have an older Python).

    Raises:
        OSError: they cannot.
    """
    name = os.path.join(folder, f".spa-{uuid.uuid4().hex}")
    goes_with_us = getattr(os, "O_TEMPORARY", 0)  # Windows alone has it
    os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR | goes_with_us, 0o600))
    if not goes_with_us:
        with suppress(OSError):  # of a drive that has just gone away; what comes next will tell
            os.unlink(name)


@contextmanager
def reporting_write_errors(target: Path) -> Iterator[None]:
    """Turn the system's refusal to write into an `OutputError` about `target`."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(
            _("{target} cannot be written ({reason}); choose another place or make room there.").format(
                target=target, reason=reason
            )
        ) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing.

    Raises:
        OutputError: it cannot be made.
    """
    with reporting_write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)


def write_json(content: Any, path: Path) -> None:
    """Write JSON, whole or not at all; letters of all languages stay readable.

    Raises:
        OutputError: see `write_text`.
    """
    write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", path)


def json_with(head: Dict[str, Any], key: str, value: str) -> str:
    """A JSON object with one value per line, whose last value has its own form.

    Args:
        head: everything before it; not empty.
        key: its name.
        value: as JSON text.
    """
    return f"{json.dumps(head, indent=2)[:-2]},\n  {json.dumps(key)}: {value}\n}}\n"


def write_text(text: str, path: Path) -> None:
    """Write a text as UTF-8, whole or not at all; its folder is made if it is missing.

    Raises:
        OutputError: the file or its folder cannot be written.
    """
    make_folder(path.parent)
    with whole_file(path) as partial:
        # A name that the file system gives in no proper encoding is written as far as it can be.
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")


@contextmanager
def held(folder: Path, patience: float = 0.0) -> Iterator[bool]:
    """Hold a folder against other programs that do the same, until the block ends; nothing is left in it.

    Where folders cannot be locked, as on Windows, a file in it is made that only one program can make. The system takes
    it away with the program that has made it.

    Args:
        folder: that exists.
        patience: seconds to wait for one that holds it.

    Yields:
        Whether it is held. Where the file system knows no locks, it counts as held.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # on Windows folders cannot be opened
        with _held_by_a_file(folder / _LOCK, patience) as mine:
            yield mine
        return
    try:
        yield _locked(handle, patience)
    finally:
        os.close(handle)


@contextmanager
def _held_by_a_file(lock: Path, patience: float) -> Iterator[bool]:
    goes_with_us = getattr(os, "O_TEMPORARY", 0)  # Windows alone has it
    end, handle = time.monotonic() + patience, None
    while handle is None:
        try:
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_RDWR | goes_with_us)
        except OSError as error:
            # Windows refuses a name whose file is about to go in other words than one that is there.
            if not isinstance(error, (FileExistsError, PermissionError)) or not lock.exists():
                break
            if time.monotonic() >= end:
                yield False
                return
            time.sleep(0.05)
    try:
        yield True
    finally:
        if handle is not None:
            os.close(handle)
            with suppress(OSError):
                lock.unlink()


def _locked(handle: int, patience: float) -> bool:
    if sys.platform == "win32":  # cannot open folders, let alone lock them
        return True
    import fcntl

    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                return True
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)


def _place(target: Path) -> Tuple[Path, bool]:
    """Where to write, and whether a new file takes its place there (else what is there is written into)."""
    path = os.path.abspath(target)
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return _end_of_links(path), True
    if not os.access(path, os.W_OK):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))
    if not stat.S_ISREG(there.st_mode) or _is_open_already(path):
        return Path(path), False
    return _end_of_links(path), there.st_nlink == 1


def _end_of_links(path: str) -> Path:
    end = os.path.realpath(path)
    if os.path.islink(end):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return Path(end)


def _is_open_already(path: str) -> bool:
    """Whether a name stands for what a process has open, as /dev/stdout does."""
    for _step in range(40):
        if os.path.realpath(os.path.dirname(path)).startswith("/proc/"):
            return True
        if not os.path.islink(path):
            return False
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return False


def _pour(partial: Path, place: Path) -> None:
    """Write into what is there; a file has its old content again if that fails."""
    if not place.is_file() or _is_open_already(str(place)):
        if sys.platform == "win32":  # NUL, for nothing to be kept
            handle = os.open(place, os.O_WRONLY | os.O_BINARY)
        else:
            # A pipe that nobody reads from is an error, not a reason to wait.
            handle = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
            os.set_blocking(handle, True)
        with partial.open("rb") as content, os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(content, out)
        return
    before = partial.with_name(f"{partial.name}.before")
    shutil.copyfile(place, before)
    try:
        shutil.copyfile(partial, place)
    except BaseException:
        shutil.copyfile(before, place)
        raise
