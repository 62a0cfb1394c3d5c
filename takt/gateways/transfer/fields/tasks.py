"""What a file of tasks may hold."""

from django.utils.translation import gettext_lazy as _

from takt.gateways.transfer.fields.common import COMPANY, CREATED, ID, KEY
from takt.gateways.transfer.fields.field import Field

FIELDS = (
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
    COMPANY,
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
    KEY,
    ID,
    CREATED,
)
REQUIRED = (("title",),)
"""One field of each group has to have a column."""
