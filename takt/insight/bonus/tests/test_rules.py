import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from takt.insight.bonus.rules import (
    ANNULLED,
    COUNTS,
    ENFORCE,
    OFF,
    RUNNING,
    SAME,
    WARN,
    WARNS,
    Evidence,
    Finding,
    Terms,
    left_of,
    line_from_json,
    line_to_json,
    lines_of,
    next_month,
    percent_left,
    seal_of,
    terms_on,
)

MARCH = dt.date(2026, 3, 1)
END = dt.date(2026, 4, 20)
TERMS = Terms(dt.date(2026, 1, 1), modes={"A1": ENFORCE, "A4": ENFORCE, "A6": WARN})


def day(number: int) -> dt.date:
    return dt.date(2026, 3, number)


def finding(
    audit: int, check: str = "A4", *, on: int = 2, applicable: int = 10, failed: int = 1, **more: Any
) -> Finding:
    given = {"fix_until": day(on + 2), "fixed_on": None, "is_computed": True, **more}
    evidence = tuple(Evidence(deal, day(on), **given) for deal in range(1, failed + 1))
    return Finding(audit, check, day(on), day(on), applicable, evidence)


def percent(*findings: Finding, appeals: Any = None, terms: Terms = TERMS) -> int:
    return percent_left(lines_of(findings, appeals or {}, [terms], END), terms)


def test_bonus() -> None:
    """T-BON: a base of 80,000 without, with one and with three violations of the same check."""
    none, one, three = (), (finding(1),), (finding(1), finding(2, on=9), finding(3, on=16))
    found = [left_of(Decimal(80_000), percent(*violations)) for violations in (none, one, three)]
    assert found == [Decimal(80_000), Decimal(76_000), Decimal(72_000)]


def test_single_and_repeated() -> None:
    """Different checks of one audit, or of two, are single violations; the same check of two is a repeated one."""
    assert percent(finding(1), finding(1, "A1")) == 95
    assert percent(finding(1), finding(2, "A1", on=9)) == 95
    assert percent(finding(1), finding(2, on=9)) == 90
    assert (
        percent(finding(1), finding(2, on=9), terms=Terms(TERMS.from_on, 97, 80, 3, modes=TERMS.modes)) == 97
    )


def test_found_again_too_early() -> None:
    """A second audit before the first one's days are over finds the same violation."""
    lines = lines_of([finding(1), finding(2, on=4), finding(3, on=9)], {}, [TERMS], END)
    assert [line.state for line in lines] == [COUNTS, SAME, COUNTS]


def test_tolerance() -> None:
    assert percent(finding(1, applicable=50)) == 100
    assert percent(finding(1, applicable=49)) == 95
    assert percent(finding(1, "A1", applicable=500)) == 95


def test_put_right() -> None:
    """In time it costs nothing, late it does; while there is time it only threatens."""
    assert percent(finding(1, fixed_on=day(4))) == 100
    assert percent(finding(1, fixed_on=day(5))) == 95
    running = lines_of([finding(1)], {}, [TERMS], day(4))
    assert [line.state for line in running] == [RUNNING]
    assert percent_left(running, TERMS) == 100
    assert lines_of([finding(1, fixed_on=day(3))], {}, [TERMS], day(4)) == []


def test_modes() -> None:
    """What only warns or isn't asked costs nothing; by the mode of the day on which the audit began."""
    assert [line.state for line in lines_of([finding(1, "A6")], {}, [TERMS], END)] == [WARNS]
    assert lines_of([finding(1, "A7")], {}, [TERMS], END) == []
    later = [
        Terms(day(1), modes={"A4": WARN}),
        Terms(day(9), modes={"A4": ENFORCE}),
        Terms(day(16), modes={"A4": OFF}),
    ]
    found = lines_of([finding(1), finding(2, on=9), finding(3, on=16)], {}, later, END)
    assert [line.state for line in found] == [WARNS, COUNTS]
    assert percent_left(lines_of([finding(1)], {}, [], END), terms_on(MARCH, [])) == 100


def test_terms_on() -> None:
    """Of two rules from one day the last one set."""
    first, second = Terms(day(5), single=99), Terms(day(5), single=98)
    assert terms_on(day(4), [first, second]) == Terms()
    assert terms_on(day(5), [first, second]) == second


def test_appeals() -> None:
    """Accepted it costs nothing, and what was the same violation becomes one of its own."""
    assert percent(finding(1), appeals={(1, "A4"): "open"}) == 95
    assert percent(finding(1), appeals={(1, "A4"): "refused"}) == 95
    assert percent(finding(1), appeals={(1, "A4"): "accepted"}) == 100
    found = lines_of([finding(1), finding(2, on=4)], {(1, "A4"): "accepted"}, [TERMS], END)
    assert [line.state for line in found] == [ANNULLED, COUNTS]
    assert found[1].appeal_until == day(11)  # three working days after Saturday the 7th


def test_months() -> None:
    assert [next_month(dt.date(2026, n, 1)).month for n in (1, 2, 12)] == [2, 3, 1]


evidences = st.builds(
    Evidence,
    st.integers(1, 9),
    st.integers(1, 20).map(day),
    st.integers(1, 25).map(day),
    st.none() | st.integers(1, 28).map(day),
    st.booleans(),
)
findings = st.builds(
    Finding,
    st.integers(1, 5),
    st.sampled_from(["A1", "A4", "A6"]),
    st.integers(1, 10).map(day),
    st.integers(11, 28).map(day),
    st.integers(5, 60),
    st.lists(evidences, max_size=5).map(tuple),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(findings, max_size=12, unique_by=lambda f: (f.audit, f.check)),
    st.dictionaries(
        st.tuples(st.integers(1, 5), st.just("A4")), st.sampled_from(["open", "accepted", "refused"])
    ),
    st.randoms(use_true_random=False),
)
def test_same_facts_same_ledger(found: list[Finding], appeals: Any, chance: Any) -> None:
    """In whatever order, and after being kept: the same ledger, the same seal, never more than all or less than the
    repeated violation leaves; one violation more never gives more."""
    mixed = list(found)
    chance.shuffle(mixed)
    lines = lines_of(found, appeals, [TERMS], END)
    again = lines_of(mixed, appeals, [TERMS], END)
    assert lines == again
    kept = [line_to_json(line) for line in lines]
    assert [line_from_json(one) for one in kept] == lines
    assert seal_of(kept) == seal_of([line_to_json(line) for line in again])
    assert percent_left(lines, TERMS) in {100, 95, 90}
    without = [f for f in found if f.audit != 5]
    if len(without) < len(found) and not appeals:
        last = max((f.finished_on for f in without), default=day(1))
        if all(f.finished_on > last for f in found if f.audit == 5):
            assert percent_left(lines_of(without, {}, [TERMS], END), TERMS) >= percent_left(lines, TERMS)
