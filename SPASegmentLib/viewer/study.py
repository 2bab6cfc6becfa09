"""A study with people, as its file says: which images, and in which order a person gets them with which method.

Every person works on every image with both methods, in four blocks: the first half of the images with one method, the
second half with the other, the first half with the other, the second half with the one. So both methods come early and
late equally often, and an image comes again only after the others. Which method is first changes from person to person.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import yaml

from SPASegmentLib.errors import InputError, reason
from SPASegmentLib.interaction.study_log import METHODS, Entry, check_pseudonym
from SPASegmentLib.mrml.plane import Point
from SPASegmentLib.yaml_keys import check_keys

#: Stands for the built-in volume in place of an image's file.
PHANTOM = "phantom"
_KEYS = {"name", "images", "trial", "participants", "task", "seed", "log"}
_IMAGE_KEYS = {"image", "id", "reference", "at", "task"}
_LARGEST, _LONGEST = 200_000, 300


@dataclass(frozen=True)
class StudyImage:
    """One image of a study.

    Attributes:
        name: what the log calls it.
        file: a volume; None for the built-in one.
        reference: a mask of what is to be segmented; None where there is none.
        at: a point on the slice to begin with, in mm; None for the middle.
        task: what to segment, for the person.
    """

    name: str
    file: Optional[Path]
    reference: Optional[Path]
    at: Optional[Point]
    task: str


@dataclass(frozen=True)
class Turn:
    """One image that a person works on.

    Attributes:
        phase: "trial" or "main".
        place: in the person's sequence, from 1; of the phase.
        image: which.
        method: of `METHODS`.
    """

    phase: str
    place: int
    image: StudyImage
    method: str


@dataclass(frozen=True)
class Study:
    """What a study's file says.

    Attributes:
        identity: name and checksum of what the study is about; in every line of its log.
        images, trial: to work on, and to practise on.
        participants: pseudonyms; empty where everybody may take part.
        seed: of the images' order.
        log: where entries go.
    """

    identity: str
    images: Tuple[StudyImage, ...]
    trial: Tuple[StudyImage, ...]
    participants: Tuple[str, ...]
    seed: int
    log: Path

    def turns(self, participant: str, entries: Sequence[Entry]) -> List[Turn]:
        """All images of a person in their order, those that are done included.

        Args:
            participant: pseudonym.
            entries: of the log, which say who came first.

        Raises:
            InputError: this pseudonym does not take part.
        """
        participant = check_pseudonym(participant)
        if self.participants and participant not in self.participants:
            raise InputError(f"{participant} is not among the participants of this study; look at its file.")
        known = list(self.participants) or list(dict.fromkeys(entry.participant for entry in entries))
        number = known.index(participant) if participant in known else len(known)
        one, other = METHODS if number % 2 == 0 else METHODS[::-1]
        order = np.random.default_rng([self.seed, number]).permutation(len(self.images))
        half = (len(order) + 1) // 2
        blocks = ((order[:half], one), (order[half:], other), (order[:half], other), (order[half:], one))
        main = [(self.images[int(i)], method) for rows, method in blocks for i in rows]
        trial = [(image, method) for method in (one, other) for image in self.trial]
        return [
            Turn(phase, place, image, method)
            for phase, pairs in (("trial", trial), ("main", main))
            for place, (image, method) in enumerate(pairs, start=1)
        ]

    def left(self, participant: str, entries: Sequence[Entry]) -> List[Turn]:
        """The images that a person has not finished yet."""
        done = {(e.phase, e.image, e.method) for e in entries if e.participant == participant}
        turns = self.turns(participant, entries)
        return [turn for turn in turns if (turn.phase, turn.image.name, turn.method) not in done]


def read_study(path: Path) -> Study:
    """Read a study's file.

    Raises:
        InputError: it cannot be read, says something unknown, or names a file that is not there.
    """
    path = Path(path)
    content = _yaml(path)
    if not isinstance(content, dict) or not isinstance(content.get("images"), list) or not content["images"]:
        raise InputError(f"{path.name} is no study: it needs a list 'images' with at least one image.")
    unknown = sorted(set(map(str, content)) - _KEYS)
    if unknown:
        raise InputError(f"{path.name} says {unknown[0]!r}, which is unknown; there are {', '.join(sorted(_KEYS))}.")
    name = _text(content.get("name", path.stem), "name", path)
    if not name.isprintable():
        raise InputError(f"{path.name}: name must be a text in one line, as it stands in every line of the log.")
    task = _text(content.get("task", "Segment the structure in the middle."), "task", path)
    images = _images(content["images"], "images", task, path)
    trial = _images(content.get("trial", [PHANTOM]), "trial", task, path)
    seed = content.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"{path.name}: seed must be a whole number from 0, not {seed!r}.")
    people = content.get("participants") or []
    if not isinstance(people, list):
        raise InputError(f"{path.name}: participants must be a list of pseudonyms.")
    participants = tuple(check_pseudonym(str(one)) for one in people)
    twice = next((one for k, one in enumerate(participants) if one in participants[:k]), None)
    if twice is not None:
        raise InputError(f"{path.name}: participants names {twice} twice; every person needs a pseudonym of their own.")
    log = path.parent / _text(content.get("log", f"{path.stem}-log.csv"), "log", path)
    about = {
        "name": name, "images": [_identity(one) for one in images], "trial": [_identity(one) for one in trial],
        "participants": participants, "seed": seed,
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:8]
    return Study(f"{name}#{digest}", images, trial, participants, seed, log)


def _identity(image: StudyImage) -> List[Any]:
    """What makes an image another one: of its reference what is in it, as Dice with another one is another number."""
    about = [image.name, None if image.file is None else image.file.name, image.at, image.task]
    return about if image.reference is None else [*about, _digest(image.reference)]


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of all files in a folder."""
    found = hashlib.sha256()
    try:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                found.update(file.read_bytes())
    except OSError as error:
        raise InputError(f"The reference {path.name} cannot be read: {error.strerror or error}.") from error
    return found.hexdigest()


def _images(items: Any, key: str, task: str, path: Path) -> Tuple[StudyImage, ...]:
    if not isinstance(items, list):
        raise InputError(f"{path.name}: {key} must be a list.")
    found = tuple(_image(item, f"{key[:5]}{number}", task, path) for number, item in enumerate(items, start=1))
    names = [image.name for image in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{path.name}: two {key} are called {twice!r}; give each an id of its own.")
    return found


def _image(item: Any, name: str, task: str, path: Path) -> StudyImage:
    values: Dict[str, Any] = item if isinstance(item, dict) else {"image": item}
    unknown = sorted(set(map(str, values)) - _IMAGE_KEYS)
    if unknown or "image" not in values:
        what = f"says {unknown[0]!r}, which is unknown" if unknown else "has no 'image'"
        raise InputError(f"{path.name}: {name} {what}; there are {', '.join(sorted(_IMAGE_KEYS))}.")
    name = _image_name(str(values.get("id", name)), path)
    at = values.get("at")
    if at is not None and (not isinstance(at, list) or len(at) != 3 or not all(map(_is_length, at))):
        raise InputError(f"{path.name}: at of {name} must be three numbers in mm, [R, A, S], not {at!r}.")
    return StudyImage(
        name,
        _file(values["image"], f"the image of {name}", path) if values["image"] != PHANTOM else None,
        None if values.get("reference") is None else _file(values["reference"], f"the reference of {name}", path),
        None if at is None else (float(at[0]), float(at[1]), float(at[2])),
        _text(values.get("task", task), f"task of {name}", path),
    )


def _is_length(value: Any) -> bool:
    """Whether it can be a number of mm."""
    return type(value) in (int, float) and abs(value) < 1e9  # nan and inf are not


def _image_name(name: str, path: Path) -> str:
    """The name of an image as it goes into the log.

    Raises:
        InputError: it is too long, or holds more than letters, digits, - and _.
    """
    try:
        return check_pseudonym(name)
    except InputError:
        raise InputError(
            f"{path.name}: the id {name[:40]!r} goes into the log; use 1 to 20 letters, digits, - and _, and nothing "
            "of a patient."
        ) from None


def _file(value: Any, what: str, path: Path) -> Path:
    file = path.parent / _text(value, what, path)
    if not file.exists():
        raise InputError(f"{path.name}: {what}, {value}, is not there; put it there or mend the path.")
    return file


def _text(value: Any, what: str, path: Path) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
        raise InputError(f"{path.name}: {what} must be a text of 1 to {_LONGEST} characters, not {value!r:.60}.")
    return value.strip()


def _yaml(path: Path) -> Any:
    try:
        content = path.read_bytes()
        if len(content) > _LARGEST:
            raise InputError(f"{path.name} is too large for a study's file; choose another one.")
        text = content.decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise InputError(f"{path.name} refers to its own anchors; write every value where it belongs.")
        check_keys(yaml.compose(text, Loader=yaml.SafeLoader), path.name)
        return _as_written(yaml.safe_load(text), yaml.load(text, Loader=yaml.BaseLoader))  # the latter makes texts
    except OSError as error:
        raise InputError(f"The study {path} cannot be read: {error.strerror or error}.") from error
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path.name} is not valid YAML: {reason(error)}.") from error


def _as_written(content: Any, texts: Any) -> Any:
    """With pseudonyms and ids as they stand in the file: YAML makes 8 of 010, and False of no.

    Args:
        content: of the file.
        texts: the same, all of it texts.
    """
    if not isinstance(content, dict):
        return content
    if isinstance(content.get("participants"), list):
        content["participants"] = texts["participants"]
    for key in ("images", "trial"):
        if isinstance(content.get(key), list):
            for item, written in zip(content[key], texts[key]):
                if isinstance(item, dict) and "id" in item and "id" in written:
                    item["id"] = written["id"]
    return content
