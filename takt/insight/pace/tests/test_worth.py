"""What alerts from the firm's own pace are worth beside a fixed limit, on the same simulated firms as bench/alerts.py."""

from bench.alerts import firms


def test_own_pace_beats_a_fixed_limit() -> None:
    found = firms(3)
    own, review, fixed = found["own"], found["review"], found["fixed"]
    assert own.recall > 0.9 > fixed.recall
    assert own.precision > fixed.precision
    assert review.f1 > 2 * fixed.f1
