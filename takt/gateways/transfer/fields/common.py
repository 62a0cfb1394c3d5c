"""Fields that several kinds of record have, with the headings they come under."""

from django.utils.translation import gettext_lazy as _

from takt.gateways.transfer.fields.field import Field

ID = Field("id", _("Takt's own number"), kind="number", headings="takt id|takt_id|номер takt")
KEY = Field(
    "import_key",
    _("Key in the other program"),
    headings="id|external id|external key|import key|key|record id|record_id|opportunity id|opportunity_id|uuid|guid"
    "|ид|идентификатор|внешний ключ|внешний код|код записи|编号|外部编号|记录编号|ID号",
)
OWNER = Field(
    "owner",
    _("Responsible"),
    headings="owner|owner email|deal owner|account owner|contact owner|responsible|assigned to|sales agent|sales_agent"
    "|sales rep|manager|salesperson|user|ответственный|менеджер|владелец|负责人|归属人|销售|业务员|所有者",
)
TAGS = Field("tags", _("Tags"), most=40, gathers=True, headings="tags|labels|tag|теги|метки|тег|标签")
ABOUT = Field(
    "about",
    _("Description"),
    most=20_000,
    gathers=True,
    headings="description|notes|note|comment|comments|about|background|remarks|описание|комментарий|заметки|примечание"
    "|备注|描述|说明|简介",
)
SOURCE = Field(
    "source",
    _("Source"),
    headings="source|lead source|leadsource|original source|источник|источник лида|откуда|来源|客户来源|线索来源",
)
CREATED = Field(
    "created_at",
    _("Created"),
    kind="datetime",
    headings="created|created at|created_at|create date|created date|createddate|creation date|date created|added"
    "|first seen|first_seen|дата создания|создан|создана|创建时间|创建日期|建立日期",
)
PHONES = Field(
    "phones",
    _("Phones"),
    gathers=True,
    headings="phone|phones|telephone|tel|mobile|mobile phone|work phone|home phone|phone number|phone_work|phone_home"
    "|phone_other|cell|mobile number|телефон|телефоны|мобильный|моб. телефон|рабочий телефон|тел|тел."
    "|电话|手机|手机号|手机号码|联系电话|固定电话",
)
EMAILS = Field(
    "emails",
    _("E-mails"),
    gathers=True,
    headings="email|e-mail|emails|email address|e-mail address|mail|primary email|secondary email|email_work|email_home"
    "|email_other|work email|электронная почта|почта|e-mail адрес|эл. почта|имейл|邮箱|电子邮箱|邮件|电子邮件",
)
COMPANY = Field(
    "company",
    _("Company"),
    headings="company|company name|account|account name|organization|organisation|customer|client|firm|employer"
    "|компания|организация|клиент|контрагент|заказчик|фирма|公司|公司名称|客户|客户名称|企业|单位",
)
COMPANY_KEY = Field(
    "company_key",
    _("Key of the company in the other program"),
    headings="account id|accountid|company id|company key|companyid|organization id|ид компании|код компании|公司编号|客户编号",
)
TAX_RATE = Field(
    "tax_rate",
    _("Tax, %"),
    kind="number",
    headings="tax|tax rate|tax_rate|tax %|vat|vat rate|vat %|налог|ставка налога|налог, %|ндс|ндс, %|ставка ндс|税率|税|增值税",
)
CURRENCY = Field("currency", _("Currency"), headings="currency|currency code|валюта|币种|货币")
