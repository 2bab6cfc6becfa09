"""What all commands share: errors in plain words, and options that several have."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Iterator, Optional

import typer

from SPASegmentLib.errors import SPAError

USER_ERROR = 2
INTERRUPTED = 130

Weights = Annotated[Optional[Path], typer.Option(help="A weights file instead of the bundled one.")]


@contextmanager
def plain_errors() -> Iterator[None]:
    """End with one sentence and the right exit code where the user, not the program, has to act."""
    try:
        yield
    except SPAError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise typer.Exit(USER_ERROR) from None
    except ModuleNotFoundError as error:
        if error.name != "slicer":
            raise
        print(
            "Error: Volumes need the package slicer-core, which exists for 64-bit Linux and Python 3.10 to 3.13;"
            " install SPA there, or use it in 3D Slicer.",
            file=sys.stderr,
        )
        raise typer.Exit(USER_ERROR) from None
    except KeyboardInterrupt:
        print("Interrupted; no file is half written.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
