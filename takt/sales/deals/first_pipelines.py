"""The pipelines that Takt offers to start from, in its languages (domain spec 2.2, Decided 6, feature DL2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

type Words = Mapping[str, str]


def _in(en: str, ru: str, zh: str) -> Words:
    return {"en": en, "ru": ru, "zh-hans": zh}


@dataclass(frozen=True)
class Step:
    """A stage of a template: its chance, norms, hint, and what it asks for before a deal leaves it."""

    name: Words
    probability: int
    norm_days: int | None = None
    max_gap_days: int | None = None
    hint: Words | None = None
    confirmed: tuple[Words, ...] = ()
    checks: tuple[tuple[str, int | None], ...] = ()
    fields: tuple[str, ...] = ()  # an exclamation mark: a date of today or later


@dataclass(frozen=True)
class Template:
    name: Words
    steps: tuple[Step, ...]
    gate_mode: str = "warn"


SIMPLE = Template(
    _in("Sales", "Продажи", "销售"),
    (
        Step(_in("New", "Новые", "新建"), 10),
        Step(_in("In work", "В работе", "跟进中"), 40),
        Step(_in("For signing", "На подпись", "待签约"), 80),
    ),
    gate_mode="off",
)

_B2B = (
    Step(
        _in("Target picked", "Цель выбрана", "目标客户"),
        5,
        7,
        7,
        _in(
            "We know whom we want to sell to and how to reach somebody there.",
            "Понятно, кому продаём и как связаться с кем-то внутри.",
            "明确卖给谁，并能联系到其中的人。",
        ),
        (
            _in(
                "The company fits the profile of our best customers",
                "Компания похожа на наших лучших клиентов",
                "公司符合我们的理想客户画像",
            ),
        ),
        (("reachable_contact", None),),
        ("company", "source", "company.industry", "company.region"),
    ),
    Step(
        _in("Contact made", "Контакт установлен", "建立联系"),
        10,
        10,
        5,
        _in(
            "Somebody there has answered: a reply or a call that was held.",
            "Нам ответили: письмом или состоявшимся звонком.",
            "对方已回应：回复或已接通的电话。",
        ),
        (),
        (("answered", None), ("contact_role", None), ("next_task", None)),
    ),
    Step(
        _in("Qualified", "Квалифицирована", "已验证"),
        20,
        10,
        7,
        _in(
            "There is a need, a budget and a time by which they decide.",
            "Есть потребность, бюджет и срок решения.",
            "有需求、有预算、有决策时间。",
        ),
        (
            _in("The customer confirmed the need", "Клиент подтвердил потребность", "客户已确认需求"),
            _in("The range of the budget is known", "Известен порядок бюджета", "已了解预算范围"),
            _in(
                "It is known by when and how they decide",
                "Известно, когда и как принимают решение",
                "已了解决策时间和决策流程",
            ),
        ),
        (),
        ("about", "amount", "expected_close_date!"),
    ),
    Step(
        _in("Need agreed, solution shown", "Потребность и решение согласованы", "方案认可"),
        40,
        15,
        7,
        _in(
            "Somebody who influences the decision has seen the solution and wants an offer.",
            "Тот, кто влияет на решение, увидел решение и ждёт предложение.",
            "影响决策的人已了解方案并希望收到报价。",
        ),
        (
            _in("A written summary was sent", "Отправлено письменное резюме встречи", "已发送书面纪要"),
            _in(
                "The pains and the criteria of the choice are written down",
                "Записаны боли клиента и критерии выбора",
                "已记录痛点和选择标准",
            ),
            _in(
                "The customer agreed to receive an offer",
                "Клиент согласился получить предложение",
                "客户同意接收报价",
            ),
        ),
        (("meeting_held", None), ("decider", None)),
    ),
    Step(
        _in("Offer sent", "КП отправлено", "已报价"),
        60,
        14,
        5,
        _in(
            "They have the offer and said when we talk about it.",
            "Предложение получено, известна дата обсуждения.",
            "客户已收到报价并确定讨论日期。",
        ),
        (
            _in(
                "The approved offer was sent and its receipt confirmed",
                "Согласованное КП отправлено, получение подтверждено",
                "已审批的报价已发送并确认收到",
            ),
            _in(
                "The day of the talk about it is named", "Назначена дата обсуждения КП", "已确定报价讨论日期"
            ),
        ),
        (),
        ("amount", "expected_close_date!"),
    ),
    Step(
        _in("Decision in our favour", "Решение принято", "口头承诺"),
        75,
        14,
        5,
        _in(
            "Whoever decides said yes, and the terms are agreed.",
            "Тот, кто решает, сказал «да», условия согласованы.",
            "决策人已同意，条款已谈妥。",
        ),
        (
            _in(
                "Whoever holds the budget said yes, or the tender is won",
                "Распорядитель бюджета сказал «да» или тендер выигран",
                "预算负责人已同意，或已中标",
            ),
            _in(
                "Price, scope and payment are agreed",
                "Согласованы цена, объём и оплата",
                "价格、范围和付款方式已商定",
            ),
        ),
        (),
        ("company.tax_id",),
    ),
    Step(
        _in("Contract in process", "Договор и счёт", "合同流程"),
        90,
        15,
        5,
        _in(
            "The contract or the invoice is on its way.",
            "Договор или счёт в работе.",
            "合同或发票正在办理。",
        ),
        (
            _in(
                "The contract is signed by both sides, or the invoice is paid",
                "Договор подписан обеими сторонами или счёт оплачен",
                "合同双方已签署，或发票已付款",
            ),
        ),
    ),
)
B2B = Template(_in("B2B sales", "B2B-продажи", "B2B销售"), _B2B)

# What only large sales ask for besides (Decided 6).
_MORE: dict[int, tuple[tuple[str, int | None], ...]] = {
    2: (("bant", 5), ("economic_buyer", None)),
    3: (("contacts", 2), ("competitors", None)),
    4: (("meddic", 7),),
}
ENTERPRISE = Template(
    _in("Enterprise sales", "Корпоративные продажи", "大客户销售"),
    tuple(replace(step, checks=(*step.checks, *_MORE.get(i, ()))) for i, step in enumerate(_B2B)),
)

TEMPLATES: dict[str, Template] = {"simple": SIMPLE, "b2b": B2B, "enterprise": ENTERPRISE}


def level_of(probability: int) -> str:
    """To which level of the business funnel a stage belongs at first."""
    return "signing" if probability >= 80 else "competition" if probability >= 40 else "first_contact"


def stages_in(template: Template, language: str) -> list[dict[str, Any]]:
    """The stages of a template in a language, as `create_pipeline` takes them but for their gates' own classes."""

    def said(words: Words | None) -> str:
        return "" if words is None else words.get(language, words["en"])

    return [
        {
            "name": said(step.name),
            "probability": step.probability,
            "norm_days": step.norm_days,
            "max_gap_days": step.max_gap_days,
            "level": level_of(step.probability),
            "hint": said(step.hint),
            "criteria": [
                *({"text": said(words)} for words in step.confirmed),
                *({"check": check, "number": number} for check, number in step.checks),
            ],
            "fields": [{"field": f.rstrip("!"), "not_past": f.endswith("!")} for f in step.fields],
        }
        for step in template.steps
    ]
