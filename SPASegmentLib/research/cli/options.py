"""What the commands of research share: their options, and what stands around what they do."""

from __future__ import annotations

import shlex
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Iterator, List, Optional

import typer

from SPASegmentLib.commands.plain import path_argument, path_option, plain_errors
from SPASegmentLib.pytorch import require_torch

#: Heading of research in ``spa --help``.
PANEL = "Research: train, evaluate, measure"

Npz = Annotated[List[Path], path_option(help="Slices with the masks of several raters; may be repeated.")]
Nodules = Annotated[
    Optional[List[Path]], path_option(help="Slices of several raters, whose nodules are stacks; may be repeated.")
]
NoduleIndex = Annotated[Optional[Path], path_option(help="List of their slices: file, row, patient, nodule, slice.")]
VolumeFolders = Annotated[
    Optional[List[Path]],
    path_argument(metavar="[FOLDER]...", help="With volumes and masks, as spa evaluate masks takes them."),
]
DataFolder = Annotated[Path, path_option(help="Folder that the paths in the configuration are relative to.")]
Baselines = Annotated[Path, path_option(help="Folder of the trained baselines.")]
Label = Annotated[Optional[int], typer.Option(help="Of the structure; by default all labels together.")]
Patients = Annotated[Optional[List[str]], typer.Option(help="Use these patients only; may be repeated.")]
Raters = Annotated[
    int, typer.Option(min=0, max=8, help="Masks that a slice must have exactly; 0 for at least one.")
]
CaseLimit = Annotated[Optional[int], typer.Option(min=1, help="Cases at most, evenly spread.")]
VolumeLimit = Annotated[
    Optional[int], typer.Option(min=1, help="Volumes of a folder, and stacks, at most, evenly spread.")
]
Start = Annotated[str, typer.Option(help="click (at the innermost pixel) or box (the tight one).")]
AnyStart = Annotated[
    str, typer.Option(help="click (at the innermost pixel), box (the tight one) or sloppy-box (as a hand draws it).")
]
Rounds = Annotated[int, typer.Option(min=1, help="Rounds per case.")]
CaseSeed = Annotated[int, typer.Option(min=0, help="Of targets, clicks and sessions.")]
SessionSeed = Annotated[int, typer.Option(min=0, help="Of sessions.")]
Jobs = Annotated[Optional[int], typer.Option(min=1, help="Processes; by default one per processor core.")]
RecordFile = Annotated[Path, path_option("--json", help="Where the record goes.")]


@contextmanager
def ready() -> Iterator[None]:
    """Errors in plain words, and PyTorch, which all of research needs, before anything else is looked at."""
    with plain_errors():
        require_torch()
        yield


def typed() -> str:
    """The command as typed; of absolute paths the name alone, for records that others read."""
    words = (Path(word).name if Path(word).is_absolute() else word for word in sys.argv[1:])
    return shlex.join(["spa", *words])
