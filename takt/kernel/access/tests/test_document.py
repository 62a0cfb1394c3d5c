"""The document of the API."""

from collections import defaultdict
from typing import Any

from ninja import Schema

from takt.config.api import api


def _under(base: type[Any]) -> set[type[Any]]:
    return {kind for one in base.__subclasses__() for kind in {one, *_under(one)}}


def test_no_two_shapes_have_one_name() -> None:
    """The second would stand in the place of the first, and programs would be told of another room's fields."""
    assert api.get_openapi_schema()
    rooms = defaultdict(set)
    for kind in _under(Schema):
        if kind.__module__.startswith("takt."):
            rooms[kind.__name__].add(kind.__module__)
    assert {name: found for name, found in rooms.items() if len(found) > 1} == {}
