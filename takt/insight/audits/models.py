"""The kept judgement of every deal, the daily scores, and the audits that people make."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from takt.insight.audits.rules import ALL_BITS, CODES
from takt.kernel.access.reach import may, own_reach
from takt.kernel.accounts.models import User
from takt.sales.deals.models import Deal, Stage

USER = settings.AUTH_USER_MODEL
CHECK_CHOICES = [(code, code) for code in CODES]


class DealQuality(models.Model):
    """Which of the seven checks apply to a deal and which it fails, one bit each; kept for open and lately closed deals."""

    deal = models.OneToOneField(Deal, models.CASCADE, related_name="quality")
    applicable = models.PositiveSmallIntegerField(default=0)
    failed = models.PositiveSmallIntegerField(default=0)
    judged_on = models.DateField()  # the organisation's day that the judgement is of
    is_due = models.BooleanField(default=False)  # something has changed since

    class Meta:
        db_table = "deal_quality"
        indexes = [models.Index(fields=["deal"], name="deal_quality_due", condition=Q(is_due=True))]
        constraints = [
            models.CheckConstraint(
                condition=Q(applicable__lte=ALL_BITS) & Q(failed=F("failed").bitand(F("applicable"))),  # type: ignore[arg-type]
                name="deal_quality_fails_what_applies",
            )
        ]


class ScoreDay(models.Model):
    """How a person's deals stood at the end of a day: per check, to how many it applied and how many failed it."""

    day = models.DateField()
    owner = models.ForeignKey(USER, models.CASCADE, related_name="+", db_index=False)
    team = models.ForeignKey(
        "accounts.Team", models.SET_NULL, null=True, related_name="+", db_index=False
    )  # of that day
    check_code = models.CharField(max_length=2, choices=CHECK_CHOICES)
    applicable = models.PositiveIntegerField()
    failed = models.PositiveIntegerField()

    class Meta:
        db_table = "audit_score_day"
        constraints = [
            models.UniqueConstraint(fields=["day", "owner", "check_code"], name="audit_score_day_once"),
            models.CheckConstraint(condition=Q(failed__lte=F("applicable")), name="audit_score_day_within"),
        ]


def people_judged(user: User | None) -> frozenset[int] | None:
    """Whose scores the person reads: a supervisor his people's, an auditor everybody's, anybody else his own."""
    if user is None or may(user, "audit") or user.role == "ceo":
        return own_reach(user, "deal")
    return frozenset({user.pk})


class AuditQuerySet(models.QuerySet["AuditSession"]):
    def visible_to(self, user: User | None) -> Self:
        """One's own audits, and those of whoever's deals one sees as a supervisor or auditor."""
        people = people_judged(user)
        if people is None or user is None:
            return self
        return self.filter(Q(auditor=user.pk) | Q(person__in=sorted(people)))


class AuditSession(models.Model):
    """One walk through the deals of a person or of a stage, deal by deal; it may be left and taken up again."""

    class Scope(models.TextChoices):
        REP = "rep", _("All deals of one person")
        STAGE = "stage", _("One stage, everybody's deals")

    scope = models.CharField(max_length=5, choices=Scope.choices)
    person = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    stage = models.ForeignKey(Stage, models.CASCADE, null=True, related_name="+")
    from_on = models.DateField()
    until_on = models.DateField()
    sample = models.PositiveIntegerField(null=True)  # None: all
    seed = models.BigIntegerField(null=True)  # by which the sample was drawn; drawn again it is the same
    auditor = models.ForeignKey(USER, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)  # the deal looked at last

    objects = AuditQuerySet.as_manager()

    class Meta:
        db_table = "audit_session"
        indexes = [models.Index(fields=["-started_at", "-id"], name="audit_session_latest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="rep", person__isnull=False, stage=None)
                | Q(scope="stage", stage__isnull=False, person=None),
                name="audit_session_of_one",
            ),
            models.CheckConstraint(condition=Q(from_on__lte=F("until_on")), name="audit_session_period"),
        ]


class AuditRound(models.Model):
    """That somebody audits a team's reps every week, so many deals of each."""

    auditor = models.ForeignKey(USER, models.CASCADE, related_name="+")
    team = models.ForeignKey(
        "accounts.Team", models.CASCADE, null=True, related_name="+"
    )  # None: everybody's
    sample = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "audit_round"
        constraints = [
            models.UniqueConstraint(
                fields=["auditor", "team"], condition=Q(ended_at=None), name="audit_round_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(sample__gte=1), name="audit_round_of_some"),
        ]  # fmt: skip


class PlannedWalk(models.Model):
    """One person's part of a week's sample plan: done when its audit is finished."""

    week = models.DateField()  # its Monday
    auditor = models.ForeignKey(USER, models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(USER, models.CASCADE, related_name="+", db_index=False)
    sample = models.PositiveSmallIntegerField()
    seed = models.BigIntegerField()
    session = models.OneToOneField(AuditSession, models.SET_NULL, null=True, related_name="planned")
    task = models.ForeignKey("activities.Task", models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "audit_planned_walk"
        constraints = [
            models.UniqueConstraint(fields=["week", "auditor", "person"], name="audit_planned_walk_once"),
            models.CheckConstraint(condition=Q(week__week_day=2), name="audit_planned_walk_from_monday"),
        ]


class AuditedDeal(models.Model):
    """A deal's place in a walk."""

    session = models.ForeignKey(AuditSession, models.CASCADE, related_name="deals", db_index=False)
    deal = models.ForeignKey(Deal, models.CASCADE, related_name="+")
    owner = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)  # when it was audited
    position = models.PositiveIntegerField()
    looked_at = models.DateTimeField(null=True, blank=True)
    fix_until = models.DateField(null=True, blank=True)
    task = models.ForeignKey("activities.Task", models.SET_NULL, null=True, related_name="+")

    class Meta:
        db_table = "audited_deal"
        constraints = [
            models.UniqueConstraint(fields=["session", "deal"], name="audited_deal_once"),
            models.UniqueConstraint(fields=["session", "position"], name="audited_deal_place"),
        ]


class AuditVerdict(models.Model):
    """What the auditor found by one check of one deal; prefilled by what Takt finds itself."""

    class Verdict(models.TextChoices):
        PASS = "pass", _("In order")
        FAIL = "fail", _("To be put right")
        NA = "na", _("Does not apply")

    audited = models.ForeignKey(AuditedDeal, models.CASCADE, related_name="verdicts", db_index=False)
    check_code = models.CharField(max_length=2, choices=CHECK_CHOICES)
    found = models.CharField(max_length=4, choices=Verdict.choices)
    verdict = models.CharField(max_length=4, choices=Verdict.choices)
    comment = models.CharField(max_length=500, blank=True, default="")
    fixed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "audit_verdict"
        indexes = [
            models.Index(
                fields=["audited"], name="audit_verdict_open", condition=Q(verdict="fail", fixed_at=None)
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["audited", "check_code"], name="audit_verdict_once"),
            models.CheckConstraint(
                condition=Q(fixed_at=None) | Q(verdict="fail"), name="audit_verdict_fixed_when_failed"
            ),
        ]
