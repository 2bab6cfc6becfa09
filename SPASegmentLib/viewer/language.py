"""Which language the page is in: what its address says (?lang=de), else what the browser prefers."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, List

from aiohttp import web

from SPASegmentLib.translation import pick

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
#: Where the page is; everything else is asked for by the page itself.
_PAGE = ("/", "/index.html")


def heard(speak: Callable[[str], None]) -> Any:
    """A middleware that tells which language whoever opens the page wants.

    Args:
        speak: called with one of `translation.languages`.
    """

    @web.middleware
    async def listen(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.path in _PAGE:
            speak(wanted_language(request))
        return await handler(request)

    return listen


def wanted_language(request: web.Request) -> str:
    """One of `translation.languages`: the one that suits whoever asks best."""
    return pick([request.query.get("lang", ""), *accepted(request.headers.get("Accept-Language", ""))])


def accepted(header: str) -> List[str]:
    """The languages of an Accept-Language header, the preferred one first."""
    found = []
    for part in header.split(","):
        name, _semicolon, quality = part.partition(";q=")
        try:
            found.append((-float(quality or 1), name.strip()))
        except ValueError:
            continue
    return [name for _quality, name in sorted(found, key=lambda each: each[0])]
