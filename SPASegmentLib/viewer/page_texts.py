"""The page in all languages: its texts stand in double square brackets in `page.html`, and are looked up once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Iterator

from trame.ui.html import DivLayout

from SPASegmentLib.translation import languages, translator

#: Of the page's texts, for translators.
CONTEXT = "viewer.page"
FOLDER = Path(__file__).parent / "page"
_SERVED = "spa_page"
_TEXT = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


def texts_of(page: str) -> Iterator[str]:
    """The texts of a page, as translators see them."""
    for text in _TEXT.findall(page):
        yield " ".join(text.split())


def in_language(page: str, language: str) -> str:
    """A page with its texts in a language; no translation may have a straight quotation mark."""
    translate = translator(language)
    return _TEXT.sub(lambda found: translate(CONTEXT, " ".join(found.group(1).split())), page)


def ended_page(language: str) -> str:
    """What is shown when the viewer has gone."""
    return in_language((FOLDER / "ended.html").read_text(encoding="utf-8"), language)


def page_template() -> str:
    """The page's elements, their texts in double square brackets."""
    return (FOLDER / "page.html").read_text(encoding="utf-8")


def build(server: Any, page: str) -> None:
    """Give a trame server its page; the state `language` says in which language it is shown."""
    scripts = [f"{_SERVED}/{name}.js" for name in ("page", "touch")]
    server.enable_module({"serve": {_SERVED: str(FOLDER)}, "scripts": scripts, "styles": [f"{_SERVED}/page.css"]})
    server.state.trame__title = "SPA"
    server.state.trame__favicon = None
    with DivLayout(server, classes="spa-root") as layout:
        for number, language in enumerate(languages()):
            condition = f"{'v-else-if' if number else 'v-if'}=\"language === '{language}'\""
            layout.root.add_child(f"<template {condition}>{in_language(page, language)}</template>")
