"""What a new organisation starts with: task types, deal types, loss reasons and a pipeline."""

import datetime as dt
from typing import Any

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import NotFound
from takt.sales.activities.commands import install_task_types
from takt.sales.contacts.commands import install_sources
from takt.sales.deals import events
from takt.sales.deals.commands.pipelines import create_pipeline
from takt.sales.deals.models import DealType, LossReason, Pipeline

# Domain spec 2.2, and the default of feature DL2.
TEMPLATES: dict[str, dict[str, Any]] = {
    "simple": {
        "name": {"en": "Sales", "ru": "Продажи", "zh-hans": "销售"},
        "stages": [
            ({"en": "New", "ru": "Новые", "zh-hans": "新建"}, 10, None, None),
            ({"en": "In work", "ru": "В работе", "zh-hans": "跟进中"}, 40, None, None),
            ({"en": "For signing", "ru": "На подпись", "zh-hans": "待签约"}, 80, None, None),
        ],
    },
    "b2b": {
        "name": {"en": "B2B sales", "ru": "B2B-продажи", "zh-hans": "B2B销售"},
        "stages": [
            ({"en": "Target picked", "ru": "Цель выбрана", "zh-hans": "目标客户"}, 5, 7, 7),
            ({"en": "Contact made", "ru": "Контакт установлен", "zh-hans": "建立联系"}, 10, 10, 5),
            ({"en": "Qualified", "ru": "Квалифицирована", "zh-hans": "已验证"}, 20, 10, 7),
            (
                {
                    "en": "Need agreed, solution shown",
                    "ru": "Потребность и решение согласованы",
                    "zh-hans": "方案认可",
                },
                40,
                15,
                7,
            ),
            ({"en": "Offer sent", "ru": "КП отправлено", "zh-hans": "已报价"}, 60, 14, 5),
            ({"en": "Decision in our favour", "ru": "Решение принято", "zh-hans": "口头承诺"}, 75, 14, 5),
            ({"en": "Contract in process", "ru": "Договор и счёт", "zh-hans": "合同流程"}, 90, 15, 5),
        ],
    },
}
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
    record(events.TemplateInstalled(name="lists", language=language), about=[], by=by, at=at)


@command
def install_template(name: str, language: str, *, by: Actor, at: dt.datetime) -> Pipeline:
    """The pipeline "simple" or "b2b" with everything a deal needs, in the organisation's language."""
    if name not in TEMPLATES:
        raise NotFound
    install_lists(language=language, by=by, at=at)
    template = TEMPLATES[name]
    found = Pipeline.objects.filter(name=template["name"][language]).first()
    if found is not None:
        return found
    return create_pipeline(
        name=template["name"][language],
        stages=[
            {"name": names[language], "probability": p, "norm_days": norm, "max_gap_days": gap}
            for names, p, norm, gap in template["stages"]
        ],
        by=by,
        at=at,
    )
