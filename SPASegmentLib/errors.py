"""Errors that a user can act on; every front end shows their text as it is."""

from __future__ import annotations


class SPAError(Exception):
    """Base of all errors whose message is written for the person in front of the screen.

    The message says what is wrong and what to do about it, in one sentence, without patient data.
    """


class InputError(SPAError):
    """The image, click, mask or setting given cannot be used."""


class BackgroundError(InputError):
    """The click is on what looks like empty background; a box, or the same click once more on purpose, is a way on."""


class StateError(SPAError):
    """The call does not fit the session's state; the state is unchanged."""


class WeightsError(SPAError):
    """A weights file is missing, damaged or does not fit the network."""


class DependencyError(SPAError):
    """A package that is needed is missing or does not work."""


class OutputError(SPAError):
    """A result could not be written; nothing half written is left behind."""


def reason(error: BaseException) -> str:
    """Why something could not be read, for the middle of a sentence: one line, without the path and a full stop.

    Args:
        error: of the system, of a decoder, or of a parser; YAML's and JSON's say where.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, UnicodeDecodeError):
        return "its letters are not encoded as UTF-8"
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is not None and problem:
        return f"line {mark.line + 1}: {problem}"
    return " ".join(str(error).split())[:300].rstrip(".")
