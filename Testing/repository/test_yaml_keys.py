"""Keys that stand twice in one place of a YAML file."""

from __future__ import annotations

from typing import Optional, Tuple

import pytest
import yaml

from SPASegmentLib.errors import InputError
from SPASegmentLib.yaml_keys import check_keys


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: 1\nb: 2", None),
        ("a: 1\nb: {a: 1, c: [a, a]}", None),
        ("- {a: 1}\n- {a: 2}\n- a\n- a", None),
        ("a: a\nb: a", None),
        ("? {a: 1}\n: 2\n? {a: 1}\n: 3", None),
        ("base: &b {a: 1}\nc: {<<: *b, a: 2}\nd: {<<: *b, <<: *b}", None),
        ("a: 1\nb: {c: 1}\na: 3", ("a", 3)),
        ("b: [1, {c: {d: 1,\n e: [2], d: 3}}]", ("d", 2)),
        ("'a': 1\n\"a\": 2", ("a", 2)),
        ("", None),
    ],
)
def test_the_first_key_that_stands_twice(text: str, found: Optional[Tuple[str, int]]) -> None:
    root = yaml.compose(text)
    if found is None:
        check_keys(root, "a.yaml")
        return
    key, line = found
    with pytest.raises(InputError, match=f"^a.yaml has the key {key!r} twice, again in line {line}; remove one"):
        check_keys(root, "a.yaml")
