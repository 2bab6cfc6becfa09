"""What `spa viewer` refuses before it starts, and what it starts without."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Dict, List

import pytest

pytest.importorskip("trame_slicer")

from SPASegmentLib.commands.viewer import run_viewer
from SPASegmentLib.errors import InputError, WeightsError
from SPASegmentLib.viewer.address import page_address

pytestmark = pytest.mark.viewer

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"token": ""}, "--token is empty"),
        ({"token": "  "}, "--token is empty"),
        ({"volume": Path("gone.nrrd")}, "gone.nrrd' does not exist"),
        ({"profile": Path("gone.json")}, "gone.json cannot be read"),
        ({"component": 2}, "--component says which volume of a file is opened; give the file, too"),
    ],
)
def test_what_cannot_be_used_is_refused_before_the_start(arguments: Dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_viewer(**arguments)


def test_weights_that_were_asked_for_have_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="gone"):
        run_viewer(weights=tmp_path / "gone.safetensors")


def test_without_pytorch_it_works_from_what_segments_hold(tmp_path: Path) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").write_text("raise OSError('libtorch_cpu.so')")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from SPASegmentLib.viewer.app import ViewerApp
ViewerApp.run = lambda app, *rest: print("has a network:", app.workspace.has_network)
from SPASegmentLib.commands.viewer import run_viewer
run_viewer(open_browser=False)
"""
    words = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert "has a network: False" in done.stdout
    assert "PyTorch is installed but cannot be imported" in done.stderr
    assert "sessions start from what a segment holds" in done.stderr


@pytest.mark.parametrize(
    "arguments", [[], ["--token", "geheim & more"], ["--host", "0.0.0.0"], ["--host", "localhost"]]
)
def test_the_browser_that_is_opened_gets_the_page(arguments: List[str], tmp_path: Path) -> None:
    """The one that $BROWSER names is started by its name, as any program; here it writes down what it is to open."""
    if os.name != "posix":
        pytest.skip("a browser of this test is a shell script")
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}.part" && mv "{opened}.part" "{opened}"\n')
    browser.chmod(0o755)
    command = [sys.executable, "-c", "from SPASegmentLib.cli import main; main()", "viewer", *arguments, "--port", "0"]
    log = tmp_path / "log"
    with log.open("w") as out:
        environment = {**os.environ, "BROWSER": f"{browser} %s", "TMPDIR": str(tmp_path)}
        program = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=environment)
    try:
        deadline = time.monotonic() + 120
        while not opened.exists():
            assert program.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        visitor = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        answer = visitor.open(opened.read_text(), timeout=60)
        assert answer.status == 200 and b"<html" in answer.read()
    finally:
        program.terminate()
        program.wait(60)
    printed = log.read_text()
    assert "SPA is at http://" in printed and "--server" not in printed and "Traceback" not in printed


def test_addresses() -> None:
    assert page_address("127.0.0.1", 8080, None) == "http://127.0.0.1:8080/"
    assert page_address("::1", 8080, "a b&c") == "http://[::1]:8080/?token=a+b%26c"
