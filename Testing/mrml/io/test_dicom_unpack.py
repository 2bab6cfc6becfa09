"""The process that unpacks DICOM ends with whoever wants its pixels, and leaves none of them behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Iterator, List

import numpy as np
import pytest

from SPASegmentLib.errors import InputError
from SPASegmentLib.mrml.io.volumes import read_image
from SPASegmentLib.mrml.io.voxels import unless

pytest.importorskip("pydicom")
from dicom_files import encoded, file, save  # noqa: E402

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are listed in /proc")

#: So many frames of noise take many seconds to unpack.
FRAMES, SIDE = 60, 700
ENDS_IN = 20.0


def unpacking(folder: Path) -> List[int]:
    """Processes that unpack what lies below a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"dicom_unpack" in words and os.fsencode(folder) in words:
            found.append(int(entry.name))
    return found


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + ENDS_IN
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    assert true()


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    noise = np.random.default_rng(0).integers(0, 255, (1, SIDE, SIDE)).astype("u1")
    from pydicom.encaps import encapsulate, generate_frames

    (one,) = generate_frames(encoded(noise, "JPEG2000", no_jp2=True), number_of_frames=1)
    data = file(
        noise[0], syntax="1.2.840.10008.1.2.4.90", PixelSpacing=[1, 1], NumberOfFrames=FRAMES,
        content=encapsulate([one] * FRAMES),
    )  # fmt: skip
    return save(data, tmp_path_factory.mktemp("slow") / "slow.dcm")


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where files lie for a while."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    tempfile.tempdir = None


def test_a_file_that_is_given_up_is_not_unpacked_to_its_end(slow: Path, work: Path) -> None:
    begun: List[int] = []

    def given_up() -> bool:
        begun.extend(unpacking(work))
        return bool(begun)

    with unless(given_up), pytest.raises(InputError, match="given up before its end"):
        read_image(str(slow))
    assert begun and not unpacking(work) and os.listdir(work) == []


def heed_default() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_command_however_that_ends(slow: Path, work: Path, tmp_path: Path, number: int) -> None:
    output = tmp_path / "lesion.nrrd"
    words = ["segment", str(slow), "--click=0,0,0", "--output", str(output)]
    command = [sys.executable, "-c", "from SPASegmentLib.cli import main; main()", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_default
    ) as process:
        wait_until(lambda: bool(unpacking(work)))
        process.send_signal(number)  # to the command alone, as a window that is closed would
        _, err = process.communicate(timeout=ENDS_IN)
    if number != signal.SIGKILL:
        assert (process.returncode, err) == (130, "Interrupted; no file is half written.\n")
    wait_until(lambda: not unpacking(work) and os.listdir(work) == [])
    assert not output.exists()
