"""Keys that stand twice in YAML: its readers take the last one, and what was said first is gone without a word."""

from __future__ import annotations

from typing import Any, Iterable, List, Optional, Set, Tuple

_VALUES = ("ScalarEvent", "AliasEvent", "MappingStartEvent", "SequenceStartEvent")


def doubled_key(events: Iterable[Any]) -> Optional[Tuple[str, int]]:
    """The first key that stands twice in one place, and its second line, from 1; None where there is none.

    Args:
        events: of a file, as ``yaml.parse`` gives them.
    """
    # Of each mapping that is open its keys, and whether a key comes next; None for a list.
    within: List[Optional[Tuple[Set[str], List[bool]]]] = []
    for event in events:
        kind = type(event).__name__
        if kind in _VALUES and within and (mapping := within[-1]) is not None:
            keys, key_next = mapping
            if key_next[0] and kind == "ScalarEvent":
                if event.value in keys and event.value != "<<":
                    return str(event.value), event.start_mark.line + 1
                keys.add(event.value)
            key_next[0] = not key_next[0]
        if kind in ("MappingStartEvent", "SequenceStartEvent"):
            within.append((set(), [True]) if kind == "MappingStartEvent" else None)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            within.pop()
    return None
