"""The words of names, by which mistyped ones are put right."""

import datetime as dt

from django.apps import apps
from django.db import connection

from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.names import latin, remains
from takt.kernel.lib.search import Searchable
from takt.kernel.lists.models import SearchWord

MOST_WORDS = 500_000


@command
def gather_words(*, by: Actor, at: dt.datetime) -> int:
    """Know the words of all records that stand, and forget those of none; answers how many there are.

    No event: nothing of the business changes, and what is forgotten must not stand in one.
    """
    texts = [
        f"SELECT id, search FROM {model._meta.db_table}"
        + (" WHERE deleted_at IS NULL" if any(f.name == "deleted_at" for f in model._meta.fields) else "")
        for model in apps.get_models()
        if issubclass(model, Searchable)
    ]
    one_table = " UNION ALL ".join(
        f"SELECT DISTINCT t.id, word FROM ({text}) t, regexp_split_to_table(t.search, '[^[:alpha:]]+') word"
        for text in texts
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT word, count(*) FROM ({one_table}) w WHERE length(word) BETWEEN 3 AND 40 "
            "GROUP BY word ORDER BY 2 DESC, 1 LIMIT %s",
            [MOST_WORDS],
        )
        counts = dict(cursor.fetchall())
    known = dict(SearchWord.objects.values_list("word", "records"))
    SearchWord.objects.filter(word__in=[word for word in known if word not in counts]).delete()
    rows = [
        SearchWord(
            word=word, spelling=(spelling := latin(word)[:40]), records=records, forms=remains(spelling)
        )
        for word, records in counts.items()
        if known.get(word) != records
    ]
    SearchWord.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["word"], update_fields=["records"], batch_size=2000
    )
    return len(counts)
