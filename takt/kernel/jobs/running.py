"""What stands around every background job."""

import datetime as dt
import traceback
from collections.abc import Callable
from typing import Any

from procrastinate.contrib.django.db_cleanup import close_db_connections, close_db_connections_async

from takt.kernel.jobs.commands import keep_error
from takt.kernel.lib.actor import Actor


def note_failure(call_next: Callable[[], Any], context: Any, worker: Any) -> Any:
    """Keep the error of a job that failed, then let the queue decide whether it is tried again."""
    try:
        return call_next()
    except Exception:
        text = traceback.format_exc(limit=8)
        keep_error(context.job.id, text, by=Actor(via="timer"), at=dt.datetime.now(dt.UTC))
        raise


middlewares = [close_db_connections, close_db_connections_async, note_failure]
