"""The page in all languages: its texts stand in double square brackets in `page.html`, and are looked up once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from trame.ui.html import DivLayout

from SPASegmentLib.translation import languages, translator

#: Of the page's texts, for translators.
CONTEXT = "viewer.page"
FOLDER = Path(__file__).parent / "page"
_SERVED = "spa_page"
_TEXT = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


def in_language(page: str, language: str) -> str:
    """A page with its texts in a language; no translation may have a straight quotation mark."""
    translate = translator(language)
    return _TEXT.sub(lambda found: translate(CONTEXT, " ".join(found.group(1).split())), page)


def in_all_languages(page: str) -> str:
    """A page in all languages, of which it shows the one that its browser wants."""
    return "".join(
        f"<template {'v-else-if' if number else 'v-if'}=\"utils.spa.language() === '{language}'\">"
        f"{in_language(page, language)}</template>"
        for number, language in enumerate(languages())
    )


def ended_page() -> str:
    """What is shown when the viewer has gone."""
    return in_all_languages((FOLDER / "ended.html").read_text(encoding="utf-8"))


def page_template() -> str:
    """The page's elements, their texts in double square brackets."""
    return (FOLDER / "page.html").read_text(encoding="utf-8")


def build(server: Any, page: str) -> None:
    """Give a trame server its page; the state `languages` says in which of them it may be shown."""
    scripts = [f"{_SERVED}/{name}.js" for name in ("page", "touch")]
    server.enable_module({"serve": {_SERVED: str(FOLDER)}, "scripts": scripts, "styles": [f"{_SERVED}/page.css"]})
    server.state.trame__title = "SPA"
    server.state.trame__favicon = None
    server.state.trame__template_error = ended_page()
    with DivLayout(server, classes="spa-root") as layout:
        layout.root.add_child(in_all_languages(page))
