"""What a file of people may hold."""

from django.utils.translation import gettext_lazy as _

from takt.gateways.transfer.fields.common import (
    ABOUT,
    COMPANY,
    COMPANY_KEY,
    CREATED,
    EMAILS,
    ID,
    KEY,
    OWNER,
    PHONES,
    SOURCE,
    TAGS,
)
from takt.gateways.transfer.fields.field import Field

FIELDS = (
    Field(
        "name",
        _("Name"),
        headings="name|full name|fullname|display name|contact|contact name|person|фио|имя и фамилия|контакт"
        "|контактное лицо|姓名|联系人|联系人姓名|名字",
    ),
    Field("first_name", _("First name"), headings="first name|first_name|given name|forename|имя|名"),
    Field("middle_name", _("Middle name"), headings="middle name|middle_name|patronymic|отчество"),
    Field("last_name", _("Last name"), headings="last name|last_name|surname|family name|фамилия|姓"),
    KEY,
    ID,
    COMPANY,
    COMPANY_KEY,
    Field(
        "position",
        _("Job title"),
        most=120,
        headings="position|title|job title|job position|role|function|должность|职位|职务|岗位",
    ),
    PHONES,
    EMAILS,
    OWNER,
    SOURCE,
    TAGS,
    ABOUT,
    CREATED,
)
REQUIRED = (("name", "first_name", "last_name"),)
"""One field of each group has to have a column."""
