"""A scripted person takes part in a study, stops in the middle, and goes on."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any, Callable, List

import numpy as np
import pytest

pytest.importorskip("slicer")

from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.interaction.study_log import Entry, StudyLog

pytestmark = pytest.mark.e2e

PICTURES = Path(__file__).resolve().parents[2] / "out" / "e2e"
PHANTOM = ambiguous_phantom()
LESION = PHANTOM.lesion_ras


def write_nrrd(path: Path, voxels: np.ndarray, kind: str) -> None:
    """(k, j, i) voxels on the phantom's lattice."""
    columns = [",".join(f"{v:.6f}" for v in PHANTOM.ijk_to_ras[:3, n]) for n in range(4)]
    header = (
        f"NRRD0004\ntype: {kind}\ndimension: 3\nspace: right-anterior-superior\n"
        f"sizes: {' '.join(map(str, voxels.shape[::-1]))}\n"
        f"space directions: ({columns[0]}) ({columns[1]}) ({columns[2]})\n"
        f"space origin: ({columns[3]})\nkinds: domain domain domain\nendian: little\nencoding: raw\n\n"
    )
    path.write_bytes(header.encode() + np.ascontiguousarray(voxels).tobytes())


@pytest.fixture
def study(tmp_path: Path) -> Path:
    write_nrrd(tmp_path / "Doe_Jane.nrrd", PHANTOM.voxels.astype("<i2"), "short")
    write_nrrd(tmp_path / "mask.nrrd", PHANTOM.readers["middle"].astype(np.uint8), "unsigned char")
    at = ", ".join(f"{v:.3f}" for v in LESION)
    lines = [
        "name: phantoms",
        "task: Outline the lesion in the middle.",
        "participants: [p1, p2]",
        "trial: []",
        "images:",
    ]
    lines += [f"  - {{id: s{n}, image: Doe_Jane.nrrd, reference: mask.nrrd, at: [{at}]}}" for n in (1, 2)]
    path = tmp_path / "study.yaml"
    path.write_text("\n".join(lines) + "\n")
    return path


class Person:
    """Somebody in front of the page."""

    def __init__(self, screen: Any) -> None:
        self.screen, self.page = screen, screen.page

    def phase(self, name: str) -> None:
        self.screen.wait(f"get('study').phase === '{name}' && !get('busy')")

    def begin(self, name: str) -> None:
        self.page.select_option("[data-test=pseudonym]", name)
        self.page.click("[data-test=begin]")
        self.phase("ready")

    def show(self) -> str:
        self.page.click("[data-test=show]")
        self.phase("working")
        self.screen.settle()
        return str(self.screen.state("study")["method"])

    def work(self, method: str) -> None:
        """To an accepted mask: one choice or one correction on the way."""
        self.screen.click("Red", LESION)
        self.screen.wait("get('masks').length > 0 && !get('busy')")
        count = self.page.locator(".card").count()
        if method == "spa":
            assert count == len(self.screen.state("masks")) > 1
            self.page.keyboard.press("1")
            self.screen.wait("get('round') === 2 && !get('busy')")
        else:
            assert count == len(self.screen.state("masks")) == 1
            assert not self.page.locator("[data-key='0']").is_visible()
            self.page.keyboard.press("1")
            self.page.keyboard.press("+")
            self.screen.wait("get('problem').startsWith('This is not part of the study')")
            self.page.click("[aria-label='Dismiss the message']")
            picture = self.screen.state("masks")[0]["picture"]
            self.page.keyboard.down("Control")
            self.screen.click("Red", (LESION[0] + 7.0, LESION[1], LESION[2]))
            self.page.keyboard.up("Control")
            self.screen.wait(f"get('masks').length === 1 && get('masks')[0].picture !== {picture!r} && !get('busy')")
            assert self.screen.state("round") == 1
        self.page.keyboard.press("Enter")
        self.phase("rating")


def visible(page: Any, *names: str) -> List[bool]:
    return [page.locator(f"[data-test={name}]").first.is_visible() for name in names]


@pytest.mark.slow
def test_a_person_stops_in_the_middle_and_goes_on(
    study: Path, browser: Any, new_program: Callable[..., Any], new_screen: Callable[..., Any], tmp_path: Path
) -> None:
    log = StudyLog(study.with_name("study-log.csv"))
    program = new_program(tmp_path / "one", "--study", str(study))
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    person = Person(new_screen(page, program.url))
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "study-welcome.png")
    assert not any(visible(page, "phantom", "seg-nrrd", "nifti", "profiles"))
    person.begin("p1")
    page.screenshot(path=PICTURES / "study-ready.png")
    methods = []
    for number in range(2):
        methods.append(person.show())
        assert page.inner_text("[data-test=volume]").startswith("s"), "not the name of the file"
        person.work(methods[-1])
        # Where masks were is no empty box.
        assert page.inner_text(".hint").strip() == "The mask is accepted: say how satisfied you are with it."
        if number == 0:
            page.screenshot(path=PICTURES / "study-rating.png")
            # The mask is taken back, and another one accepted.
            page.keyboard.press("Control+z")
            person.phase("working")
            person.work(methods[-1])
        page.click(f"[data-test=rate-{4 + number}]")
        person.phase("ready")
        assert len(log.entries()) == number + 1
    methods.append(person.show())
    person.screen.click("Red", LESION)
    person.screen.wait("get('masks').length > 0 && !get('busy')")
    page.screenshot(path=PICTURES / f"study-{methods[-1]}.png")
    assert program.stop(signal.SIGTERM) == 0, program.log.read_text()
    page.close()
    assert not person.screen.errors and len(log.entries()) == 2, "the image in the middle is not finished"

    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b"phantoms#1234,p1,ma")  # as if the computer had stopped while it wrote
    program = new_program(tmp_path / "two", "--study", str(study))
    assert "was cut off" in program.log.read_text()
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    person = Person(new_screen(page, program.url))
    person.begin("p1")
    assert person.screen.state("study")["number"] == 3
    person.screen.page.evaluate("() => window.trame.trigger('phantom')")
    person.screen.wait("get('problem').startsWith('This is not part of the study')")
    assert person.show() == methods[-1]
    person.work(methods[-1])
    page.click("[data-test=rate-3]")
    person.phase("ready")
    methods.append(person.show())
    page.click("[data-test=give-up]")
    person.phase("done")
    page.screenshot(path=PICTURES / "study-done.png")
    page.click("[data-test=leave]")
    person.phase("welcome")
    person.begin("p2")
    assert person.screen.state("study")["method"] != methods[0], "the second person begins with the other method"
    assert program.stop(signal.SIGTERM) == 0
    page.close()
    assert not person.screen.errors

    check(log.entries(), methods)
    assert log.path.read_bytes().startswith(whole)
    assert b"Doe" not in log.path.read_bytes() and b"nrrd" not in log.path.read_bytes()


def test_whoever_finds_an_image_on_screen_can_let_its_person_stop(
    study: Path, browser: Any, new_program: Callable[..., Any], new_screen: Callable[..., Any], tmp_path: Path
) -> None:
    program = new_program(tmp_path / "one", "--study", str(study))
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    person = Person(new_screen(page, program.url))
    assert "begin with the pseudonym" in page.inner_text(".hint")
    person.begin("p1")
    assert "Press Show the image" in page.inner_text(".hint")
    method = person.show()
    assert page.inner_text(".hint").strip() == "Click on the structure in a slice, or drag a box around it."
    page.close()
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    person = Person(new_screen(page, program.url))
    person.phase("working")
    assert "p1 is at work" in page.inner_text("[data-test=study]")
    page.click("[data-test=leave]")
    person.phase("welcome")
    person.begin("p1")
    assert person.screen.state("study")["number"] == 1 and person.show() == method
    page.close()
    assert program.stop(signal.SIGTERM) == 0 and not person.screen.errors
    assert not study.with_name("study-log.csv").exists()


def check(entries: List[Entry], methods: List[str]) -> None:
    assert [entry.method for entry in entries] == methods and sorted(methods) == ["clicks", "clicks", "spa", "spa"]
    assert [entry.place for entry in entries] == [1, 2, 3, 4] and {e.participant for e in entries} == {"p1"}
    assert [entry.satisfaction for entry in entries] == [4, 5, 3, 0]
    for entry in entries[:3]:
        times = 2 if entry.place == 1 else 1  # the first mask was taken back
        assert (entry.clicks, entry.boxes, entry.undone) == (times, 0, times - 1)
        assert (entry.choices, entry.corrections) == ((times, 0) if entry.method == "spa" else (0, times))
        assert entry.rounds == (2 if entry.method == "spa" else 1) and entry.accepted == 0
        assert entry.seconds > 0 and entry.dice is not None and 0.4 < entry.dice < 1 and entry.lesson_mm is not None
    last = entries[3]
    assert last.accepted is None and last.dice is None and last.rounds == 0 and last.clicks == 0


def test_a_study_with_a_missing_image_is_not_begun(
    study: Path, new_program: Callable[..., Any], tmp_path: Path
) -> None:
    study.write_text(study.read_text().replace("reference: mask.nrrd", "reference: gone.nrrd", 1))
    with pytest.raises(AssertionError, match="the reference of s1, gone.nrrd, is not there"):
        new_program(tmp_path / "one", "--study", str(study))
    study.write_text(study.read_text().replace("gone.nrrd", "damaged.nrrd", 1))
    study.with_name("damaged.nrrd").write_bytes(b"no header")
    with pytest.raises(AssertionError, match="s1 of the study cannot be used: .*damaged.nrrd"):
        new_program(tmp_path / "two", "--study", str(study))
    assert not study.with_name("study-log.csv").exists()
