"""Which codes are currencies, on every road that takes one."""

import pytest

from takt.config.env import _currency
from takt.gateways.transfer.kinds.cells import Cells, Notation
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.currencies import is_currency

NONE = ["XXX", "XTS", "XAU", "XDR", "ABC", "EURO"]


@pytest.mark.parametrize("code", ["EUR", "USD", "RUB", "CNY", "KZT", "DEM", "HRK", "XAF", "ZWG"])
def test_what_one_pays_with(code):
    assert is_currency(code)


@pytest.mark.parametrize("code", NONE)
def test_what_one_does_not_is_refused_on_every_road(code, capsys):
    checks = Checks()
    checks.currency("currency", code)
    (problem,) = checks.problems
    assert problem.code == "unknown_currency" and f"“{code}” is no currency." in problem.message
    cells = Cells("deals", {"currency": code}, Notation())
    assert cells.currency() == "" and code in cells.problems[0]
    with pytest.raises(SystemExit):
        _currency(code)
    assert code in capsys.readouterr().err
