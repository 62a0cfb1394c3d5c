"""What the environment says about this installation: one frozen object, read and checked once at start.

Every name may also be given as NAME_FILE, the path of a file that holds the value. What is missing, unknown or
unreadable ends the program with one sentence that says what to set.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from takt.kernel.lib.currencies import is_currency

ROOT = Path(__file__).resolve().parents[2]

NAMES = (
    "DATABASE_URL",
    "TAKT_SECRET_KEY",
    "TAKT_DATA_DIR",
    "TAKT_BASE_URL",
    "TAKT_ALLOWED_HOSTS",
    "TAKT_EMAIL_URL",
    "TAKT_TIME_ZONE",
    "TAKT_CURRENCY",
    "TAKT_LANGUAGE",
    "TAKT_DEBUG",
    "TAKT_TESTING",
    "TAKT_DEMO_SIGN_IN",
)
# Read by bin/test and the bench only, never by the running product.
TOOL_NAMES = ("TAKT_TEST_DATABASE_URL", "TAKT_CHROMIUM", "TAKT_FAILPOINT", "TAKT_POSTGRES_15")

LANGUAGES = {"en": "en", "ru": "ru", "zh-hans": "zh-hans", "zh": "zh-hans", "zh-cn": "zh-hans"}
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}
EMAIL_SCHEMES = {"console", "memory", "file", "smtp", "smtps", "smtp+tls"}

LOOPBACK = {"localhost", "127.0.0.1", "::1"}

SECRET_FILE = "secret-key"
DATABASE_POINTER = "database.url"


def refuse(sentence: str) -> NoReturn:
    """Ends the program with the sentence and exit code 2."""
    print(sentence, file=sys.stderr)
    raise SystemExit(2)


@dataclass(frozen=True)
class Environment:
    database_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    data_dir: Path
    base_url: str
    allowed_hosts: list[str]
    email_url: str = field(repr=False)
    sends_mail: bool  # whether somebody has said how: without it nothing is mailed, not even to the console
    time_zone: str
    currency: str
    language: str
    debug: bool
    testing: bool
    demo_sign_in: bool  # whether the demo company's people, whose passwords are printed, may sign in

    def database(self) -> dict[str, dict[str, Any]]:
        """Django's DATABASES."""
        return {"default": database_settings(self.database_url)}

    def email(self) -> dict[str, Any]:
        """Django's EMAIL_* settings."""
        return email_settings(self.email_url)


def load(source: Mapping[str, str] | None = None) -> Environment:
    """Reads and checks the whole environment, or ends the program with what to set."""
    given = os.environ if source is None else source
    values = _collect(given)
    data_dir = Path(values.get("TAKT_DATA_DIR") or ROOT / "var").expanduser().resolve()
    base_url = _base_url(values.get("TAKT_BASE_URL", "http://127.0.0.1:8000"))
    return Environment(
        database_url=_database_url(values, data_dir),
        secret_key=_secret_key(values, data_dir),
        data_dir=data_dir,
        base_url=base_url,
        allowed_hosts=_allowed_hosts(values.get("TAKT_ALLOWED_HOSTS"), base_url),
        email_url=_email_url(values.get("TAKT_EMAIL_URL", "console:")),
        sends_mail="TAKT_EMAIL_URL" in values,
        time_zone=_time_zone(values.get("TAKT_TIME_ZONE", "UTC")),
        currency=_currency(values.get("TAKT_CURRENCY", "USD")),
        language=_language(values.get("TAKT_LANGUAGE", "en")),
        debug=_flag("TAKT_DEBUG", values),
        testing=_flag("TAKT_TESTING", values),
        demo_sign_in=_flag("TAKT_DEMO_SIGN_IN", values, unset=urlsplit(base_url).hostname in LOOPBACK),
    )


def _collect(given: Mapping[str, str]) -> dict[str, str]:
    known = {*NAMES, *TOOL_NAMES}
    values: dict[str, str] = {}
    for name in given:
        plain = name.removesuffix("_FILE")
        if name.startswith("TAKT_") and name not in known and plain not in known:
            refuse(f"{name} is not a setting of Takt: unset it, or use one of {', '.join(NAMES)}.")
    for name in NAMES:
        if name in given and f"{name}_FILE" in given:
            refuse(f"{name} and {name}_FILE are both set: keep only one of them.")
        if f"{name}_FILE" in given:
            try:
                values[name] = Path(given[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                refuse(f"{name}_FILE cannot be read ({error}): set it to a readable file that holds {name}.")
        elif name in given:
            values[name] = given[name].strip()
        if (
            name in values
            and not values[name]
            and name not in {"TAKT_DEBUG", "TAKT_TESTING", "TAKT_DEMO_SIGN_IN"}
        ):
            refuse(f"{name} is empty: set a value or unset it to use the default.")
    return values


def _database_url(values: dict[str, str], data_dir: Path) -> str:
    url = values.get("DATABASE_URL")
    if url is None:
        pointer = data_dir / DATABASE_POINTER
        try:
            url = pointer.read_text(encoding="utf-8").strip()
        except OSError:
            refuse(
                f"DATABASE_URL is not set and {pointer} does not exist: start with bin/up or bin/takt, "
                "which bring their own PostgreSQL, or set DATABASE_URL=postgresql://user:password@host/name."
            )
    database_settings(url)
    return url


def database_settings(url: str) -> dict[str, Any]:
    """A PostgreSQL URL as one entry of DATABASES; a Unix socket is `?host=/folder`."""
    example = "set DATABASE_URL=postgresql://user:password@host:5432/name"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        refuse(f"DATABASE_URL is not a URL: {example}.")
    if parts.scheme not in {"postgresql", "postgres"}:
        refuse(
            f"DATABASE_URL must start with postgresql:// (Takt stores everything in PostgreSQL): {example}."
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        refuse(f"DATABASE_URL names no database: {example}.")
    query = {key: found[-1] for key, found in parse_qs(parts.query).items()}
    host = query.pop("host", "") or unquote(parts.hostname or "")
    settings: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": query.pop("port", "") or (str(port) if port else ""),
        "CONN_MAX_AGE": None,  # kept for the thread's life; a thread pool is small, so a connection pool adds nothing
        "CONN_HEALTH_CHECKS": True,
        # Bound in the client: as a server-prepared statement ILIKE turns to a sequential scan after its fifth run.
        "OPTIONS": {**query, "server_side_binding": False},
    }
    return settings


def _secret_key(values: dict[str, str], data_dir: Path) -> str:
    key = values.get("TAKT_SECRET_KEY")
    if key is not None:
        if len(key) < 32:
            refuse("TAKT_SECRET_KEY is too short to be safe: set at least 32 random characters.")
        return key
    path = data_dir / SECRET_FILE
    try:
        key = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        refuse(
            f"TAKT_SECRET_KEY is not set and {path} does not exist: start with bin/up or bin/takt, which make "
            "one, or set TAKT_SECRET_KEY to at least 32 random characters."
        )
    except OSError as error:
        refuse(f"{path} cannot be read ({error}): make it readable, or set TAKT_SECRET_KEY.")
    if len(key) < 32:
        refuse(f"{path} holds no usable key: set TAKT_SECRET_KEY, or restore the file from a backup.")
    return key


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        refuse("TAKT_BASE_URL is not an address: set it like https://crm.example.com.")
    return url.rstrip("/")


def _allowed_hosts(given: str | None, base_url: str) -> list[str]:
    if given is None:
        own = urlsplit(base_url).hostname or "localhost"
        return list(dict.fromkeys([own, "localhost", "127.0.0.1", "[::1]"]))
    hosts = [host.strip() for host in given.split(",") if host.strip()]
    for host in hosts:
        if "/" in host or " " in host:
            refuse(f"TAKT_ALLOWED_HOSTS has {host!r}: set host names parted by commas, like crm.example.com.")
    if not hosts:
        refuse("TAKT_ALLOWED_HOSTS is empty: set host names parted by commas, like crm.example.com.")
    return hosts


def _email_url(url: str) -> str:
    email_settings(url)
    return url


def email_settings(url: str) -> dict[str, Any]:
    """A mail URL (`smtp+tls://user:password@host:587`, `smtps://…`, `console:`, `file:/folder`) for Django."""
    example = "set it like smtp+tls://user:password@mail.example.com:587, or console: to print messages"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        refuse(f"TAKT_EMAIL_URL is not a URL: {example}.")
    if parts.scheme not in EMAIL_SCHEMES:
        refuse(f"TAKT_EMAIL_URL has an unknown kind {parts.scheme!r}: {example}.")
    query = {key: found[-1] for key, found in parse_qs(parts.query).items()}
    sender = {"DEFAULT_FROM_EMAIL": query["from"]} if "from" in query else {}
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend", **sender}
    if parts.scheme == "memory":
        return {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend", **sender}
    if parts.scheme == "file":
        if not parts.path:
            refuse("TAKT_EMAIL_URL names no folder: set it like file:/var/mail-out.")
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": unquote(parts.path),
            **sender,
        }
    if not parts.hostname:
        refuse(f"TAKT_EMAIL_URL names no mail server: {example}.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
        **sender,
    }


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        refuse(
            f"TAKT_TIME_ZONE is {name!r}, which is no time zone: set one like Europe/Berlin or Asia/Shanghai."
        )
    ZoneInfo(name)
    return name


def _currency(code: str) -> str:
    if not is_currency(code.upper()):
        refuse(f"TAKT_CURRENCY is {code!r}, which is no currency: set an ISO code like USD, EUR or CNY.")
    return code.upper()


def _language(code: str) -> str:
    found = LANGUAGES.get(code.lower().replace("_", "-"))
    if found is None:
        refuse(f"TAKT_LANGUAGE is {code!r}: set en, ru or zh-hans.")
    return found


def _flag(name: str, values: dict[str, str], *, unset: bool = False) -> bool:
    if name not in values:
        return unset
    text = values.get(name, "").lower()
    if text in YES:
        return True
    if text in NO:
        return False
    refuse(f"{name} is {text!r}: set 1 or 0.")


def __getattr__(name: str) -> Environment:
    """`env` is read at its first use, so that tools may import this module without a configured environment."""
    if name == "env":
        found = load()
        globals()["env"] = found
        return found
    raise AttributeError(name)
