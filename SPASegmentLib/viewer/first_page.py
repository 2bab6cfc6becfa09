"""What a browser shows until the page's program has come.

trame's own page fetches that from the viewer. Where the answer comes later than the program (a busy computer, a slow
network) it takes the place of the page that is there by then, and nothing brings that back. Here it is sent along.
"""

from __future__ import annotations

import re
from pathlib import Path

from aiohttp import web
from trame_client.module import vue3

from SPASegmentLib.viewer.language import wanted_language
from SPASegmentLib.viewer.page_texts import FOLDER, in_language

#: Where the page's program puts the page, and the script that fetches what is there before.
_PLACE = re.compile(r'<div id="app"></div>\s*<script>.*?</script>', re.DOTALL)
_TITLE = re.compile(r"<title>.*?</title>")


def first_page(language: str) -> str:
    """trame's page with what is shown at first already in it, in a language."""
    page = (Path(vue3.www) / "index.html").read_text(encoding="utf-8")
    shown = in_language((FOLDER / "loading.html").read_text(encoding="utf-8"), language)
    page = _TITLE.sub("<title>SPA</title>", page)
    return _PLACE.sub(lambda _found: f'<div id="app">{shown}</div>', page)


def add_first_page(app: web.Application) -> None:
    """Let a web application answer with it, instead of with trame's."""

    async def answer(request: web.Request) -> web.Response:
        # Not kept by browsers: the program's files are called otherwise in another version of trame.
        headers = {"Cache-Control": "no-store"}
        return web.Response(text=first_page(wanted_language(request)), content_type="text/html", headers=headers)

    app.router.add_get("/index.html", answer)
