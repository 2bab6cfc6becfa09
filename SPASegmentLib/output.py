"""Results reach their place whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from SPASegmentLib.errors import OutputError
from SPASegmentLib.translation import texts

_ = texts(__name__)


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Yield a path beside `target` to write to; it becomes `target` when the block ends without an error.

    After an error, an interruption or a full disk the target is as it was before and nothing is left beside it.

    Raises:
        OutputError: the target's folder does not exist or cannot be written to, or the disk is full.
    """
    with reporting_write_errors(target):
        # The suffix stays, since writers go by it; the folder is new, so that no name in it can clash.
        folder = tempfile.TemporaryDirectory(prefix=".spa-", dir=target.parent)
    with folder, reporting_write_errors(target):
        partial = Path(folder.name) / target.name
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())  # a full disk may only show here
        os.replace(partial, target)


def check_writable(target: Path) -> None:
    """Find out before any work is done whether `target` can be written.

    Raises:
        OutputError: it cannot.
    """
    if target.is_dir():
        raise OutputError(_("{target} is a folder; give the name of a file.").format(target=target))
    with reporting_write_errors(target), tempfile.TemporaryFile(dir=target.parent):
        pass


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
