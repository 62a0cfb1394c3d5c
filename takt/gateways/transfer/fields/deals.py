"""What a file of deals may hold."""

from django.utils.translation import gettext_lazy as _

from takt.gateways.transfer.fields.common import (
    ABOUT,
    COMPANY,
    COMPANY_KEY,
    CREATED,
    CURRENCY,
    ID,
    KEY,
    OWNER,
    SOURCE,
    TAGS,
    TAX_RATE,
)
from takt.gateways.transfer.fields.field import Field

FIELDS = (
    Field(
        "name",
        _("Name"),
        headings="name|deal|deal name|opportunity|opportunity name|title|subject|название|сделка|название сделки|тема"
        "|名称|商机|商机名称|交易名称|项目名称",
    ),
    KEY,
    ID,
    COMPANY,
    COMPANY_KEY,
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
    OWNER,
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
    SOURCE,
    Field(
        "amount",
        _("Amount"),
        kind="number",
        headings="amount|value|deal value|deal amount|close value|close_value|expected revenue|sum|total|budget"
        "|сумма|бюджет|сумма сделки|стоимость|金额|商机金额|预计金额|交易金额|合同金额",
    ),
    CURRENCY,
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
    CREATED,
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
    Field(
        "discount",
        _("Discount on the product, %"),
        kind="number",
        headings="discount|discount %|discount percent|discount rate|скидка|скидка, %|折扣|折扣率",
    ),
    Field(
        "discount_amount",
        _("Money off the product"),
        kind="number",
        headings="discount amount|discount_amount|money off|сумма скидки|скидка, сумма|折扣金额|优惠金额",
    ),
    TAX_RATE,
    TAGS,
    ABOUT,
)
REQUIRED = (("name", "product", "company", "import_key"),)
"""One field of each group has to have a column."""
