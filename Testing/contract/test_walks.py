"""Random walks through the conversation, in every front end: what must hold after any action, whatever came before.

SPA_WALKS=500 walks so many more; each is made of its number alone, so that what fails is seen again.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, Callable, Dict, List, Tuple

import numpy as np
import pytest
from test_volume import axial

STEPS = 40
WALKS = 2 + int(os.environ.get("SPA_WALKS", "0"))
#: What may write into the segment; a double click that waits does so when its masks come.
WRITES = ("accept", "double", "apply", "settle")
CLICKS = ((0.0, 0.0), (7.0, 0.0), (-4.0, 3.0), (9.5, -8.0), (-25.0, 20.0), (300.0, 0.0))


class Walk:
    """One user who does anything.

    Args:
        hands: of a front end.
        seed: of what is done.
    """

    def __init__(self, hands: Any, seed: int) -> None:
        self.hands, self.rng = hands, np.random.default_rng(seed)
        self.done: List[Tuple[Any, ...]] = []
        #: What the segment held and the profile had learned, up to now and (after undo) beyond.
        self.states = [(self.held(), hands.learned)]
        self.now, self.holding = 0, False
        talk, volume = hands.conversation, hands.conversation.volume
        self.actions: Dict[str, Tuple[float, Callable[[], Any]]] = {
            "click": (8, lambda: hands.click(*CLICKS[self.one_of(*range(6))], remove=self.one_of(True, False, False))),
            "box": (2, lambda: self.box(self.one_of((15.0, 15.0), (0.1, 0.1), (150.0, 85.0)))),
            "from segment": (2, lambda: self.with_point(talk.from_segment)),
            "choose": (3, lambda: hands.choose(self.one_of(0, 1, 2, 3, 4, 9))),
            "double": (3, lambda: self.double(self.one_of(0, 1, 2, 3, 4))),
            "larger": (1, hands.larger), "smaller": (1, hands.smaller), "back": (2, hands.back),
            "start over": (1, hands.start_over), "cancel": (1, lambda: hands.act(talk.cancel)),
            "accept": (6, lambda: hands.accept(self.one_of(0, 1, 2, 3, 4, 9))),
            "next slice": (4, lambda: hands.next_slice(self.one_of(-1, 1))),
            "undo": (3, hands.undo), "redo": (3, hands.redo), "settle": (2, hands.settle),
            "scroll": (2, lambda: hands.scroll(self.one_of(-2.5, 2.5, 25.0))),
            "home": (3, lambda: hands.scroll(hands.lesion[2] - hands.slice_shown())),
            "through": (3, lambda: hands.act(volume.go)), "doubtful": (2, lambda: hands.act(volume.next_doubtful)),
            "ends": (2, lambda: hands.act(volume.ends_here)), "apply": (2, lambda: hands.act(volume.apply)),
        }  # fmt: skip

    def one_of(self, *options: Any) -> Any:
        return options[int(self.rng.integers(len(options)))]

    def box(self, reach: Tuple[float, float]) -> None:
        (r, a, _), s = self.hands.lesion, self.hands.slice_shown()
        self.hands.box((r - reach[0], a - reach[1], s), (r + reach[0], a + reach[1], s), axial())

    def with_point(self, act: Callable[..., Any]) -> None:
        self.hands.act(lambda: act((*self.hands.lesion[:2], self.hands.slice_shown()), axial()))

    def double(self, index: int) -> None:
        self.hands.press(index)
        self.hands.accept_at_once(index)

    def held(self) -> np.ndarray:
        return np.array(self.hands.voxels())

    def nodes(self) -> Counter:
        scene = self.hands.controller.segmentation.GetScene()
        return Counter(scene.GetNthNode(n).GetName() for n in range(scene.GetNumberOfNodes()))

    def step(self) -> None:
        """Do something, and see that it was right."""
        weights = np.array([weight for weight, _act in self.actions.values()])
        name = str(self.rng.choice(list(self.actions), p=weights / weights.sum()))
        slow, was_busy = self.rng.random() < 0.2 and name != "settle", self.hands.conversation.busy
        armed, before = self.hands.conversation.armed, self.held()
        self.done.append((name, slow))
        if name in ("undo", "redo") and not armed:
            self.step_in_history(name)
            return
        if slow and not self.holding:
            self.hands.hold()
        self.actions[name][1]()
        if not slow:
            self.hands.settle()
        self.holding = slow
        held = self.held()
        changed = np.flatnonzero((held != before).any(axis=(1, 2)))
        if len(changed):
            assert name in WRITES or was_busy, "written by what does not write"
            assert self.hands.said.startswith("Applied" if len(changed) > 1 else ("Accepted", "Applied"))
            self.states[self.now + 1 :] = [(held, self.hands.learned)]
            self.now += 1
        else:
            # What is accepted once more is learned, without an undo state.
            self.states[self.now] = (held, self.hands.learned)
        talk, nodes = self.hands.conversation, self.nodes()
        assert nodes["SPA preview"] == int(talk.choosing) and nodes["SPA volume preview"] <= int(talk.volume.active)
        assert talk.choosing == (talk.proposal is not None)
        assert not talk.busy or slow, "settled"

    def step_in_history(self, name: str) -> None:
        wanted = self.now + (1 if name == "redo" else -1)
        if 0 <= wanted < len(self.states) and self.now - wanted < 10:
            self.actions[name][1]()
            self.now = wanted
        assert np.array_equal(self.held(), self.states[self.now][0]), "undo and redo lead back exactly"


@pytest.mark.parametrize("seed", range(WALKS))
def test_whatever_is_done(hands: Any, seed: int, caplog: pytest.LogCaptureFixture) -> None:
    hands.masks()
    hands.act(hands.conversation.cancel)
    walk = Walk(hands, seed)
    nodes, learned = walk.nodes(), hands.learned
    try:
        for _ in range(STEPS):
            walk.step()
            assert not caplog.records, caplog.text
        hands.settle()
        while hands.conversation.armed:
            hands.act(hands.conversation.cancel)
        assert walk.nodes() == nodes, "nothing is left in the scene"
        walk.states[walk.now] = (walk.held(), hands.learned)
        for _ in range(walk.now):
            walk.step_in_history("undo")
        assert hands.learned == learned and not hands.voxels().any(), "what is undone is unlearned"
        hands.scroll(hands.lesion[2] - hands.slice_shown())
        hands.masks()
        hands.accept(0)
        assert hands.voxels().any() and hands.learned.accepted == learned.accepted + 1
    except AssertionError as error:
        raise AssertionError(f"{error}\nafter {walk.done[-12:]}, said: {hands.said}") from error
