"""Search columns and the one way to search them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from takt.kernel.lib.names import fold, grams, search_text


class Searchable(models.Model):
    """Folded words and Chinese n-grams, written by the record's own commands."""

    search = models.TextField(default="", blank=True, editable=False)
    search_grams = ArrayField(models.TextField(), default=list, blank=True, editable=False)

    class Meta:
        abstract = True

    def set_search(self, *parts: str | None) -> None:
        self.search = search_text(*parts)
        self.search_grams = grams(self.search)


def search_indexes(name: str) -> list[GinIndex]:
    """Indexes of a searchable table; no pending list, which would cost 15 ms a search after bulk writes."""
    return [
        GinIndex(fields=["search"], name=f"{name}_search", opclasses=["gin_trgm_ops"], fastupdate=False),
        GinIndex(fields=["search_grams"], name=f"{name}_grams", fastupdate=False),
    ]


def matching(query: str) -> Q:
    """Rows that contain every word of `query`; parts of words from three letters, Chinese from one."""
    condition = Q()
    for word in fold(query).split()[:8]:
        found = grams(word)
        if found and len(word) <= 2:
            condition &= Q(search_grams__contains=[word] if len(word) <= 2 else found)
        else:
            condition &= Q(search__contains=word)
    return condition
