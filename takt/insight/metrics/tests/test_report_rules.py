from decimal import Decimal

from takt.insight.metrics.reports.rules import (
    Chance,
    Cycle,
    Forecast,
    Passing,
    imbalance,
    narrowest,
    ratio,
    shares,
    steady,
    wilson,
)


def test_the_weighted_forecast() -> None:
    """Vector T-M1."""
    deals = [Chance(Decimal(100_000), 20), Chance(Decimal(250_000), 60), Chance(Decimal(400_000), 50)]
    found = Forecast.of(Decimal(150_000), deals)
    assert found.weighted == 370_000
    assert found.expected == 520_000
    assert round(found.sigma) == 237_908
    assert ratio(found.expected, Decimal(600_000)) == "0.866667"


def test_conversion_from_stage_to_stage() -> None:
    """Vector T-M3."""
    found = Passing(entered=50, advanced=20, lost=25)
    assert (found.open, found.raw, found.mature) == (5, "0.400000", "0.444444")


def test_the_interval_of_eight_in_twenty() -> None:
    low, high = wilson(8, 20) or ("", "")
    assert (low[:5], high[:5]) == ("0.218", "0.613")


def test_the_cycle() -> None:
    """Vector T-M4."""
    found = Cycle.of([30, 45, 75])
    assert (found.count, found.mean, found.median) == (3, "50.0000", "45.0")


def test_nothing_has_no_figures() -> None:
    assert Cycle.of([]) == Cycle(0, None, None)
    assert Passing(0, 0, 0).raw is None
    assert Passing(0, 0, 0).interval is None


def test_the_balance_of_a_funnel() -> None:
    """Vector T-M5."""
    found = shares([80, 50, 30, 20, 12, 8])
    assert found == [Decimal(x) / 100 for x in (40, 25, 15, 10, 6, 4)]
    assert imbalance(found, [Decimal(x) / 100 for x in (35, 25, 15, 12, 8, 5)]) == Decimal("0.05")
    assert shares([0, 0]) == []


def test_the_steady_funnel() -> None:
    """Vector T-M5b."""
    times = [Decimal(2), Decimal("2.5"), Decimal("2.5")]
    assert steady(Decimal(40), times, [Decimal("0.5"), Decimal("0.6")]) == [80, 50, 30]


def test_the_narrowest_stage_has_enough_deals() -> None:
    assert narrowest({1: Passing(9, 0, 9), 2: Passing(20, 10, 10), 3: Passing(20, 11, 9)}) == 2
    assert narrowest({1: Passing(9, 0, 9)}) is None
