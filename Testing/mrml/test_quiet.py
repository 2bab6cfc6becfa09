"""What libraries write by themselves stays off the terminal, and what comes afterwards does not."""

from __future__ import annotations

import locale
import os
from typing import Any, List, Optional, Tuple

import pytest

from SPASegmentLib.mrml import quiet as module
from SPASegmentLib.mrml.quiet import quiet


def test_only_what_is_written_meanwhile_goes_nowhere(capfd: Any) -> None:
    os.write(2, b"before ")
    open_files = len(os.listdir("/proc/self/fd"))
    with quiet():
        os.write(2, b"meanwhile ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after" and len(os.listdir("/proc/self/fd")) == open_files


@pytest.mark.parametrize("known", [True, False])
def test_names_of_files_are_utf8_where_there_are_code_pages(monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    """On Windows before 10 there is no such locale."""
    real, asked = locale.setlocale, []

    def setlocale(category: int, name: Optional[str] = None) -> str:
        if category != locale.LC_CTYPE:
            return real(category, name)
        if name is None:
            return "German_Germany.1252"
        asked.append(name)
        if name == ".UTF8" and not known:
            raise locale.Error("unsupported locale setting")
        return name

    monkeypatch.setattr(module, "_CODE_PAGES", True)
    monkeypatch.setattr(locale, "setlocale", setlocale)
    with quiet():
        assert asked == [".UTF8"]
    assert asked == [".UTF8", "German_Germany.1252"]


def test_the_locale_is_left_as_it_was() -> None:
    def now() -> List[Tuple[int, str]]:
        return [(category, locale.setlocale(category)) for category in (locale.LC_CTYPE, locale.LC_NUMERIC)]

    before = now()
    with quiet():
        assert locale.setlocale(locale.LC_NUMERIC) == "C" and locale.setlocale(locale.LC_CTYPE) == before[0][1]
    assert now() == before
