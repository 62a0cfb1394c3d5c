"""The demo people's passwords: kept in the data folder, so that every start can print them, as long as there is a demo."""

import json
import os
from pathlib import Path

from django.conf import settings


def _kept() -> Path:
    return Path(settings.TAKT_DATA_DIR) / "demo-passwords.json"


def keep(passwords: dict[str, str]) -> None:
    """Writes them where only the owner of the data folder reads."""
    path = _kept()
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(passwords, file)


def forget() -> None:
    """The people are gone; their passwords open nothing."""
    _kept().unlink(missing_ok=True)
