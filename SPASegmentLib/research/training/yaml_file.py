"""Reads YAML that a person has written, and refuses what only somebody with bad intentions writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from SPASegmentLib.errors import InputError, reason
from SPASegmentLib.research.data.images import needed
from SPASegmentLib.yaml_keys import check_keys

#: Bytes of a file, and how often it may refer to its own anchors: repeated lists of lists fill any memory.
LARGEST, REFERENCES = 200_000, 10


def read_yaml(path: Path) -> Any:
    """What a file holds: plain values, lists and dictionaries.

    Raises:
        InputError: it cannot be read, or is no YAML that a person would write; the message is one sentence.
    """
    yaml, name = needed("yaml"), path.name
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name} cannot be read: its letters are not encoded as UTF-8; save it as UTF-8.") from error
    if len(content) > LARGEST:
        raise InputError(f"{name} is too large for a configuration; choose another file.")
    try:
        references = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader))
        if references > REFERENCES:
            raise InputError(f"{name} refers to its anchors {references} times; at most {REFERENCES} are read.")
        check_keys(yaml.compose(text, Loader=yaml.SafeLoader), name)
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{name} is not valid YAML: {reason(error)}.") from error
    except RecursionError as error:
        raise InputError(f"{name} is not valid YAML: it is nested too deeply.") from error
    except (ValueError, OverflowError) as error:  # a date or a number that does not exist
        raise InputError(f"{name} is not valid YAML: {reason(error)}.") from error
