import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from takt.office.notifications.kinds import GROUPS, KINDS
from takt.office.notifications.rules import end_of_quiet, next_time

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+00:00")


@pytest.mark.parametrize(
    ("at", "start", "end", "goes"),
    [
        ("2026-03-02 09:00", "22:00", "07:00", "2026-03-02 09:00"),  # 10:00 there
        ("2026-03-02 22:00", "22:00", "07:00", "2026-03-03 06:00"),  # 23:00: over midnight
        ("2026-03-02 03:00", "22:00", "07:00", "2026-03-02 06:00"),  # 04:00
        ("2026-03-02 21:00", "22:00", "07:00", "2026-03-03 06:00"),  # its first minute
        ("2026-03-02 06:00", "22:00", "07:00", "2026-03-02 06:00"),  # its end
        ("2026-03-02 11:30", "12:00", "14:00", "2026-03-02 13:00"),  # within a day
        ("2026-03-28 23:00", "22:00", "07:00", "2026-03-29 05:00"),  # the night when clocks go forward
        ("2026-03-02 23:00", "07:00", "07:00", "2026-03-02 23:00"),
    ],
)
def test_quiet_hours(at: str, start: str, end: str, goes: str) -> None:
    quiet = dt.time.fromisoformat(start), dt.time.fromisoformat(end)
    assert end_of_quiet(utc(at), BERLIN, *quiet) == utc(goes)


def test_the_daily_mail_is_always_ahead() -> None:
    half_past_eight = dt.time(8, 30)
    assert next_time(utc("2026-03-02 07:00"), BERLIN, half_past_eight) == utc("2026-03-02 07:30")
    assert next_time(utc("2026-03-02 07:30"), BERLIN, half_past_eight) == utc("2026-03-03 07:30")
    assert next_time(utc("2026-03-28 12:00"), BERLIN, half_past_eight) == utc("2026-03-29 06:30")


def test_every_kind_belongs_to_a_choice_and_has_words() -> None:
    everything = dict.fromkeys(
        (
            "actor",
            "deal",
            "record",
            "task",
            "name",
            "created",
            "updated",
            "refused",
            "changed",
            "skipped",
            "days",
            "client",
        ),
        3,
    )
    assert {k.group for k in KINDS.values()} <= set(GROUPS)
    for kind in KINDS.values():
        for count in (1, 5):
            words = kind.words({**everything, "count": count})
            assert words and "%" not in words
            assert kind.many is None or (str(count) in words) == (count == 5)
