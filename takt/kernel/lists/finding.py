"""The records that words may mean, however many there are: a bounded look at the latest, then the indexes.

A search that reads everything that fits takes seconds where a word is in every tenth of a million names. So one
statement looks (1) through the latest records the reader may see, as far as a bound, (2) at the names that begin
with what was typed, and (3) only where (1) found too little, asks the index of words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from takt.kernel.access.reach import OwnedQuerySet, owners_within
from takt.kernel.accounts.models import User
from takt.kernel.lib.names import fold, sort_key
from takt.kernel.lib.search import Wanted, match_sql
from takt.kernel.lib.standing import standing

# Records looked through one by one, about 2 ms; of a guess fewer, because what is guessed is a rare word or none.
LATEST, LATEST_OF_GUESS = 1500, 200
FEW_OF_OWNER = 20
NAMES = 300


@dataclass(frozen=True)
class Ordered:
    """How the latest records of a table are reached by an index: over all, and within one owner's."""

    all: str
    of_owner: str


type Shown = Callable[[User | None], QuerySet[Any]]


def candidates(
    shown: Shown,
    rows: OwnedQuerySet[Any],
    user: User,
    looked_for: Wanted,
    *,
    order: Ordered,
    limit: int,
    by_key: bool = False,
    also: Q | None = None,
) -> list[Any]:
    """Those of `shown(user)` that may be meant, in no order; a few times `limit` at most.

    `rows` are the records the reader may see, without joins; `shown` gives the same with what is shown of them.
    `by_key`: digits alone may be the record's own number. `also` narrows what a reader with bounds finds.
    """
    condition, params = _condition(rows, user, looked_for, order, limit, by_key=by_key)
    if all(owners_within(user, kind) is None for kind in ("deal", "company", "contact")):
        return _of_all((shown,), (condition,), *params)
    found = shown(user).extra(where=[condition], params=params)
    return list(found if also is None else found.filter(also))


@standing
def _of_all(shown: tuple[Shown], condition: tuple[str], *params: Any) -> QuerySet[Any]:
    """For whoever sees every record: the words looked for are all that differs."""
    return shown[0](None).extra(where=list(condition), params=list(params))


def _condition(
    rows: OwnedQuerySet[Any], user: User, looked_for: Wanted, order: Ordered, limit: int, *, by_key: bool
) -> tuple[str, list[Any]]:
    table = rows.model._meta.db_table
    owners = owners_within(user, rows.entity)
    most = (LATEST_OF_GUESS if looked_for.is_guess else LATEST) * max(1, limit // 10)
    walk, params = _walk(rows, table, owners, order, most)
    match, values = match_sql("w", looked_for.readings)
    parts = [f"latest AS MATERIALIZED (SELECT w.id FROM ({walk}) w WHERE {match} LIMIT {limit:d})"]
    params += values
    answers = ["SELECT latest.id FROM latest"]
    named, values = _named(rows, table, owners, looked_for, limit)
    answers.append(f"SELECT named.id FROM ({named}) named")
    params += values
    if by_key and looked_for.digits and int(looked_for.digits) < 2**62:
        answers.append(f"SELECT id FROM {table} WHERE id = %s")
        params.append(int(looked_for.digits))
    condition, values = match_sql(table, looked_for.readings, by_index=True)
    if condition:
        column = order.all.split()[0]
        if owners is None:  # what Django would make of it, for which it takes longer
            alive = f"{table}.deleted_at IS NULL AND ({condition})"
            sql, given = (
                f"SELECT {table}.id AS pk, {table}.{column} FROM {table} WHERE {alive}",
                tuple(values),
            )
        else:
            found = rows.extra(where=[f"({condition})"], params=values)
            sql, given = found.order_by().values("pk", column).query.sql_with_params()
        # The sum keeps the planner from walking the whole order by its index in search of rare words.
        answers.append(
            f"SELECT rest.pk FROM (SELECT f.pk FROM ({sql}) f ORDER BY f.{column} + interval '0' DESC LIMIT {limit:d}) rest "
            f"WHERE (SELECT count(*) FROM latest) < {limit:d}"
        )
        params += list(given)
    # An array, not a subquery to join with: the planner would read the whole table to meet it.
    return f"{table}.id = ANY(ARRAY(WITH {parts[0]} {' UNION '.join(answers)}))", params


def _walk(
    rows: OwnedQuerySet[Any], table: str, owners: frozenset[int] | None, order: Ordered, most: int
) -> tuple[str, list[Any]]:
    """The latest records in order; an owner's by his own index, so that few among many are reached as fast."""
    columns = "id, search, search_grams"
    alive = "deleted_at IS NULL"
    if owners is None:
        return f"SELECT {columns} FROM {table} WHERE {alive} ORDER BY {order.all} LIMIT {most}", []
    each = max(FEW_OF_OWNER, most // max(1, len(owners)))
    sql = (
        f"SELECT l.* FROM unnest(%s::bigint[]) o(id) CROSS JOIN LATERAL (SELECT {columns} FROM {table} "
        f"WHERE owner_id = o.id AND {alive} ORDER BY {order.of_owner} LIMIT {each}) l"
    )
    if rows.unowned_is_shared and owners:
        sql += (
            f" UNION ALL (SELECT {columns} FROM {table} WHERE owner_id IS NULL AND {alive} "
            f"ORDER BY {order.of_owner} LIMIT {most})"
        )
    return sql, [sorted(owners)]


def _named(
    rows: OwnedQuerySet[Any], table: str, owners: frozenset[int] | None, looked_for: Wanted, limit: int
) -> tuple[str, list[Any]]:
    """Names that begin with what was typed, the whole name first."""
    start = sort_key(looked_for.text)
    sql = f"SELECT id, owner_id, sort_key FROM {table} WHERE deleted_at IS NULL AND sort_key >= %s AND sort_key < %s"
    between = [start, start + "\U0010fffd"]
    if owners is None:
        return f"{sql} ORDER BY sort_key, id LIMIT {limit:d}", between
    shared = " OR owner_id IS NULL" if rows.unowned_is_shared and owners else ""
    bounded = f"{sql} ORDER BY sort_key, id LIMIT {NAMES}"
    return (
        f"SELECT id FROM ({bounded}) n WHERE (owner_id = ANY(%s){shared}) ORDER BY sort_key, id LIMIT {limit:d}",
        [*between, sorted(owners)],
    )


def nearness(name: str, looked_for: Wanted) -> int:
    """0 the name itself, 1 it begins so, 2 a word of it does, 3 somewhere inside, 4 elsewhere in the record."""
    folded = fold(name)
    best = 4
    for reading in looked_for.readings:
        for spelling in [looked_for.text] if len(reading) == 1 and len(reading[0]) == 1 else []:
            best = min(best, _place(folded, spelling))
        worst = 0
        for word in reading:
            worst = max(worst, min(_place(folded, s) for s in word))
        best = min(best, worst if len(reading) == 1 else max(worst, 1))
    return 0 if folded == looked_for.text else 1 if folded.startswith(looked_for.text) else best


def _place(folded: str, word: str) -> int:
    if folded == word:
        return 0
    if folded.startswith(word):
        return 1
    return 2 if f" {word}" in folded else 3 if word in folded else 4


def marked(text: str, looked_for: Wanted) -> list[tuple[str, bool]]:
    """The text in pieces, with whether each is what was looked for."""
    at: list[int] = []
    folded = ""
    for place, char in enumerate(text):
        piece = fold(char) or (" " if char.isspace() else "")
        folded += piece
        at += [place] * len(piece)
    on = [False] * len(text)
    for spelling in looked_for.spellings:
        start = folded.find(spelling)
        while start >= 0:
            for place in at[start : start + len(spelling)]:
                on[place] = True
            start = folded.find(spelling, start + len(spelling))
    pieces: list[tuple[str, bool]] = []
    for char, is_on in zip(text, on, strict=True):
        if pieces and pieces[-1][1] == is_on:
            pieces[-1] = (pieces[-1][0] + char, is_on)
        else:
            pieces.append((char, is_on))
    return pieces


def digits_marked(number: str, looked_for: Wanted) -> list[tuple[str, bool]]:
    """A telephone number with the digits that were typed."""
    for spelling in looked_for.spellings:
        start = number.find(spelling)
        if start >= 0:
            end = start + len(spelling)
            pieces = [(number[:start], False), (number[start:end], True), (number[end:], False)]
            return [p for p in pieces if p[0]]
    return [(number, False)]


__all__ = ["Ordered", "candidates", "digits_marked", "marked", "nearness"]
