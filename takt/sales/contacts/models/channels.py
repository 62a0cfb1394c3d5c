"""Phones and e-mail addresses."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from takt.sales.contacts.models.customers import Company, Contact


class _Channel(models.Model):
    """A way to reach a company or a person: belongs to exactly one of them."""

    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True


def _one_owner(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(company=None, contact__isnull=False)
        | models.Q(company__isnull=False, contact=None),
        name=name,
    )


class Phone(_Channel):
    class Kind(models.TextChoices):
        WORK = "work", _("Work")
        MOBILE = "mobile", _("Mobile")
        OTHER = "other", _("Other")

    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="phones")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="phones")
    number = models.CharField(max_length=20)  # E.164
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.WORK)

    class Meta:
        db_table = "phone"
        indexes = [models.Index(fields=["number"], name="phone_number")]
        constraints = [_one_owner("phone_of_one")]


class Email(_Channel):
    company = models.ForeignKey(Company, models.CASCADE, null=True, related_name="emails")
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="emails")
    address = models.EmailField(max_length=254)  # lower case

    class Meta:
        db_table = "email"
        indexes = [models.Index(fields=["address"], name="email_address")]
        constraints = [_one_owner("email_of_one")]
