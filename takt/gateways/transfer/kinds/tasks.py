"""Tasks from a file; each belongs to a deal, a company or a contact that exists."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from takt.gateways.transfer.kinds.base import Kind, Plan, Raw, Read, fingerprint, ids_in, keys_in
from takt.gateways.transfer.kinds.cells import Cells
from takt.gateways.transfer.kinds.naming import responsible, set_companies
from takt.gateways.transfer.kinds.people import People, Person
from takt.gateways.transfer.reading import NotAValue
from takt.gateways.transfer.reading.words import parse_bool
from takt.kernel.lib.names import fold, sort_key
from takt.sales.activities.models import Task
from takt.sales.deals.commands.importing import TaskRow, import_tasks
from takt.sales.deals.commands.updating_tasks import TASK_COLUMNS, update_tasks
from takt.sales.deals.models import Deal

STATUS = {
    **dict.fromkeys(["open", "planned", "not started", "in progress", "todo", "открыта", "запланирована", "в работе",
                     "новая", "未完成", "待办", "进行中"], "open"),
    **dict.fromkeys(["done", "completed", "complete", "closed", "finished", "выполнена", "завершена", "сделано",
                     "已完成", "完成"], "done"),
    **dict.fromkeys(["cancelled", "canceled", "deferred", "отменена", "已取消", "取消"], "cancelled"),
}  # fmt: skip
NO_TIME = gettext_noop("a done task needs the time at which it was done.")
SAID = ("title", "body", "minutes", "result")


class Tasks(Kind):
    name = "tasks"
    record = "task"

    def key(self, values: Mapping[str, str]) -> object:
        if "id" in values:
            return "id", values["id"]
        return values.get("import_key") or fingerprint(values)

    def plan(self, raws: Sequence[Raw]) -> Plan:
        plan = Plan()
        self._match(self._belonging(self.read(raws, plan, self._row), plan), plan)
        return plan

    def _row(self, cells: Cells, line: int) -> TaskRow:
        world = self.world
        row = TaskRow(type=0, type_slug="", title="", due_at=world.at, assignee=0, created_at=world.at)
        row.import_key = cells.text("import_key") or None
        row.title = cells.text("title")
        if not row.title:
            cells.lacks("title", _("this can't be empty."))
        row.type, row.type_slug = self._type(cells)
        row.status = self._status(cells)
        done, _is_day = cells.moment("done_at")
        due, _is_day = cells.moment("due_at")
        created, _is_day = cells.moment("created_at")
        if row.status == "done":
            done = done or due
            if done is None and not cells.problems:
                cells.lacks("done_at", _(NO_TIME))
        elif due is None and not cells.problems:
            cells.lacks("due_at", _("say when it is due."))
        row.due_at = due or done or world.at
        row.done_at = done if row.status == "done" else None
        row.created_at = min(t for t in (created or world.at, row.done_at, world.at) if t)
        row.assignee = responsible(cells, world, "assignee")
        cells.text("company")
        cells.emails("contact_email")
        row.body = cells.text("body", 20_000)
        row.result = cells.text("result", 20_000)
        row.minutes = cells.whole("minutes", 0, 30_000)
        return row

    def _type(self, cells: Cells) -> tuple[int, str]:
        text = cells.values.get("type")
        found = self.world.task_types.get(fold(text)) if text else self.world.task_types.get("task")
        if found is None and text:
            cells.wrong("type", _("“%(name)s” isn't in the list.") % {"name": text[:80]})
        elif found is None:
            cells.wrong("type", _("there are no types of task yet."))
        return found or (0, "")

    def _status(self, cells: Cells) -> str:
        text = cells.values.get("status")
        if text is None:
            return "done" if "done_at" in cells else "open"
        found = STATUS.get(fold(text))
        if found is None:
            try:
                found = "done" if parse_bool(text) else "open"
            except NotAValue:
                cells.wrong(
                    "status", _("“%(text)s” is neither open nor done nor cancelled.") % {"text": text[:80]}
                )
                found = "open"
        return found

    def _belonging(self, read: Sequence[Any], plan: Plan) -> list[Any]:
        """The deal, company and contact of each row; a company is made where there is none of that name."""
        keys = {v["deal_key"] for _l, v, _r in read if "deal_key" in v}
        names = {sort_key(v["deal"]) for _l, v, _r in read if "deal" in v}
        visible = Deal.objects.visible_to(self.world.by.user)
        by_key = dict(visible.filter(import_key__in=keys).values_list("import_key", "pk")) if keys else {}
        by_name: dict[str, int] = {}
        if names:
            named = visible.filter(sort_key__in=names).order_by("-status", "-pk")
            by_name = dict(named.values_list("sort_key", "pk"))
        bare, out = [], []
        for line, values, row in read:
            if "deal_key" in values or "deal" in values:
                row.deal = by_key.get(values.get("deal_key", "")) or by_name.get(
                    sort_key(values.get("deal", ""))
                )
                if row.deal is None:
                    wanted = values.get("deal_key") or values["deal"]
                    plan.refuse(line, _("There is no deal “%(name)s”.") % {"name": wanted[:80]})
                    continue
            else:
                bare.append((line, values, row))
            out.append((line, values, row))
        set_companies(bare, plan, self.world, lambda row: row.assignee)
        return self._persons(out, plan)

    def _persons(self, read: Sequence[Any], plan: Plan) -> list[Any]:
        wanted = []
        for line, values, row in read:
            if "contact" in values or "contact_email" in values:
                emails = Cells(self.name, values, self.notation).emails("contact_email")
                wanted.append((line, row, Person(values.get("contact", ""), row.company, emails)))
        lost: set[int] = set()
        if wanted:
            people = People(self.world, [p for _l, _r, p in wanted])
            for line, row, person in wanted:
                row.contact = people.find(person)
                if row.contact is None and row.deal is None and row.company is None:
                    lost.add(line)
                    name = person.name or person.emails[0]
                    plan.refuse(line, _("There is no contact “%(name)s”.") % {"name": name[:80]})
        return [r for r in read if r[0] not in lost]

    def _match(self, read: Sequence[Read[TaskRow]], plan: Plan) -> None:
        for _line, values, row in read:
            if row.import_key is None and "id" not in values:
                row.import_key = fingerprint(values)
        ids, keys = ids_in(v for _l, v, _r in read), keys_in(read)
        found = Task.objects.filter(Q(import_key__in=keys) | Q(pk__in=ids) if ids else Q(import_key__in=keys))
        within = Task.objects.all().within(self.world.by.user, "edit")
        rows = list(found.filter(within).values("id", "import_key", "deleted_at", *TASK_COLUMNS.values()))
        by_id, by_key = {str(r["id"]): r for r in rows}, {r["import_key"]: r for r in rows}
        for line, values, row in read:
            existing = by_id.get(values["id"]) if "id" in values else by_key.get(row.import_key)
            if existing is None and "id" in values:
                plan.refuse(line, _("There is no task of this number."))
            elif existing is None and self.is_to_be(values):
                plan.updates.append((line, 0, None))
            elif existing is None:
                self.add(line, values, row, plan)
            elif existing["deleted_at"] is not None:
                plan.refuse(line, _("This task is in the recycle bin."))
            else:
                self._change(line, values, row, existing, plan)

    def _change(
        self, line: int, values: Mapping[str, str], row: TaskRow, existing: Mapping[str, Any], plan: Plan
    ) -> None:
        """What the row says of a task that is there already; blanks leave it as it is."""
        new: dict[str, Any] = {f: getattr(row, f) for f in SAID if f in values}
        if "due_at" in values:
            new["due_at"] = row.due_at
        if "assignee" in values:
            new["assignee"] = row.assignee
        if row.status == "done" and row.done_at is None:
            if existing["status"] != "done":
                plan.refuse(line, _(NO_TIME))
                return
        elif "status" in values or "done_at" in values:
            new["status"], new["done_at"] = row.status, row.done_at
        change = {f: v for f, v in new.items() if existing[TASK_COLUMNS[f]] != v}
        if change:
            plan.updates.append((line, existing["id"], change))
        else:
            plan.skipped.append(line)

    def create(self, rows: Sequence[TaskRow]) -> list[int]:
        return import_tasks(rows, by=self.world.by, at=self.world.at, batch=self.world.batch)

    def update(self, changes: Sequence[tuple[int, Any]]) -> dict[int, dict[str, Any]]:
        return update_tasks(dict(changes), by=self.world.by, at=self.world.at, batch=self.world.batch)
