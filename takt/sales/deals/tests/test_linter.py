"""The linter of pipelines: ten bad pipelines, ten findings (feature M13)."""

from dataclasses import replace

import pytest

from takt.sales.deals.queries.linter import told
from takt.sales.deals.rules_linter import Seen, lint

GOOD = [
    Seen("Target picked", 5, 7),
    Seen("Need agreed", 20, 7),
    Seen("Offer sent", 60, 7),
    Seen("Contract sent", 90, 7),
]


def bad(place: int, **changes: object) -> list[Seen]:
    return [replace(s, **changes) if i == place else s for i, s in enumerate(GOOD)]  # type: ignore[arg-type]


def test_a_good_pipeline_has_no_finding() -> None:
    assert lint(GOOD) == []


TEN = {
    "gap": bad(1, name="On hold"),
    "end": bad(3, name="Closed won"),
    "activity": bad(2, name="Preparing the offer"),
    "falls": bad(2, probability=10),
    "parallel": bad(2, probability=20),
    "no_criteria": bad(1, is_asking=False),
    "no_norm": bad(1, norm_days=None),
    "stuck": bad(2, stood=12, left=0),
    "unreachable": bad(1, stood=0, jumped=15),
    "unanswered": bad(1, unanswered=("BANT score of at least: 5",)),
}


@pytest.mark.parametrize("code", TEN)
def test_ten_bad_pipelines_ten_findings(code: str) -> None:
    found = lint(TEN[code])
    assert [f.code for f in found] == [code]
    sentence = told(found[0])
    assert sentence.what
    assert sentence.advice


@pytest.mark.parametrize(
    "name",
    [
        "Отложено",
        "Условный отказ",
        "Пауза",
        "Клиент думает",
        "Ждём оплату",
        "Postponed",
        "Paused",
        "Deferred",
        "暂缓",
        "推迟",
    ],
)
def test_waiting_is_no_stage_in_any_language(name: str) -> None:
    assert [f.code for f in lint(bad(1, name=name))] == ["gap"]


def test_names_that_only_count_stand_parallel() -> None:
    found = lint([GOOD[0], Seen("Offer 1", 30, 5), Seen("Offer 2", 60, 5)])
    assert [(f.code, f.stages) for f in found] == [("parallel", ("Offer 1", "Offer 2"))]


def test_where_gates_are_off_nothing_has_to_be_asked() -> None:
    assert lint(bad(1, is_asking=False), has_gates=False) == []


def test_one_stage_and_too_many() -> None:
    assert [f.code for f in lint([GOOD[0]])] == ["single"]
    many = [Seen(f"Result {chr(70 + i)}{chr(80 + i)}", i * 5, 5) for i in range(12)]
    assert [f.code for f in lint(many)] == ["many"]


@pytest.mark.parametrize("name", ["Готовим КП", "Calling", "Подготовка договора", "沟通中"])
def test_an_activity_is_no_result(name: str) -> None:
    assert [f.code for f in lint(bad(1, name=name))] == ["activity"]


@pytest.mark.parametrize(
    "name", ["КП отправлено", "Contact made", "跟进中", "Decision in our favour", "В работе"]
)
def test_results_are_fine(name: str) -> None:
    assert lint(bad(1, name=name)) == []
