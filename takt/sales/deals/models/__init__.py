"""Deals, their pipelines and their history."""

from takt.sales.deals.models.deals import Deal, DealContact, DealQuerySet, Watcher
from takt.sales.deals.models.history import ClosedTotal, CriterionTick, OwnerPeriod, StagePassage, StageTotal
from takt.sales.deals.models.offers import Competitor, DealCompetitor, DealLine, Qualification
from takt.sales.deals.models.pipelines import (
    DealType,
    LossReason,
    Pipeline,
    SpecialKind,
    Stage,
    StageCriterion,
    StageField,
)

__all__ = [
    "ClosedTotal",
    "Competitor",
    "CriterionTick",
    "Deal",
    "DealCompetitor",
    "DealContact",
    "DealLine",
    "DealQuerySet",
    "DealType",
    "LossReason",
    "OwnerPeriod",
    "Pipeline",
    "Qualification",
    "SpecialKind",
    "Stage",
    "StageCriterion",
    "StageField",
    "StagePassage",
    "StageTotal",
    "Watcher",
]
