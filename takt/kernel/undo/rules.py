"""How long an act can be taken back."""

import datetime as dt

OPEN_FOR = dt.timedelta(minutes=10)


def is_expired(offered_at: dt.datetime, at: dt.datetime) -> bool:
    return at - offered_at > OPEN_FOR
