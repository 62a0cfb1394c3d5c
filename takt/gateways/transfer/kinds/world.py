"""What rows refer to by name, looked up for a whole batch at once; in a dry run what would be made has a negative id."""

import datetime as dt
import itertools
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings

from takt.kernel.accounts.models import Team, User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.names import fold, sort_key
from takt.kernel.settings.queries import value_of
from takt.sales.activities.models import TaskType
from takt.sales.catalog.models import Product
from takt.sales.contacts.commands.importing import CompanyRow, import_companies, import_sources
from takt.sales.contacts.models import Company, Source
from takt.sales.contacts.queries import became
from takt.sales.deals import commands as deals
from takt.sales.deals.models import DealType, LossReason, Pipeline, Stage


@dataclass
class Good:
    """A product as rows refer to it."""

    id: int
    name: str
    price: Decimal | None
    currency: str
    tax_rate: Decimal | None = None


@dataclass
class World:
    """Everything of one run that outlives a batch. Small lists are read once, big ones per batch."""

    by: Actor
    at: dt.datetime
    options: Mapping[str, Any]
    is_dry: bool
    batch: uuid.UUID = field(default_factory=uuid.uuid4)
    made: list[tuple[int, str, int]] = field(
        default_factory=list
    )  # line, kind, id: relations made on the way
    companies_to_be: dict[str, int] = field(default_factory=dict)
    keys_to_be: set[int] = field(default_factory=set)  # hashes of the keys of records to be, in a dry run
    rows_before: dict[int, int] = field(
        default_factory=dict
    )  # hashes of what new customers have: their lines
    _ids: Any = field(default_factory=lambda: itertools.count(-1, -1))

    def __post_init__(self) -> None:
        self.users: dict[str, int | None] = {}
        for pk, email, name in User.objects.filter(is_active=True).values_list("pk", "email", "name"):
            self.users[email.lower()] = pk
            key = fold(name)
            self.users[key] = None if key in self.users else pk  # two of one name: neither is meant
        self.teams: dict[tuple[int | None, str], int] = {
            (parent, fold(name)): pk
            for pk, parent, name in Team.objects.values_list("pk", "parent_id", "name")
        }
        self.pipelines = {fold(n): pk for pk, n in Pipeline.objects.values_list("pk", "name")}
        self.stages: dict[tuple[int, str], int] = {}
        self.order: dict[int, list[int]] = {}
        self.positions: dict[int, int] = {}
        for stage in Stage.objects.order_by("pipeline_id", "position"):
            self._learn_stage(stage.pipeline_id, stage.name, stage.pk)
        first = Pipeline.objects.filter(is_active=True).order_by("position", "pk").first()
        self.first_pipeline = first.pk if first else None
        self.types = {fold(n): pk for pk, n in DealType.objects.values_list("pk", "name")}
        self.sources = {fold(n): pk for pk, n in Source.objects.values_list("pk", "name")}
        self.reasons: dict[str, int] = {}
        for pk, slug, name in LossReason.objects.values_list("pk", "slug", "name"):
            self.reasons[fold(name)] = self.reasons[slug] = pk
        if self.is_dry:
            self.reasons.setdefault("not_recorded", self.virtual())  # the lists are installed before writing
        self.task_types: dict[str, tuple[int, str]] = {}
        for pk, slug, name in TaskType.objects.values_list("pk", "slug", "name"):
            self.task_types[fold(name)] = self.task_types[slug] = (pk, slug)
        self.currency = self.options.get("currency") or settings.TAKT_CURRENCY
        self.is_tax_included = bool(value_of("deal.prices_include_tax"))
        self.creates_missing = bool(self.options.get("create_missing"))
        self._goods: dict[str, Good | None] | None = None

    def virtual(self) -> int:
        """The id of something that a dry run only pretends to make."""
        return int(next(self._ids))

    # Small lists

    def _learn_stage(self, pipeline: int, name: str, pk: int) -> None:
        self.stages[pipeline, fold(name)] = pk
        order = self.order.setdefault(pipeline, [])
        self.positions[pk] = len(order)
        order.append(pk)

    def pipeline(self, name: str, line: int, stages: Iterable[str] = ()) -> int | None:
        """The pipeline of that name; made with these stages where the options allow it."""
        found = self.pipelines.get(fold(name))
        names = list(stages)
        if found is None and names and self.creates_missing:
            if self.is_dry:
                found = self.virtual()
                for stage in names:
                    self._learn_stage(found, stage, self.virtual())
            else:
                step = 100 // (len(names) + 1)
                new = deals.create_pipeline(
                    name=name,
                    stages=[{"name": s, "probability": step * (i + 1)} for i, s in enumerate(names)],
                    by=self.by,
                    at=self.at,
                )
                found = new.pk
                for row in new.stages.order_by("position"):
                    self._learn_stage(found, row.name, row.pk)
                self.made.append((line, "pipeline", found))
            self.pipelines[fold(name)] = found
        return found

    def stage(self, pipeline: int, name: str, line: int) -> int | None:
        found = self.stages.get((pipeline, fold(name)))
        if found is None and self.creates_missing:
            if self.is_dry:
                found = self.virtual()
            else:
                found = deals.add_stage(pipeline, name=name, by=self.by, at=self.at).pk
                self.made.append((line, "stage", found))
            self._learn_stage(pipeline, name, found)
        return found

    def deal_type(self, name: str, line: int) -> int | None:
        found = self.types.get(fold(name))
        if found is None and self.creates_missing:
            if self.is_dry:
                found = self.virtual()
            else:
                found = deals.add_deal_type(name=name, by=self.by, at=self.at).pk
                self.made.append((line, "deal_type", found))
            self.types[fold(name)] = found
        return found

    def source(self, name: str, line: int) -> int | None:
        found = self.sources.get(fold(name))
        if found is None and self.creates_missing:
            if self.is_dry:
                found = self.virtual()
            else:
                found = import_sources([name], by=self.by, at=self.at)[0]
                self.made.append((line, "source", found))
            self.sources[fold(name)] = found
        return found

    def user(self, text: str) -> int | None:
        """By e-mail, or by a name that only one person has."""
        return self.users.get(text.strip().lower()) or self.users.get(fold(text))

    # The catalog

    @property
    def goods(self) -> dict[str, Good | None]:
        if self._goods is None:
            self._goods = {}
            found = Product.objects.order_by("-is_active", "pk").values_list(
                "pk", "name", "price", "currency", "tax_rate", "code"
            )
            for pk, name, price, currency, tax_rate, code in found:
                self.learn_good(Good(pk, name, price, currency, tax_rate), code)
        return self._goods

    def learn_good(self, good: Good, code: str = "") -> None:
        known = self._goods if self._goods is not None else self.goods
        if code:
            known.setdefault("code:" + fold(code), good)
        known.setdefault(fold(good.name), good)
        squeezed = "squeezed:" + "".join(fold(good.name).split())
        other = known.setdefault(squeezed, good)
        if other is not None and other.id != good.id:
            known[squeezed] = None  # two products are written alike: neither is meant

    def good(self, text: str) -> Good | None:
        """By name, by code, or by the name written without its spaces where only one product fits."""
        folded = fold(text)
        return (
            self.goods.get(folded)
            or self.goods.get("code:" + folded)
            or self.goods.get("squeezed:" + "".join(folded.split()))
        )

    # Companies

    def companies(self, names: Iterable[str]) -> dict[str, int]:
        """Existing companies by the sort key of their names; the oldest where several have one name."""
        wanted = {sort_key(n) for n in names}
        found: dict[str, int] = {k: v for k in wanted if (v := self.companies_to_be.get(k)) is not None}
        rows = Company.objects.visible_to(self.by.user).filter(sort_key__in=wanted).order_by("-pk")
        found.update(rows.values_list("sort_key", "pk"))
        return found

    def companies_by_key(self, keys: Iterable[str]) -> dict[str, int]:
        wanted = set(keys)
        if not wanted:
            return {}
        rows = Company.objects.visible_to(self.by.user).filter(import_key__in=wanted)
        found = {str(key): pk for key, pk in rows.values_list("import_key", "pk")}
        merged = Company.objects.filter(import_key__in=wanted - set(found), merged_into__isnull=False)
        for key, pk in merged.values_list("import_key", "pk"):
            if (now := became(Company, pk, self.by.user)) is not None:
                found[str(key)] = now
        return found

    def make_companies(self, wanted: Mapping[str, tuple[int, CompanyRow]]) -> dict[str, int]:
        """Companies that rows name and nobody has yet: sort key: (line, row)."""
        if self.is_dry:
            made = {key: self.virtual() for key in wanted}
            self.companies_to_be.update(made)
            return made
        ids = import_companies([r for _l, r in wanted.values()], by=self.by, at=self.at, batch=self.batch)
        made = dict(zip(wanted, ids, strict=True))
        self.made.extend((line, "company", made[key]) for key, (line, _r) in wanted.items())
        return made
