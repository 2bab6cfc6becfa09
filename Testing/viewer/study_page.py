"""A person works on the page of a study: run as a program, since it needs a process and a loop of its own."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, List, Tuple

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from SPASegmentLib.data.phantom import ambiguous_phantom
from SPASegmentLib.interaction.study_log import Entry, StudyLog
from SPASegmentLib.model.use import load_default
from SPASegmentLib.viewer.pointer import Gesture
from SPASegmentLib.viewer.study import read_study
from SPASegmentLib.viewer.study_app import StudyApp
from SPASegmentLib.viewer.study_run import RATING, READY, WELCOME, WORKING

STUDY = """
name: phantoms
participants: [p1, p2]
trial: []
images: [{image: phantom, id: a}, {image: phantom, id: b}, {image: phantom, id: c}, {image: phantom, id: d}]
"""
LESION = ambiguous_phantom().lesion_ras


class Person:
    """Somebody at work, whose watch only goes on when it is told to."""

    def __init__(self, app: StudyApp) -> None:
        self.app, self.now = app, 0.0
        app._run.diary._clock = lambda: self.now

    def do(self, name: str, *arguments: Any) -> None:
        self.app.server.controller.trigger_fn(name)(*arguments)

    async def settle(self) -> None:
        await asyncio.sleep(0.02)
        for _ in range(6000):
            if not (self.app._conversation.busy or self.app._page.task):
                return
            await asyncio.sleep(0.01)
        raise AssertionError("nothing came of it")

    async def show(self) -> str:
        assert self.phase == READY
        self.do("study_show")
        await self.settle()
        assert self.phase == WORKING
        return self.app._run.turn.method

    async def click(self, right: float = 0.0) -> None:
        at = (LESION[0] + right, LESION[1], self.app._views.position("Red").offset)
        self.app._conversation.gesture(Gesture("Red", at, at, False))
        await self.settle()
        assert self.phase == WORKING and self.app._conversation.choosing

    @property
    def phase(self) -> str:
        return self.app._run.phase

    @property
    def session(self) -> Any:
        return self.app.workspace.controller.session

    @property
    def entries(self) -> List[Entry]:
        return StudyLog(self.app._run.study.log).entries()


async def leaves_in_the_middle(person: Person) -> None:
    """With an image on screen, with masks and with an accepted one: nothing is logged, and the image comes again."""
    state: Any = person.app.server.state
    for steps in range(3):
        assert await person.show() == "spa"
        shown = state.volume
        if steps:
            await person.click()
        if steps == 2:
            person.do("accept", 0)
            assert person.phase == RATING
        person.do("study_begin", "p2")
        assert state.problem == "p1 is taking part and has to stop first." and state.volume == shown
        person.do("study_leave")
        assert person.phase == WELCOME and person.entries == []
        assert not person.app.workspace.is_open and state.volume == "" and state.masks == []
        person.do("study_begin", "p1")
        assert person.app._run.turn.place == 1 and state.problem == ""


async def takes_no_files(person: Person) -> None:
    """Neither an image nor a profile, by whatever way they come."""
    app, state = web.Application(), person.app.server.state
    person.app._transfer.add_routes(app)
    async with TestClient(TestServer(app)) as client:
        for place in ("volume?name=a.nrrd", "profile?name=a.json"):
            answer = await client.post(f"/spa/{place}", data=b"NRRD0004")
            assert answer.status == 422 and await answer.text() == "This is not part of the study."
            assert state.volume == "" and person.phase == READY


async def gives_up_after_a_mask(person: Person) -> None:
    """The mask that was accepted did not satisfy, so that another try was made, and given up."""
    assert await person.show() == "spa"
    await person.click()
    person.do("accept", 0)
    assert person.phase == RATING
    await person.click(3.0)
    person.do("study_finish", 0)
    entry = person.entries[-1]
    assert entry.satisfaction == 0 and (entry.clicks, entry.given_up) == (2, 1)
    assert entry.accepted is None and entry.lesson_mm is None and entry.rounds == 0


async def takes_the_second_mask_back(person: Person) -> None:
    """And begins one more by mistake: the first mask counts, with its time and its lesson."""
    assert await person.show() == "spa"
    lessons: List[Tuple[int, Any]] = []
    for index, right in ((0, 0.0), (4, 8.0)):  # the largest, beyond the first mask
        await person.click(right)
        session, person.now = person.session, person.now + 10.0
        person.do("accept", index)
        lessons.append((index, session.offset_mm))
    assert lessons[0][1] is not None and lessons[0][1] != lessons[1][1]
    person.do("undo")
    assert person.phase == RATING
    person.now += 10.0
    await person.click(2.0)
    person.do("cancel")
    assert person.phase == RATING and person.app.server.state.problem == ""
    person.do("study_finish", 4)
    entry = person.entries[-1]
    assert entry.seconds == 10.0 and entry.accepted == 0 and abs(entry.lesson_mm - lessons[0][1]) < 1e-4
    assert (entry.clicks, entry.undone, entry.given_up, entry.satisfaction) == (3, 1, 1, 4)


async def learns_nothing_of_clicks(person: Person) -> None:
    """Neither in the image, where a second session begins as the first one did, nor after it."""
    assert await person.show() == "clicks"
    await person.click()
    first = person.session.proposal.masks[0]
    person.do("accept", 0)
    await person.click()
    controller, profiles = person.app.workspace.controller, person.app.workspace.profiles
    assert (person.session.proposal.masks[0] == first).all()
    assert controller.profile.accepted == 0 and profiles.active.accepted == 0
    person.do("cancel")
    await person.click(8.0)
    person.do("accept", 0)
    person.do("undo")
    assert person.phase == RATING and profiles.active.accepted == 0
    person.do("study_finish", 5)
    assert person.entries[-1].accepted == 0


async def day(person: Person) -> None:
    """One image after the other."""
    person.do("study_begin", "p1")
    for work in (
        leaves_in_the_middle,
        takes_no_files,
        gives_up_after_a_mask,
        takes_the_second_mask_back,
        learns_nothing_of_clicks,
    ):
        await work(person)
        print(work.__name__, flush=True)


def main() -> None:
    """Run it in a folder."""
    file = Path(sys.argv[1]) / "study.yaml"
    file.write_text(STUDY)
    app = StudyApp(read_study(file), load_default().network)
    app.server.state.ready()
    try:
        asyncio.run(day(Person(app)))
    finally:
        app.close()
    print("all of it held")


if __name__ == "__main__":
    main()
