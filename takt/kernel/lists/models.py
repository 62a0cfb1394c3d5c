from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class SavedView(models.Model):
    """A list's filters, order and columns under a name; the view is a URL query, its rows stay by right."""

    resource = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="views")
    is_shared = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "saved_view"
        constraints = [
            models.UniqueConstraint(fields=["owner", "resource", "name"], name="saved_view_name_once")
        ]


class ColumnChoice(models.Model):
    """Which columns a user sees in a list, in what order."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    resource = models.CharField(max_length=40)
    columns = models.JSONField(default=list)

    objects: ClassVar[models.Manager]

    class Meta:
        db_table = "column_choice"
        constraints = [models.UniqueConstraint(fields=["user", "resource"], name="column_choice_once")]


class SearchWord(models.Model):
    """A word that names are made of, and what is left of it when letters are mistyped (kernel/lists/words.py)."""

    word = models.CharField(max_length=40, unique=True)
    spelling = models.CharField(max_length=40)
    records = models.IntegerField()
    forms = ArrayField(models.TextField())

    objects: ClassVar[models.Manager]

    class Meta:
        db_table = "search_word"
        indexes = [GinIndex(fields=["forms"], name="search_word_forms", fastupdate=False)]
