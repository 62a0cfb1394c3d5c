"""What others rely on changes only on purpose."""

import pytest

from tests.snapshots import FOLDER, SNAPSHOTS, text_of


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_snapshot(name: str) -> None:
    """If the change is meant: `python -m tests.snapshots --update`, and a line in the changelog."""
    assert (FOLDER / name).read_text(encoding="utf-8") == text_of(name)


def test_the_snapshots_hold_something() -> None:
    assert '"/api/v1/deals/{pk}/win"' in (FOLDER / "openapi.json").read_text() or '/win"' in text_of(
        "openapi.json"
    )
    assert '"deal.won"' in text_of("events.json")
