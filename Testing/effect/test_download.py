"""Weights from a server: after consent, with progress, checked, cancelled, and deleted again."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import ssl
import subprocess
import threading
import time
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

from SPASegmentLib.errors import InputError, OutputError, WeightsError
from SPASegmentLib.model.card import bundled
from SPASegmentLib.model.onnx_graphs import GRAPHS
from SPASegmentLib.model.weights import models_folder


class Server:
    """Serves files; `hold` keeps it from sending more than half of one."""

    def __init__(self) -> None:
        self.files: Dict[str, bytes] = {}
        self.asked: List[str] = []
        self.hold = threading.Event()
        self.hold.set()
        #: Endings of files of which half is sent.
        self.cut: Tuple[str, ...] = ()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                owner.asked.append(self.path)
                data = owner.files.get(self.path)
                if data is None:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                half = len(data) // 2
                self.wfile.write(data[:half])
                if not self.path.endswith(".json"):
                    owner.hold.wait(30)
                    if self.path.endswith(owner.cut):
                        return
                with suppress(OSError):  # the other side has cancelled
                    self.wfile.write(data[half:])

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server() -> Iterator[Server]:
    """The bundled weights under another name."""
    made = Server()
    for suffix in (".safetensors", ".json"):
        made.files["/w/better" + suffix] = (models_folder() / ("compact" + suffix)).read_bytes()
    yield made
    made.hold.set()
    made.http.shutdown()
    made.http.server_close()


def checksum(server: Server) -> str:
    return hashlib.sha256(server.files["/w/better.safetensors"]).hexdigest()


def test_what_is_entered_is_checked_before_anything_is_fetched(host: Any) -> None:
    from SegmentEditorSPALib.Download import Download

    good = "0" * 64
    for url in ("http://example.org/a.safetensors", "ftp://x/a.safetensors", "https://x/a.pth", "https://x/.safetensors"):
        with pytest.raises(InputError):
            Download(url, good)
    for sha in ("", "0" * 63, "g" * 64):
        with pytest.raises(InputError, match="64"):
            Download("https://example.org/a.safetensors", sha)
    assert Download(" https://example.org/w/a.safetensors?x=1 ", good.upper()).name == "a.safetensors"


@pytest.mark.parametrize("fault", ["missing", "other checksum", "cut short", "no server", "no card"])
def test_nothing_is_kept_of_what_is_not_whole(host: Any, server: Server, tmp_path: Path, fault: str) -> None:
    from SegmentEditorSPALib.Download import Download

    url, sha = server.address + "/w/better.safetensors", checksum(server)
    if fault == "missing":
        url = server.address + "/w/worse.safetensors"
    elif fault == "other checksum":
        sha = "0" * 64
    elif fault == "cut short":
        server.cut = (".safetensors",)
    elif fault == "no card":
        del server.files["/w/better.json"]
    else:
        server.http.shutdown()
        server.http.server_close()
    words = {
        "missing": "404", "no card": "404", "other checksum": "checksum", "cut short": "try again|cannot be reached",
        "no server": "cannot be reached",
    }
    with pytest.raises(WeightsError, match=words[fault]):
        Download(url, sha).run(tmp_path / "Models")
    folder = tmp_path / "Models"
    assert not folder.exists() or not list(folder.iterdir())


@pytest.mark.parametrize("lies", ["whole", "absent", "changed", "cut short"])
def test_graphs_come_with_the_weights_where_there_are_some(
    host: Any, server: Server, tmp_path: Path, lies: str
) -> None:
    from SegmentEditorSPALib.Download import Download, delete

    server.hold.set()
    graphs = {f"better.{name}.onnx": bundled().with_name(f"compact.{name}.onnx").read_bytes() for name in GRAPHS}
    if lies != "absent":
        server.files.update({f"/w/{name}": data for name, data in graphs.items()})
    if lies == "changed":
        server.files["/w/better.masks.onnx"] += b"x"
    elif lies == "cut short":
        server.cut = (".prompts.onnx",)
    download = Download(server.address + "/w/better.safetensors", checksum(server))
    words = {"changed": "A graph of better.safetensors", "cut short": "try again|cannot be reached"}
    if lies in words:
        with pytest.raises(WeightsError, match=words[lies]):
            download.run(tmp_path)
        assert list(tmp_path.iterdir()) == []
        return
    download.run(tmp_path)
    kept = {path.name: path.read_bytes() for path in tmp_path.glob("*.onnx")}
    assert kept == (graphs if lies == "whole" else {})
    delete(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_weights_stay_as_they_were_where_the_disk_gets_full(
    host: Any, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network of before, with the card of now, would be run by neither."""
    from SegmentEditorSPALib.Download import Download

    for name in GRAPHS:
        server.files[f"/w/better.{name}.onnx"] = bundled().with_name(f"compact.{name}.onnx").read_bytes()
    Download(server.address + "/w/better.safetensors", checksum(server)).run(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    # A newer card of the same name, whose last graph does not fit on the disk.
    server.files["/w/better.json"] = server.files["/w/better.json"].replace(b"{", b"{ ", 1)
    write = Path.write_bytes

    def write_bytes(path: Path, data: bytes) -> int:
        if path.name.endswith(".masks.onnx"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)
    with pytest.raises(OutputError, match="make room"):
        Download(server.address + "/w/better.safetensors", checksum(server)).run(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.fixture
def panel(host: Any) -> Iterator[Any]:
    from SegmentEditorSPALib.ModulePanel import ModulePanel
    from slicerhost import qt

    window = qt.QFrame()
    made = ModulePanel(qt.QVBoxLayout(window))
    window.show()
    yield made
    made.close()
    window.close()


def until(host: Any, condition: Any) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        host.qt.processEvents()
        time.sleep(0.002)


def ask(panel: Any, server: Server, consent: bool = True) -> None:
    from slicerhost import qt

    qt.answered(server.address + "/w/better.safetensors", checksum(server), consent)
    panel.model.fetch.click()


def test_download_use_open_delete(host: Any, panel: Any, server: Server) -> None:
    from SegmentEditorSPALib import Model, ModelSection
    from slicerhost import qt

    section = panel.model
    ask(panel, server, consent=False)
    assert not server.asked and not section.busy
    server.hold.clear()
    ask(panel, server)
    assert section.progress.visible and section.cancel.visible and not section.fetch.enabled
    until(host, lambda: 40 <= section.progress.value < 100)  # the card, which comes first, ends at 100
    server.hold.set()
    until(host, lambda: not section.busy)
    path = ModelSection.folder() / "better.safetensors"
    assert Model.choice()[0] == str(path) and Model.loaded(Model.choice()).sha256 == checksum(server)
    # The checksum may be wrapped.
    assert checksum(server) in panel.say.text.replace("\u200b", "") and not section.progress.visible
    section.open.click()
    assert qt.OPENED[-1] == str(ModelSection.folder())
    qt.answered(False)
    section.delete.click()
    assert path.is_file()
    qt.answered(True)
    section.delete.click()
    until(host, lambda: not section.busy)
    assert not list(ModelSection.folder().iterdir()) and Model.choice() == ("", "auto", "auto")
    assert not section.delete.enabled


def test_cancel(host: Any, panel: Any, server: Server) -> None:
    from SegmentEditorSPALib import Model, ModelSection

    section = panel.model
    server.hold.clear()
    ask(panel, server)
    until(host, lambda: section.progress.value >= 40)
    section.cancel.click()
    server.hold.set()
    until(host, lambda: not section.busy)
    assert "cancelled" in panel.say.text and Model.choice()[0] == ""
    assert not ModelSection.folder().exists() or not list(ModelSection.folder().iterdir())
    assert section.fetch.enabled and not section.cancel.visible


def test_weights_that_cannot_be_loaded_meanwhile_do_not_end_a_download(
    host: Any, panel: Any, server: Server, tmp_path: Path
) -> None:
    from SegmentEditorSPALib import Model, ModelSection
    from slicerhost import qt

    section = panel.model
    server.hold.clear()
    ask(panel, server)
    until(host, lambda: section.progress.value >= 40)
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(b"")
    qt.answered(str(alone))
    section.local.click()
    until(host, lambda: "alone" in panel.say.text)
    assert section.busy and section.cancel.visible and not qt.ERRORS
    for _ in range(20):
        host.qt.processEvents()
    assert not qt.ERRORS, "the bar goes on"
    section.cancel.click()
    server.hold.set()
    until(host, lambda: not section.busy)
    assert "cancelled" in panel.say.text and Model.choice()[0] == ""
    assert not ModelSection.folder().exists() or not list(ModelSection.folder().iterdir())


def test_a_panel_that_is_closed_leaves_no_download(host: Any, panel: Any, server: Server) -> None:
    from SegmentEditorSPALib import ModelSection

    server.hold.clear()
    ask(panel, server)
    until(host, lambda: panel.model.progress.value >= 40)
    panel.close()
    assert not panel.model.busy
    server.hold.set()
    named = partial(filter, lambda thread: thread.name == "SPA background")
    until(host, lambda: not list(named(threading.enumerate())))
    assert not ModelSection.folder().exists() or not list(ModelSection.folder().iterdir())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl makes a certificate here")
def test_a_certificate_that_nobody_knows_is_named(host: Any, tmp_path: Path) -> None:
    """A hospital's own server: what to do is another thing than where a server does not answer."""
    from SegmentEditorSPALib.Download import Download

    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([*make.split(), "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(certificate), str(key))
    http = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    http.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=http.serve_forever, daemon=True).start()
    address = f"https://localhost:{http.server_port}/weights.safetensors"
    with pytest.raises(WeightsError, match="certificate of localhost is not trusted here.*self-signed"):
        Download(address, "0" * 64).run(tmp_path / "weights")
    http.shutdown()


def test_a_server_without_a_secure_connection_is_named(host: Any, server: Server, tmp_path: Path) -> None:
    from SegmentEditorSPALib.Download import Download

    address = server.address.replace("http://", "https://") + "/weights.safetensors"
    with pytest.raises(WeightsError, match="127.0.0.1 gives no secure connection"):
        Download(address, "0" * 64).run(tmp_path / "weights")
