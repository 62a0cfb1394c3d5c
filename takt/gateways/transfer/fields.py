"""What a file of each kind may hold, and the headings under which it's found by itself."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from takt.kernel.lib.refusals import Text


@dataclass(frozen=True)
class Field:
    """One thing that a column may mean. Several columns may go into one field where it `gathers`."""

    name: str
    label: Text
    kind: str = "text"  # text, number, date, datetime, bool
    most: int = 200
    gathers: bool = False
    headings: str = ""  # parted by |


KINDS: dict[str, Text] = {
    "companies": _("Companies"),
    "contacts": _("Contacts"),
    "deals": _("Deals"),
    "tasks": _("Tasks"),
    "products": _("Products"),
}

_ID = Field("id", _("Takt's own number"), kind="number", headings="takt id|takt_id|номер takt")
_KEY = Field(
    "import_key",
    _("Key in the other program"),
    headings="id|external id|external key|import key|key|record id|record_id|opportunity id|opportunity_id|uuid|guid"
    "|ид|идентификатор|внешний ключ|внешний код|код записи|编号|外部编号|记录编号|ID号",
)
_OWNER = Field(
    "owner",
    _("Responsible"),
    headings="owner|owner email|deal owner|account owner|contact owner|responsible|assigned to|sales agent|sales_agent"
    "|sales rep|manager|salesperson|user|ответственный|менеджер|владелец|负责人|归属人|销售|业务员|所有者",
)
_TAGS = Field("tags", _("Tags"), most=40, gathers=True, headings="tags|labels|tag|теги|метки|тег|标签")
_ABOUT = Field(
    "about",
    _("Description"),
    most=20_000,
    gathers=True,
    headings="description|notes|note|comment|comments|about|background|remarks|описание|комментарий|заметки|примечание"
    "|备注|描述|说明|简介",
)
_SOURCE = Field(
    "source",
    _("Source"),
    headings="source|lead source|leadsource|original source|источник|источник лида|откуда|来源|客户来源|线索来源",
)
_CREATED = Field(
    "created_at",
    _("Created"),
    kind="datetime",
    headings="created|created at|created_at|create date|created date|createddate|creation date|date created|added"
    "|first seen|first_seen|дата создания|создан|создана|创建时间|创建日期|建立日期",
)
_PHONES = Field(
    "phones",
    _("Phones"),
    gathers=True,
    headings="phone|phones|telephone|tel|mobile|mobile phone|work phone|home phone|phone number|phone_work|phone_home"
    "|phone_other|cell|mobile number|телефон|телефоны|мобильный|моб. телефон|рабочий телефон|тел|тел."
    "|电话|手机|手机号|手机号码|联系电话|固定电话",
)
_EMAILS = Field(
    "emails",
    _("E-mails"),
    gathers=True,
    headings="email|e-mail|emails|email address|e-mail address|mail|primary email|secondary email|email_work|email_home"
    "|email_other|work email|электронная почта|почта|e-mail адрес|эл. почта|имейл|邮箱|电子邮箱|邮件|电子邮件",
)
_COMPANY = Field(
    "company",
    _("Company"),
    headings="company|company name|account|account name|organization|organisation|customer|client|firm|employer"
    "|компания|организация|клиент|контрагент|заказчик|фирма|公司|公司名称|客户|客户名称|企业|单位",
)
_COMPANY_KEY = Field(
    "company_key",
    _("Key of the company in the other program"),
    headings="account id|accountid|company id|company key|companyid|organization id|ид компании|код компании|公司编号|客户编号",
)
_CURRENCY = Field("currency", _("Currency"), headings="currency|currency code|валюта|币种|货币")

FIELDS: dict[str, tuple[Field, ...]] = {
    "companies": (
        Field(
            "name",
            _("Name"),
            headings="name|company|company name|account|account name|organization|organisation|title|legal name"
            "|e_full_name|full name|название|наименование|компания|организация|полное наименование|名称|公司|公司名称"
            "|客户名称|企业名称",
        ),
        _KEY,
        _ID,
        _OWNER,
        Field(
            "parent",
            _("Parent company"),
            headings="parent|parent company|parent account|subsidiary of|subsidiary_of|головная компания|母公司|上级公司",
        ),
        Field(
            "tax_id",
            _("Tax number"),
            most=40,
            headings="tax id|tax number|vat|vat number|tax_id|inn|инн|税号|统一社会信用代码|纳税人识别号",
        ),
        Field(
            "industry",
            _("Industry"),
            most=80,
            headings="industry|sector|branch|отрасль|сектор|вид деятельности|行业|所属行业",
        ),
        Field(
            "region",
            _("Region"),
            most=120,
            gathers=True,
            headings="region|area|office location|office_location|territory|регион|область|地区|区域|省份",
        ),
        Field(
            "address",
            _("Address"),
            most=300,
            gathers=True,
            headings="address|street|city|state|zip|postal code|country|billing street|billing city|billing state"
            "|billing postal code|billing country|billingstreet|billingcity|billingstate|billingpostalcode"
            "|billingcountry|адрес|город|улица|индекс|страна|地址|城市|街道|国家",
        ),
        Field(
            "website",
            _("Website"),
            headings="website|web site|web|url|site|web page|web page 1|domain|сайт|веб-сайт|网站|网址|官网",
        ),
        Field(
            "employees",
            _("Employees"),
            kind="number",
            headings="employees|number of employees|numberofemployees|headcount|staff|сотрудников|число сотрудников"
            "|количество сотрудников|员工人数|员工数|人数",
        ),
        Field(
            "founded_year",
            _("Founded in"),
            kind="number",
            headings="founded|founded year|founded_year|year established|year_established|established|год основания"
            "|成立年份|成立时间",
        ),
        Field(
            "annual_revenue",
            _("Annual revenue"),
            kind="number",
            headings="revenue|annual revenue|annualrevenue|annual_revenue|turnover|выручка|годовая выручка|оборот"
            "|年收入|营业收入|年营业额",
        ),
        _PHONES,
        _EMAILS,
        _SOURCE,
        _TAGS,
        _ABOUT,
        _CREATED,
    ),
    "contacts": (
        Field(
            "name",
            _("Name"),
            headings="name|full name|fullname|display name|contact|contact name|person|фио|имя и фамилия|контакт"
            "|контактное лицо|姓名|联系人|联系人姓名|名字",
        ),
        Field("first_name", _("First name"), headings="first name|first_name|given name|forename|имя|名"),
        Field("middle_name", _("Middle name"), headings="middle name|middle_name|patronymic|отчество"),
        Field("last_name", _("Last name"), headings="last name|last_name|surname|family name|фамилия|姓"),
        _KEY,
        _ID,
        _COMPANY,
        _COMPANY_KEY,
        Field(
            "position",
            _("Job title"),
            most=120,
            headings="position|title|job title|job position|role|function|должность|职位|职务|岗位",
        ),
        _PHONES,
        _EMAILS,
        _OWNER,
        _SOURCE,
        _TAGS,
        _ABOUT,
        _CREATED,
    ),
    "products": (
        Field(
            "name",
            _("Name"),
            headings="name|product|product name|item|title|название|наименование|товар|продукт|услуга|名称|产品|产品名称|商品",
        ),
        Field(
            "code",
            _("Code"),
            most=60,
            headings="code|sku|article|product code|артикул|код|код товара|编码|产品编码|型号|货号",
        ),
        Field(
            "series",
            _("Series"),
            most=120,
            headings="series|category|group|family|line|серия|категория|группа|系列|类别|分类",
        ),
        Field(
            "unit",
            _("Unit"),
            most=20,
            headings="unit|uom|unit of measure|единица|ед. изм.|ед.|единица измерения|单位",
        ),
        Field(
            "price",
            _("Price"),
            kind="number",
            headings="price|list price|sales price|sales_price|unit price|cost|цена|прайс|стоимость|价格|单价|标价",
        ),
        _CURRENCY,
        Field(
            "is_active",
            _("Sold"),
            kind="bool",
            headings="active|is active|is_active|enabled|активен|в продаже|启用|在售",
        ),
        _KEY,
        _ID,
    ),
    "deals": (
        Field(
            "name",
            _("Name"),
            headings="name|deal|deal name|opportunity|opportunity name|title|subject|название|сделка|название сделки|тема"
            "|名称|商机|商机名称|交易名称|项目名称",
        ),
        _KEY,
        _ID,
        _COMPANY,
        _COMPANY_KEY,
        Field(
            "contact",
            _("Contact"),
            headings="contact|contact name|primary contact|person|контакт|контактное лицо|联系人|联系人姓名",
        ),
        Field(
            "contact_email",
            _("Contact's e-mail"),
            headings="contact email|contact e-mail|email|e-mail|почта контакта|email контакта|联系人邮箱",
        ),
        Field(
            "contact_phone",
            _("Contact's phone"),
            headings="contact phone|phone|телефон контакта|телефон|联系人电话",
        ),
        _OWNER,
        Field(
            "pipeline",
            _("Pipeline"),
            most=80,
            headings="pipeline|sales pipeline|funnel|process|воронка|销售流程|销售管道|管道",
        ),
        Field(
            "stage",
            _("Stage"),
            most=80,
            headings="stage|stage name|stagename|deal stage|deal_stage|phase|step|стадия|этап|этап сделки|стадия сделки"
            "|阶段|销售阶段|商机阶段",
        ),
        Field(
            "status",
            _("Won, lost or open"),
            headings="status|state|deal status|won|статус|состояние|状态|商机状态|结果",
        ),
        Field(
            "type",
            _("Type"),
            most=60,
            headings="type|deal type|opportunity type|тип|тип сделки|类型|商机类型",
        ),
        _SOURCE,
        Field(
            "amount",
            _("Amount"),
            kind="number",
            headings="amount|value|deal value|deal amount|close value|close_value|expected revenue|sum|total|budget"
            "|сумма|бюджет|сумма сделки|стоимость|金额|商机金额|预计金额|交易金额|合同金额",
        ),
        _CURRENCY,
        Field(
            "probability",
            _("Probability, %"),
            kind="number",
            headings="probability|win probability|chance|probability %|вероятность|вероятность, %|概率|成交概率|赢率",
        ),
        Field(
            "close_date",
            _("Close date (expected while open)"),
            kind="datetime",
            headings="close date|close_date|closedate|closing date|дата закрытия|дата завершения|结束日期|成交日期|关闭日期",
        ),
        Field(
            "expected_close_date",
            _("Expected close"),
            kind="date",
            headings="expected close|expected close date|expected_close_date|expected closing|forecast close"
            "|предполагаемая дата закрытия|план закрытия|ожидаемая дата|预计成交日期|预计结束日期",
        ),
        Field(
            "closed_at",
            _("Closed"),
            kind="datetime",
            headings="closed|closed at|closed_at|won time|lost time|close time|закрыта|дата сделки|关闭时间|成交时间",
        ),
        Field(
            "started_at",
            _("Sales cycle began"),
            kind="datetime",
            headings="started|start date|engage date|engage_date|opened|begin date|дата начала|начало|начата|开始日期|开始时间",
        ),
        _CREATED,
        Field(
            "loss_reason",
            _("Reason of loss"),
            most=80,
            headings="loss reason|lost reason|closed lost reason|reason|причина отказа|причина проигрыша|причина|输单原因|丢单原因|失败原因",
        ),
        Field(
            "loss_comment",
            _("Comment on the loss"),
            most=5000,
            headings="loss comment|комментарий к отказу|输单说明",
        ),
        Field(
            "competitor",
            _("Competitor"),
            most=120,
            headings="competitor|main competitor|конкурент|竞争对手|竞品",
        ),
        Field(
            "product",
            _("Product"),
            headings="product|product name|item|товар|продукт|услуга|产品|产品名称|商品",
        ),
        Field("quantity", _("Quantity"), kind="number", headings="quantity|qty|количество|кол-во|数量"),
        Field(
            "price",
            _("Price of the product"),
            kind="number",
            headings="price|unit price|sales price|цена|单价|价格",
        ),
        _TAGS,
        _ABOUT,
    ),
    "tasks": (
        Field(
            "title",
            _("Title"),
            headings="title|subject|task|name|activity|тема|задача|название|дело|标题|任务|主题|名称",
        ),
        Field(
            "type",
            _("Type"),
            most=40,
            headings="type|task type|activity type|тип|тип задачи|вид|类型|任务类型",
        ),
        Field(
            "due_at",
            _("Due"),
            kind="datetime",
            headings="due|due at|due_at|due date|duedate|deadline|date|срок|дата|дата выполнения|крайний срок|截止时间|截止日期|到期日|日期",
        ),
        Field(
            "assignee",
            _("Assignee"),
            headings="assignee|assigned to|owner|responsible|user|исполнитель|ответственный|менеджер|执行人|负责人",
        ),
        Field(
            "status",
            _("Status"),
            headings="status|state|done|completed|статус|состояние|выполнена|状态|是否完成",
        ),
        Field(
            "done_at",
            _("Done at"),
            kind="datetime",
            headings="done at|done_at|completed at|completed date|finished|выполнена|дата завершения|完成时间|完成日期",
        ),
        Field(
            "deal",
            _("Deal"),
            headings="deal|deal name|opportunity|opportunity name|related to|сделка|название сделки|商机|商机名称",
        ),
        Field(
            "deal_key",
            _("Key of the deal"),
            headings="deal id|deal key|deal_key|opportunity id|opportunityid|ид сделки|商机编号",
        ),
        _COMPANY,
        Field("contact", _("Contact"), headings="contact|contact name|person|контакт|контактное лицо|联系人"),
        Field(
            "contact_email",
            _("Contact's e-mail"),
            headings="contact email|email|e-mail|почта контакта|联系人邮箱",
        ),
        Field(
            "body",
            _("Description"),
            most=20_000,
            gathers=True,
            headings="description|body|notes|note|comment|описание|комментарий|描述|备注|说明",
        ),
        Field("result", _("Result"), most=20_000, headings="result|outcome|результат|итог|结果"),
        Field(
            "minutes",
            _("Minutes"),
            kind="number",
            headings="minutes|duration|duration minutes|минуты|длительность|时长",
        ),
        _KEY,
        _ID,
        _CREATED,
    ),
    # Only a preset brings people in.
    "users": (
        Field("name", _("Name")),
        Field("email", _("E-mail")),
        Field("team", _("Team")),
        Field("parent_team", _("Team above")),
    ),
}

_MARKS = re.compile(r"[\s_\-.,:;/*()\[\]№#]+")


def plain_heading(text: str) -> str:
    """A heading without case, underscores, stars and spaces: `Close_Date *` is `closedate`."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return _MARKS.sub("", folded)


_known: dict[str, dict[str, str]] = {
    kind: {
        plain_heading(heading): field.name
        for field in reversed(fields)
        for heading in (field.name, *field.headings.split("|"))
        if heading
    }
    for kind, fields in FIELDS.items()
}


def field_of(kind: str, name: str) -> Field | None:
    return next((f for f in FIELDS[kind] if f.name == name), None)


def mapped(kind: str, header: Sequence[str]) -> list[str | None]:
    """Which field each heading means, as far as it tells; a field that doesn't gather is given once."""
    taken: set[str] = set()
    found: list[str | None] = []
    for heading in header:
        name = _known[kind].get(plain_heading(heading))
        field = field_of(kind, name) if name else None
        if field is None or (field.name in taken and not field.gathers):
            found.append(None)
        else:
            taken.add(field.name)
            found.append(field.name)
    return found


REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "companies": (("name",),),
    "contacts": (("name", "first_name", "last_name"),),
    "products": (("name",),),
    "deals": (("name", "product", "company", "import_key"),),
    "tasks": (("title",),),
    "users": (("name",),),
}
"""One field of each group has to have a column."""
