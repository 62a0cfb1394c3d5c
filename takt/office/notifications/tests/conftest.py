from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _mail_is_set_up(settings: Any) -> None:
    settings.TAKT_SENDS_MAIL = True
