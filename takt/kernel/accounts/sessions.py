"""Sessions in the database, as Django keeps them; each page asks for one, so the question is a standing one."""

import datetime as dt

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from takt.kernel.lib.standing import standing


@standing
def _alive(key: str, now: dt.datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


class SessionStore(db.SessionStore):
    """Django's own, but for how a session is read."""

    def _get_session_from_db(self) -> Session | None:
        found = _alive(self.session_key or "", timezone.now())
        if not found:
            self._session_key = None
        return found[0] if found else None
