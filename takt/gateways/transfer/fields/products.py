"""What a file of products may hold."""

from django.utils.translation import gettext_lazy as _

from takt.gateways.transfer.fields.common import CURRENCY, ID, KEY, TAX_RATE
from takt.gateways.transfer.fields.field import Field

FIELDS = (
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
    CURRENCY,
    TAX_RATE,
    Field(
        "is_active",
        _("Sold"),
        kind="bool",
        headings="active|is active|is_active|enabled|активен|в продаже|启用|在售",
    ),
    KEY,
    ID,
)
REQUIRED = (("name",),)
"""One field of each group has to have a column."""
