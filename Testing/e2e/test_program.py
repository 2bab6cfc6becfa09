"""The program around the page: its start, its end, its address."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable, List

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.e2e


def test_another_address_needs_the_token_and_nothing_is_left_behind(
    browser: Any, new_program: Callable, new_screen: Callable, tmp_path: Path
) -> None:
    program = new_program(tmp_path / "tmp", "--host", "0.0.0.0")
    address, _, query = program.url.replace("0.0.0.0", "127.0.0.1").partition("?")
    assert query.startswith("token=") and len(query) > 20
    for path in ("", "index.html", "ws", "spa/result/a.nrrd"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address + path)
        assert refused.value.code == 401
    page = browser.new_context().new_page()
    screen = new_screen(page, f"{address}?{query}")
    assert "token" not in page.url
    page.click("[data-test=phantom]")
    screen.wait("get('volume') === 'Phantom'")
    page.close()
    assert list(program.temporary.glob("spa-viewer-*"))
    assert program.stop(signal.SIGTERM) in (0, 130, -signal.SIGTERM)
    assert not list(program.temporary.glob("spa-viewer-*"))
    log = program.log.read_text()
    assert "Traceback" not in log and log.count("\n") <= 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.nrrd"], "does not exist"),
        (["--weights", "nowhere.safetensors"], "cannot be read"),
        (["--profile", "nowhere.json"], "nowhere.json"),
        (["--host", "203.0.113.7", "--no-browser"], "Cannot listen"),
    ],
)
def test_what_cannot_start_ends_with_a_sentence(arguments: List[str], message: str) -> None:
    pytest.importorskip("trame_slicer")
    command = [sys.executable, "-c", "from SPASegmentLib.cli import main; main()", "viewer", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ") and message in last and "Traceback" not in done.stderr
