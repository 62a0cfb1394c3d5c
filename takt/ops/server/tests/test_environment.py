"""What the environment may say, and the sentence that refuses the rest."""

from pathlib import Path

import pytest

from takt.config import env

RIGHT = {
    "DATABASE_URL": "postgresql://takt:p%40ss@/takt?host=/run/takt",
    "TAKT_SECRET_KEY": "k" * 40,
    "TAKT_DATA_DIR": "/tmp/takt-no-such-folder",
}


def test_a_right_environment_is_read() -> None:
    found = env.load(
        {**RIGHT, "TAKT_LANGUAGE": "zh", "TAKT_CURRENCY": "cny", "TAKT_BASE_URL": "https://crm.example/"}
    )
    assert (found.language, found.currency, found.base_url) == ("zh-hans", "CNY", "https://crm.example")
    assert found.allowed_hosts[0] == "crm.example"
    assert not found.demo_sign_in
    database = found.database()["default"]
    assert (database["HOST"], database["PASSWORD"], database["NAME"]) == ("/run/takt", "p@ss", "takt")
    assert "k" * 40 not in repr(found)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("TAKT_CURENCY", "EUR", "not a setting"),
        ("TAKT_CURRENCY", "XQQ", "no currency"),
        ("TAKT_LANGUAGE", "de", "set en, ru or zh-hans"),
        ("TAKT_TIME_ZONE", "Mars/Base", "no time zone"),
        ("TAKT_SECRET_KEY", "short", "at least 32"),
        ("TAKT_SECRET_KEY", "", "empty"),
        ("TAKT_BASE_URL", "crm.example.com", "not an address"),
        ("TAKT_EMAIL_URL", "carrier-pigeon://x", "unknown kind"),
        ("TAKT_EMAIL_URL", "smtp://", "no mail server"),
        ("TAKT_ALLOWED_HOSTS", "https://x/", "host names"),
        ("TAKT_DEBUG", "perhaps", "set 1 or 0"),
        ("DATABASE_URL", "mysql://x/y", "postgresql://"),
        ("DATABASE_URL", "postgresql://x:notaport/y", "not a URL"),
        ("DATABASE_URL", "postgresql://x", "names no database"),
    ],
)
def test_a_wrong_value_is_refused_with_one_sentence(
    name: str, value: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        env.load({**RIGHT, name: value})
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert name in said and told in said and said.count("\n") == 1


@pytest.mark.parametrize("missing", ["DATABASE_URL", "TAKT_SECRET_KEY"])
def test_what_is_missing_is_refused_with_what_to_set(
    missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        env.load({name: value for name, value in RIGHT.items() if name != missing})
    assert capsys.readouterr().err.startswith(f"{missing} is not set")


def test_a_value_may_stand_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s" * 50 + "\n")
    given = {name: value for name, value in RIGHT.items() if name != "TAKT_SECRET_KEY"}
    assert env.load({**given, "TAKT_SECRET_KEY_FILE": str(secret)}).secret_key == "s" * 50
    for wrong in (
        {**RIGHT, "TAKT_SECRET_KEY_FILE": str(secret)},
        {**given, "TAKT_SECRET_KEY_FILE": "/no/such"},
    ):
        with pytest.raises(SystemExit):
            env.load(wrong)
        assert "TAKT_SECRET_KEY_FILE" in capsys.readouterr().err


def test_key_and_address_are_read_from_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / env.SECRET_FILE).write_text("d" * 40)
    (tmp_path / env.DATABASE_POINTER).write_text("postgresql:///kept?host=/s")
    found = env.load({"TAKT_DATA_DIR": str(tmp_path)})
    assert (found.secret_key, found.database()["default"]["NAME"]) == ("d" * 40, "kept")


def test_a_mail_url_becomes_settings() -> None:
    found = env.email_settings("smtp+tls://me%40x:p%3Aw@mail.example:2525?from=crm%40x.example")
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"], found["EMAIL_PORT"]) == (
        "me@x",
        "p:w",
        2525,
    )
    assert found["EMAIL_USE_TLS"] and found["DEFAULT_FROM_EMAIL"] == "crm@x.example"
