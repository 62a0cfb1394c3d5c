"""What a file of companies may hold."""

from django.utils.translation import gettext_lazy as _

from takt.gateways.transfer.fields.common import ABOUT, CREATED, EMAILS, ID, KEY, OWNER, PHONES, SOURCE, TAGS
from takt.gateways.transfer.fields.field import Field
from takt.sales.contacts.classifiers import CLASSIFIERS

_HEADINGS = {
    "development": "development stage|стадия развития|发展阶段",
    "loyalty": "loyalty|лояльность|忠诚度",
    "competition": "competing offers|competition|конкурентная ситуация|竞争情况",
    "last_result": "result of the last contact|результат последнего контакта|最近联系结果",
    "last_result_reason": "reason of that result|причина результата|结果原因",
    "client_type": "client type|customer type|тип клиента|客户类型",
    "readiness": "readiness to decide|готовность к решению|决策意愿",
    "budget_class": "budget class|класс бюджета|预算等级",
    "payment_discipline": "payment discipline|платёжная дисциплина|платежная дисциплина|付款情况",
    "size_class": "size class|company size|размер компании|размер|公司规模|规模",
    "refusal_reason": "reason of refusal|причина отказа|拒绝原因",
}

FIELDS = (
    Field(
        "name",
        _("Name"),
        headings="name|company|company name|account|account name|organization|organisation|title|legal name"
        "|e_full_name|full name|название|наименование|компания|организация|полное наименование|名称|公司|公司名称"
        "|客户名称|企业名称",
    ),
    KEY,
    ID,
    OWNER,
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
    PHONES,
    EMAILS,
    SOURCE,
    TAGS,
    ABOUT,
    CREATED,
    *(Field(one.name, one.label, headings=_HEADINGS.get(one.name, "")) for one in CLASSIFIERS),
    Field("interests", _("Interests"), gathers=True, headings="interests|interest|интересы|兴趣|关注产品"),
    Field(
        "next_contact_on", _("Next contact"), kind="date",
        headings="next contact|next contact date|следующий контакт|дата следующего контакта|下次联系|下次联系时间",
    ),
)  # fmt: skip
REQUIRED = (("name",),)
"""One field of each group has to have a column."""
