"""Where a person has worked, and what each night finds out about a company."""

from django.conf import settings
from django.db import models

from takt.sales.contacts.models.customers import Company, Contact


class Employment(models.Model):
    """Where a person worked before: a company that he has left. Where he is now stands with the person."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="employments", db_index=False)
    company = models.ForeignKey(Company, models.CASCADE, related_name="former_people", db_index=False)
    position = models.CharField(max_length=120, blank=True, default="")
    since = models.DateField(null=True, blank=True)
    until = models.DateField()
    reason = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        db_table = "contact_employment"
        indexes = [
            models.Index(fields=["contact", "-until", "-id"], name="employment_of_contact"),
            models.Index(fields=["company", "-until", "-id"], name="employment_at_company"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(since=None) | models.Q(since__lte=models.F("until")),
                name="employment_forward",
            )
        ]


class Standing(models.Model):
    """What the night has reckoned of a company: its purchases, segment, ladder and the level it should have.

    Everything is over all of the company's deals, whoever sees them. A company in the bin keeps what it had.
    """

    company = models.OneToOneField(Company, models.CASCADE, related_name="standing")
    recency = models.PositiveSmallIntegerField(null=True)
    frequency = models.PositiveSmallIntegerField(null=True)
    monetary = models.PositiveSmallIntegerField(null=True)
    segment = models.CharField(max_length=3, blank=True, default="")
    purchases = models.PositiveIntegerField(default=0)  # won deals in the window
    amount = models.DecimalField(
        max_digits=20, decimal_places=2, default=0
    )  # of them, organisation's currency
    won = models.PositiveIntegerField(default=0)  # won deals ever
    last_won_on = models.DateField(null=True)
    last_contact_on = models.DateField(null=True)
    ladder = models.SmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)
    penalties = models.PositiveSmallIntegerField(default=0)
    proposed_level = models.CharField(max_length=1, blank=True, default="")
    is_churned = models.BooleanField(default=False)

    class Meta:
        db_table = "customer_standing"
        indexes = [
            models.Index(fields=["segment", "company"], name="standing_segment"),
            models.Index(fields=["ladder", "company"], name="standing_ladder"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ladder=models.F("step") - models.F("penalties")),
                name="standing_ladder_is_step",
            )
        ]
