"""Who may talk to the viewer: this computer's own browser, or whoever has the token."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Awaitable, Callable, Optional, Tuple
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from SPASegmentLib.translation import texts

_ = texts(__name__)

#: Names under which this computer calls itself.
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")

#: With the port behind it: browsers keep cookies by host, and two viewers on one host are two.
_COOKIE = "spa_viewer_"
#: Of a page whose address names none.
_PORT = 80
_NOWHERE = ("", 0)
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_local(host: str) -> bool:
    """Whether an address to listen on is reachable from this computer only."""
    return host in LOCAL_HOSTS


def guard(token: Optional[str]) -> Any:
    """A middleware that refuses strangers.

    Another site that is open in the same browser must not be able to send requests or open the socket (its `Origin`
    differs), nor give this server a name of its own (its `Host` does). It may link to the page; what it fetches or
    frames without an `Origin` browsers mark with `Sec-Fetch-Site`. With a token, every request needs it, once in the
    address and then as a cookie.

    Args:
        token: None for a server on this computer only.
    """

    @web.middleware
    async def check(request: web.Request, handler: _Handler) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        name, port = _place(f"//{request.host}")
        if origin is not None and (_place(origin) == _NOWHERE or urlsplit(origin).netloc != request.host):
            raise web.HTTPForbidden(text=_("This page belongs to another site."))
        if request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none") and not _is_link(request):
            raise web.HTTPForbidden(text=_("Another site asks for this; open the viewer by its own address."))
        if token is None:
            if name not in LOCAL_HOSTS:
                raise web.HTTPForbidden(text=_("The viewer listens on this computer only; open it as 127.0.0.1."))
            return await handler(request)
        if _equal(request.query.get("token", ""), token):
            # Out of the address bar, so that it is not passed on with a screenshot.
            wanted = request.query.get("lang")
            answer = web.HTTPFound(request.path + (f"?{urlencode({'lang': wanted})}" if wanted else ""))
            answer.set_cookie(f"{_COOKIE}{port}", _as_cookie(token), httponly=True, samesite="Lax")
            raise answer
        if not _equal(request.cookies.get(f"{_COOKIE}{port}", ""), _as_cookie(token)):
            raise web.HTTPUnauthorized(
                text=_("Open the address that the viewer printed when it started, with its token.")
            )
        return await handler(request)

    return check


def _place(address: str) -> Tuple[str, int]:
    """Name and port of a host, in an address; `_NOWHERE` where it is none, whatever it is."""
    try:
        parts = urlsplit(address)
        return parts.hostname or "", parts.port or _PORT
    except ValueError:
        return _NOWHERE


def _is_link(request: web.Request) -> bool:
    """Whether a click on another site leads to the page, to be seen for what it is."""
    opens = request.headers.get("Sec-Fetch-Mode") == "navigate" and request.headers.get("Sec-Fetch-Dest") == "document"
    return opens and not request.path.startswith("/spa/")


def _as_cookie(token: str) -> str:
    """A form of a token that is the same in all browsers, whatever letters the token has."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _equal(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode("utf-8", "surrogatepass"))
