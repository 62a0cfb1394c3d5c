"""Web forms, and what came in by them."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WebForm(models.Model):
    """A public form whose answers become deals; its key stands in the address and opens nothing else."""

    key = models.CharField(max_length=32, unique=True, editable=False)
    name = models.CharField(max_length=80, unique=True)
    pipeline = models.ForeignKey("deals.Pipeline", models.PROTECT, related_name="+", db_index=False)
    stage = models.ForeignKey("deals.Stage", models.SET_NULL, null=True, related_name="+", db_index=False)
    type = models.ForeignKey("deals.DealType", models.SET_NULL, null=True, related_name="+", db_index=False)
    source = models.ForeignKey(
        "contacts.Source", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    owners = models.JSONField(default=list)  # ids of people, in turn; nobody: the pipeline's default owner
    turn = models.PositiveIntegerField(default=0)
    task_type = models.CharField(max_length=20, default="call")
    task_title = models.CharField(max_length=200, blank=True, default="")
    task_minutes = models.PositiveIntegerField(default=60)
    fields = models.JSONField(default=list)  # {"name", "label", "is_required"} in the order shown
    consent = models.TextField(blank=True, default="")
    thanks = models.CharField(max_length=1000, blank=True, default="")
    redirect_url = models.CharField(max_length=500, blank=True, default="")
    sites = models.JSONField(default=list)  # origins that may show the form in a frame
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default="en")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "web_form"

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        return f"/f/{self.key}"


class Submission(models.Model):
    """One answer to a form and what became of it; what the visitor typed stands with the deal alone."""

    class Outcome(models.TextChoices):
        DEAL = "deal", _("Became a deal")
        INVALID = "invalid", _("Refused: filled in wrongly")
        ROBOT = "robot", _("Refused: a robot")

    form = models.ForeignKey(WebForm, models.CASCADE, related_name="submissions", db_index=False)
    nonce = models.CharField(max_length=64)
    at = models.DateTimeField()
    address = models.CharField(max_length=64)  # a keyed digest, good for counting only
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    reason = models.CharField(max_length=200, blank=True, default="")
    deal = models.ForeignKey("deals.Deal", models.SET_NULL, null=True, related_name="+")
    is_known_customer = models.BooleanField(default=False)
    campaign = models.JSONField(default=dict)
    consent: "models.TextField[Any, Any]" = models.TextField(blank=True, default="")
    consented_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "web_form_submission"
        indexes = [
            models.Index(fields=["form", "-at", "-id"], name="submission_of_form"),
            models.Index(fields=["address", "at"], name="submission_of_address"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["form", "nonce"], name="submission_once", condition=Q(outcome="deal")
            ),
        ]
