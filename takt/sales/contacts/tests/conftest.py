"""A world for property tests: each example begins with what the fixtures made and leaves nothing behind."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction

from takt.kernel.lib.actor import Actor


@pytest.fixture(scope="function")
def transactional_world(admin: Any, pipeline: Any, at: dt.datetime) -> Callable[..., Any]:
    @contextmanager
    def world() -> Iterator[tuple[Actor, dt.datetime]]:
        with transaction.atomic():
            yield Actor(admin), at
            transaction.set_rollback(True)

    return world
