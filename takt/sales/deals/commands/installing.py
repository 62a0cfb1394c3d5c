"""What a new organisation starts with: task types, deal types, loss reasons and a pipeline."""

import datetime as dt

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import NotFound
from takt.sales.activities.commands import install_task_types
from takt.sales.contacts.commands import install_sources
from takt.sales.deals import events
from takt.sales.deals.commands.pipelines import create_pipeline
from takt.sales.deals.first_pipelines import TEMPLATES, stages_in
from takt.sales.deals.models import DealType, LossReason, Pipeline, SpecialKind

DEAL_TYPES = {
    "en": ["Sale", "Service sale", "Goods sale", "Upsell", "Service maintenance", "Other"],
    "ru": ["Продажа", "Продажа услуги", "Продажа товара", "Допродажа", "Сервисное обслуживание", "Другое"],
    "zh-hans": ["销售", "服务销售", "商品销售", "增购", "售后维护", "其他"],
}
# slug, names, needs a comment, is the system's own (domain spec P8, Decided 3)
LOSS_REASONS: list[tuple[str, dict[str, str], bool, bool]] = [
    ("no_budget", {"en": "No budget", "ru": "Нет бюджета", "zh-hans": "预算限制"}, False, False),
    (
        "competitor",
        {"en": "Chose a competitor", "ru": "Выбрали конкурента", "zh-hans": "客户选择竞品"},
        False,
        False,
    ),
    (
        "not_approved",
        {"en": "Project not approved", "ru": "Проект не утверждён", "zh-hans": "立项失败"},
        False,
        False,
    ),
    (
        "decision_chain",
        {"en": "Complex decision chain", "ru": "Сложная цепочка решений", "zh-hans": "决策链复杂"},
        False,
        False,
    ),
    (
        "changed",
        {"en": "Requirement changed", "ru": "Изменились требования", "zh-hans": "需求变化"},
        False,
        False,
    ),
    ("price", {"en": "Price", "ru": "Цена", "zh-hans": "价格"}, False, False),
    ("timing", {"en": "Timing", "ru": "Сроки", "zh-hans": "时间不合适"}, False, False),
    ("no_contact", {"en": "No answer", "ru": "Нет связи", "zh-hans": "无法联系"}, False, False),
    ("unqualified", {"en": "Unqualified", "ru": "Нецелевая", "zh-hans": "不符合条件"}, False, False),
    ("duplicate", {"en": "Duplicate", "ru": "Дубль", "zh-hans": "重复"}, False, False),
    ("other", {"en": "Other", "ru": "Другое", "zh-hans": "其他"}, True, False),
    ("not_recorded", {"en": "Not recorded", "ru": "Не указана", "zh-hans": "未记录"}, False, True),
]


# Domain spec 6.8: what makes an opportunity special.
SPECIAL_KINDS = {
    "en": ["Key account", "Several bidders", "Cross-region"],
    "ru": ["Ключевой клиент", "Несколько участников торгов", "Другой регион"],
    "zh-hans": ["重点客户", "多方竞标", "跨区域"],
}


@command
def install_lists(*, language: str, by: Actor, at: dt.datetime) -> None:
    """The lists that every organisation starts with, in its language; what exists stays."""
    install_task_types(language=language, by=by, at=at)
    install_sources(language=language, by=by, at=at)
    DealType.objects.bulk_create(
        [DealType(name=name, position=i) for i, name in enumerate(DEAL_TYPES[language])],
        ignore_conflicts=True,
    )
    LossReason.objects.bulk_create(
        [
            LossReason(slug=slug, name=names[language], position=i, needs_comment=needs, is_system=system)
            for i, (slug, names, needs, system) in enumerate(LOSS_REASONS)
        ],
        ignore_conflicts=True,
    )
    SpecialKind.objects.bulk_create(
        [SpecialKind(name=name, position=i) for i, name in enumerate(SPECIAL_KINDS[language])],
        ignore_conflicts=True,
    )
    record(events.TemplateInstalled(name="lists", language=language), about=[], by=by, at=at)


@command
def install_template(name: str, language: str, *, by: Actor, at: dt.datetime) -> Pipeline:
    """The pipeline "simple", "b2b" or "enterprise" with everything a deal needs, in the organisation's language."""
    if name not in TEMPLATES:
        raise NotFound
    install_lists(language=language, by=by, at=at)
    template = TEMPLATES[name]
    found = Pipeline.objects.filter(name=template.name[language]).first()
    if found is not None:
        return found
    return create_pipeline(
        name=template.name[language],
        stages=stages_in(template, language),
        gate_mode=template.gate_mode,
        by=by,
        at=at,
    )
