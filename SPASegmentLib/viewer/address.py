"""The address of the page: as it is printed, and as this computer's own browser opens it."""

from __future__ import annotations

import threading
import webbrowser
from typing import Optional
from urllib.parse import urlencode

#: Where "all addresses" are listened on, this computer's own is one of them.
_OWN = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def page_address(host: str, port: int, token: Optional[str]) -> str:
    """With the token, where one is needed."""
    query = "" if token is None else f"?{urlencode({'token': token})}"
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/{query}"


def announce(host: str, port: int, token: Optional[str], open_browser: bool) -> None:
    """Tell on the terminal where the page is, and open it if that is wanted."""
    print(f"SPA is at {page_address(host, port, token)} for one user at a time; Ctrl+C ends it.", flush=True)
    if open_browser:
        open_here(host, port, token)


def open_here(host: str, port: int, token: Optional[str]) -> None:
    """Open the page in this computer's browser, without waiting for it; some only return when they are closed."""
    address = page_address(_OWN.get(host, host), port, token)
    threading.Thread(target=webbrowser.open, args=(address,), name="spa-browser", daemon=True).start()
