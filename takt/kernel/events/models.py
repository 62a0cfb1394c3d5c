"""The one append-only record of what happened."""

from typing import Any

from django.db import models


class TransactionId(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's own 64-bit transaction number, set by the database at insert."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if value is None or hasattr(value, "as_sql") else str(value)


class CurrentTransaction(models.Func):
    function = "pg_current_xact_id"
    output_field = TransactionId()


class Event(models.Model):
    """A typed, permanently named fact. A trigger refuses update and delete."""

    tx = TransactionId(db_default=CurrentTransaction(), editable=False)
    kind = models.TextField()
    actor = models.BigIntegerField(null=True)
    via = models.TextField()
    cause = models.BigIntegerField(null=True)
    depth = models.SmallIntegerField(default=0)
    batch = models.UUIDField(null=True)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    payload = models.JSONField()
    sealed = models.BinaryField(null=True)

    class Meta:
        db_table = "event"
        indexes = [
            models.Index(fields=["tx", "id"], name="event_stream"),
            models.Index(fields=["kind", "-at"], name="event_kind"),
            models.Index(fields=["batch"], name="event_batch", condition=models.Q(batch__isnull=False)),
        ]


class EventSubject(models.Model):
    """What an event is about; (kind, id), not a foreign key, so that history outlives its record."""

    event = models.ForeignKey(Event, models.DO_NOTHING, related_name="subjects", db_index=False)
    kind = models.TextField()
    object_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        db_table = "event_subject"
        indexes = [models.Index(fields=["kind", "object_id", "-at", "-event"], name="event_subject_timeline")]
        constraints = [
            models.UniqueConstraint(fields=["event", "kind", "object_id"], name="event_subject_once")
        ]


class PersonKey(models.Model):
    """The key that a person's sealed values are encrypted under; deleting it erases them everywhere."""

    kind = models.TextField()
    object_id = models.BigIntegerField()
    key = models.BinaryField()

    class Meta:
        db_table = "person_key"
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="person_key_once")]


class Delivery(models.Model):
    """That a subscriber has had an event: the row is inserted in the effect's own transaction."""

    class State(models.TextChoices):
        DONE = "done"
        FAILED = "failed"
        PARKED = "parked"

    event = models.ForeignKey(Event, models.DO_NOTHING, db_index=False)
    subscriber = models.TextField()
    state = models.TextField(choices=State.choices)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(default="")
    at = models.DateTimeField()

    class Meta:
        db_table = "event_delivery"
        constraints = [models.UniqueConstraint(fields=["event", "subscriber"], name="event_delivery_once")]
        indexes = [
            models.Index(fields=["state"], name="event_delivery_open", condition=~models.Q(state="done"))
        ]


class IdempotencyKey(models.Model):
    """A repeat of the same request by the same user is answered with the first answer; kept 7 days."""

    user = models.BigIntegerField()
    route = models.TextField()
    key = models.TextField()
    body_hash = models.TextField()
    status = models.SmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    at = models.DateTimeField()

    class Meta:
        db_table = "idempotency_key"
        constraints = [models.UniqueConstraint(fields=["user", "route", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["at"], name="idempotency_key_age")]
