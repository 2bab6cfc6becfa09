"""Strangers are refused: other sites, other names of this computer, and whoever lacks the token."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Dict, List, Optional, Tuple
from urllib.parse import urlencode

import pytest

pytest.importorskip("aiohttp")

from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer

from SPASegmentLib.viewer.guard import guard, is_local

pytestmark = pytest.mark.viewer


def answers(token: Optional[str], requests: List[Tuple[str, Dict[str, str]]]) -> List[Tuple[int, Any]]:
    """Status and text of GET requests, one after the other, by one browser with its cookies."""

    async def run() -> List[Tuple[int, Any]]:
        async def hello(request: web.Request) -> web.Response:
            return web.Response(text="hello")

        app = web.Application(middlewares=[guard(token)])
        app.router.add_get("/", hello)
        app.router.add_get("/spa/result/a.nrrd", hello)
        async with TestClient(TestServer(app)) as client:
            found = []
            for path, headers in requests:
                answer = await client.get(path, headers=headers)
                found.append((answer.status, await answer.text()))
            return found

    # In a thread, since the tests with a browser leave a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


def test_this_computer_only() -> None:
    found = answers(None, [("/", {}), ("/", {"Host": "evil.example"}), ("/", {"Host": "localhost:80"})])
    assert [status for status, _ in found] == [200, 403, 200]


@pytest.mark.parametrize("token", [None, "secret"])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_other_sites_may_not_send_requests(token: Optional[str], origin: str) -> None:
    ((status, text),) = answers(token, [("/?token=secret", {"Origin": origin})])
    assert status == 403 and "another site" in text


def test_other_sites_may_link_to_the_page_but_not_fetch_or_frame_it() -> None:
    """Such requests carry no `Origin`."""

    def fetched(site: str, mode: str, kind: str) -> Dict[str, str]:
        return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": kind}

    found = answers(
        None,
        [
            ("/", fetched("none", "navigate", "document")),
            ("/", fetched("cross-site", "navigate", "document")),
            ("/spa/result/a.nrrd", fetched("same-origin", "cors", "empty")),
            ("/spa/result/a.nrrd", fetched("cross-site", "no-cors", "image")),
            ("/spa/result/a.nrrd", fetched("same-site", "no-cors", "script")),
            ("/spa/result/a.nrrd", fetched("cross-site", "navigate", "document")),
            ("/", fetched("cross-site", "navigate", "iframe")),
        ],
    )
    assert [status for status, _ in found] == [200, 200, 200, 403, 403, 403, 403]


@pytest.mark.parametrize("token", [None, "secret"])
@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://["}, {"Origin": "http://[x]:1"}, {"Host": "["}, {"Host": "127.0.0.1:x", "Origin": "//["}],
)
def test_headers_that_are_no_addresses_are_refused(token: Optional[str], headers: Dict[str, str]) -> None:
    ((status, text),) = answers(token, [("/", headers)])
    assert status == (403 if token is None or "Origin" in headers else 401) and "Traceback" not in text


def test_two_viewers_on_one_host_do_not_throw_each_other_out() -> None:
    async def run() -> List[Tuple[int, str]]:
        servers = []
        for token in ("first", "second"):
            async def hello(request: web.Request, name: str = token) -> web.Response:
                return web.Response(text=name)

            app = web.Application(middlewares=[guard(token)])
            app.router.add_get("/", hello)
            servers.append(TestServer(app))
            await servers[-1].start_server()
        # One browser: it keeps cookies by host.
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as browser:
            for server, token in zip(servers, ("first", "second")):
                assert (await browser.get(server.make_url("/"))).status == 401
                assert (await browser.get(server.make_url(f"/?token={token}"))).status == 200
            found = [await browser.get(server.make_url("/")) for server in servers]
            answers = [(answer.status, await answer.text()) for answer in found]
        for server in servers:
            await server.close()
        return answers

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: asyncio.run(run())).result() == [(200, "first"), (200, "second")]


def test_the_token_is_asked_for_and_becomes_a_cookie() -> None:
    other = {"Host": "viewer.example"}
    found = answers("secret", [("/", other), ("/?token=wrong", other), ("/?token=geheimnisé", other)])
    assert [status for status, _ in found] == [401, 401, 401]
    assert all("secret" not in text for _, text in found)
    assert answers("secret", [("/?token=secret", {}), ("/", {})]) == [(200, "hello")] * 2
    assert answers("secret", [("/", {"Cookie": "spa_viewer=wrong"})])[0][0] == 401


def test_local_addresses() -> None:
    assert is_local("127.0.0.1") and is_local("localhost") and is_local("::1")
    assert not is_local("0.0.0.0") and not is_local("192.168.1.2") and not is_local("")


@pytest.mark.parametrize("token", ["a+b&c", "50%25", "#?=/", "Läsion Ω", "with space", '"quoted;"', "x" * 500])
def test_a_token_may_have_any_letters(token: str) -> None:
    address = f"/?{urlencode({'token': token})}"
    first, other = answers(token, [(address, {}), ("/spa/result/a.nrrd", {})])
    assert first == other == (200, "hello")
    assert answers(token, [(f"/?{urlencode({'token': token + 'x'})}", {})])[0][0] == 401
