"""Committed lists of cases: JSON with numbers only, and the fingerprint of the data they belong to."""

from __future__ import annotations

import json
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from SPASegmentLib.errors import InputError, reason
from SPASegmentLib.output import json_with, write_text
from SPASegmentLib.paths import listed
from SPASegmentLib.research.data.shards import MAX_RATERS
from SPASegmentLib.research.evaluation.cases import PROTOCOLS, RATERS, SEQUENCE, CaseId, draw_ids
from SPASegmentLib.research.evaluation.slices import EvaluationFile

FORMAT = "spa-cases"
VERSION = 1
COLUMNS = [field.name for field in fields(CaseId)]


def lists_folder() -> Path:
    """Where the committed lists lie: inside an installed library, or in a checkout's Resources/Evaluation."""
    library = Path(__file__).resolve().parents[2]
    installed = library / "_evaluation"
    return installed if installed.is_dir() else library.parent / "Resources" / "Evaluation"


def write_cases(
    ids: Sequence[CaseId],
    protocol: str,
    seed: int,
    files: Sequence[EvaluationFile],
    path: Path,
    raters: int = RATERS,
) -> None:
    """Write a list, a case per line.

    Args:
        ids: the cases.
        protocol: that they were drawn for.
        seed: of the draw.
        files: the data.
        path: of the list.
        raters: that their slices have; 0 for any number. It is kept where it is not `RATERS`.

    Raises:
        OutputError: the file cannot be written.
    """
    head = {
        "format": FORMAT,
        "version": VERSION,
        "protocol": protocol,
        "seed": seed,
        **({"raters": raters} if raters != RATERS else {}),
        "files": {file.name: {"slices": len(file.slices), "masks_sha256": file.fingerprint()} for file in files},
        "columns": COLUMNS,
    }
    lines = ",\n".join("    " + json.dumps(astuple(case)) for case in ids)
    write_text(json_with(head, "cases", f"[\n{lines}\n  ]"), path)


def read_cases(
    path: Path, protocol: Optional[str] = None, raters: Optional[int] = None, seed: Optional[int] = None
) -> List[CaseId]:
    """The cases of a list.

    Args:
        path: of the list.
        protocol: that they must have been drawn for; None for any.
        raters: number of masks of a slice that was asked for; None where nobody has asked.
        seed: of the draw that was asked for; None where nobody has asked.

    Raises:
        InputError: the file cannot be read, is no list of cases, or one of another protocol, number of raters or seed.
    """
    content, name = _content(path), Path(path).name
    if protocol is not None and content["protocol"] != protocol:
        raise InputError(
            f"{name} lists cases of the protocol {content['protocol']!r}, not of {protocol!r}; give --protocol "
            f"{content['protocol']}, or another list."
        )
    if raters is not None and content.get("raters", RATERS) != raters:
        raise InputError(
            f"{name} lists cases of --raters {content.get('raters', RATERS)}, not of {raters}; leave --raters out, for "
            "a list says which slices are meant."
        )
    if seed is not None and content["seed"] != seed:
        raise InputError(
            f"{name} lists cases drawn with --seed {content['seed']}, not with {seed}; leave --seed out, for a list "
            "holds all that is drawn."
        )
    return content["cases"]


def find_cases(
    files: Sequence[EvaluationFile], protocol: str, seed: int, folder: Optional[Path] = None, raters: int = RATERS
) -> Tuple[List[CaseId], str]:
    """The committed list of this protocol, seed and number of raters that fits exactly these files; else draws cases.

    Args:
        files: the data.
        protocol: of `cases.PROTOCOLS`.
        seed: of the draw.
        folder: with the lists; None for the committed ones.
        raters: that a slice must have exactly; 0 for at least one.

    Returns:
        The cases, and the name of the list or how they were drawn.

    Raises:
        InputError: see `cases.draw_ids`; or a list cannot be read.
    """
    folder = folder or lists_folder()
    wanted: Optional[Dict[str, str]] = None
    for path in listed(folder, f"*-{protocol}.json"):
        content = _content(path)
        wanted = wanted or {file.name: file.fingerprint() for file in files}
        made_for = {name: about["masks_sha256"] for name, about in content["files"].items()}
        asked = (content["protocol"], content["seed"], content.get("raters", RATERS))
        if asked == (protocol, seed, raters) and made_for == wanted:
            return content["cases"], path.name
    return draw_ids(files, protocol, seed, raters), f"drawn with seed {seed}"


def _content(path: Path) -> Dict[str, Any]:
    """What a list says, its cases as `CaseId`."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{Path(path).name} cannot be read as a list of cases: {reason(error)}.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("version") != VERSION:
        raise InputError(f"{Path(path).name} is no list of cases that this version of SPA reads.")
    if content.get("columns") != COLUMNS:
        raise InputError(f"{Path(path).name} has other columns than {', '.join(COLUMNS)}.")
    _check_head(content, Path(path).name)
    return {**content, "cases": _checked_rows(content.get("cases"), content["protocol"], Path(path).name)}


def _check_head(content: Dict[str, Any], name: str) -> None:
    """Protocol, seed, raters and files are there and of their kind."""
    files, raters = content.get("files"), content.get("raters", RATERS)
    sound = content.get("protocol") in PROTOCOLS and type(content.get("seed")) is int
    sound = sound and type(raters) is int and 0 <= raters <= MAX_RATERS
    known = isinstance(files, dict) and all(isinstance(one, dict) and "masks_sha256" in one for one in files.values())
    if not (sound and known):
        raise InputError(
            f"{name} does not say the protocol ({', '.join(PROTOCOLS)}), the seed and the files of its cases; write it "
            "anew with spa evaluate cases."
        )


def _checked_rows(rows: Any, protocol: str, name: str) -> List[CaseId]:
    """The cases, every one with a file's name and numbers that can be such."""
    if not isinstance(rows, list) or not rows:
        raise InputError(f"{name} lists no cases; write it anew with spa evaluate cases.")
    for number, row in enumerate(rows, 1):
        sound = isinstance(row, list) and len(row) == len(COLUMNS) and isinstance(row[0], str)
        # Numbers from below would be taken for rows and pixels from the end.
        if not sound or not all(type(value) is int and value >= 0 for value in row[1:]):
            raise InputError(
                f"{name}, case {number}: {', '.join(COLUMNS)} must be a name and {len(COLUMNS) - 1} whole numbers from "
                "0 up."
            )
    if protocol == "policy" and len(rows) % SEQUENCE:
        raise InputError(f"{name} lists {len(rows)} cases; those of the protocol policy are in {SEQUENCE}s.")
    return [CaseId(*row) for row in rows]
