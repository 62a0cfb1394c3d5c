"""Rights on single records, beyond what a person's role gives."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Grant(models.Model):
    """One person's right on one record: shared with him by a colleague, or his because he takes part in it.

    The record is named by kind and key, as in events; while the person has any, `User.has_grants` says so.
    """

    class Why(models.TextChoices):
        SHARE = "share", _("Shared")
        PART = "part", _("Takes part")

    class Level(models.TextChoices):
        VIEW = "view", _("May view")
        EDIT = "edit", _("May edit")

    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="grants", db_index=False)
    why = models.CharField(max_length=5, choices=Why.choices)
    level = models.CharField(max_length=4, choices=Level.choices, default=Level.VIEW)
    role = models.CharField(max_length=60, blank=True, default="")  # of who takes part
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    given_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "record_grant"
        indexes = [models.Index(fields=["user", "kind", "object_id"], name="record_grant_of_user")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id", "user", "why"], name="record_grant_once"),
            models.CheckConstraint(
                condition=Q(why="share") | Q(why="part", level="view", expires_at=None),
                name="record_grant_of_part",
            ),
        ]
