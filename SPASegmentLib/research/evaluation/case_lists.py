"""Committed lists of cases: JSON with numbers only, and the fingerprint of the data they belong to."""

from __future__ import annotations

import json
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from SPASegmentLib.errors import InputError
from SPASegmentLib.output import json_with, write_text
from SPASegmentLib.research.evaluation.cases import RATERS, CaseId, draw_ids
from SPASegmentLib.research.evaluation.slices import EvaluationFile

FORMAT = "spa-cases"
VERSION = 1
COLUMNS = [field.name for field in fields(CaseId)]


def lists_folder() -> Path:
    """Where the committed lists lie: inside an installed library, or in a checkout's Resources/Evaluation."""
    library = Path(__file__).resolve().parents[2]
    installed = library / "_evaluation"
    return installed if installed.is_dir() else library.parent / "Resources" / "Evaluation"


def write_cases(ids: Sequence[CaseId], protocol: str, seed: int, files: Sequence[EvaluationFile], path: Path) -> None:
    """Write a list, a case per line.

    Raises:
        OutputError: the file cannot be written.
    """
    head = {
        "format": FORMAT,
        "version": VERSION,
        "protocol": protocol,
        "seed": seed,
        "files": {file.name: {"slices": len(file.slices), "masks_sha256": file.fingerprint()} for file in files},
        "columns": COLUMNS,
    }
    lines = ",\n".join("    " + json.dumps(astuple(case)) for case in ids)
    write_text(json_with(head, "cases", f"[\n{lines}\n  ]"), path)


def read_cases(path: Path) -> List[CaseId]:
    """The cases of a list.

    Raises:
        InputError: the file cannot be read or is no list of cases.
    """
    return [CaseId(*row) for row in _content(path)["cases"]]


def find_cases(
    files: Sequence[EvaluationFile], protocol: str, seed: int, folder: Optional[Path] = None, raters: int = RATERS
) -> Tuple[List[CaseId], str]:
    """The committed list of this protocol and seed that was made for exactly these files, or else cases drawn now.

    Args:
        files: the data.
        protocol: of `cases.PROTOCOLS`.
        seed: of the draw.
        folder: with the lists; None for the committed ones.
        raters: that a slice must have exactly; the committed lists are for `RATERS`.

    Returns:
        The cases, and the name of the list or how they were drawn.

    Raises:
        InputError: see `cases.draw_ids`.
    """
    folder = folder or lists_folder()
    wanted: Optional[Dict[str, str]] = None
    for path in sorted(folder.glob(f"*-{protocol}.json")) if raters == RATERS else ():
        content = _content(path)
        wanted = wanted or {file.name: file.fingerprint() for file in files}
        made_for = {name: about["masks_sha256"] for name, about in content["files"].items()}
        if content["protocol"] == protocol and content["seed"] == seed and made_for == wanted:
            return [CaseId(*row) for row in content["cases"]], path.name
    return draw_ids(files, protocol, seed, raters), f"drawn with seed {seed}"


def _content(path: Path) -> Dict[str, Any]:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{Path(path).name} cannot be read as a list of cases: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("version") != VERSION:
        raise InputError(f"{Path(path).name} is no list of cases that this version of SPA reads.")
    if content.get("columns") != COLUMNS:
        raise InputError(f"{Path(path).name} has other columns than {', '.join(COLUMNS)}.")
    return content
