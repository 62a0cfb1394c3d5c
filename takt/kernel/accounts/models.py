"""People who work in Takt, and their teams."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    REP = "rep", _("Sales rep")
    LEAD = "lead", _("Team lead")
    HEAD = "head", _("Head of sales")
    VP = "vp", _("Sales VP")
    CEO = "ceo", _("Director")
    MARKETING = "marketing", _("Marketing")
    LEGAL = "legal", _("Legal")
    FINANCE = "finance", _("Finance")
    SUPPORT = "support", _("Support")
    AUDITOR = "auditor", _("Auditor")
    ASSISTANT = "assistant", _("Sales assistant")
    LOGISTICS = "logistics", _("Logistics")
    ENGINEER = "engineer", _("Engineer")
    ADMIN = "admin", _("Administrator")


class Team(models.Model):
    """A node of the organisation; a lead sees his own team and those below."""

    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        db_table = "team"
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="team_name_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")) | models.Q(parent=None), name="team_not_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person with a role in one team. Without a password nobody can sign in as him."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    sort_key = models.CharField(max_length=200, db_index=True, editable=False)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.REP)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="members")
    language = models.CharField(max_length=10, default="en")
    time_zone = models.CharField(max_length=60, blank=True, default="")
    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.AUTO)
    daily_norm = models.PositiveSmallIntegerField(null=True, blank=True)
    single_keys = models.BooleanField(default=True, db_default=True)  # WCAG 2.1.4: they can be switched off
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    # Whether any record is shared with him (kernel/access): who has none is not asked about them at each read.
    has_grants = models.BooleanField(default=False, db_default=False)
    # Until when he stands in for anybody, at the latest; who never does is not asked about at each read.
    stands_in_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        db_table = "user"
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="user_role_known"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(w[0] for w in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()[:2]

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN


class Absence(models.Model):
    """Days on which a person isn't at work, and who does his work meanwhile.

    Whole days of the organisation's time zone: `starts_at` is the first midnight, `ends_at` the one after the last day
    or the moment it was ended early. A cancelled one means nothing any more.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="absences", db_index=False)
    deputy = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True, default="")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "absence"
        indexes = [
            models.Index(fields=["user", "ends_at"], name="absence_of"),
            models.Index(fields=["deputy", "ends_at"], name="absence_stood_in", condition=~Q(deputy=None)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_forward"),
            models.CheckConstraint(condition=~Q(deputy=F("user")), name="absence_by_another"),
        ]


class ApiToken(models.Model):
    """A key for programs; only its digest is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    is_read_only = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "api_token"


class SignInFailure(models.Model):
    """A refused sign-in, kept for minutes, so that passwords can't be guessed by trying."""

    email_digest = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        db_table = "sign_in_failure"
        indexes = [models.Index(fields=["email_digest", "at"], name="sign_in_failure_recent")]
