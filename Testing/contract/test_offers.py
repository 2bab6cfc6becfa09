"""What the viewer refuses while masks or a volume wait for an answer, its page does not offer."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

PAGE = Path(__file__).resolve().parents[2] / "SPASegmentLib" / "viewer" / "page" / "page.html"
#: Actions that wait, with their arguments.
ACTIONS: Dict[str, Callable[[Any], List[Any]]] = {
    "select": lambda state: [state.segments[1]["id"]],
    "add": lambda state: [],
    "remove": lambda state: [state.segments[1]["id"]],
    "profile_use": lambda state: [state.profiles[0]],
    "profile_create": lambda state: [],
    "profile_rename": lambda state: ["mine"],
    "profile_reset": lambda state: [],
    "profile_forget": lambda state: [],
}


class Controls(HTMLParser):
    """When the page's controls are disabled, by the action that they trigger or the address that they send to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Dict[str, Optional[str]] = {}

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        given = dict(attrs)
        for event in ("@click", "@change"):
            for name in re.findall(r"trigger\('(\w+)'|'(spa/\w+)'", given.get(event) or ""):
                self.found["".join(name)] = given.get(":disabled")


def disabled(expression: Optional[str], state: Any) -> bool:
    """What an expression of the page says of a state."""
    if expression is None:
        return False
    words = {"||": " or ", "&&": " and ", "===": "==", "!==": "!=", "profiles.length": "len(profiles)"}
    python = re.sub(r"\|\||&&|!?===?|profiles\.length|!", lambda m: words.get(m.group(), " not "), expression)
    names = ("armed", "busy", "loading", "phase", "volume", "profiles")
    return bool(eval(python, {"len": len}, {name: getattr(state, name) for name in names}))


@pytest.fixture
def page(hands: Any) -> Any:
    """The hands on the viewer, with two segments and two profiles."""
    if not hasattr(hands, "app"):
        pytest.skip("the page is the viewer's")
    hands._trigger("add")
    hands._trigger("select", hands.app.server.state.segments[0]["id"])
    hands._trigger("profile_create")
    return hands


def controls() -> Dict[str, Optional[str]]:
    reader = Controls()
    reader.feed(PAGE.read_text(encoding="utf-8"))
    return reader.found


def offered(state: Any) -> List[str]:
    """Those of `ACTIONS` and uploads that can be pressed."""
    return [name for name in [*ACTIONS, "spa/profile"] if not disabled(controls()[name], state)]


def waits_for_masks(page: Any) -> None:
    page.hold()
    page.click()


def shows_masks(page: Any) -> None:
    page.masks()


def goes_through(page: Any) -> None:
    page.masks()
    page.accept(0)
    page.hold()
    page.act(page.conversation.volume.go)


def has_gone_through(page: Any) -> None:
    goes_through(page)
    page.settle()
    assert page.conversation.volume.ready


@pytest.mark.parametrize("begin", [waits_for_masks, shows_masks, goes_through, has_gone_through])
def test_what_is_refused_is_not_offered(page: Any, begin: Callable[[Any], None]) -> None:
    state = page.app.server.state
    assert offered(state) == [*ACTIONS, "spa/profile"]
    begin(page)
    before = (state.segment, len(state.segments), state.profile, state.profiles)
    for name, arguments in ACTIONS.items():
        page._trigger("dismiss")
        page._trigger(name, *arguments(state))
        assert state.problem.startswith("Accept or cancel the masks on screen first, then "), name
    assert (state.segment, len(state.segments), state.profile, state.profiles) == before
    assert offered(state) == []
    page.settle()
    page.act(page.conversation.end)
    page._trigger("dismiss")
    assert offered(state) == [*ACTIONS, "spa/profile"]
