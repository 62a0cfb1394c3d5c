"""People and teams from a file; only a preset brings them in. Nobody gets a password."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.gateways.transfer.kinds.base import Kind, Plan, Raw
from takt.gateways.transfer.kinds.cells import Cells
from takt.kernel.accounts.commands import create_team, create_user
from takt.kernel.lib.names import fold
from takt.sales.contacts.rules import normal_email


class Users(Kind):
    name = "users"
    record = "user"

    def key(self, values: Mapping[str, str]) -> object:
        return values.get("email", "").lower()

    def plan(self, raws: Sequence[Raw]) -> Plan:
        plan = Plan()
        may_add = self.world.by.user is None or self.world.by.user.is_admin
        for line, _values, row in self.read(raws, plan, self._row):
            if self.world.users.get(row["email"]) or self.world.users.get(fold(row["name"])):
                plan.skipped.append(line)
            elif not may_add:
                plan.refuse(line, _("Only an administrator may add people."))
            else:
                plan.creates.append((line, row))
                if self.world.is_dry:
                    self._learn(row, self.world.virtual())
        return plan

    def _row(self, cells: Cells, line: int) -> dict[str, Any]:
        row: dict[str, Any] = {
            "line": line,
            "name": cells.text("name", 120),
            "email": normal_email(cells.text("email", 254)) or "",
            "team": cells.text("team", 120),
            "parent_team": cells.text("parent_team", 120),
        }
        if not row["name"]:
            cells.wrong("name", _("this can't be empty."))
        if not row["email"]:
            cells.wrong("email", _("enter an e-mail address, such as anna@example.com."))
        return row

    def _learn(self, row: Mapping[str, Any], pk: int) -> None:
        self.world.users[row["email"]] = pk
        self.world.users[fold(row["name"])] = pk

    def create(self, rows: Sequence[dict[str, Any]]) -> list[int]:
        ids = []
        for row in rows:
            parent = self._team(row["parent_team"], None, row["line"]) if row["parent_team"] else None
            team = self._team(row["team"], parent, row["line"]) if row["team"] else parent
            user = create_user(row["email"], row["name"], team=team, by=self.world.by, at=self.world.at)
            self._learn(row, user.pk)
            ids.append(user.pk)
        return ids

    def _team(self, name: str, parent: int | None, line: int) -> int:
        found = self.world.teams.get((parent, fold(name)))
        if found is None:
            found = create_team(name, parent, by=self.world.by, at=self.world.at).pk
            self.world.teams[parent, fold(name)] = found
            self.world.made.append((line, "team", found))
        return found
