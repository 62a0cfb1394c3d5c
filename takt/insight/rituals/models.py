"""The stand-ups of teams, what people say at them, and the practices worth spreading."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from takt.kernel.accounts.models import Team
from takt.sales.deals.models import Stage

USER = settings.AUTH_USER_MODEL


class StandUp(models.Model):
    """A team's stand-up of one day: who speaks in which turn, who speaks now and since when."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    led_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    round_of = ArrayField(models.BigIntegerField())  # people in their turn, as it was when it began
    place = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField()
    turn_at = models.DateTimeField()  # since when this one speaks
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "stand_up"
        constraints = [
            models.UniqueConstraint(fields=["team", "day"], name="stand_up_once"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="stand_up_forward"
            ),
        ]

    @property
    def speaker(self) -> int | None:
        is_on = self.ended_at is None and self.place < len(self.round_of)
        return self.round_of[self.place] if is_on else None


class StandUpWords(models.Model):
    """What a person adds in words to what Takt knows of his day."""

    person = models.ForeignKey(USER, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    worked = models.CharField(max_length=1000, blank=True, default="")
    failed = models.CharField(max_length=1000, blank=True, default="")
    plan = models.CharField(max_length=1000, blank=True, default="")
    said_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "stand_up_words"
        constraints = [models.UniqueConstraint(fields=["person", "day"], name="stand_up_words_once")]


class PracticeQuerySet(models.QuerySet["Practice"]):
    def alive(self) -> Self:
        return self.filter(deleted_at=None)


class Practice(models.Model):
    """What worked and is worth spreading: written for everybody, so that all learn from it."""

    text = models.CharField(max_length=1000)
    stage = models.ForeignKey(Stage, models.SET_NULL, null=True, blank=True, related_name="+")
    author = models.ForeignKey(USER, models.PROTECT, related_name="+")
    day = models.DateField()
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = PracticeQuerySet.as_manager()

    class Meta:
        db_table = "practice"
        indexes = [models.Index(fields=["-day", "-id"], name="practice_latest", condition=Q(deleted_at=None))]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="practice_says_something")]
